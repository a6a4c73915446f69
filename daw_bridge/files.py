"""Files appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daw_bridge.errors import UserError


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a temporary path that becomes `path` when the block ends without an exception.

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
