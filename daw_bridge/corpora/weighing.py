"""How often each piece is learnt, so that what is many does not drown what is rare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from daw_bridge.corpora.pieces import START, TIED, VELOCITY, VOICE, Piece
from daw_bridge.corpora.voices import NOISE
from daw_bridge.music.time import PPQ, SIXTEENTH


def balanced(pieces: Sequence[Piece], strengths: Mapping[str, float]) -> list[Piece]:
    """Weigh those pieces that are learnt so that the values of conditions are learnt more alike.

    A strength of 1 has every value of a condition learnt as often as the others, 0.5 by the root of
    how often it comes. Of all together as many bars are learnt as before. `mode` is that of the
    key, and `drums` whether any play.
    """
    weights = np.array([piece.weights for piece in pieces]).reshape(-1, 2)
    bars = np.array([piece.n_bars * (piece.split == "train") for piece in pieces])
    for name, strength in strengths.items():
        _, value = np.unique([_value(piece, name) for piece in pieces], return_inverse=True)
        for stage in (0, 1):
            n_heard = np.bincount(value, weights[:, stage] * bars)
            weights[:, stage] *= np.where(n_heard > 0, n_heard, 1.0)[value] ** -strength
            weights[:, stage] *= n_heard.sum() / max(float(weights[:, stage] @ bars), 1e-9)
    return [
        replace(piece, weights=(first, last)) if piece.split == "train" else piece
        for piece, (first, last) in zip(pieces, weights.tolist(), strict=True)
    ]


def _value(piece: Piece, name: str) -> str:
    if name == "drums":
        return str(bool((piece.notes[:, VOICE] == NOISE).any()))
    if name == "mode":
        return piece.conditions.get("key", "").rpartition(" ")[-1]
    return piece.conditions.get(name, "")


def off_grid(piece: Piece, *, thirds: bool = False) -> float:
    """Return the share of a piece's notes that begin over a quarter of a 16th off the 16ths.

    With `thirds`, those of a quarter are a grid as well. Drums and notes that go on from the bar
    before do not count.
    """
    counts = (piece.notes[:, TIED] == 0) & (piece.notes[:, VOICE] != NOISE)
    starts = piece.notes[counts, START]
    off = _off(starts, SIXTEENTH)
    if thirds:
        off = np.minimum(off, _off(starts, PPQ // 3))
    return float((off > SIXTEENTH / 4).mean()) if len(off) else 0.0


def _off(starts: NDArray[np.int64], step: int) -> NDArray[np.float64]:
    """Return how far from the nearest step each start is, in ticks."""
    distances: NDArray[np.float64] = np.abs(starts - np.rint(starts / step) * step)
    return distances


def velocity_spread(piece: Piece) -> float:
    """Return the standard deviation of the velocities of a piece's voices, as their mean."""
    notes = piece.notes[piece.notes[:, TIED] == 0]
    voices = [notes[notes[:, VOICE] == voice, VELOCITY] for voice in np.unique(notes[:, VOICE])]
    return float(np.mean([np.std(each) for each in voices])) if voices else 0.0
