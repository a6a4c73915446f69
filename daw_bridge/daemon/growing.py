"""Files that grow by lines while music plays, of which a crash takes a second at most."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path

from daw_bridge.errors import UserError

try:
    import fcntl
except ImportError:  # Windows, where whoever has a file open keeps it from being removed
    fcntl = None  # type: ignore[assignment]

SYNC_S = 1.0
"""How long a line may wait to reach the disk itself: more than a killed process, or a machine
without power, can take away."""

_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


class GrowingFile:
    """A new file that grows by whole lines, and is locked as long as it is open.

    Raises:
        UserError: there is one, or it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._handle = os.open(path, _NEW, 0o666)
        except OSError as error:
            raise cannot_write(path, error, "name another place") from error
        self._length = 0
        self._synced_s = time.monotonic()
        self._is_synced = True
        if fcntl is not None:
            with contextlib.suppress(OSError):  # some file systems of networks have no locks
                fcntl.flock(self._handle, fcntl.LOCK_EX)

    def append(self, lines: bytes = b"", *, sync: bool = False) -> None:
        """Add lines, and bring all to the disk itself if it is time for that, or `sync` says so.

        In a failure, what they left is no part of the file any more.
        """
        os.lseek(self._handle, self._length, os.SEEK_SET)
        left = memoryview(lines)
        while left:
            left = left[os.write(self._handle, left) :]
        self._is_synced = self._is_synced and not lines
        now_s = time.monotonic()
        if sync or (not self._is_synced and now_s - self._synced_s >= SYNC_S):
            os.fsync(self._handle)
            self._is_synced, self._synced_s = True, now_s
        self._length += len(lines)

    def whole(self) -> bytes:
        """Return all whole lines."""
        return self.path.read_bytes()[: self._length]

    def close(self) -> None:
        """Cut off what is not whole, and close."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._handle, self._length)
        os.close(self._handle)


def cannot_write(path: Path, error: OSError, do: str) -> UserError:
    """Return the error that what is heard cannot be written down."""
    return UserError(f"to write down what is heard, in {path}", str(error.strerror or error), do)


@contextlib.contextmanager
def locked(handle: int) -> Iterator[None]:
    """Have an open file for oneself, among processes that ask in the same way."""
    if fcntl is not None:
        with contextlib.suppress(OSError):  # some file systems of networks have no locks
            fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if fcntl is not None:
            with contextlib.suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_UN)


def is_locked(path: Path) -> bool:
    """Whether a process has a growing file open."""
    if fcntl is None:
        return False
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


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
