"""Masters that send a MIDI clock as a test says: exact or rough, at any tempo."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from daw_bridge.jam.follow import CLOCKS, TICKS
from daw_bridge.music.time import PPQ, Seconds

CLOCK, START, CONTINUE, STOP = b"\xf8", b"\xfa", b"\xfb", b"\xfc"
RATE = 48_000
PARTS = 2
"""Of a clock, each at one tempo: the middle of a ramp is that of its seconds, nearly enough."""

Bytes = tuple[Seconds, bytes]
"""What comes at a second."""


def song_position(units: int) -> bytes:
    """Make a song position."""
    return bytes((0xF2, units & 127, units >> 7))


class Master:
    """A DAW that sends its clock; `sent` holds it, and `second_of` when a tick truly is.

    `tempo` is a function of the quarter since the start; `jitter_s` is how far at most a clock is
    from where it belongs, either way.
    """

    def __init__(
        self,
        tempo: float | Callable[[float], float] = 120.0,
        *,
        jitter_s: float = 0.0,
        seed: int = 1,
        at_s: float = 1.0,
    ) -> None:
        self.tempo = tempo if callable(tempo) else lambda _quarter: float(tempo)
        self.sent: list[Bytes] = []
        self.now_s = at_s
        self.clock = 0
        self._jitter_s = jitter_s
        self._random = Random(seed)  # noqa: S311  # a clock, no secret
        self._quarters = 0.0
        self._true: dict[int, float] = {}

    def say(self, *messages: bytes) -> Master:
        """Send messages now."""
        self.sent += ((Seconds(self.now_s), message) for message in messages)
        return self

    def start(self) -> Master:
        """Start from the beginning; the first clock comes with it."""
        self.clock = 0
        return self.say(START)

    def go_on(self, clock: int) -> Master:
        """Go on at a place, which is told in sixteenths before."""
        self.clock = clock
        return self.say(song_position(clock // 6), CONTINUE)

    def clocks(self, count: int, *, lost: range = range(0)) -> Master:
        """Send clocks, but for those of them that are lost."""
        for each in range(count):
            rough_s = self._random.uniform(-self._jitter_s, self._jitter_s)
            came_s = round((self.now_s + rough_s) * RATE) / RATE
            if each not in lost:
                self.sent.append((Seconds(came_s), CLOCK))
            self._true[self.clock] = self.now_s
            self.clock += 1
            for part in range(PARTS):  # a ramp within a clock
                at = self._quarters + (part + 0.5) / (PARTS * CLOCKS)
                self.now_s += 60 / self.tempo(at) / (PARTS * CLOCKS)
            self._quarters += 1 / CLOCKS
        return self

    def wait(self, seconds: float) -> Master:
        """Send nothing for a while."""
        self.now_s += seconds
        return self

    def stop(self) -> Master:
        """Stop."""
        return self.say(STOP)

    def in_order(self) -> Iterator[Bytes]:
        """Yield what was sent as it came: a rough clock never overtakes another."""
        last_s = 0.0
        for time_s, data in self.sent:
            last_s = max(last_s, time_s)
            yield Seconds(last_s), data

    def second_of(self, tick: float) -> float | None:
        """Return when a tick truly was; None where it never was, or not yet."""
        clock, rest = divmod(tick, TICKS)
        if clock not in self._true or clock + 1 not in self._true:
            return None
        begin, end = self._true[int(clock)], self._true[int(clock) + 1]
        return begin + (end - begin) * rest / TICKS


def ramp(low: float, high: float, begin: float, quarters: float) -> Callable[[float], float]:
    """Return a tempo that goes from one to another within so many quarters."""

    def tempo(quarter: float) -> float:
        part = min(max((quarter - begin) / quarters, 0.0), 1.0)
        return low + (high - low) * part

    return tempo


BAR = 4 * PPQ
