"""Arrays packed in npz, read up to a bound, whatever their headers say."""

from __future__ import annotations

import io
import math
import re
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


_HEADER = re.compile(
    rb"\{'descr': '([<>|](?:[iu][1248]|f[248]|b1))', 'fortran_order': (True|False), "
    rb"'shape': \(((?:[0-9]{1,12}(?:, |,)?){0,4})\), \}\s*"
)
"""What numpy writes before plain numbers. Its own reader takes any expression of Python."""


def _array(raw: bytes) -> NDArray[Any]:
    """Read an array of plain numbers that is as long as its header says."""
    begin = {b"\x93NUMPY\1\0": 10, b"\x93NUMPY\2\0": 12}.get(raw[:8], 8)
    end = begin + int.from_bytes(raw[8:begin], "little")
    header = _HEADER.fullmatch(raw, begin, end)
    if header is None:
        raise ValueError("no array of plain numbers")
    dtype, by_column = np.dtype(header[1].decode()), header[2] == b"True"
    shape = tuple(map(int, re.findall(rb"[0-9]+", header[3])))
    if math.prod(shape) * dtype.itemsize != len(raw) - end:
        raise ValueError("an array of another length than it says")
    flat = np.frombuffer(raw, dtype, offset=end)
    return flat.reshape(shape, order="F" if by_column else "C")
