"""Rules for drums: a backbeat, fills where phrases end, no more limbs than a drummer has.

And a steady hand: bars that come again, and hits that are as loud as they were there.
"""

from __future__ import annotations

from collections.abc import Sequence

from daw_bridge.music.gm_drums import CLASS_OF, DRUM_CLASSES
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import PPQ, SIXTEENTH

PHRASE = 4
"""Bars of a drummer's phrase."""

HANDS = 2

LOUDEST = 127

_NAMES = [each.name for each in DRUM_CLASSES]
_SNARE, _KICK = _NAMES.index("snare"), _NAMES.index("kick")
_TOMS = {_NAMES.index(name) for name in ("low-tom", "mid-tom", "high-tom")}
_HATS = {_NAMES.index(name) for name in ("closed-hat", "open-hat")}


def _hits(bar: Bar) -> set[tuple[int, int]]:
    """Return the 16th and the class of each hit."""
    return set(_velocities(bar))


def backbeat(bars: Sequence[Bar]) -> float:
    """Return the share of bars with the snare on the second and the fourth quarter.

    Bars of less than four quarters do not count.
    """
    quarter = PPQ // SIXTEENTH
    long_enough = [_hits(bar) for bar in bars if bar.meter.bar_length() >= 4 * PPQ]
    wanted = {(quarter, _SNARE), (3 * quarter, _SNARE)}
    return _share([wanted <= hits for hits in long_enough])


def fills(bars: Sequence[Bar]) -> float:
    """Return the share of phrases of four bars in whose last bar toms play more than before."""
    toms = [sum(drum in _TOMS for _, drum in _hits(bar)) for bar in bars]
    phrases = [toms[at : at + PHRASE] for at in range(0, len(toms) - PHRASE + 1, PHRASE)]
    return _share([phrase[-1] > max(phrase[:-1]) for phrase in phrases])


def playable(bars: Sequence[Bar]) -> float:
    """Return the share of 16ths with hits that two hands and two feet can play.

    A foot plays the kick; hands play the rest, and a hi-hat is open or closed, not both.
    """
    found = []
    for bar in bars:
        steps: dict[int, set[int]] = {}
        for step, drum in _hits(bar):
            steps.setdefault(step, set()).add(drum)
        found += [len(drums - {_KICK}) <= HANDS and not drums >= _HATS for drums in steps.values()]
    return _share(found)


def alike(bars: Sequence[Bar]) -> float:
    """Return the share of hits that a bar and the one a phrase before it have in common, of all.

    Bars of which neither has any do not count.
    """
    hits = [_hits(bar) for bar in bars]
    pairs = zip(hits, hits[PHRASE:], strict=False)
    shares = [len(a & b) / len(a | b) for a, b in pairs if a | b]
    return sum(shares) / len(shares) if shares else 0.0


def uneven(bars: Sequence[Bar]) -> float:
    """Return by how much a hit is louder or softer than the same one a phrase before: 0..1.

    It is the mean of what bars are off by; those that share no hit do not count.
    """
    loud = [_velocities(bar) for bar in bars]
    pairs = [(a, b) for a, b in zip(loud, loud[PHRASE:], strict=False) if a.keys() & b.keys()]
    off = [
        sum(abs(a[hit] - b[hit]) for hit in a.keys() & b.keys()) / len(a.keys() & b.keys())
        for a, b in pairs
    ]
    return sum(off) / len(off) / LOUDEST if off else 0.0


def _velocities(bar: Bar) -> dict[tuple[int, int], int]:
    """Return how loud each hit is, by its 16th and class; of several the loudest."""
    out: dict[tuple[int, int], int] = {}
    for note in bar.notes:
        if note.pitch in CLASS_OF:
            hit = round(note.start / SIXTEENTH), CLASS_OF[note.pitch]
            out[hit] = max(note.velocity, out.get(hit, 0))
    return out


def _share(found: Sequence[bool]) -> float:
    return sum(found) / len(found) if found else 0.0
