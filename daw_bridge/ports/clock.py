"""Clocks: one that tells and waits, one whose waiting is a jump, and the arithmetic of frames."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Protocol

from daw_bridge.music.time import Seconds

TIE_FRAMES = 2.0**-10
"""Where a time falls midway between two frames, floating-point noise must not choose.

At 128 quarters a minute and 48 kHz one tick is 46.875 frames, so that ticks fall on exact halves
all the time, and the same tick would round up offline and down live, where the origin differs. A
time counts as this much later than it is: about 20 ns, a thousand times less than a frame, and
after a day of 48 kHz still a thousand times more than the noise of 64-bit seconds.
"""


class Wake(Protocol):
    """What interrupts a wait: a `threading.Event`, or a queue that wakes its reader."""

    def is_set(self) -> bool:
        """Whether there is a reason not to wait."""
        ...

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until there is one, `timeout` seconds at most; tell whether there is."""
        ...


class Clock(Protocol):
    """The time and wait for a moment, in the seconds of one port."""

    def now(self) -> Seconds:
        """Return the time; it never runs backwards. Any thread may ask."""
        ...

    def wait_until(self, deadline: Seconds, wake: Wake) -> None:
        """Return at `deadline`, which may be infinite, or as soon as `wake` is set.

        The caller clears `wake`.
        """
        ...


class MonotonicClock:
    """The system's monotonic seconds, which all processes of a machine share."""

    def now(self) -> Seconds:
        """Return the system's monotonic time."""
        return Seconds(time.monotonic())

    def wait_until(self, deadline: Seconds, wake: Wake) -> None:
        """Sleep until `deadline` or `wake`."""
        sleep_until(deadline, self.now(), wake)


def sleep_until(deadline: Seconds, now: Seconds, wake: Wake) -> None:
    """Sleep for the time from `now` to `deadline`, or until `wake` is set."""
    if deadline > now:
        wake.wait(min(deadline - now, threading.TIMEOUT_MAX))


class VirtualClock:
    """A clock for offline runs: time stands still until someone waits, and waiting is a jump.

    `on_jump(before, after)` is told of each jump while the clock still shows `before`.
    """

    def __init__(
        self,
        start: Seconds = Seconds(0.0),
        on_jump: Callable[[Seconds, Seconds], None] | None = None,
    ) -> None:
        self._now = start
        self._on_jump = on_jump

    def now(self) -> Seconds:
        """Return the time of the last jump."""
        return self._now

    def wait_until(self, deadline: Seconds, wake: Wake) -> None:
        """Jump to `deadline` at once; stay where `wake` is set already.

        Raises:
            ValueError: the deadline is infinite, so that nothing would ever happen.
        """
        if wake.is_set() or deadline <= self._now:
            return
        if math.isinf(deadline):
            raise ValueError("expected a deadline to jump to, found none: nothing is left to do")
        if self._on_jump is not None:
            self._on_jump(self._now, deadline)
        self._now = deadline


def frame_at(time_s: Seconds, rate: int) -> int:
    """Return the frame that is nearest to a second, the later one where both are as near.

    Every second becomes a frame here and nowhere else, live and offline alike (see `TIE_FRAMES`).
    """
    return math.floor(time_s * rate + (0.5 + TIE_FRAMES))


def seconds_at(frame: int, rate: int) -> Seconds:
    """Return the second of a frame; `frame_at` gives the frame back."""
    return Seconds(frame / rate)


def unwrap(counter: int, near: int) -> int:
    """Extend a 32-bit frame counter to the full count that is nearest to `near`.

    JACK's counter starts over every 25 hours at 48 kHz. `near` is any full count at most twelve
    hours away, such as that of the last cycle.
    """
    return near + (counter - near + (1 << 31)) % (1 << 32) - (1 << 31)
