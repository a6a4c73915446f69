"""A regular beat in what comes irregularly: when its next stroke falls, and how fast it goes."""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from math import sqrt

from daw_bridge.jam.estimate import FINEST_S, Estimate
from daw_bridge.music.time import HIGHEST_QPM, LOWEST_QPM, Seconds

SHORTEST_S, LONGEST_S = 60 / (24 * 1.05 * HIGHEST_QPM), 60 / (24 * 0.95 * LOWEST_QPM)
"""What can be between two clocks of music."""

WITHIN = 4.0
"""How many deviations from where it is expected a clock may be."""

HALF = 0.5
"""From here on, in periods, a clock is nearer to another's place than to its own."""

SURE = 24
"""After so many clocks that came where they were expected, time may say that some were lost."""

ROUGH = 0.1
"""Clocks whose deviation is more of a period than this need twice as many to agree."""

AGREEING, MOST = 3, 12
"""How many clocks beside the beat make a new one: where they are regular, and in any case."""


class Pulse:
    """A beat that is followed: its phase and its period as an `Estimate` has them.

    A clock that is not where it is expected is a stray until the next ones agree with it: then the
    tempo has jumped. Clocks are counted one by one, and time has its say where several in a row
    agree that some were lost, or came twice.
    """

    def __init__(self) -> None:
        self.heard_s: Seconds | None = None
        self._estimate = Estimate()
        self._strays: deque[Seconds] = deque(maxlen=MOST)
        self._slips: deque[int] = deque(maxlen=MOST)
        self._sure = 0
        self._count = 0

    @property
    def period_s(self) -> float:
        """The time between two clocks; 0 before it is known."""
        return self._estimate.period_s

    @property
    def time_s(self) -> Seconds:
        """Where the last clock belongs that was sure."""
        return self._estimate.time_s

    def restart(self) -> None:
        """Let the next clock be the first of its count, wherever it falls; the tempo stays."""
        self.heard_s = None
        self._sure = 0
        self._strays.clear()
        self._slips.clear()

    def take(self, time_s: Seconds) -> int | None:
        """Take a clock; return how many it is after the last one that was sure; None: a stray.

        `time_s` is then where it belongs.
        """
        before_s, self.heard_s = self.heard_s, time_s
        if before_s is None:
            return self._begin(time_s)
        self._count += 1
        count = self._count
        if not self.period_s:
            return self._second(time_s, before_s)
        residual_s = self._estimate.residual_s(time_s, count)
        within_s = max(WITHIN * self._estimate.spread_s(count), 10 * FINEST_S)
        if abs(residual_s) > min(within_s, max(HALF * self.period_s, 3 * self._rough_s)):
            slip = self._slip(residual_s)
            if slip is None:
                return self._stray(time_s)
            count += slip
        self._strays.clear()
        self._slips.clear()
        self._count = 0
        self._sure += 1
        self._estimate.take(time_s, count)
        return count

    def _slip(self, residual_s: float) -> int | None:
        """Return how many clocks too few were counted, where the last ones agree on that."""
        self._slips.append(round(residual_s / self.period_s))
        last = list(self._slips)[-self._agreeing :]
        same = len(last) == self._agreeing and len(set(last)) == 1
        slipped = self._sure >= SURE and same and last[0] and self._count + last[0] >= 0
        return last[0] if slipped else None

    @property
    def _rough_s(self) -> float:
        """How irregular the clocks are."""
        return sqrt(self._estimate.irregularity)

    @property
    def _agreeing(self) -> int:
        """How many clocks must agree."""
        return AGREEING * 2 if self._rough_s > ROUGH * self.period_s else AGREEING

    def _begin(self, time_s: Seconds) -> int:
        self._estimate.begin(time_s)
        self._count = 0
        return 0

    def _second(self, time_s: Seconds, before_s: Seconds) -> int | None:
        period_s = time_s - before_s
        if not SHORTEST_S <= period_s <= LONGEST_S:
            return None
        count = self._count
        self._anew(time_s, period_s, 1)
        return count

    def _stray(self, time_s: Seconds) -> int | None:
        """Keep a clock that is not where it was expected; believe it when others agree with it."""
        self._strays.append(time_s)
        gaps = [after - before for before, after in pairwise(self._strays)]
        last = gaps[1 - self._agreeing :]
        spread_s = 0.2 * min(last, default=0.0) + 4 * self._rough_s
        if len(last) == self._agreeing - 1 and max(last) - min(last) <= spread_s:
            gaps = last
        elif len(gaps) < MOST - 1:
            return None
        period_s = sum(gaps) / len(gaps)
        if not SHORTEST_S <= period_s <= LONGEST_S:
            return None
        same = abs(period_s - self.period_s) < WITHIN * sqrt(2) * self._rough_s / len(gaps)
        held_s = self.period_s if same else period_s  # what held for long is known better
        count, clocks = (time_s - self.time_s) / held_s, len(self._strays)
        count = round(count) if self._sure >= SURE and abs(count - clocks) >= 1.5 else clocks
        self._anew(time_s, period_s, len(gaps))
        return count

    def _anew(self, time_s: Seconds, period_s: float, gaps: int) -> None:
        """Begin anew with a line through as many gaps."""
        self._estimate.begin_anew(time_s, period_s, gaps)
        self._count = 0
        self._strays.clear()
        self._slips.clear()
