"""Swing: where in its quarter the eighth off the beat is struck."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from daw_bridge.music.notes import Bar
from daw_bridge.music.time import PPQ, Ticks

STRAIGHT = 0.5
"""Of even eighths; two thirds are triplets."""

OFF_BEAT = range(PPQ * 2 // 5, PPQ * 18 // 25)
"""Where in a quarter an eighth off the beat is struck, straight or swung; no sixteenth is there."""

THIRD = range(PPQ * 7 // 24, PPQ * 3 // 8)
"""Where the second of three notes in a quarter is struck: such a quarter is in triplets."""


def swing_of(bars: Iterable[Bar]) -> float | None:
    """Return the mean place of the eighths off the beat in their quarters, 0 to 1.

    None: there are none. What is in triplets has none.
    """
    places = []
    for bar in bars:
        thirds = _in_triplets(bar)
        for note in bar.notes:
            quarter, place = divmod(note.start, PPQ)
            if not note.tied and place in OFF_BEAT and quarter not in thirds:
                places.append(place)
    return sum(places) / len(places) / PPQ if places else None


def swung(bar: Bar, swing: float) -> Bar:
    """Return a bar whose eighths off the beat are, on the whole, at a place of their quarters.

    What is beside them moves along. Quarters in triplets stay as they are, and so do bars whose
    beats are no quarters.
    """
    if bar.meter.beat % PPQ:
        return bar
    found = swing_of([bar])
    was, to, thirds = found or STRAIGHT, PPQ * swing, _in_triplets(bar)

    def moved(tick: Ticks) -> Ticks:
        quarter, place = divmod(tick, PPQ)
        if quarter in thirds:
            return tick
        off_beat = PPQ * was
        if place < off_beat:
            return Ticks(quarter * PPQ + round(place * to / off_beat))
        after = (place - off_beat) / (PPQ - off_beat)
        return Ticks(quarter * PPQ + round(to + after * (PPQ - to)))

    notes = []
    for note in bar.notes:
        start, end = moved(note.start), moved(Ticks(note.start + note.duration))
        notes.append(replace(note, start=start, duration=Ticks(max(end - start, 1))))
    return Bar.of(notes, bar.meter)


def _in_triplets(bar: Bar) -> set[int]:
    """Return the numbers of the quarters that are in triplets."""
    return {note.start // PPQ for note in bar.notes if note.start % PPQ in THIRD}
