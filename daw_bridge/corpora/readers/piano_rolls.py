"""Piano rolls packed in npz, by split, as the benchmarks of Boulanger-Lewandowski are passed on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from daw_bridge.corpora.material import Material, Reader, Reading, Source, Unreadable
from daw_bridge.corpora.npz import arrays_of
from daw_bridge.corpora.readers.frames import piece_of_frames
from daw_bridge.corpora.splits import SPLITS
from daw_bridge.errors import UserError

_LOWEST_KEY, _N_KEYS = 21, 88

_LARGEST_BYTES = 1 << 25
"""Of the file and of what it unpacks to; a bit becomes a byte."""


def read(data: bytes, source: Source, reading: Reading) -> Iterator[Material]:
    """Read `{split}_rolls` [frames, 88 bits] and `{split}_lengths`, the frames of each piece."""
    if reading.role != "frames":
        raise Unreadable("piano rolls hold no durations: they are for the frames encoding")
    try:
        arrays = arrays_of(data, _LARGEST_BYTES)
        for split in SPLITS:
            if f"{split}_rolls" not in arrays:
                continue
            rolls = np.unpackbits(arrays[f"{split}_rolls"], axis=1)[:, :_N_KEYS]
            ends = np.cumsum(arrays[f"{split}_lengths"])
            for number, roll in enumerate(np.split(rolls, ends[:-1])):
                place, key = np.nonzero(roll)
                name = f"{source.name}:{split}:{number}"
                yield piece_of_frames(name, place, key + _LOWEST_KEY, len(roll), split)
    except UserError as error:
        raise Unreadable(f"no piano rolls ({error.found})") from error
    except (ValueError, KeyError, IndexError, TypeError, OverflowError) as error:
        raise Unreadable("no piano rolls") from error


READER = Reader(read, largest_bytes=_LARGEST_BYTES)
