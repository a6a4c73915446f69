"""The bar lines of a song whose meter may change on them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from daw_bridge.music.time import Meter, Ticks

MOST_CHANGES = 1_000
"""How many changes of meter are known: those that come later in the song go first."""


@dataclass(frozen=True, slots=True)
class BarLine:
    """The line before a bar of a song: its number from 0, its tick, and the meter from there on."""

    bar: int
    tick: Ticks
    meter: Meter


class BarLines:
    """Where the bars of a song begin: one meter from its start on, and changes on bar lines.

    `changes` are the lines on which they are, the first that of the start.
    """

    def __init__(self, meter: Meter = Meter(), changes: Sequence[BarLine] = ()) -> None:
        self._changes = list(changes) or [BarLine(0, Ticks(0), meter)]

    @property
    def changes(self) -> tuple[BarLine, ...]:
        """The lines on which the meter changes."""
        return tuple(self._changes)

    def at(self, tick: Ticks) -> BarLine:
        """Return the line of the bar that a tick is in; before the song that is its first."""
        ticks = [change.tick for change in self._changes]
        change = self._changes[max(0, bisect_right(ticks, tick) - 1)]
        length = change.meter.bar_length()
        bars = max(0, tick - change.tick) // length
        return BarLine(change.bar + bars, Ticks(change.tick + bars * length), change.meter)

    def of(self, bar: int) -> BarLine:
        """Return the line of a bar."""
        bars = [change.bar for change in self._changes]
        change = self._changes[max(0, bisect_right(bars, bar) - 1)]
        tick = change.tick + (bar - change.bar) * change.meter.bar_length()
        return BarLine(bar, Ticks(tick), change.meter)

    def change(self, tick: Ticks, meter: Meter) -> bool:
        """Let the bar that a tick is in have a meter, and all after it; tell whether that is news.

        Groups of beats that are not the usual ones stay where the time signature does.
        """
        line = self.at(tick)
        if meter in (line.meter, line.meter.usual):
            return False
        before = [change for change in self._changes if change.tick < line.tick]
        self._changes = [*before[:MOST_CHANGES], BarLine(line.bar, line.tick, meter)]
        return True
