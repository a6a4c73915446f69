"""A regular beat in what comes irregularly: when its next stroke falls, and how fast it goes."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from math import sqrt
from statistics import fmean

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

AGREEING = (0.02, 3), (0.05, 6)
"""Up to which deviation, in periods, so many clocks beside the beat make a new one."""

MOST = 12
"""How many make one in any case: half a beat. Fewer do not tell a tempo that has jumped from clocks
that were lost, where they are rough."""

DOUBT = 4.0
"""How many deviations rough clocks must drift from the beat that was, for a new tempo."""


class Pulse:
    """A beat that is followed: its phase and its period as an `Estimate` has them.

    A clock that is not where it is expected is a stray until the next ones agree with it. Then
    either some were lost, or came twice, and the beat is where it was: so it is where all are as
    many whole periods off. Or the tempo has jumped, and they are counted one by one: so it is where
    they drift from that beat. Of clocks whose deviation is a quarter of
    their period or more (3 ms from 200 on) a single one that is lost cannot be told within a beat:
    it comes where a late one might.
    """

    def __init__(self) -> None:
        self.heard_s: Seconds | None = None
        self._estimate = Estimate()
        self._strays: deque[tuple[Seconds, float]] = deque(maxlen=MOST)
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
        if abs(residual_s) > min(within_s, max(HALF * self.period_s, 3 * self.rough_s)):
            self._strays.append((time_s, residual_s))
            slip = self._slip(max(within_s, HALF * self.period_s))
            if slip is None:
                return self._jump()
            count += slip
        self._strays.clear()
        self._count = 0
        self._sure += 1
        self._estimate.take(time_s, count)
        return count

    def _slip(self, within_s: float) -> int | None:
        """Return how many clocks too few were counted, where the last ones are off by as many."""
        last, period_s = list(self._strays)[-self._agreeing :], self.period_s
        if self._sure < SURE or len(last) < self._agreeing:
            return None
        slip = round(fmean(off_s for _, off_s in last) / period_s)
        offs = [off_s - slip * period_s for _, off_s in last]
        if not slip or self._count + slip < 0 or max(map(abs, offs)) > within_s:
            return None
        _, _, rest = _line([time_s for time_s, _ in last])
        drift = sum((off - fmean(offs)) ** 2 for off in offs) - rest
        jumped = len(last) > AGREEING[0][1] and drift > (DOUBT * self.rough_s) ** 2
        return None if jumped else slip

    @property
    def rough_s(self) -> float:
        """How irregular the clocks are."""
        return sqrt(self._estimate.irregularity)

    @property
    def _agreeing(self) -> int:
        """How many clocks must agree."""
        rough = self.rough_s / self.period_s
        return next((count for most, count in AGREEING if rough <= most), MOST)

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

    def _jump(self) -> int | None:
        """Believe in another tempo, and count one by one, where the last clocks agree on it."""
        times = [time_s for time_s, _ in self._strays]
        last = times[-self._agreeing :]
        gaps = [after - before for before, after in pairwise(last)]
        agree = len(last) == self._agreeing and max(gaps) - min(gaps) <= (
            0.2 * min(gaps) + 4 * self.rough_s
        )
        if not agree and len(times) < MOST:
            return None
        period_s, end_s, _ = _line(last)
        if not SHORTEST_S <= period_s <= LONGEST_S:
            return None
        count = self._count
        self._anew(end_s, period_s, len(gaps))
        return count

    def _anew(self, time_s: Seconds, period_s: float, gaps: int) -> None:
        """Begin anew with a line through as many gaps."""
        self._estimate.begin_anew(time_s, period_s, gaps)
        self._count = 0
        self._strays.clear()


def _line(times: Sequence[Seconds]) -> tuple[float, Seconds, float]:
    """Return the gap and the end of an even beat through times, and the squares that it is off."""
    middle, mean_s = (len(times) - 1) / 2, fmean(times)
    squares = sum((number - middle) ** 2 for number in range(len(times)))
    gap_s = sum((number - middle) * each for number, each in enumerate(times)) / squares
    off = sum((each - mean_s - (n - middle) * gap_s) ** 2 for n, each in enumerate(times))
    return gap_s, Seconds(mean_s + middle * gap_s), off
