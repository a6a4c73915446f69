"""Where running jams are found: a folder that is the user's alone, with a socket for each.

Where there are no such sockets, on Windows, a port of 127.0.0.1 is written there with a token that
a client must say first.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
import stat
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from daw_bridge.control.lines import line_of
from daw_bridge.errors import UserError, near
from daw_bridge.files import read_bounded

LOCAL_SOCKETS = hasattr(socket, "AF_UNIX")

LOOPBACK = "127.0.0.1"

MOST_OF_A_NAME = 99
"""How many jams of one preset are told apart by a number."""

WAIT_S = 5.0
"""How long a jam may take to answer the door."""


def folder() -> Path:
    """Return the folder of the sockets, made where there is none; nobody else may look into it.

    Raises:
        UserError: somebody else has made it, or others may see it.
    """
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
        path = base / "daw-bridge" / "run"
        path.mkdir(parents=True, exist_ok=True)
        return path
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and Path(runtime).is_dir():
        path = Path(runtime) / "daw-bridge"
    else:
        path = Path(tempfile.gettempdir()) / f"daw-bridge-{os.getuid()}"
    path.mkdir(mode=0o700, exist_ok=True)
    about = path.lstat()
    if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.getuid() or about.st_mode & 0o077:
        raise UserError(
            "a folder of your own that nobody else may look into", str(path), f"remove it: {path}"
        )
    return path


@dataclass(frozen=True, slots=True)
class Door:
    """Where clients of one jam come in, as long as it runs; `token` is what they must say first."""

    name: str
    listener: socket.socket
    token: str
    _lock: BinaryIO
    _path: Path

    def close(self) -> None:
        """Let nobody in any more, and give the name back."""
        self.listener.close()
        self._path.unlink(missing_ok=True)
        self._lock.close()


def open_door(wanted: str, *, exactly: bool) -> Door:
    """Open the door of a jam under a name; where it is taken, and not `exactly`, with a number.

    Raises:
        UserError: the name is none or is taken, or the folder or the socket cannot be had.
    """
    check_name(wanted)
    where = folder()
    more = () if exactly else range(2, MOST_OF_A_NAME + 1)
    for name in (wanted, *(f"{wanted[:36]}-{number}" for number in more)):
        if (lock := _locked(where / f"{name}.lock")) is not None:
            try:
                return _opened(where, name, lock)
            except BaseException:
                lock.close()
                raise
    raise UserError("a name that no jam has", repr(wanted), "give another with --name")


def _opened(where: Path, name: str, lock: BinaryIO) -> Door:
    if LOCAL_SOCKETS:
        path, token = where / f"{name}.sock", ""
        path.unlink(missing_ok=True)  # of one that was killed: the lock is ours
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    else:
        path, token = where / f"{name}.port", secrets.token_hex(32)
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if LOCAL_SOCKETS:
            listener.bind(str(path))
            path.chmod(0o600)
        else:
            listener.bind((LOOPBACK, 0))
            _write_for_us(path, json.dumps({"port": listener.getsockname()[1], "token": token}))
        listener.listen()
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise UserError(
            "a socket to be told by", f"{path} ({error})", "set XDG_RUNTIME_DIR to a short path"
        ) from error
    return Door(name, listener, token, lock, path)


def running() -> list[str]:
    """List the jams whose doors are open, by name.

    Raises:
        UserError: the folder cannot be had.
    """
    paths = folder().glob("*.sock" if LOCAL_SOCKETS else "*.port")
    return sorted(path.stem for path in paths if _answers(path))


def connect(name: str | None) -> socket.socket:
    """Connect to the jam of a name; None: to the one that runs.

    Raises:
        UserError: there is none, or several and none is named.
    """
    if name is None:
        names = running()
        if not names:
            raise UserError("a jam that runs", "none", "start one: daw-bridge jam")
        if len(names) > 1:
            found = f"several: {', '.join(names)}"
            raise UserError("the name of a jam", found, f"add --name {names[0]}")
        name = names[0]
    check_name(name)
    try:
        return _knock(folder() / f"{name}.{'sock' if LOCAL_SOCKETS else 'port'}")
    except _CLOSED as error:
        raise UserError("the name of a jam that runs", repr(name), near(name, running())) from error


_CLOSED = (OSError, UserError, ValueError, KeyError, TypeError)
"""What keeps a client from coming in where a jam is gone, or was killed while it wrote."""


def _knock(path: Path) -> socket.socket:
    """Connect to a door, and say its token where it has one."""
    if LOCAL_SOCKETS:
        ours = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        ours.settimeout(WAIT_S)
        try:
            ours.connect(str(path))
        except OSError:
            ours.close()
            raise
        return ours
    told = json.loads(read_bounded(path, 1000, "the door of a jam"))
    ours = socket.create_connection((LOOPBACK, int(told["port"])), WAIT_S)
    ours.sendall(line_of({"token": told["token"]}))
    return ours


def _answers(path: Path) -> bool:
    try:
        _knock(path).close()
    except _CLOSED:
        return False
    return True


def check_name(name: str) -> None:
    """Refuse what is no name of a jam.

    Raises:
        UserError: it is none.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}", name, re.ASCII):
        raise UserError(
            "a name of up to 40 letters, digits, `-`, `_` and `.`", repr(name), "give another"
        )


def _write_for_us(path: Path, text: str) -> None:
    """Write a file that nobody else may read, in place of an old one."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def _locked(path: Path) -> BinaryIO | None:
    """Lock a file until it is closed or we die; None where somebody has."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    file = os.fdopen(os.open(path, flags, 0o600), "r+b")
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415  of Windows

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415  Windows has none

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file
