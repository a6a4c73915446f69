"""What an agent imagines in an episode: what its network does, set right near what it has heard."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from daw_bridge.envs.landscape import Numbers, alike

NEAR = 0.2
"""How far what was heard sets right what is imagined, as parts of the way of a number."""

LATEST = 100
"""Tries by which it goes."""

UNEVEN = 1e-3
"""Of what was heard, so much is of that try alone."""


class Imagined:
    """Sounds of numbers in 0..1, as an ear hears them, of those that were tried and of others."""

    def __init__(self, imagine: Callable[[Numbers], Numbers]) -> None:
        self._imagine = imagine
        self._tried: list[Numbers] = []
        self._off: list[Numbers] = []

    def hear(self, numbers: Numbers, heard: Numbers) -> None:
        """Take a try, and what was heard of it."""
        self._tried.append(numbers)
        self._off.append(heard - self._imagine(numbers[None])[0])

    def of(self, ideas: Numbers) -> Numbers:
        """Return what may be heard of ideas [idea, number]; it has heard one try at least."""
        tried = np.array(self._tried[-LATEST:], np.float64)
        each = alike(tried, tried, NEAR) + UNEVEN * np.eye(len(tried))
        share = np.linalg.solve(each, alike(tried, ideas.astype(np.float64), NEAR)).T
        off = share.astype(np.float32) @ np.array(self._off[-LATEST:])
        heard: Numbers = self._imagine(ideas) + off
        return heard
