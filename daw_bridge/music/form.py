"""What a bar is in the form of a piece: new, or one that returns; and where it stands."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from daw_bridge.music.gm_drums import CLASS_OF
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import SIXTEENTH

PHRASE = 8
"""Bars of a phrase: every second, fourth and eighth bar is a place of its own."""

FARTHEST = 32
"""How many bars back a bar that returns may lie."""


class Kind(IntEnum):
    """What a bar is, beside the bars before it."""

    UNKNOWN = 0
    NEW = 1
    EXACT = 2
    """The same notes as an earlier bar."""
    VARIED = 3
    """Half or more of an earlier bar's steps, and others."""
    REST = 4
    """Nothing begins in it."""


class Label(NamedTuple):
    """What a bar is told to be.

    `back` says how many bars before it the one lies that it returns to, 0 for none. `phrase` is its
    place in a phrase of eight bars, None: not known. `left` bars of the piece come after it, where
    that is known.
    """

    kind: Kind = Kind.UNKNOWN
    back: int = 0
    phrase: int | None = None
    left: int | None = None


UNKNOWN = Label()

Heard = frozenset[tuple[int, ...]]
"""What makes a bar the same bar to who hears it."""


def heard_as(bar: Bar, *, drums: bool) -> Heard:
    """Return what makes a bar the same bar: of drums, on which 16ths which of the nine are struck.

    Else voice, start, pitch and length of all notes; velocity never counts.
    """
    if drums:
        hits = (note for note in bar.notes if note.pitch in CLASS_OF)
        return frozenset((round(note.start / SIXTEENTH), CLASS_OF[note.pitch]) for note in hits)
    return frozenset(
        (note.voice, note.start, note.pitch, note.duration, note.tied) for note in bar.notes
    )
