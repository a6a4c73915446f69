"""What was heard of a jam: in a journal on disk as it sounds, and a MIDI file in the end."""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
import time
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path

from daw_bridge.errors import UserError
from daw_bridge.jam.events import Event, Placed, Sounded, Tempo
from daw_bridge.midi import files, smf
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
_LINE = re.compile(
    rb"([0-9]{1,12}) ([89a-e][0-9a-f](?:[0-7][0-9a-f]){1,2}"
    rb"|ff5103(?!0{6})[0-9a-f]{6}"  # a tempo
    rb"|ff5804(?!00)[0-9a-f]{2}0[0-6][0-9a-f]{4})\n"  # a meter
)

SYNC_S = 1.0
"""How long what was heard may wait to reach the disk itself: more than a killed process, or a
machine without power, can take away."""


Line = tuple[Ticks, bytes]
"""An event of a file: a message that sounded, a tempo, or the meter of a bar at its bar line."""


_METER = bytes((smf.META, smf.METER))


def line_of(event: Event) -> Line | None:
    """Return what a take holds of an event; None where that is nothing."""
    match event:
        case Sounded(tick, _, data):
            return tick, data
        case Placed(tick=tick, bar=bar):
            return tick, smf.meter(bar.meter.numerator, bar.meter.denominator)
        case Tempo(tick, tempo_qpm):
            return tick, smf.tempo(tempo_qpm)
    return None


class Take:
    """What sounds, and where bars and tempos begin, in the order in which it is told."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    def __call__(self, event: Event) -> None:
        """Take down an event."""
        if line := line_of(event):
            self.lines.append(line)


def write_take(lines: Iterable[Line], path: Path, name: str, *, whole: bool = True) -> None:
    """Write what was played as a MIDI file of whole bars.

    Of a jam that is `whole` these are all its bars, else those up to the last one that sounded.

    Raises:
        UserError: it cannot be written.
    """
    lines = list(lines)
    last = max((tick for tick, data in lines if data[0] != smf.META), default=Ticks(0))
    bars = [(tick, Meter(data[3], 1 << data[4])) for tick, data in lines if data[:2] == _METER]
    begun = [each for each in bars if whole or each[0] < max(last, 1)] or [(Ticks(0), Meter())]
    line, meter = begun[-1]
    length = Ticks(line + meter.bar_length())
    files.write(path, _changes(lines, length), name=name, length=length)


def _changes(lines: Iterable[Line], length: Ticks) -> Iterator[Line]:
    """Leave out tempos and meters that are as before, or come after the end."""
    known: dict[bytes, bytes] = {}
    for tick, data in lines:
        if data[0] != smf.META:
            yield tick, data
        elif tick < length and known.get(data[:2]) != data:
            known[data[:2]] = data
            yield tick, data


class Journal:
    """What sounds, and tempos and bars, written down one by one in a file beside the take.

    Where that folder is full or gone it goes on in another one, with all that was written before.
    A journal that a living process writes is locked. It is a watcher; one thread calls it.

    Raises:
        UserError: it cannot be written anywhere.
    """

    def __init__(self, take: Path, name: str) -> None:
        self._file = _Open(take)
        self._synced_s = time.monotonic()
        self.path = self._file.path
        self._append((json.dumps({"kind": KIND, "name": name}) + "\n").encode())

    def __call__(self, event: Event) -> None:
        """Write down a message that sounded, a tempo, or a bar."""
        if line := line_of(event):
            tick, data = line
            self._append(f"{tick} {data.hex()}\n".encode())

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
    whole: bool = False,
    force: bool = False,
    empty: bool = False,
) -> Path | None:
    """Make a MIDI file of a journal, as `write_take` does, and remove the journal.

    What is there is not overwritten but by `force`: the file has another name then. Where its
    folder is full, it lies in another one. One of no message is made only where `empty` says so.

    Raises:
        UserError: it can be written nowhere; the journal is still there.
    """
    name, lines = _read(journal)
    if not empty and all(data[0] == smf.META for _, data in lines):
        journal.unlink(missing_ok=True)
        return None
    failure: UserError | None = None
    for folder in (take.parent, *spare_folders(take.parent)):
        there = folder / take.name
        path = there if force and folder == take.parent else free_name(there)
        try:
            write_take(lines, path, name, whole=whole)
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
            return _name(file.readline(LONGEST_LINE)) is not None
    except OSError:
        return False


def _name(line: bytes) -> str | None:
    """Read the first line of a journal; None where it is that of something else."""
    try:
        said = json.loads(line)
        return str(said["name"]) if said["kind"] == KIND else None
    except (ValueError, TypeError, KeyError):
        return None


def _read(journal: Path) -> tuple[str, list[Line]]:
    """Read the name and what is whole of a journal; what still sounds ends with it."""
    sounding, lines = SoundingNotes(), list[Line]()
    end = Ticks(0)
    with journal.open("rb") as file:
        name = _name(file.readline(LONGEST_LINE))
        while (found := _LINE.fullmatch(file.readline(LONGEST_LINE))) is not None:
            tick, data = Ticks(int(found[1])), bytes.fromhex(found[2].decode())
            lines.append((tick, data))
            if data[0] != smf.META:
                sounding.sent("", data)
                end = Ticks(tick + 1)  # a note needs a tick, or is none
    if name is None:
        raise UserError("the journal of a take", f"something else, {journal}", "name another take")
    lines += [(end, data) for _, data in sounding.end_all() if ends_note(data)]
    return name, lines
