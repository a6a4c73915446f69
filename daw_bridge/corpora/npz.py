"""Arrays packed in npz, read up to a bound, whatever their headers say."""

from __future__ import annotations

import io
import math
import zipfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daw_bridge.files import member


def arrays_of(data: bytes, limit: int) -> dict[str, NDArray[Any]]:
    """Unpack arrays by name that together take at most `limit` bytes.

    Raises:
        ValueError: the bytes are no npz of plain arrays.
        UserError: it is damaged, or what it holds is larger.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
        raise ValueError("no npz") from error
    arrays = {}
    with archive:
        archive.filename = "the npz"
        for name in archive.namelist():
            raw = member(archive, name, limit)
            limit -= len(raw)
            arrays[name.removesuffix(".npy")] = _array(raw)
    return arrays


def _array(raw: bytes) -> NDArray[Any]:
    """Read an array that is as long as its header says; no object is made."""
    file = io.BytesIO(raw)
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    version = np.lib.format.read_magic(file)
    if version not in readers:
        raise ValueError(f"npy of version {version}")
    shape, by_column, dtype = readers[version](file)
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != len(raw) - file.tell():
        raise ValueError("an array of another length than it says")
    flat = np.frombuffer(raw, dtype, offset=file.tell())
    return flat.reshape(shape, order="F" if by_column else "C")
