"""Arrays from npz: what numpy writes is read, and nothing that is hostile takes memory or time."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from daw_bridge.corpora.material import Reading, Source, Unreadable
from daw_bridge.corpora.npz import arrays_of
from daw_bridge.corpora.readers.piano_rolls import READER
from daw_bridge.errors import UserError

LIMIT = 1 << 20


@contextmanager
def within(limit: int) -> Iterator[None]:
    """Fail where more memory is taken."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()


def packed(raw: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", raw)
    return out.getvalue()


def npy(header: str, data: bytes = b"") -> bytes:
    text = header.encode("latin-1")
    return packed(b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text + data)


def said(descr: str = "|u1", shape: str = "(0,)") -> str:
    return f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape}, }}\n"


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.int32).reshape(2, 3),
        np.asfortranarray(np.arange(6, dtype=">i2").reshape(3, 2)),
        np.zeros((0, 7), np.int16),
        np.array(3.5, np.float32),
        np.array([True, False]),
    ],
)
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_what_numpy_writes_is_read(array, save):
    out = io.BytesIO()
    save(out, first=array, second=array)
    found = arrays_of(out.getvalue(), LIMIT)
    assert list(found) == ["first", "second"]
    assert found["first"].dtype == array.dtype
    np.testing.assert_array_equal(found["second"], array)


def gigabytes(size: int, *, understated: bool = False) -> bytes:
    """Pack zeros by the block, as none of us has them all in memory."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.npy", "w", force_zip64=not understated) as file,
    ):
        for _ in range(size >> 20):
            file.write(bytes(1 << 20))
    if understated:
        return out.getvalue().replace(struct.pack("<I", size), struct.pack("<I", 10))
    return out.getvalue()


@pytest.mark.parametrize("understated", [False, True])
def test_what_unpacks_to_more_than_it_may_is_refused(understated):
    raw = gigabytes(1 << 27, understated=understated)
    with within(4 * LIMIT), pytest.raises(UserError, match=r"the npz: a\.npy"):
        arrays_of(raw, LIMIT)


def test_all_arrays_together_have_the_bound():
    out = io.BytesIO()
    np.savez(out, a=np.zeros(600, np.uint8), b=np.zeros(600, np.uint8))
    with pytest.raises(UserError, match=r"the npz: b\.npy"):
        arrays_of(out.getvalue(), 1000)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"PK",
        packed(b""),
        packed(b"\x93NUMPY"),
        packed(b"\x93NUMPY\3\0\0\0\0\0"),
        npy(said(shape="(1099511627776,)")),
        npy(said(shape="(2,)"), b"1"),
        npy(said(shape="(2,)"), b"123"),
        npy(said(shape="(-1,)")),
        npy(said(shape="(0, -5)")),
        npy(said(shape=f"({'9' * 5000},)")),
        npy(said(shape="('x',)")),
        npy(said("|O")),
        npy(said("|V0", "(1000,)")),
        npy(said("<f3")),
        npy("-" * 9000 + "1"),
        npy("(" * 9000),
        npy("1+" * 4000 + "1"),
        npy("\xff\xfe"),
    ],
)
def test_what_is_no_array_is_refused(raw):
    with within(4 * LIMIT), pytest.raises(ValueError, match=r"no npz|no array|another length"):
        arrays_of(raw, LIMIT)
    with pytest.raises(Unreadable, match="no piano rolls"):
        list(READER(raw, Source(Path("a.npz")), Reading("frames")))
