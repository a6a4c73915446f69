"""What was heard of a jam, on disk as it sounds; it becomes a MIDI file in the end."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

from daw_bridge.daemon.growing import (
    GrowingFile,
    cannot_write,
    free_name,
    is_locked,
    spare_folders,
)
from daw_bridge.daemon.recording import Line, lines_of, sounds, write_take
from daw_bridge.errors import UserError
from daw_bridge.jam.events import Event
from daw_bridge.midi import smf
from daw_bridge.midi.messages import ends_note
from daw_bridge.midi.sounding import SoundingNotes
from daw_bridge.music.time import Ticks

SUFFIX = ".journal"
KIND = "daw-bridge journal 1"

LONGEST_LINE = 4096
_LINE = re.compile(
    rb"([0-9]{1,12}) ([89a-e][0-9a-f](?:[0-7][0-9a-f]){1,2}"
    rb"|ff5103(?!0{6})[0-9a-f]{6}"  # a tempo
    rb"|ff5804(?!00)[0-9a-f]{2}0[0-6][0-9a-f]{4}"  # a meter
    rb"|ff060[0-9a-f]62617220(?:3[0-9]){1,9})\n"  # "bar 17" of the song
)


class Journal:
    """What sounds, and tempos and bars, one by one in a file beside the take.

    Where that folder is full or gone it goes on in another one, with all that was written before.
    A journal that a living process writes is locked. It is a watcher; one thread calls it.

    Raises:
        UserError: it cannot be written anywhere.
    """

    def __init__(self, take: Path, name: str) -> None:
        self._file = GrowingFile(_beside(take))
        self._append((json.dumps({"kind": KIND, "name": name}) + "\n").encode())

    @property
    def path(self) -> Path:
        """Where it is now."""
        return self._file.path

    def __call__(self, event: Event) -> None:
        """Write down what a take holds of an event; whatever it is, time has passed."""
        lines = (f"{tick} {data.hex()}\n" for tick, data in lines_of(event))
        self._append("".join(lines).encode())

    def close(self) -> None:
        """Write no more; the file stays."""
        self._file.close()

    def _append(self, lines: bytes) -> None:
        try:
            self._file.append(lines)
        except OSError as error:
            self._file = self._moved(error)
            self._file.append(lines, sync=True)

    def _moved(self, error: OSError) -> GrowingFile:
        """Go on in another folder."""
        before = self._file
        for folder in spare_folders(before.path.parent):
            with contextlib.suppress(OSError, UserError):
                there = folder / before.path.name.removesuffix(SUFFIX)
                file = GrowingFile(_beside(free_name(there)))
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
        do = "free space; what was heard before that is kept"
        raise cannot_write(before.path, error, do) from error


def _beside(take: Path) -> Path:
    return take.with_name(take.name + SUFFIX)


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
    if not empty and not sounds(lines):
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


def _is_left(journal: Path) -> bool:
    """Whether a file is a journal of ours that nobody writes."""
    try:
        if not journal.is_file() or is_locked(journal):
            return False
        with journal.open("rb") as file:
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
            if data[:2] == bytes((smf.META, smf.MARKER)) and data[2] != len(data) - 3:
                break
            lines.append((tick, data))
            if data[0] != smf.META:
                sounding.sent("", data)
                end = Ticks(tick + 1)  # a note needs a tick, or is none
    if name is None:
        raise UserError("the journal of a take", f"something else, {journal}", "name another take")
    lines += [(end, data) for _, data in sounding.end_all() if ends_note(data)]
    return name, lines
