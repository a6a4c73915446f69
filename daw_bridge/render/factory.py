"""A folder of tracks: what is to be made, what is made already, and the manifest of it."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from daw_bridge.errors import UserError, UserErrors
from daw_bridge.files import folder_to_write, read_text, whole
from daw_bridge.render.engine import Failure
from daw_bridge.render.pool import make_all
from daw_bridge.render.sheet import write_sheet
from daw_bridge.render.track import WORK, Entry, Order

MANIFEST, SHEET = "manifest.jsonl", "index.html"

LARGEST_BYTES = 1 << 30
"""Of a manifest: a million tracks."""

Progress = Callable[[int, int], None]


def run(
    orders: Sequence[Order],
    out: Path,
    *,
    workers: int,
    force: bool,
    progress: Progress,
    cluster: str | None = None,
) -> tuple[list[Entry], int]:
    """Make the tracks that are not there yet; return what became of all, and how many were there.

    With `cluster`, the address of one, its machines make them, and `workers` says nothing.

    Each is in the manifest as soon as it is made, so a run that was killed goes on where it was.
    A sound of the same name that was made otherwise, or by somebody else, is not replaced
    unasked.

    Raises:
        UserErrors: such sounds, a line each; nothing is done then.
        UserError: the folder cannot be written to, another run works in it, or there is no such
            cluster.
    """
    folder_to_write(out)
    with _alone_in(out):
        known = read_manifest(out / MANIFEST)
        there, wanted = _parted(orders, known, force=force)
        entries, by_name = dict(there), {order.name: order for order in wanted}
        try:
            with (
                _manifest_to_append(out / MANIFEST) as tell,
                closing(make_all(wanted, workers, cluster)) as made,
            ):
                for entry in made:
                    tell(entry)
                    entries[entry.file] = _put_in_place(by_name[entry.file], entry)
                    progress(len(entries), len(orders))
        finally:  # after Ctrl-C there is a page of what is there
            others = {name: entry for name, entry in known.items() if (out / name).exists()}
            _write_manifest(out / MANIFEST, others | entries)
            write_sheet(out / SHEET, list((others | entries).values()))
        return [entries[order.name] for order in orders], len(there)


def read_manifest(path: Path) -> dict[str, Entry]:
    """Read what a manifest tells of each file, the last word on each.

    A last line that was cut off by a kill is left out.

    Raises:
        UserError: it is of something else, or cannot be read.
    """
    if not path.exists():
        return {}
    lines = read_text(path, LARGEST_BYTES, "a manifest").split("\n")
    out: dict[str, Entry] = {}
    for number, line in enumerate(lines, 1):
        try:
            entry = Entry.of_line(line)
        except (ValueError, KeyError, TypeError) as error:
            if number == len(lines):
                break
            raise UserError(
                "a manifest of rendered tracks",
                f"another in line {number} of {path}",
                "name another folder",
            ) from error
        out[entry.file] = entry
    return out


def _parted(
    orders: Sequence[Order], known: Mapping[str, Entry], *, force: bool
) -> tuple[dict[str, Entry], list[Order]]:
    """Tell which tracks are there, and which are to be made."""
    there: dict[str, Entry] = {}
    wanted: list[Order] = []
    in_the_way: list[str] = []
    for order in orders:
        path, entry = order.job.out, known.get(order.name)
        if entry is not None and _is_that(order, path, entry):
            there[order.name] = entry
            continue
        wanted.append(order)
        other = "made otherwise" if entry is not None else "of another origin"
        taken = [path] if path.exists() else []
        if order.draw is not None and entry is None and order.job.midi.exists():
            taken.append(order.job.midi)
        in_the_way += [f"{at}: expected none yet, found one {other}: add --force" for at in taken]
    if in_the_way and not force:
        raise UserErrors(in_the_way)
    return there, wanted


def _put_in_place(order: Order, entry: Entry) -> Entry:
    """Put notes and their sound where they belong; the manifest tells of them already.

    So a file of this name that no manifest tells of is never ours, wherever a run was killed.
    """
    try:
        if order.drawn.exists():
            order.drawn.replace(order.job.midi)
        if entry.is_done:
            order.job.out.parent.mkdir(parents=True, exist_ok=True)
            order.made.replace(order.job.out)
    except OSError as error:
        what = f"{order.job.out}: {error.strerror or error}"
        return replace(entry, state=str(Failure.FAILED), why=what)
    return entry


def _is_that(order: Order, path: Path, entry: Entry) -> bool:
    """Whether a sound is there as it was ordered."""
    try:
        whole_file = entry.is_done and path.stat().st_size == entry.facts.get("bytes")
        return whole_file and entry.key == order.key()
    except (OSError, UserError):  # what is wrong with its MIDI file is told when it is made
        return False


@contextmanager
def _manifest_to_append(path: Path) -> Iterator[Callable[[Entry], None]]:
    """Open a manifest at its end, behind a line that was cut off."""
    try:
        with path.open("a+b") as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":
                    file.write(b"\n")

            def tell(entry: Entry) -> None:
                file.write(entry.line().encode())
                file.flush()

            yield tell
    except OSError as error:
        what = str(error.strerror or error)
        raise UserError(f"to write {path}", what, "free space or name another") from error


def _write_manifest(path: Path, entries: Mapping[str, Entry]) -> None:
    with whole(path) as temporary:
        lines = [entries[name].line() for name in sorted(entries)]
        temporary.write_text("".join(lines), encoding="utf-8")


@contextmanager
def _alone_in(out: Path) -> Iterator[None]:
    """Keep other runs out of a folder, and let nothing half done of an earlier one stay there.

    Raises:
        UserError: another run is at work.
    """
    work = out / WORK
    lock = work / "lock"
    try:
        work.mkdir(parents=True, exist_ok=True)
        handle = os.open(lock, os.O_RDWR | os.O_CREAT)
    except OSError as error:
        what = f"{out} ({error.strerror})"
        raise UserError("a folder to write to", what, "name another") from error
    try:
        if not _locked(handle, lock):
            raise UserError(
                "a folder for one run at a time", f"another at work in {out}", "let it end first"
            )
        _clear(work, but=lock)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                shutil.rmtree(work)
    finally:
        os.close(handle)


def _clear(work: Path, *, but: Path) -> None:
    """Take away what a run that was killed had half done: sounds, projects, a DAW's profile."""
    for path in work.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        elif path != but:
            path.unlink(missing_ok=True)


def _locked(handle: int, path: Path) -> bool:
    """Whether a lock is ours now, and still the one that others would find."""
    try:
        import fcntl  # noqa: PLC0415  Windows has none
    except ModuleNotFoundError:
        return _locked_on_windows(handle)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.fstat(handle).st_ino == path.stat().st_ino
    except OSError:
        return False


def _locked_on_windows(handle: int) -> bool:
    import msvcrt  # noqa: PLC0415  nothing else has it

    try:
        getattr(msvcrt, "locking")(handle, getattr(msvcrt, "LK_NBLCK"), 1)  # noqa: B009
    except OSError:
        return False
    return True


def failures(entries: Iterable[Entry]) -> list[str]:
    """Return a line for each track that has no sound."""
    return [f"{each.file}: {each.state}: {each.why}" for each in entries if not each.is_done]
