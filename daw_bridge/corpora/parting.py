"""Pieces are put into splits, so that nothing that judges is learnt."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from daw_bridge.corpora.pieces import Piece


def part(pieces: Sequence[Piece], *, valid_share: float = 0.1, seed: int = 1) -> list[Piece]:
    """Put every piece in a split; those that have one stay in it.

    Of those without one, or of all for training where none is for validation, as many are drawn
    for "valid", by seed, as have a share of their bars.
    """
    parted = list(pieces)
    open_ones = [number for number, piece in enumerate(parted) if not piece.split]
    if not open_ones and not any(piece.split == "valid" for piece in parted):
        open_ones = [number for number, piece in enumerate(parted) if piece.split == "train"]
    random.Random(seed).shuffle(open_ones)  # noqa: S311  a split is no secret
    wanted = valid_share * sum(parted[number].n_bars for number in open_ones)
    for number in open_ones:
        in_valid = wanted > 0 and len(open_ones) > 1
        wanted -= parted[number].n_bars if in_valid else 0
        parted[number] = replace(parted[number], split="valid" if in_valid else "train")
    return parted


def held_out_end(piece: Piece, share: float = 0.1) -> tuple[Piece, Piece]:
    """Part one long piece in time: all but its last bars for training, those for validation."""
    first = piece.n_bars - max(round(share * piece.n_bars), min(piece.n_bars - 1, 1))
    return (
        replace(piece.excerpt(0, first), split="train"),
        replace(piece.excerpt(first, piece.n_bars), split="valid"),
    )
