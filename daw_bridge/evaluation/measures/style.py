"""Whether drums are in the style that was told: which real takes they are nearest to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daw_bridge.corpora.pieces import Piece
from daw_bridge.evaluation.bar_table import grid
from daw_bridge.evaluation.features import excerpts
from daw_bridge.music.notes import Bar

Floats = NDArray[np.float64]

BARS, NEAREST, FEWEST_TAKES = 8, 25, 3
ASKED = 12
"""Styles that are asked for, those of the most takes; and pieces drawn of each."""


@dataclass(frozen=True, slots=True, eq=False)
class Styles:
    """Features of real music [n, d] and the style of each."""

    features: Floats
    names: tuple[str, ...]

    @classmethod
    def of(cls, pieces: Sequence[Piece]) -> Styles:
        """Learn the styles of pieces, as far as there are enough takes of each."""
        takes = Counter(piece.conditions.get("style", "") for piece in pieces)
        known = {name for name, count in takes.items() if name and count >= FEWEST_TAKES}
        rows = [
            (feature(bars), piece.conditions["style"])
            for piece in pieces
            if piece.conditions.get("style") in known
            for bars in excerpts([piece.bars()], BARS)
        ]
        return cls(np.array([row for row, _ in rows]), tuple(name for _, name in rows))

    def asked(self) -> list[str]:
        """Return the styles that are asked for: those with the most features."""
        return [name for name, _ in Counter(self.names).most_common(ASKED)]

    def rank(self, bars: Sequence[Bar], style: str) -> float:
        """Return the rank of a style among those of the nearest features, 1 for the first.

        Counts are divided by how many features a style has; equal ones share their ranks.
        """
        distances = np.linalg.norm(self.features - feature(bars), axis=1)
        counts = Counter(self.names)
        nearest = np.argsort(distances, kind="stable")[:NEAREST]
        near = Counter(self.names[place] for place in nearest)
        weights = {name: near[name] / count for name, count in counts.items()}
        better = sum(weight > weights[style] for weight in weights.values())
        equal = sum(weight == weights[style] for weight in weights.values())
        return better + (equal + 1) / 2


def feature(bars: Sequence[Bar]) -> Floats:
    """Return how often each drum is struck in each 16th of bars in 4/4, its square root [144]."""
    out: Floats = np.sqrt(np.mean([grid(bar) for bar in bars], axis=0)).ravel()
    return out
