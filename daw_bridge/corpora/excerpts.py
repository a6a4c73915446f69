"""Excerpts of one length out of pieces, in one key: what stands beside what a model draws."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from daw_bridge.corpora.pieces import PITCH, Piece
from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter

_OCTAVE = 12


def excerpts(
    pieces: Iterable[Piece], bars: int, meter: Meter, key: Key | None = None
) -> list[list[Bar]]:
    """Cut pieces of a meter into excerpts of so many bars; what is left over at an end is not one.

    With a `key`, pieces of its scale are moved to it, the shorter way, and others left out, as are
    those whose key nobody knows. Excerpts in which half of the bars rest are left out.
    """
    out: list[list[Bar]] = []
    for piece in pieces:
        here = piece if key is None else moved(piece, key)
        if here is None or not (here.meters == (meter.numerator, meter.denominator)).all():
            continue
        all_bars = here.bars()
        cut = [all_bars[at : at + bars] for at in range(0, len(all_bars) - bars + 1, bars)]
        out += [each for each in cut if 2 * sum(bool(bar.notes) for bar in each) > bars]
    return out


def moved(piece: Piece, key: Key) -> Piece | None:
    """Move a piece to a key of its own scale; None where it has another, or none that is known."""
    if "key" not in piece.conditions:
        return None
    own = Key.parse(piece.conditions["key"])
    if own.scale != key.scale:
        return None
    notes = piece.notes.copy()
    half = _OCTAVE // 2
    notes[:, PITCH] += (half + key.tonic - own.tonic) % _OCTAVE - half
    return replace(piece, notes=notes, conditions={**piece.conditions, "key": str(key)})
