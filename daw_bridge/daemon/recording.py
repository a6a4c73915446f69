"""What was heard of a jam: in a journal on disk as it sounds, and a MIDI file in the end."""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path

from daw_bridge.errors import UserError
from daw_bridge.jam.events import Event, Sounded
from daw_bridge.midi import files
from daw_bridge.midi.messages import ends_note
from daw_bridge.midi.sounding import SoundingNotes
from daw_bridge.music.time import Meter, Ticks

try:
    import fcntl
except ImportError:  # Windows, where whoever has a file open keeps it from being removed
    fcntl = None  # type: ignore[assignment]

SUFFIX = ".journal"
KIND = "daw-bridge journal 1"

LONGEST_LINE = 4096
_MESSAGE = re.compile(rb"([0-9]{1,12}) ([89a-f][0-9a-f](?:[0-7][0-9a-f]){1,2})\n")

SYNC_S = 1.0
"""How long what was heard may wait to reach the disk itself: more than a killed process, or a
machine without power, can take away."""


class Take:
    """What sounds, in its order."""

    def __init__(self) -> None:
        self.heard: list[Sounded] = []

    def __call__(self, event: Event) -> None:
        """Take down a message that sounded."""
        if isinstance(event, Sounded):
            self.heard.append(event)


@dataclass(frozen=True, slots=True)
class Head:
    """What a take is called and how its bars are counted: the first line of a journal."""

    name: str
    tempo_qpm: float
    meter: str

    def line(self) -> bytes:
        """Return it as a line of JSON."""
        return (json.dumps({"kind": KIND, **asdict(self)}) + "\n").encode()


class Journal:
    """What sounds, written down message by message in a file beside the take.

    Where that folder is full or gone it goes on in another one, with all that was written before.
    A journal that a living process writes is locked. It is a watcher; one thread calls it.

    Raises:
        UserError: it cannot be written anywhere.
    """

    def __init__(self, take: Path, head: Head) -> None:
        self._file = _Open(take)
        self._synced_s = time.monotonic()
        self.path = self._file.path
        self._append(head.line())

    def __call__(self, event: Event) -> None:
        """Write down a message that sounded."""
        if isinstance(event, Sounded):
            self._append(f"{event.tick} {event.data.hex()}\n".encode())

    def close(self) -> None:
        """Write no more; the file stays."""
        self._file.close()

    def _append(self, line: bytes) -> None:
        now_s = time.monotonic()
        try:
            self._file.append(line, sync=now_s - self._synced_s >= SYNC_S)
        except OSError as error:
            self._file = self._moved(error)
            self.path = self._file.path
            self._file.append(line, sync=True)
        if now_s - self._synced_s >= SYNC_S:
            self._synced_s = now_s

    def _moved(self, error: OSError) -> _Open:
        """Go on in another folder."""
        before = self._file
        for folder in spare_folders(before.path.parent):
            with contextlib.suppress(OSError, UserError):
                file = _Open(free_name(folder / before.path.name.removesuffix(SUFFIX)))
                try:
                    file.append(before.whole(), sync=True)
                except OSError:
                    file.close()
                    file.path.unlink()
                    raise
                before.close()
                with contextlib.suppress(OSError):
                    before.path.unlink()
                return file
        raise UserError(
            f"to write down what is heard, in {before.path}",
            str(error.strerror or error),
            "free space; what was heard before that is kept",
        ) from error


_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


