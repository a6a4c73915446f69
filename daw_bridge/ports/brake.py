"""Music that begins and ends with the DAW that is followed, before the daemon has heard of it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from daw_bridge.midi.messages import TimedMessage
from daw_bridge.music.position import Position
from daw_bridge.music.time import Seconds, Ticks
from daw_bridge.ports.backend import SYNC
from daw_bridge.ports.clock import Clock
from daw_bridge.ports.cue import Cue
from daw_bridge.ports.pending import Pending

CLOCK = "midi-clock"
"""What a MIDI clock is called as a source, beside "jack" and "link"."""

CLOCKS, START, CONTINUE, STOP, SONG_POSITION = 0xF8, 0xFA, 0xFB, 0xFC, 0xF2

UNHEARD_S = 1.0
"""For so long at most a daemon goes on committing what belongs to where its DAW was."""


def without_jumps(events: Sequence[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """Return what came to an input in one cycle, as (offset, message), but for stops that are none.

    At the end of its loop a DAW may say stop, song position and continue, all in one frame: it has
    rolled on, elsewhere.
    """
    kept: list[tuple[int, bytes]] = []
    for offset, data in events:
        if data[:1] in (b"\xfa", b"\xfb"):
            kept = [each for each in kept if each != (offset, b"\xfc")]
        kept.append((offset, data))
    return kept


class Brake:
    """What stands between a daemon and what is pending.

    Where the source that is followed stops, all that waits is dropped and all that sounds ended,
    in the very cycle; what the daemon commits after that is of the old place, until it has heard of
    the stop and says `silence`, and is dropped too. One that goes elsewhere without a stop is left
    to the daemon, which knows whether it was expected to. Where it starts, what is
    ready for that (see `Cue`) is sent in the very cycle too.

    `hear` and `look` are for the threads of the sources, the rest for the one that reads what the
    daemon says.
    """

    def __init__(self, pending: Pending, clock: Clock) -> None:
        self._pending = pending
        self._clock = clock
        self._followed: str | None = None
        self._rolling: set[str] = set()
        self._started = False
        self._start: Ticks | None = None
        self._until_s = Seconds(-math.inf)
        self._cue = Cue()

    def follow(self, source: str | None) -> None:
        """Stop where this source does; None: where nobody does."""
        self._followed = source

    def hear(self, time_s: Seconds, role: str, data: bytes) -> None:
        """Take a message that came to an input."""
        if role != SYNC:
            return
        if data[0] in (START, CONTINUE):
            self._started = True
            self._start = Ticks(0) if data[0] == START else None
        elif data[0] == CLOCKS and self._started:  # the first one is the place itself
            self._begin(CLOCK, time_s, self._start)
        elif data[0] == STOP:
            self._started = False
            self._stop(CLOCK, time_s)
        elif data[0] == SONG_POSITION and self._followed == CLOCK:
            self._start = None
            self._cue.leave(time_s)

    def look(self, source: str, position: Position) -> None:
        """Take where a source is."""
        if position.rolling:
            self._begin(source, position.time_s, position.tick)
        else:
            self._stop(source, position.time_s)

    def cue(self, place: Position, messages: Sequence[TimedMessage]) -> None:
        """Have messages of the daemon ready for where the DAW stands."""
        self._cue.ready(place, messages)

    def add(self, messages: Sequence[TimedMessage]) -> None:
        """Put messages of the daemon in, unless they come from before a stop, or are in already."""
        if self._brakes():
            return
        self._pending.add(self._cue.again(messages))
        if self._brakes():  # there was one meanwhile
            self._pending.silence()

    def silence(self) -> None:
        """Drop what waits and end what sounds; what comes now is of after that."""
        self._until_s = Seconds(-math.inf)
        self._pending.silence()

    def take_back(self, serial: int) -> None:
        """Drop what waits of the messages from a serial on."""
        self._pending.take_back(serial)

    def _brakes(self) -> bool:
        return self._clock.now() < self._until_s

    def _begin(self, source: str, time_s: Seconds, tick: Ticks | None) -> None:
        """Send what is ready, where that is followed and stood."""
        if source in self._rolling:
            return
        self._rolling.add(source)
        if source == self._followed:
            self._pending.add(self._cue.begin(time_s, tick))

    def _stop(self, source: str, time_s: Seconds) -> None:
        """End all, where that is followed and rolled: a stop that is said twice is one."""
        if source not in self._rolling:
            return
        self._rolling.discard(source)
        if source == self._followed:
            self._cue.leave(time_s)
            self._until_s = Seconds(self._clock.now() + UNHEARD_S)
            self._pending.silence()
