"""A piece of a few bars that is measured, real or drawn, and means over many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from daw_bridge.encoding.kind import Kind
from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Ticks

T = TypeVar("T")

PHRASE = 4
"""Bars of a phrase; pieces begin with one."""


@dataclass(frozen=True, slots=True)
class Take:
    """Bars of a kind, the key that was told of them, and whether drums were told to play."""

    bars: Sequence[Bar]
    kind: Kind
    key: Key | None = None
    drums: bool = True


def share(found: Iterable[bool]) -> float:
    """Return the share of what is true; of nothing, 0."""
    every = list(found)
    return sum(every) / len(every) if every else 0.0


def mean(values: Iterable[float]) -> float:
    """Return the mean; of nothing, 0."""
    every = list(values)
    return sum(every) / len(every) if every else 0.0


def ratio(one: float, other: float) -> float:
    """Return how many times the one is the other; 0 where that is nothing."""
    return one / other if other else 0.0


def by_place(pieces: Sequence[Sequence[T]]) -> list[list[T]]:
    """Return what stands at each place of the phrases of pieces."""
    return [[each for piece in pieces for each in piece[place::PHRASE]] for place in range(PHRASE)]


def struck(bars: Iterable[Bar], voice: int) -> list[Note]:
    """Return the notes that are struck in a voice, in order; of several at a time the highest."""
    own = ((tick, note) for tick, note in timed(bars) if note.voice == voice and not note.tied)
    notes = dict(own)  # those of a tick rise in pitch: the last is the highest
    return [notes[tick] for tick in sorted(notes)]


def intervals(notes: Iterable[Note]) -> list[int]:
    """Return the semitones from each note to the next."""
    pitches = [note.pitch for note in notes]
    return [after - before for before, after in pairwise(pitches)]


def timed(bars: Iterable[Bar]) -> Iterator[tuple[Ticks, Note]]:
    """Return the notes of bars with the ticks at which they begin."""
    line = 0
    for bar in bars:
        for note in bar.notes:
            yield Ticks(line + note.start), note
        line += bar.meter.bar_length()
