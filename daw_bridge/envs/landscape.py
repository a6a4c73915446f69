"""What an agent expects of numbers that it has not tried, by those that it has: a landscape.

It is a Gaussian process over the logarithm of the distance, as Bayesian optimisation has it
(Matern 5/2; how smooth it is, of `REACHES`, is what makes the tries so far most likely).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

REACHES = (0.2, 0.35, 0.6, 1.0, 1.6)
"""How far one try tells of others, as parts of the way of a number."""

MOST = 100
"""Tries, the lowest ones, by which it goes."""

UNEVEN = 1e-4
"""What of the variance no neighbour tells of."""


class Landscape:
    """The tries of one episode; the first is where it began."""

    def __init__(self) -> None:
        self._tried: list[NDArray[np.float32]] = []
        self._heights: list[float] = []

    def hear(self, numbers: NDArray[np.float32], distance: float) -> None:
        """Take a try, and how far from the target it was."""
        self._tried.append(numbers)
        self._heights.append(float(np.log(max(distance, 1e-9))))

    def lowest_of(self, ideas: Floats) -> Floats:
        """Return of numbers [idea, number] those that may come nearest: a deviation below mean."""
        lowest = np.argsort(self._heights, kind="stable")[:MOST]
        tried, heights = np.array(self._tried, np.float64)[lowest], np.array(self._heights)[lowest]
        heights -= heights.mean()
        likeliest = -np.inf
        for reach in REACHES:
            lower = np.linalg.cholesky(_alike(tried, tried, reach) + UNEVEN * np.eye(len(tried)))
            white = np.linalg.solve(lower, heights)
            variance = float(white @ white) / len(white) + 1e-12
            likely = -0.5 * len(white) * np.log(variance) - np.log(np.diag(lower)).sum()
            if likely > likeliest:
                likeliest = likely
                known = np.linalg.solve(lower, _alike(tried, ideas, reach))
                unknown = variance * np.maximum(1 - np.square(known).sum(axis=0), 0)
                low = white @ known - np.sqrt(unknown)
        wanted: Floats = ideas[low.argmin()]
        return wanted


def _alike(one: Floats, other: Floats, reach: float) -> Floats:
    """Return how much each of one tells of each of another, 0..1."""
    apart = np.sqrt(np.square(one[:, None] - other[None]).sum(axis=2)) * np.sqrt(5) / reach
    alike: Floats = (1 + apart + apart**2 / 3) * np.exp(-apart)
    return alike
