"""What a network observes of a melody's leaps: which one is open, and what a note would do to it.

A leap is open until it is turned back, as in `envs.melody`. There the rules count the steps since;
here it is told what a note would do, and a network learns how much that matters to it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding.codec import TokenTable

Ints = NDArray[np.int64]

LEAP = 7
"""Semitones from which on an interval is a leap."""

NOTHING, ON, BACK, LEAP_BACK = range(4)
"""What a note does to an open leap: nothing, leap on, go back to where it began, leap back."""

N_WAYS = 3
"""Those that do something."""


class Leap(NamedTuple):
    """The leap that is open: its direction, 0 for none, and the pitch that it began on.

    `last` is the pitch that was struck last, -1 before the first.
    """

    direction: int = 0
    left: int = -1
    last: int = -1

    def after(self, pitch: int) -> Leap:
        """Return what is open after a note."""
        way = self.way(pitch)
        if way in (BACK, LEAP_BACK):
            return Leap(last=pitch)
        if way == ON or not self.leads_to(pitch):
            return self._replace(last=pitch)
        return Leap(1 if pitch > self.last else -1, self.last, pitch)

    def leads_to(self, pitch: int) -> bool:
        """Whether it is a leap from the last note to a pitch."""
        return self.last >= 0 and abs(pitch - self.last) >= LEAP

    def way(self, pitch: int) -> int:
        """Return what a note would do to the open leap."""
        if not self.direction:
            return NOTHING
        if self.leads_to(pitch):
            return ON if (pitch - self.last) * self.direction > 0 else LEAP_BACK
        return BACK if (self.left - pitch) * self.direction >= 0 else NOTHING


NO_LEAP = Leap()


class LeapTable:
    """What the tokens of a melody would do to leaps; those that are no notes do nothing."""

    def __init__(self, tokens: TokenTable) -> None:
        self._pitch = np.where((tokens.strikes > 0) & (tokens.pitch >= 0), tokens.pitch, -1)
        self.pitches: list[int] = self._pitch.tolist()
        """Of each token the pitch of the note that it is, -1 for none."""
        self.ways = lru_cache(maxsize=4096)(self._ways)

    def after(self, leap: Leap, token: int) -> Leap:
        """Return what is open after a token."""
        pitch = self.pitches[token]
        return leap if pitch < 0 else leap.after(pitch)

    def _ways(self, leap: Leap) -> Ints:
        """Return what each token would do to an open leap [vocab_size]."""
        of_pitch = np.array([leap.way(pitch) for pitch in range(128)] + [NOTHING])
        ways: Ints = of_pitch[self._pitch]
        ways.flags.writeable = False
        return ways

    def observe(self, tokens: Ints) -> Ints:
        """Return the leap that is open before each token of a piece [n, 3]."""
        out, leap = np.empty((len(tokens), len(NO_LEAP)), np.int64), NO_LEAP
        for at, token in enumerate(tokens.tolist()):
            out[at] = leap
            leap = self.after(leap, token)
        return out
