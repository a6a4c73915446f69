"""The last line against a jam that gets stuck: what tells that a bar should be drawn again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import log2

from daw_bridge.music.form import Heard, Kind, Label

OFTEN = 2
"""How often a bar may have been among the last few before it goes round in circles."""

LEAST_BITS = 1.7
"""The entropy of the pitch classes that eight bars sound: of the bars that the chip band and the
melody have learnt, more than this in 95 of 100 eights."""


def may_stay(label: Label) -> bool:
    """Whether a bar may be like those before it, since it is not told to be new."""
    return label.kind not in (Kind.NEW, Kind.UNKNOWN)


def circles(before: Iterable[Heard], heard: Heard, label: Label) -> bool:
    """Whether a bar is one of those `before` it, though it is not told to return.

    Where nothing is told, it may come round once.
    """
    if not heard or label.kind is Kind.EXACT:
        return False
    same = sum(each == heard for each in before)
    return same >= (OFTEN if label.kind is Kind.UNKNOWN else 1)


def is_stuck(bars: Sequence[Heard], drums: frozenset[int], least: int) -> bool:
    """Whether some bars stay on hardly more than one note, or come to rest.

    Voices that are `drums` have no pitch. Less than `least` notes a bar are a rest.
    """
    if sum(map(len, bars)) < least * len(bars):
        return True
    sounds = Counter[int]()
    for voice, _, pitch, duration, _ in (note for bar in bars for note in bar):
        if voice not in drums:
            sounds[pitch % 12] += duration
    total = sounds.total()
    bits = -sum(ticks / total * log2(ticks / total) for ticks in sounds.values())
    return total > 0 and bits < LEAST_BITS
