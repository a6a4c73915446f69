"""Phase, period and change of period of a beat, estimated of strokes that come irregularly."""

from __future__ import annotations

from math import sqrt

from daw_bridge.music.time import Seconds

FINEST_S = 2e-5
"""Finer than this nothing is believed: a frame of audio."""

ROUGH_S = 1e-3
"""How irregular strokes are taken to be before it is known."""

DRIFT = 1e-5
"""By how much of itself a steady tempo may be off one stroke later."""

LASTING = 0.998
"""How much of a change of tempo is there one stroke later: a ramp goes on for some hundred."""

LEAN, PART = 1.1, 0.2
"""How many deviations the last few strokes may lean to one side, on average, before the tempo is
believed to move; and how much of that average each of them is."""

MOVING, CHANGING = 0.01, 2e-4
"""How much of what they lean the period then may be off, and its change."""


class Estimate:
    """A Kalman filter whose stroke is expected where the last ones say, at a tempo that may change.

    How irregular strokes are is measured too, so that exact ones are followed at once, and of rough
    ones the middle. While the tempo is steady, little is believed of a change; where strokes lean
    to one side, more, so that a ramp is followed without falling behind.

    `time_s` is where the last stroke belongs, and the next is `period_s` later; `change_s` is by
    how much the period grows with each. `irregularity` is the variance of one stroke.
    """

    def __init__(self) -> None:
        self.time_s = Seconds(0.0)
        self.period_s = self.change_s = 0.0
        self.irregularity = ROUGH_S**2
        self._residual_s = self._lean = 0.0
        # Covariances of the phase t, the period p and its change c.
        self._tt = self._tp = self._tc = self._pp = self._pc = self._cc = 0.0

    def begin(self, time_s: Seconds) -> None:
        """Begin at a stroke, wherever it falls; the tempo stays."""
        self.time_s, self.change_s = time_s, 0.0
        self._tt, self._tp = self.irregularity, 0.0
        self._tc = self._pc = self._cc = 0.0

    def begin_anew(self, time_s: Seconds, period_s: float, gaps: int) -> None:
        """Begin at a stroke with the period of a line through as many gaps before it."""
        self.begin(time_s)
        self.period_s = period_s
        self._tp = self.irregularity / gaps
        self._pp = 2 * self.irregularity / gaps**2
        self._lean = self._residual_s = 0.0

    def residual_s(self, time_s: Seconds, count: int) -> float:
        """Return how late a stroke is that is so many after the last one."""
        return time_s - self.time_s - count * (self.period_s + count * self.change_s / 2)

    def spread_s(self, count: int) -> float:
        """Return the deviation from there that is to be expected."""
        return sqrt(self._tt + 2 * count * self._tp + count**2 * self._pp + self.irregularity)

    def take(self, time_s: Seconds, count: int) -> None:
        """Move the estimate towards a stroke, by as much as is sure of either."""
        for _ in range(count):
            self._pass_stroke()
        residual_s = time_s - self.time_s
        variance = self._tt + self.irregularity
        self._lean += PART * (residual_s / sqrt(variance) - self._lean)
        if abs(self._lean) > LEAN:
            leant = self._lean**2 * variance
            self._pp += MOVING * leant
            self._cc += CHANGING * leant
            self._lean /= 2
        phase, period, change = (each / variance for each in (self._tt, self._tp, self._tc))
        self.time_s = Seconds(self.time_s + phase * residual_s)
        self.period_s += period * residual_s
        self.change_s += change * residual_s
        self._pp -= period * self._tp
        self._pc -= period * self._tc
        self._cc -= change * self._tc
        self._tt, self._tp, self._tc = (
            each * (1 - phase) for each in (self._tt, self._tp, self._tc)
        )
        moved_s, self._residual_s = residual_s - self._residual_s, residual_s
        self.irregularity += 0.05 * (moved_s**2 / 2 - self.irregularity)
        self.irregularity = max(self.irregularity, FINEST_S**2)

    def _pass_stroke(self) -> None:
        """Go on by one stroke: t += p + c / 2, p += c."""
        self.time_s = Seconds(self.time_s + self.period_s + self.change_s / 2)
        self.period_s += self.change_s
        self.change_s *= LASTING
        tp, tc = self._tp + self._pp + self._pc / 2, self._tc + self._pc + self._cc / 2
        self._tt += self._tp + tp + (self._tc + tc) / 2
        self._tp, self._tc = tp + tc, LASTING * tc
        self._pp += 2 * self._pc + self._cc + (DRIFT * self.period_s) ** 2
        self._pc = LASTING * (self._pc + self._cc)
        self._cc *= LASTING**2
