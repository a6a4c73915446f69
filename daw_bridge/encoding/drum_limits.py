"""What a musician may ask of drawn drums: classes that stay silent, rows that are set, density."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding.drum_classes import N_CLASSES, N_WORDS, bit
from daw_bridge.errors import UserError, near
from daw_bridge.music.drums import DRUM_CLASSES

CLASS_NAMES = tuple(drum.name for drum in DRUM_CLASSES)

_HITS = ((np.arange(N_WORDS)[:, None] >> np.arange(N_CLASSES)) & 1).sum(1)


@dataclass(frozen=True, slots=True)
class DrumLimits:
    """Tell which words a step may have.

    `muted` is a word of the classes that are never hit. `rows` gives for a class the steps at
    which it is hit, and no other; a short row repeats. `fewest` and `most` bound the hits of a bar,
    and keep them spread over it, to within a quarter of a bar and one hit.
    """

    muted: int = 0
    rows: Mapping[int, tuple[bool, ...]] = field(default_factory=dict)
    fewest: float = 0
    most: float = math.inf

    @classmethod
    def parse(
        cls, mute: str = "", lock: str = "", fewest: float | None = None, most: float | None = None
    ) -> DrumLimits:
        """Read `crash,ride` and `kick=x...x...,snare=....x...`: `.` is a rest, all else a hit.

        Raises:
            UserError: a class is unknown, a row is empty, a class is both muted and locked, or
                `fewest` is more than `most`.
        """
        rows = {}
        for part in filter(None, lock.split(",")):
            name, _, row = part.partition("=")
            if not row.strip():
                raise UserError("class=row, such as kick=x...x...", repr(part), "add the row")
            rows[_class(name)] = tuple(each != "." for each in row.strip())
        muted = {_class(name) for name in filter(None, mute.split(","))}
        if both := muted & rows.keys():
            name = CLASS_NAMES[min(both)]
            raise UserError("a class muted or locked", f"{name} as both", "choose one")
        if not (muted or rows or fewest is not None or most is not None):
            return NO_LIMITS
        low, high = fewest or 0, math.inf if most is None else most
        if not 0 <= low <= high:
            raise UserError(
                "hits a bar, fewest up to most", f"{low:g} up to {high:g}", "swap or widen them"
            )
        return cls(sum(map(bit, muted)), rows, low, high)

    def words(self, step: int, n_steps: int, used: int) -> NDArray[np.bool_]:
        """Give which words [512] may come at a step of a bar that has `used` hits so far.

        Where density leaves nothing, muting and rows alone count.
        """
        words = np.arange(N_WORDS)
        mask: NDArray[np.bool_] = (words & self.muted) == 0
        for drum, row in self.rows.items():
            mask &= ((words & bit(drum)) > 0) == row[step % len(row)]
        hits = used + _HITS
        quarter = max(n_steps // 4, 1)
        least = self.fewest * (step + 1 - quarter * (step + 1 < n_steps)) / n_steps
        highest = min(self.most, self.most * (step + 1) / n_steps + 1)
        dense: NDArray[np.bool_] = mask & (hits >= least) & (hits <= highest)
        return dense if dense.any() else mask


NO_LIMITS = DrumLimits()


def _class(name: str) -> int:
    name = name.strip()
    if name not in CLASS_NAMES:
        raise UserError("a class of drums", repr(name), near(name, CLASS_NAMES))
    return CLASS_NAMES.index(name)


def count(word: int) -> int:
    """Count the hits of a word."""
    return int(_HITS[word])
