"""Every piece is in one split: the one that it states, else one that is drawn."""

from __future__ import annotations

import numpy as np

from daw_bridge.corpora.parting import held_out_end, part
from daw_bridge.corpora.pieces import Piece
from tests.corpora.tunes import tune


def tunes(split: str = "") -> list[Piece]:
    rng = np.random.default_rng(3)
    return [tune(str(n), rng.integers(50, 80, 10).tolist(), split=split) for n in range(40)]


def splits(pieces: list[Piece]) -> list[str]:
    return [piece.split for piece in pieces]


def test_pieces_without_a_split_are_parted_by_seed() -> None:
    one, again, other = (splits(part(tunes(), valid_share=0.25, seed=s)) for s in (7, 7, 8))
    assert one == again != other
    assert (one.count("train"), one.count("valid")) == (30, 10)


def test_a_split_that_is_stated_stays() -> None:
    pieces = [tune("a", [60], split="test"), tune("b", [62], split="train"), tune("c", [64])]
    assert splits(part([*pieces, tune("d", [65], split="valid")])) == [
        "test", "train", "train", "valid",
    ]  # fmt: skip


def test_what_validates_is_drawn_from_training_where_nothing_else_does() -> None:
    pieces = [*tunes("train"), tune("last", [60], split="test")]
    found = splits(part(pieces))
    assert (found.count("train"), found.count("valid"), found[-1]) == (36, 4, "test")


def test_one_long_piece_is_parted_in_time() -> None:
    train, valid = held_out_end(tune("long", list(range(40, 60))), 0.1)
    assert (train.n_bars, valid.n_bars) == (18, 2)
    assert [n.pitch for bar in valid.bars() for n in bar.notes] == [58, 59]
    assert (train.split, valid.split) == ("train", "valid")
    halves = held_out_end(tune("short", [60, 62]))
    assert [half.n_bars for half in halves] == [1, 1]
