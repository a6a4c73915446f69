"""A regular beat in what comes irregularly: when its next stroke falls, and how fast it goes."""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from math import sqrt

from daw_bridge.music.time import HIGHEST_QPM, LOWEST_QPM, Seconds

SHORTEST_S, LONGEST_S = 60 / (24 * 1.05 * HIGHEST_QPM), 60 / (24 * 0.95 * LOWEST_QPM)
"""What can be between two clocks of music."""

FINEST_S = 2e-5
"""Finer than this nothing is believed: a frame of audio."""

DRIFT = 1e-5
"""By how much of itself a steady tempo may be off one clock later."""

WITHIN = 4.0
"""How many deviations from where it is expected a clock may be."""

HALF = 0.5
"""From here on, in periods, a clock is nearer to another's place than to its own."""

SURE = 24
"""After so many clocks that came where they were expected, time may say that some were lost."""

ROUGH = 0.1
"""Clocks whose deviation is more of a period than this need twice as many to agree."""

LEAN, MOVING = 1.0, 0.03
"""How many deviations the last few clocks may lean to one side, on average; then the tempo moves,
and so much of what they lean is what its period may be off."""

ROUGH_S = 1e-3
"""How irregular a clock is taken to be before it is known."""

AGREEING, MOST = 3, 12
"""How many clocks beside the beat make a new one: where they are regular, and in any case."""


class Pulse:
    """A beat that is followed: its phase and its period as a Kalman filter estimates them.

    How irregular the clocks are is measured too, so that exact ones are followed at once, and of
    rough ones the middle. A clock that is not where it is expected is a stray until the next ones
    agree with it: then the tempo has jumped. Clocks are counted one by one, and time has its say
    where several in a row agree that some were lost, or came twice.
    """

    def __init__(self) -> None:
        self.period_s = 0.0
        self.time_s = Seconds(0.0)
        self.heard_s: Seconds | None = None
        self._strays: deque[Seconds] = deque(maxlen=MOST)
        self._slips: deque[int] = deque(maxlen=MOST)
        self._sure = 0
        self._count = 0
        self._jitter = ROUGH_S**2
        self._residual_s = 0.0
        self._lean = 0.0
        self._phase = self._both = self._period = 0.0

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
        if not self.period_s:
            return self._second(time_s, before_s)
        self._count += 1
        count = self._count
        residual_s = time_s - self.time_s - count * self.period_s
        variance = self._phase + 2 * count * self._both + count**2 * self._period + self._jitter
        within_s = max(WITHIN * variance**0.5, 10 * FINEST_S)
        if abs(residual_s) > min(within_s, max(HALF * self.period_s, 3 * sqrt(self._jitter))):
            slip = self._slip(residual_s)
            if slip is None:
                return self._stray(time_s)
            count += slip
            residual_s -= slip * self.period_s
        self._strays.clear()
        self._slips.clear()
        self._count = 0
        self._sure += 1
        self._update(residual_s, count)
        return count

    def _slip(self, residual_s: float) -> int | None:
        """Return how many clocks too few were counted, where the last ones agree on that."""
        self._slips.append(round(residual_s / self.period_s))
        last = list(self._slips)[-self._agreeing :]
        same = len(last) == self._agreeing and len(set(last)) == 1
        slipped = self._sure >= SURE and same and last[0] and self._count + last[0] >= 0
        return last[0] if slipped else None

    @property
    def _agreeing(self) -> int:
        """How many clocks must agree."""
        return AGREEING * 2 if sqrt(self._jitter) > ROUGH * self.period_s else AGREEING

    def _begin(self, time_s: Seconds) -> int:
        self.time_s, self._count = time_s, 0
        self._phase, self._both = self._jitter, 0.0
        return 0

    def _second(self, time_s: Seconds, before_s: Seconds) -> int | None:
        period_s = time_s - before_s
        if not SHORTEST_S <= period_s <= LONGEST_S:
            return None
        self._anew(time_s, period_s, 1)
        return 1

    def _stray(self, time_s: Seconds) -> int | None:
        """Keep a clock that is not where it was expected; believe it when others agree with it."""
        self._strays.append(time_s)
        gaps = [after - before for before, after in pairwise(self._strays)]
        last = gaps[1 - self._agreeing :]
        spread_s = 0.2 * min(last, default=0.0) + 4 * self._jitter**0.5
        if len(last) == self._agreeing - 1 and max(last) - min(last) <= spread_s:
            gaps = last
        elif len(gaps) < MOST - 1:
            return None
        period_s = sum(gaps) / len(gaps)
        if not SHORTEST_S <= period_s <= LONGEST_S:
            return None
        count, clocks = (time_s - self.time_s) / period_s, len(self._strays)
        count = round(count) if self._sure >= SURE and abs(count - clocks) >= 1.5 else clocks
        self._anew(time_s, period_s, len(gaps))
        return count

    def _anew(self, time_s: Seconds, period_s: float, gaps: int) -> None:
        """Begin anew with a line through as many gaps."""
        self.time_s, self.period_s = time_s, period_s
        self._phase = self._jitter
        self._both = self._jitter / gaps
        self._period = 2 * self._jitter / gaps**2
        self._count, self._lean, self._residual_s = 0, 0.0, 0.0
        self._strays.clear()
        self._slips.clear()

    def _update(self, residual_s: float, count: int) -> None:
        """Move the line towards a clock, by as much as is sure of either."""
        self._phase += 2 * count * self._both + count**2 * self._period
        self._both += count * self._period
        self._period += count * (DRIFT * self.period_s) ** 2
        spread = (self._phase + self._jitter) ** 0.5
        self._lean += 0.2 * (residual_s / spread - self._lean)
        if abs(self._lean) > LEAN:  # the tempo is moving
            self._period += MOVING * (self._lean * spread) ** 2
            self._lean *= 0.5
        phase, period = self._phase / spread**2, self._both / spread**2
        self.time_s = Seconds(self.time_s + count * self.period_s + phase * residual_s)
        self.period_s += period * residual_s
        self._period -= period * self._both
        self._both -= phase * self._both
        self._phase -= phase * self._phase
        change = residual_s - self._residual_s
        self._residual_s = residual_s
        self._jitter += 0.05 * (change**2 / 2 - self._jitter)
        self._jitter = max(self._jitter, FINEST_S**2)
