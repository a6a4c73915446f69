"""What a session is to play: fixed when it starts, but for what commands change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from daw_bridge.jam.song import Loop
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter, TempoChanges, Ticks


class Late(StrEnum):
    """What sounds where a bar is not ready at its time."""

    REPEAT = "repeat"
    REST = "rest"
    FILL = "fill"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a session is to play.

    `bars` counts the bars to play, None for no end; `fill` is the bar that `Late.FILL` plays.
    `tempos` are changes of tempo within the first bars that are made, a tuple of each. `loop` says
    what the rounds of a DAW's loop play. `led_in` counts the bars that are played alone, before a
    mode begins in which a player is heard.
    """

    meter: Meter = Meter()
    bars: int | None = None
    late: Late = Late.REPEAT
    fill: Bar = Bar()
    tempos: tuple[TempoChanges, ...] = ()
    loop: Loop = Loop.REPEAT
    led_in: int = 0

    def stand_in(self, last: Bar) -> Bar:
        """Return what sounds in place of a bar that is not ready, after the `last` one."""
        match self.late:
            case Late.REPEAT:
                return last
            case Late.FILL:
                return self.fill
            case Late.REST:
                return Bar(meter=self.meter)


def fitted(bar: Bar, meter: Meter) -> Bar:
    """Return a bar that fills one of a meter: cut off, or begun once more."""
    length, own = meter.bar_length(), bar.meter.bar_length()
    again = (
        replace(note, start=Ticks(note.start + begin), tied=False)
        for begin in range(own, length, own)
        for note in bar.notes
        if note.start >= 0
    )
    return Bar.of((note for note in (*bar.notes, *again) if note.start < length), meter)
