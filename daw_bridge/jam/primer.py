"""Music that a user gives to begin with: heard, kept, or gone on sounding while more is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from daw_bridge.jam.ask import Ask
from daw_bridge.jam.bars import BarSource
from daw_bridge.music.notes import Bar, Note


@dataclass(frozen=True, slots=True)
class Primer:
    """Hold the bars of a primer and what is done with them.

    `condition`: the source has heard them before its first bar. `inject`: each is heard with a bar
    that is made, which has all its notes. The source itself sees to both. `keep`: they are in what
    comes out.
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
    """Make bars that go on from a primer that is kept, or around one that is injected."""

    def __init__(self, source: BarSource, primer: Primer) -> None:
        self._source = source
        self._primer = primer

    def bar(self, ask: Ask) -> Bar:
        """Return a bar of the primer that is kept and comes first, then those of the source."""
        primer = self._primer
        number = ask.number - primer.bars_before
        if number < 0:
            return primer.bars[ask.number]
        if not primer.inject or number >= len(primer.bars):
            return self._source.bar(replace(ask, number=number))
        heard = primer.bars[number]
        bar = self._source.bar(replace(ask, number=number, heard=heard))
        return bar if primer.keep else without(bar, heard.notes)


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
