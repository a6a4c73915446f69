"""Where a DAW is, from its MIDI clock: 24 a quarter, and start, stop, continue, song position."""

from __future__ import annotations

import math
from enum import IntEnum, StrEnum

from daw_bridge.jam.pulse import Pulse
from daw_bridge.music.position import Position
from daw_bridge.music.time import PPQ, USUAL_QPM, Seconds, Ticks

STATUS = 0x80
"""From here on a byte begins a message, or is one."""


class Message(IntEnum):
    """What is heard of a clock. From 0xf8 on a message is one byte, within others as well."""

    SONG_POSITION = 0xF2
    CLOCK = 0xF8
    START = 0xFA
    CONTINUE = 0xFB
    STOP = 0xFC


MESSAGES = frozenset(Message)
"""The bytes that say something of a clock; none of the others does without them."""

CLOCKS = 24
"""Clocks in a quarter."""

TICKS = PPQ // CLOCKS
"""Ticks in a clock."""

NEAR = 12
"""Within so many clocks of where it stopped a DAW goes on, unless it has been moved."""

BRIDGE_S = 1.0
"""For how long a clock that fails is believed to go on; after that the DAW has stopped."""

UNEVEN_S, EVEN_S = 0.002, 0.001
"""From which deviation on clocks are told to be uneven, and below which they no longer are."""

SLOW = 3
"""So many clocks it is at least: at 5 quarters a minute they are half a second apart."""


class SppUnit(StrEnum):
    """What a song position counts: the standard says sixteenths, Ardour 7.3 counts clocks."""

    AUTO = "auto"
    SIXTEENTH = "sixteenth"
    CLOCK = "clock"


SIZES = {SppUnit.SIXTEENTH: 6, SppUnit.CLOCK: 1}
"""Clocks in a unit."""


class ClockFollower:
    """What makes positions of the bytes of a MIDI clock, each with its second.

    The first clock after a start, or after a song position, is the place itself. Between two of
    them a position goes on at its tempo, so that nothing is lost of its resolution; jitter is
    smoothed, and a clock that is lost or comes twice is found by its time (see `Pulse`). A clock
    that fails is bridged for `BRIDGE_S`, or three clocks where that is longer, and then has
    stopped; `failed` tells so until it is started again. `uneven` are clocks that come as those of
    a DAW under strain do, or of two at once, which are as one here.

    `tempo_qpm` is believed until two clocks have come. `unit` is what song positions are taken to
    count: unless `spp_unit` says it, it is found out where a DAW goes on from where it stopped.
    What is no clock, also bytes that are nothing, is passed over.
    """

    def __init__(self, tempo_qpm: float = USUAL_QPM, spp_unit: SppUnit = SppUnit.AUTO) -> None:
        self.failed = self.uneven = False
        self.unit: SppUnit = SppUnit.SIXTEENTH if spp_unit is SppUnit.AUTO else spp_unit
        self._finds_out = spp_unit is SppUnit.AUTO
        self._tempo_qpm = tempo_qpm
        self._pulse = Pulse()
        self._rolling = False
        self._started = False  # the next clock is the place itself
        self._next = 0  # the place of the next clock, in clocks
        self._came_to: int | None = None  # where it stopped, until it says where it goes on
        self._song_position: bytes | None = None  # as much of one as has come

    @property
    def tempo_qpm(self) -> float:
        """The tempo, as far as it is known."""
        period_s = self._pulse.period_s
        return 60 / (CLOCKS * period_s) if period_s else self._tempo_qpm

    @property
    def deadline_s(self) -> Seconds:
        """When `take` is to be called though nothing came: to find that a clock has failed."""
        pulse = self._pulse
        if not self._rolling or pulse.heard_s is None:
            return Seconds(math.inf)
        patience_s = max(BRIDGE_S, SLOW * pulse.period_s)
        return Seconds(min(pulse.heard_s + patience_s, pulse.time_s + 3 * patience_s))

    def take(self, time_s: Seconds, data: bytes = b"") -> Position | None:
        """Take bytes that came at a second; return where the DAW is, if they say it anew.

        Without any, time has passed.
        """
        position = None
        if time_s >= self.deadline_s:
            position = self._stop(time_s)
            self.failed = True
        for byte in data:
            position = self._byte(time_s, byte) or position
        return position

    def _byte(self, time_s: Seconds, byte: int) -> Position | None:
        match byte:
            case _ if byte < STATUS:
                return self._data(time_s, byte)
            case Message.CLOCK:
                return self._clock(time_s)
            case Message.START:
                self._start(0)
            case Message.CONTINUE if not self._rolling:
                self._start(self._next)
            case Message.STOP if self._rolling:
                return self._stop(time_s)
            case Message.SONG_POSITION:
                self._song_position = b""
            case _ if byte < Message.CLOCK:  # another message, in whose data no position is
                self._song_position = None
        return None

    def _start(self, place: int) -> None:
        self._rolling = self._started = True
        self.failed = False
        self._next = place
        self._came_to = None
        self._pulse.restart()

    def _stop(self, time_s: Seconds) -> Position:
        self._rolling = self._started = False
        self._came_to = self._next
        return self._standing(time_s)

    def _standing(self, time_s: Seconds) -> Position:
        return Position(time_s, Ticks(self._next * TICKS), self.tempo_qpm, rolling=False)

    def _clock(self, time_s: Seconds) -> Position | None:
        count = self._pulse.take(time_s)
        self.uneven = self._pulse.rough_s > (EVEN_S if self.uneven else UNEVEN_S)
        if not self._rolling:
            return self._standing(time_s)
        if count is None:
            return None
        if self._started:
            self._started = False
            self._next += 1
        else:
            self._next += count
        place = Ticks((self._next - 1) * TICKS)
        return Position(self._pulse.time_s, place, self.tempo_qpm, rolling=True)

    def _data(self, time_s: Seconds, byte: int) -> Position | None:
        if self._song_position is None:
            return None
        self._song_position += bytes((byte,))
        if len(self._song_position) < 2:
            return None
        low, high = self._song_position
        self._song_position = None
        return self._locate(time_s, high << 7 | low)

    def _locate(self, time_s: Seconds, units: int) -> Position | None:
        if self._finds_out:
            self._find_unit(units)
        size = SIZES[self.unit]
        place = units * size
        if not self._rolling:
            self._next = place
            return self._standing(time_s)
        if self._started or not 0 <= self._next - place < max(size, 2):
            self._start(place)  # else it only says where it is
        return None

    def _find_unit(self, units: int) -> None:
        """Learn what a position counts that goes on from where it stopped, as many say it.

        Ardour goes on at the next sixteenth, so that its clocks are whole sixteenths too.
        """
        came_to, self._came_to = self._came_to, None
        if units % SIZES[SppUnit.SIXTEENTH]:
            self.unit = SppUnit.SIXTEENTH
        elif came_to is not None and came_to > NEAR:
            near = [unit for unit, size in SIZES.items() if abs(units * size - came_to) <= NEAR]
            self.unit = near[0] if len(near) == 1 else self.unit
