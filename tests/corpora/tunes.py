"""Small pieces for tests."""

from __future__ import annotations

from daw_bridge.corpora.pieces import Events, Piece, cut
from daw_bridge.music.time import Meter


def tune(name: str, pitches: list[int], *, split: str = "", key: str = "C major") -> Piece:
    """Build a piece of quarter notes in 1/4: every note is a bar."""
    onsets = [480 * place for place in range(len(pitches))]
    table = cut(Events.of(onsets, pitches, 480, 90, 0), [(0, Meter(1, 4))], held=True)
    return Piece(name, *table, split=split, conditions={"key": key})
