"""A metronome: bars of clicks, on a route of their own."""

from __future__ import annotations

from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import SIXTEENTH, Meter, Ticks

METRONOME = "metronome"
"""The role of the port that it is heard from."""

VOICE = 255
"""Its voice: no model has so many."""

FIRST, OTHER = (76, 112), (77, 80)
"""The wood blocks of General MIDI, high and low, and how loud they are struck."""


def clicks(meter: Meter) -> Bar:
    """Return a bar in which every beat is struck, and the first one is another."""
    return Bar.of(
        (
            Note(Ticks(n * meter.beat), pitch, Ticks(SIXTEENTH // 2), velocity, VOICE)
            for n in range(meter.numerator)
            for pitch, velocity in [OTHER if n else FIRST]
        ),
        meter,
    )
