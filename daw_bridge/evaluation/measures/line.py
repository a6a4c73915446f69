"""A melody: bars that come again, and leaps that are turned back."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import pairwise

from daw_bridge.evaluation.measures.take import Take, intervals, share, struck
from daw_bridge.music.form import heard_as
from daw_bridge.music.notes import Bar

LEAP = 7
"""Semitones from which on a step is a leap."""


def figures(takes: Sequence[Take]) -> dict[str, float]:
    """Return the figures of melodies."""
    leaps = [back for take in takes for back in turned_back(intervals(struck(take.bars, 0)))]
    return {"leaps_turned_back": share(leaps)}


def repeats(takes: Sequence[Take]) -> dict[str, float]:
    """Return how many bars with notes were heard before in their piece, and how many rhythms."""
    heard = [again for take in takes for again in heard_before(map(_whole, sounded(take.bars)))]
    rhythm = [again for take in takes for again in heard_before(map(_rhythm, sounded(take.bars)))]
    return {"bars_heard_before": share(heard), "rhythms_heard_before": share(rhythm)}


def sounded(bars: Iterable[Bar]) -> Iterator[Bar]:
    """Return the bars in which something sounds."""
    return (bar for bar in bars if bar.notes)


def heard_before(bars: Iterable[Hashable]) -> Iterator[bool]:
    """Tell of each bar whether it is the same as any before."""
    seen: set[Hashable] = set()
    for bar in bars:
        yield bar in seen
        seen.add(bar)


def turned_back(steps: Sequence[int]) -> Iterator[bool]:
    """Tell of each leap before another step whether that goes the other way."""
    for step, after in pairwise(steps):
        if abs(step) >= LEAP:
            yield step * after < 0


def _whole(bar: Bar) -> Hashable:
    return heard_as(bar, drums=False)


def _rhythm(bar: Bar) -> Hashable:
    return frozenset((n.voice, n.start, n.duration, n.tied) for n in bar.notes)
