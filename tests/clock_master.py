"""MIDI clock as a DAW would send it, frame by frame, and where that DAW truly is. Pure."""

from __future__ import annotations

import random
from bisect import bisect_right
from dataclasses import dataclass

RATE = 48_000
CLOCKS = 24
TICKS_A_CLOCK = 20
CLOCK, START, CONTINUE, STOP = b"\xf8", b"\xfa", b"\xfb", b"\xfc"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the way without a jump: the frames of its clocks, and the tick of the first."""

    frames: tuple[float, ...]
    first_tick: int

    @property
    def last_tick(self) -> int:
        """The place at which it ends."""
        return self.first_tick + TICKS_A_CLOCK * (len(self.frames) - 1)

    def frame_of(self, tick: float) -> float | None:
        """Return the frame of a place; None where this stretch does not reach it."""
        place = (tick - self.first_tick) / TICKS_A_CLOCK
        if not 0 <= place < len(self.frames) - 1:
            return None
        at = int(place)
        return self.frames[at] + (place - at) * (self.frames[at + 1] - self.frames[at])

    def tick_at(self, frame: float) -> float:
        """Return the place at a frame within the stretch."""
        at = min(max(bisect_right(self.frames, frame) - 1, 0), len(self.frames) - 2)
        one, other = self.frames[at : at + 2]
        return self.first_tick + TICKS_A_CLOCK * (at + (frame - one) / (other - one))


class ClockMaster:
    """A transport that is worked by hand, and the bytes that it sends meanwhile.

    `jitter_ms` is the standard deviation of the moments at which clocks are sent, which keep their
    order. `events` are (frame, bytes) from frame 0 on; `stretches` are the truth, without jitter.
    """

    def __init__(self, jitter_ms: float = 0.0, seed: int = 0) -> None:
        self.events: list[tuple[int, bytes]] = []
        self.stretches: list[Stretch] = []
        self.frame = 0.0
        self._sixteenth = 0
        self._way: list[float] = []
        self._first_tick = 0
        self._jitter = jitter_ms * RATE / 1000
        self._chance = random.Random(seed)  # noqa: S311 -- no secret

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.frame += seconds * RATE

    def locate(self, sixteenth: int) -> None:
        """Tell a place, and stand there."""
        self._sixteenth = sixteenth
        self._send(bytes((0xF2, sixteenth & 0x7F, sixteenth >> 7)))

    def start(self) -> None:
        """Begin at the start of the song: the next clock is its first."""
        self._sixteenth = 0
        self._send(START)
        self._begin()

    def go_on(self) -> None:
        """Begin where the transport stands."""
        self._send(CONTINUE)
        self._begin()

    def stop(self) -> None:
        """Stand still, at the last sixteenth that was reached."""
        self._end()
        self._send(STOP)

    def jump(self, sixteenth: int) -> None:
        """Go on elsewhere without a pause, as at the end of a loop."""
        self.stop()
        self.locate(sixteenth)
        self.go_on()

    def roll(
        self, clocks: int, tempo_qpm: float, to_qpm: float | None = None, *, lost: bool = False
    ) -> None:
        """Go on for so many clocks, at one tempo or from one to another; `lost` are not sent."""
        for number in range(clocks):
            if not lost:
                self._send(CLOCK, jitter=True)
            part = (number + 0.5) / clocks
            tempo = tempo_qpm + part * ((to_qpm or tempo_qpm) - tempo_qpm)
            self.frame += 60 * RATE / (tempo * CLOCKS)
            self._way.append(self.frame)

    def finish(self) -> None:
        """End the stretch that is under way."""
        self._end()

    def _begin(self) -> None:
        self._way = [self.frame]
        self._first_tick = self._sixteenth * 6 * TICKS_A_CLOCK

    def _end(self) -> None:
        if len(self._way) > 1:
            self.stretches.append(Stretch(tuple(self._way), self._first_tick))
            self._sixteenth = (self._first_tick // TICKS_A_CLOCK + len(self._way) - 1) // 6
        self._way = []

    def _send(self, data: bytes, *, jitter: bool = False) -> None:
        late = self._chance.gauss(0.0, self._jitter) if jitter else 0.0
        before = self.events[-1][0] if self.events else 0
        self.events.append((max(before, round(self.frame + late)), data))
