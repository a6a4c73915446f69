"""The splits of a data set, by the names that data sets give them."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

SPLITS = ("train", "valid", "test")
"""What is learnt from, what is looked at meanwhile, and what judges at the end."""

_NAMES = {
    "train": "train",
    "training": "train",
    "valid": "valid",
    "validation": "valid",
    "val": "valid",
    "dev": "valid",
    "test": "test",
    "testing": "test",
}


def split_of(name: str) -> str:
    """Return the split that a word names, "" where it names none."""
    return _NAMES.get(name.strip().casefold(), "")


def split_of_stem(stem: str) -> str:
    """Return the split that the name of a file ends in: `songs_valid`."""
    return split_of(re.split(r"[_.-]", stem)[-1])


def split_of_folders(name: str) -> str:
    """Return the split that a folder on the way to a file is named after.

    Where two folders name one, the split that judges stays out of training.
    """
    found = {split_of(folder) for folder in PurePosixPath(name).parts[:-1]}
    return max(found & set(SPLITS), key=SPLITS.index, default="")
