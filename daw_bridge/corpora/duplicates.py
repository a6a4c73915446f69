"""Find the same music twice: to the note, transposed, or with its bars repeated.

A network that is tested on what it was trained on looks perfect, so this runs before pieces are put
into splits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from daw_bridge.corpora.pieces import BAR, DURATION, PITCH, START, TIED, VOICE, Piece
from daw_bridge.corpora.voices import NOISE

GRID = 30
"""Ticks to which starts are rounded before bars are compared: half of a 32nd."""

SHARED = 0.9
"""Two pieces are one where the smaller shares this much of its different bars with the other."""

FEWEST = 4
"""With fewer different bars than this, only pieces that are equal in full count as one."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A piece that is dropped and the one that stays, by number and name, and why."""

    dropped: int
    kept: int
    dropped_name: str
    kept_name: str
    kind: str


def find_duplicates(pieces: Sequence[Piece]) -> list[Duplicate]:
    """List the pieces to drop, each with the one that stays, so that no music is left twice.

    Of a pair the one outside training stays, so that what judges is never made smaller by what
    trains; of two in one split the longer, then the first.
    """
    order = sorted(range(len(pieces)), key=lambda n: (_rank(pieces[n]), -pieces[n].n_bars, n))
    exact: dict[bytes, int] = {}
    moved: dict[bytes, int] = {}
    holders: dict[bytes, list[int]] = defaultdict(list)
    sizes: dict[int, int] = {}
    found = []
    for number in order:
        whole, shape, bars = _fingerprints(pieces[number])
        twin: int | None
        if whole in exact:
            twin, kind = exact[whole], "exact"
        elif shape in moved:
            twin, kind = moved[shape], "transposed"
        else:
            twin, kind = _sharing(bars, holders, sizes), "repeated bars"
        if twin is not None:
            names = pieces[number].name, pieces[twin].name
            found.append(Duplicate(number, twin, *names, kind))
            continue
        exact[whole] = moved[shape] = number
        sizes[number] = len(bars)
        for bar in bars:
            holders[bar].append(number)
    return sorted(found, key=lambda duplicate: duplicate.dropped)


def _sharing(
    bars: set[bytes], holders: dict[bytes, list[int]], sizes: dict[int, int]
) -> int | None:
    """Return a piece that shares most of the bars, counting different ones only."""
    shared: dict[int, int] = defaultdict(int)
    for bar in bars:
        for number in holders.get(bar, ()):
            shared[number] += 1
    for number, count in shared.items():
        smaller = min(len(bars), sizes[number])
        if smaller >= FEWEST and count >= SHARED * smaller:
            return number
    return None


def _rank(piece: Piece) -> int:
    return {"test": 0, "valid": 1}.get(piece.split, 2)


def _fingerprints(piece: Piece) -> tuple[bytes, bytes, set[bytes]]:
    """Return the music, the same relative to its first pitch, and its different bars likewise."""
    notes = piece.notes[:, [BAR, START, PITCH, DURATION, VOICE, TIED]].copy()
    notes[:, 1] = np.rint(notes[:, 1] / GRID)
    notes[:, 3] = np.rint(notes[:, 3] / GRID) if _is_pitched(piece) else 0
    # Voice by voice: transposed, a bass may come to lie above a kick, which is not moved with it.
    notes = notes[np.lexsort((notes[:, 3], notes[:, 2], notes[:, 4], notes[:, 1], notes[:, 0]))]
    whole = notes.tobytes()
    if _is_pitched(piece):
        pitched = notes[:, 4] != NOISE
        if pitched.any():
            notes[pitched, 2] -= notes[pitched, 2][0]
    shape = notes.tobytes()
    starts = np.searchsorted(notes[:, 0], np.arange(piece.n_bars + 1))
    bars = {notes[a:b, 1:].tobytes() for a, b in pairwise(starts) if b > a}
    return whole, shape, bars


def _is_pitched(piece: Piece) -> bool:
    return "key" in piece.conditions
