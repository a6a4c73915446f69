"""Files are read up to a bound, and appear whole or not at all."""

from __future__ import annotations

import codecs
import os
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import IO, BinaryIO

from daw_bridge.errors import UserError

_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}


def open_regular(path: Path, what: str = "a file") -> BinaryIO:
    """Open a regular file, or a link to one, for its bytes; whoever asks reads up to a bound.

    A pipe is not waited for. `what` says what was wanted, such as "a MIDI file".

    Raises:
        UserError: there is none, it may not be read, or it is something else.
    """
    try:
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        file = os.fdopen(os.open(path, flags), "rb")
    except OSError as error:
        why = "a folder" if isinstance(error, IsADirectoryError) else error.strerror
        raise UserError(what, f"{path} ({why})", "check the name and its rights") from error
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise UserError(what, f"{path} (no regular file)", "name a file that has an end")
    return file


def read_bounded(path: Path, limit: int, what: str = "a file") -> bytes:
    """Read the bytes of a regular file that has at most `limit` of them.

    Raises:
        UserError: it cannot be read, is no regular file, or is larger.
    """
    with open_regular(path, what) as file:
        try:
            if os.fstat(file.fileno()).st_size > limit:  # spares reading it
                raise _too_large(limit, what, str(path))
            return _bounded(file, limit, what, str(path))
        except OSError as error:
            raise UserError(what, f"{path} ({error.strerror})", "copy it anew") from error


def read_text(path: Path, limit: int, what: str = "a text") -> str:
    """Read a text of at most `limit` bytes, in UTF-8, or with a mark in UTF-16 or UTF-32.

    Raises:
        UserError: it cannot be read, is larger, or is no text.
    """
    return _text(read_bounded(path, limit, what), what, str(path))


def read_text_from(stream: IO[bytes], limit: int, what: str, place: str) -> str:
    """Read such a text from a stream, whose name for people is `place`, to its end.

    Raises:
        UserError: it is larger, or is no text.
    """
    return _text(_bounded(stream, limit, what, place), what, place)


def _text(raw: bytes, what: str, place: str) -> str:
    try:
        return text_of(raw)
    except UnicodeDecodeError as error:
        raise UserError(
            what, f"bytes that are none at byte {error.start} of {place}", "save it as UTF-8"
        ) from error


def text_of(raw: bytes) -> str:
    """Decode a text in UTF-8, or in UTF-16 or UTF-32, as Windows' shells write it.

    A mark at its beginning says which, and is left out. Text without one that has zeros at every
    other byte is UTF-16 as well.

    Raises:
        UnicodeDecodeError: it is none of these.
    """
    for mark, encoding in _MARKS.items():
        if raw.startswith(mark):
            return raw[len(mark) :].decode(encoding)
    if b"\0" not in raw:
        return raw.decode()
    for zeros, letters, encoding in ((1, 0, "utf-16-le"), (0, 1, "utf-16-be")):
        if not any(raw[zeros::2]) and all(raw[letters::2]):  # Latin letters, as words are
            return raw.decode(encoding)
    raise UnicodeDecodeError("utf-8", raw, raw.index(0), raw.index(0) + 1, "a zero in a text")


@contextmanager
def open_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip; see `member` for what is in it.

    Raises:
        UserError: it cannot be read, or is none.
    """
    with open_regular(path, "a zip") as file:
        try:
            archive = zipfile.ZipFile(file)
        except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise UserError("a zip", f"{path} ({error})", "get it again") from error
        archive.filename = str(path)  # for what is said of its members
        with archive:
            yield archive


def member(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """Read a member of a zip that unpacks to at most `limit` bytes, whatever its header says.

    Raises:
        UserError: it is larger, damaged, locked, or packed in a way that cannot be bounded.
    """
    place = f"{archive.filename}: {name}"
    try:
        info = archive.getinfo(name)
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise UserError("a member stored or deflated", place, "pack it anew")
        with archive.open(info) as file:
            return _bounded(file, limit, "a file", place)
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, KeyError, RuntimeError) as error:
        raise UserError("a whole zip", f"{place} ({error})", "get it again") from error


def _bounded(file: IO[bytes], limit: int, what: str, place: str) -> bytes:
    raw = file.read(limit + 1)
    if len(raw) > limit:
        raise _too_large(limit, what, place)
    return raw


def _too_large(limit: int, what: str, place: str) -> UserError:
    return UserError(
        f"{what} of at most {size_of(limit)}", f"more in {place}", "name a smaller file"
    )


def is_hidden(path: PurePath) -> bool:
    """Whether a path in a folder is what systems put beside files: `._song.mid`, `__MACOSX`."""
    return any(part.startswith(".") or part == "__MACOSX" for part in path.parts)


def size_of(n_bytes: int) -> str:
    """Write a number of bytes, such as 1.5 MB."""
    for unit, power in (("GB", 30), ("MB", 20), ("kB", 10)):
        if n_bytes >= 1 << power:
            return f"{n_bytes / (1 << power):.3g} {unit}"
    return f"{n_bytes} bytes"


def folder_to_write(path: Path) -> Path:
    """Check, before any work, that files can be written in a folder that may not exist yet.

    Raises:
        UserError: it is no folder, or is not ours to write to.
    """
    try:
        there = next(each for each in (path, *path.absolute().parents) if each.exists())
    except OSError as error:
        raise UserError("a folder", f"{path} ({error.strerror})", "name another") from error
    if not there.is_dir():
        raise UserError("a folder to write to", f"a file, {there}", "name another")
    if not os.access(there, os.W_OK | os.X_OK):
        raise UserError("a folder to write to", f"{there}, which is read-only", "name another")
    return path


def file_to_write(path: Path) -> Path:
    """Check, before any work, that a file can be written.

    Raises:
        UserError: it is a folder or a device, or lies in a folder that is not ours to write to.
    """
    try:
        is_folder, is_taken = path.is_dir(), path.exists() and not path.is_file()
    except OSError as error:
        raise UserError("a file name", f"{path} ({error.strerror})", "name another") from error
    if is_folder:
        raise UserError("a file to write", f"a folder, {path}", "add a file name")
    if is_taken:
        raise UserError("a file to write", f"a device or pipe, {path}", "name another")
    folder_to_write(path.absolute().parent)
    return path


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Return a temporary path that becomes `path` when the block ends without an exception.

    The temporary file lies in the same folder, so that the last step is one atomic rename, and
    keeps the suffix, so that libraries which choose a format by it still can. Missing folders are
    made. What is there and is no file, such as a device or a pipe, is not replaced.

    Raises:
        UserError: the folder cannot be written to, or the disk is full.
    """
    try:
        if path.exists() and not path.is_file():
            raise UserError("a file to write", f"something else, {path}", "name another")
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix
        )
    except OSError as error:
        raise UserError(
            f"a folder to write {path.name} in", f"{path.parent} ({error.strerror})", "name another"
        ) from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    except OSError as error:
        raise UserError(
            f"to write {path}", str(error.strerror or error), "free space or name another place"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
