"""Music that a user gives to begin with: heard, kept, or gone on sounding while more is made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from daw_bridge.jam.bars import BarSource
from daw_bridge.music.notes import Bar, Note


@dataclass(frozen=True, slots=True)
class Primer:
    """Hold the bars of a primer and what is done with them.

    `condition`: the source hears them first. `inject`: they are required of the bars that are made,
    one by one; the source itself sees to that. `keep`: they are in what comes out.
    """

    bars: tuple[Bar, ...] = ()
    condition: bool = True
    inject: bool = False
    keep: bool = False

    @property
    def bars_before(self) -> int:
        """Count the bars that come out before those that are made."""
        return len(self.bars) if self.keep and not self.inject else 0


class PrimedBars:
    """Make bars that go on from a primer, or around it."""

    def __init__(self, source: BarSource, primer: Primer) -> None:
        self._source = source
        self._primer = primer
        self._made = 0
        if primer.condition:
            source.prime(primer.bars)

    def prime(self, bars: Iterable[Bar]) -> None:
        """Take bars as the music so far."""
        self._source.prime(bars)

    def next_bar(self) -> Bar:
        """Give a bar of the primer, where it is kept and comes first, then those of the source."""
        number, self._made = self._made, self._made + 1
        primer = self._primer
        if number < primer.bars_before:
            return primer.bars[number]
        bar = self._source.next_bar()
        if primer.inject and not primer.keep and number < len(primer.bars):
            return without(bar, primer.bars[number].notes)
        return bar


def without(bar: Bar, notes: Sequence[Note]) -> Bar:
    """Leave notes out of a bar: those of one pitch and voice that sound at the same time."""

    def is_one_of_them(note: Note) -> bool:
        return any(
            (note.pitch, note.voice) == (other.pitch, other.voice)
            and note.start < other.start + other.duration
            and other.start < note.start + note.duration
            for other in notes
        )

    return Bar(tuple(note for note in bar.notes if not is_one_of_them(note)), bar.meter)
