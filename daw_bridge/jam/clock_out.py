"""MIDI clock for others to follow: 24 a quarter, start, stop, continue and song position."""

from __future__ import annotations

from daw_bridge.jam.follow import TICKS, Message
from daw_bridge.music.time import SIXTEENTH, Ticks

HIGHEST_POSITION = 0x3FFF
"""A song position has 14 bits: 1,023 bars of 4/4."""


class ClockOut:
    """Bytes of a clock at ticks of a session, as far as it is committed.

    It starts on a sixteenth, since song positions count these; the first clock after a start or
    continue, at the same tick, is the place itself.
    """

    def __init__(self, port: str) -> None:
        self.port = port
        self._next: Ticks | None = None
        self._from = Ticks(0)
        self._joining: bytes | None = None
        self._joined: tuple[Ticks, bytes, bool] | None = None
        self.runs = False

    def start(self, tick: Ticks, song_tick: Ticks) -> None:
        """Run from a tick of the session on, at which the song is at `song_tick`."""
        self._next, self._from = tick, Ticks(tick - song_tick)
        self._joining = b""

    def join(self) -> None:
        """Start again whoever has missed clocks, at the next sixteenth."""
        self._joining = bytes([Message.STOP]) if self.runs else b""

    def next_tick(self) -> Ticks | None:
        """Return the tick of the next clock; None before the start."""
        return self._next

    def until(self, end: Ticks) -> list[tuple[Ticks, bytes]]:
        """Take out what is due before a tick, in order."""
        out: list[tuple[Ticks, bytes]] = []
        while self._next is not None and self._next < end:
            out += [(self._next, data) for data in self._at(Ticks(self._next - self._from))]
            self._next = Ticks(self._next + TICKS)
        return out

    def go_back(self, tick: Ticks) -> None:
        """Have what is due from a tick on still to come."""
        while self._next is not None and self._next - TICKS >= tick:
            self._next = Ticks(self._next - TICKS)
        if self._joined is not None and self._joined[0] >= tick:
            _, self._joining, self.runs = self._joined

    def stop(self) -> list[bytes]:
        """End it; return what says so."""
        said = [bytes([Message.STOP])] if self.runs else []
        self._next, self.runs = None, False
        return said

    def _at(self, song_tick: Ticks) -> list[bytes]:
        out = []
        if self._joining is not None and song_tick % SIXTEENTH == 0:
            out = [self._joining] if self._joining else []
            out += _beginning(song_tick // SIXTEENTH)
            self._joined = Ticks(song_tick + self._from), self._joining, self.runs
            self._joining, self.runs = None, True
        return [*out, bytes([Message.CLOCK])]


def _beginning(sixteenths: int) -> list[bytes]:
    """Return what starts others at a place; past the last position there is, wherever they are."""
    if sixteenths == 0:
        return [bytes([Message.START])]
    go_on = [bytes([Message.CONTINUE])]
    if sixteenths > HIGHEST_POSITION:
        return go_on
    return [bytes([Message.SONG_POSITION, sixteenths & 0x7F, sixteenths >> 7]), *go_on]
