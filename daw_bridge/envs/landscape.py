"""How near numbers may come that were not tried: what an ear makes of them, set right.

An ear hears less than a distance measures. A Gaussian process is laid over how far apart the two
were of what was tried, as Bayesian optimisation has it (Matern 5/2; how smooth it is, of `REACHES`,
is what makes the tries so far most likely). All heights are logarithms of distances.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Numbers = NDArray[np.float32]

REACHES = (0.2, 0.35, 0.6, 1.0, 1.6)
"""How far one try tells of others, as parts of the way of a number."""

MOST = 100
"""Tries, the lowest ones, by which it goes."""

UNEVEN = 1e-3
"""What of the variance no neighbour tells of."""

BEFORE, SURE = 0.1**2, 3
"""The variance that is expected before anything is heard, and how many tries outweigh it."""


class Landscape:
    """The tries of one episode; the first is where it began."""

    def __init__(self) -> None:
        self._tried: list[Numbers] = []
        self._heights: list[float] = []
        self._off: list[float] = []

    def hear(self, numbers: Numbers, height: float, by_ear: float) -> None:
        """Take a try, its height, and the one that it has by ear."""
        self._tried.append(numbers)
        self._heights.append(height)
        self._off.append(height - by_ear)

    def lowest_of(self, ideas: Numbers, by_ear: Floats, count: int) -> Numbers:
        """Return those of ideas [idea, number] that may be lowest: a deviation below the mean."""
        lowest = np.argsort(self._heights, kind="stable")[:MOST]
        tried, off = np.array(self._tried, np.float64)[lowest], np.array(self._off)[lowest]
        mean = off.mean()
        fits = [_fit(tried, off - mean, reach) for reach in REACHES]
        _, reach, lower, white, variance = max(fits, key=lambda fit: fit[0])
        known = np.linalg.solve(lower, alike(tried, ideas.astype(np.float64), reach))
        unknown = variance * np.maximum(1 - np.square(known).sum(axis=0), 0)
        low = by_ear + mean + white @ known - np.sqrt(unknown)
        wanted: Numbers = ideas[np.argsort(low, kind="stable")[:count]]
        return wanted


def _fit(tried: Floats, off: Floats, reach: float) -> tuple[float, float, Floats, Floats, float]:
    """Return how likely a reach makes what was heard, the reach, and what it is foretold by."""
    lower = np.linalg.cholesky(alike(tried, tried, reach) + UNEVEN * np.eye(len(tried)))
    white, sure = np.linalg.solve(lower, off), len(off) + SURE
    variance = float(white @ white + SURE * BEFORE) / sure
    likely = -0.5 * sure * np.log(variance) - np.log(np.diag(lower)).sum()
    return float(likely), reach, lower, white, variance


def alike(one: Floats, other: Floats, reach: float) -> Floats:
    """Return how much each of one tells of each of another, 0..1."""
    apart = np.sqrt(np.square(one[:, None] - other[None]).sum(axis=2)) * np.sqrt(5) / reach
    alike: Floats = (1 + apart + apart**2 / 3) * np.exp(-apart)
    return alike
