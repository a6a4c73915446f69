"""The log of a session, on disk as the session goes on, and read again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError

from daw_bridge.config.validation import problems
from daw_bridge.daemon.growing import GrowingFile, cannot_write
from daw_bridge.daemon.log_form import End, Head, Line, line_of, parse
from daw_bridge.daemon.recording import lines_of
from daw_bridge.errors import UserError
from daw_bridge.files import open_regular
from daw_bridge.jam.events import Event, Stopped

LONGEST_HEAD, LONGEST_LINE = 64 << 20, 1 << 16
"""In bytes: the head has the primer, from a file of 4 MB at most; a line may have a drum map."""


class TakeHash:
    """The hash of what is heard: two sessions that have the same were the same."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def __call__(self, event: Event) -> None:
        """Hear an event."""
        for tick, data in lines_of(event):
            self._hash.update(b"%d %s\n" % (tick, data.hex().encode()))

    def hash(self) -> str:
        """Return the hash."""
        return self._hash.hexdigest()


class SessionLog:
    """A watcher that writes down what comes from outside, and in the end a hash of what came of it.

    Raises:
        UserError: the file is there, or cannot be written.
    """

    def __init__(self, path: Path, head: Head) -> None:
        self._file = GrowingFile(path)
        self._take = TakeHash()
        self._append(head.model_dump_json())

    def __call__(self, event: Event) -> None:
        """Write down an event, if it comes from outside."""
        self._take(event)
        told = End(event.why, self._take.hash()) if isinstance(event, Stopped) else event
        if line := line_of(told):
            self._append(line)

    def close(self) -> None:
        """Write no more."""
        self._file.close()

    def _append(self, line: str) -> None:
        try:
            self._file.append(line.encode() + b"\n")
        except OSError as error:
            do = "free space; what was logged before is kept"
            raise cannot_write(self._file.path, error, do) from error


@contextmanager
def opened(path: Path) -> Iterator[tuple[Head, Iterator[Line]]]:
    """Open a log; yield its head, and its lines, which are read as they are asked for.

    They go on to an `End`, or to where the session was cut off.

    Raises:
        UserError: it cannot be read or is damaged; of a line that is told when it is asked for.
    """
    with open_regular(path, "the log of a session") as file:
        try:
            head = Head.model_validate_json(file.readline(LONGEST_HEAD))
        except ValidationError as error:
            raise _damaged(path, 1, str(next(iter(problems(error))))) from error
        yield head, _lines(file, path)


def _lines(file: BinaryIO, path: Path) -> Iterator[Line]:
    number, line = 2, file.readline(LONGEST_LINE)
    while line:
        following = file.readline(LONGEST_LINE)
        try:
            told = parse(line)
        except (ValueError, RecursionError) as error:
            if not following:
                return  # it was being written when the session, or the machine, was gone
            found = repr(line[:60].decode("utf-8", "replace").rstrip())
            raise _damaged(path, number, found) from error
        yield told
        if isinstance(told, End):
            return
        number, line = number + 1, following


def _damaged(path: Path, line: int, found: str) -> UserError:
    return UserError("the log of a session", f"{found} in line {line} of {path}", "get it anew")