class _Open:
    """The journal of a take: it grows by whole lines, and is locked as long as it is open."""

    def __init__(self, take: Path) -> None:
        self.path = take.with_name(take.name + SUFFIX)
        try:
            take.parent.mkdir(parents=True, exist_ok=True)
            self._handle = os.open(self.path, _NEW, 0o666)
        except OSError as error:
            raise UserError(
                f"to write down what is heard, in {self.path}",
                str(error.strerror or error),
                "name another place",
            ) from error
        self._length = 0
        if fcntl is not None:
            with contextlib.suppress(OSError):  # some file systems of networks have no locks
                fcntl.flock(self._handle, fcntl.LOCK_EX)

    def append(self, lines: bytes, *, sync: bool) -> None:
        """Add lines; in a failure, what they left is no part of the file any more."""
        os.lseek(self._handle, self._length, os.SEEK_SET)
        left = memoryview(lines)
        while left:
            left = left[os.write(self._handle, left) :]
        if sync:
            os.fsync(self._handle)
        self._length += len(lines)

    def whole(self) -> bytes:
        """Return all whole lines."""
        return self.path.read_bytes()[: self._length]

    def close(self) -> None:
        """Cut off what is not whole, and close."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._handle, self._length)
        os.close(self._handle)


def written(
    journal: Path,
    take: Path,
    *,
    least: Ticks = Ticks(0),
    force: bool = False,
    empty: bool = False,
) -> Path | None:
    """Make a MIDI file of whole bars, `least` ticks at least, and remove the journal.

    What is there is not overwritten but by `force`: the file has another name then. Where its
    folder is full, it lies in another one. One of no message is made only where `empty` says so.

    Raises:
        UserError: it can be written nowhere; the journal is still there.
    """
    head, events = _read(journal)
    if not events and not empty:
        journal.unlink(missing_ok=True)
        return None
    meter = Meter.parse(head.meter)
    bar = meter.bar_length()
    length = Ticks(max(least, -(-max((tick for tick, _ in events), default=0) // bar) * bar))
    failure: UserError | None = None
    for folder in (take.parent, *spare_folders(take.parent)):
        there = folder / take.name
        path = there if force and folder == take.parent else free_name(there)
        try:
            files.write(
                path,
                events,
                tempo_qpm=head.tempo_qpm,
                meter=meter,
                name=head.name,
                length=length,
            )
        except UserError as error:
            failure = failure or error
            continue
        journal.unlink(missing_ok=True)
        return path
    assert failure is not None  # noqa: S101 - the first folder is tried in any case
    raise UserError(failure.expected, failure.found, f"{failure.do}; all is in {journal}")


def recovered(folder: Path, *, keep: Path) -> Iterator[Path]:
    """Make takes of the journals in a folder that no process writes any more; yield each.

    `keep` is a name that none of them gets.

    Raises:
        UserError: one cannot be written.
    """
    for journal in sorted(folder.glob(f"*{SUFFIX}")):
        if _is_left(journal):
            take = journal.with_name(journal.name.removesuffix(SUFFIX))
            if path := written(journal, free_name(take, taken=(keep,))):
                yield path


def free_name(path: Path, taken: Iterable[Path] = ()) -> Path:
    """Return a path, or where something is there, the next one that is free: take-2.mid."""
    if not path.exists() and path not in taken:
        return path
    names = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in count(2))
    return next(name for name in names if not name.exists())


def spare_folders(full: Path) -> list[Path]:
    """Return where to write when a folder is full: here, at home, where the system has room.

    The last is memory, for a machine with one disk.
    """
    folders: list[Path] = []
    for name in (Path.cwd, Path.home, tempfile.gettempdir):
        with contextlib.suppress(OSError, RuntimeError):  # it is gone, or is full as well
            folders.append(Path(name()))
    folders += [memory for memory in (Path("/dev/shm"),) if memory.is_dir()]  # noqa: S108
    return [folder for folder in dict.fromkeys(folders) if folder != full.absolute()]


def _is_left(journal: Path) -> bool:
    """Whether a file is a journal of ours that nobody writes."""
    try:
        if not journal.is_file():
            return False
        with journal.open("rb") as file:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return _head(file.readline(LONGEST_LINE)) is not None
    except OSError:
        return False


def _head(line: bytes) -> Head | None:
    """Read the first line of a journal; None where it is that of something else."""
    try:
        said = json.loads(line)
        head = Head(str(said["name"]), float(said["tempo_qpm"]), str(Meter.parse(said["meter"])))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return head if said.get("kind") == KIND else None


def _read(journal: Path) -> tuple[Head, list[tuple[Ticks, bytes]]]:
    """Read what is whole of a journal; what still sounds ends with it."""
    sounding, events = SoundingNotes(), list[tuple[Ticks, bytes]]()
    with journal.open("rb") as file:
        head = _head(file.readline(LONGEST_LINE))
        while (found := _MESSAGE.fullmatch(file.readline(LONGEST_LINE))) is not None:
            events.append((Ticks(int(found[1])), bytes.fromhex(found[2].decode())))
            sounding.sent("", events[-1][1])
    if head is None:
        raise UserError("the journal of a take", f"something else, {journal}", "name another take")
    end = Ticks(events[-1][0] + 1) if events else Ticks(0)  # a note needs a tick, or is none
    events += [(end, data) for _, data in sounding.end_all() if ends_note(data)]
    return head, events
