"""Pieces that are rare are learnt more often; pieces off the grid are found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from daw_bridge.corpora.pieces import PITCH, START, TIED, VOICE, Piece
from daw_bridge.corpora.voices import NOISE
from daw_bridge.corpora.weighing import balanced, off_grid
from tests.corpora.tunes import tune


def of_style(style: str, n: int, split: str = "train") -> list[Piece]:
    pieces = [tune(f"{style}{k}", [60, 62], split=split) for k in range(n)]
    return [replace(each, conditions={**each.conditions, "style": style}) for each in pieces]


def first_weights(pieces: list[Piece], **strengths: float) -> dict[str, float]:
    found = balanced(pieces, strengths)
    return {p.conditions["style"]: round(p.weights[0], 4) for p in found if p.split == "train"}


@pytest.mark.parametrize(
    ("strength", "rock", "polka"), [(0.0, 1.0, 1.0), (0.5, 0.8333, 2.5), (1.0, 0.5556, 5.0)]
)
def test_a_style_is_learnt_more_alike(strength: float, rock: float, polka: float) -> None:
    """Nine pieces to one: of ten in all, five and five, or by roots 7.5 and 2.5."""
    pieces = [*of_style("rock", 9), *of_style("polka", 1)]
    assert first_weights(pieces, style=strength) == {"rock": rock, "polka": polka}


def test_what_a_part_weighs_counts_in_each_stage_alone() -> None:
    rock = [replace(each, weights=(0.5, 0.0)) for each in of_style("rock", 4)]
    weights = [p.weights for p in balanced([*rock, *of_style("polka", 2)], {"style": 1.0})]
    assert weights == [(0.5, 0.0)] * 4 + [(1.0, 1.0)] * 2


def test_what_validates_neither_counts_nor_changes() -> None:
    judges = of_style("polka", 8, split="valid")
    pieces = [*of_style("rock", 9), *of_style("polka", 1), *judges]
    assert first_weights(pieces, style=1.0) == {"rock": 0.5556, "polka": 5.0}
    assert [p.weights for p in balanced(pieces, {"style": 1.0})[-8:]] == [(1.0, 1.0)] * 8


def test_mode_and_drums_are_conditions_as_well() -> None:
    major, minor = (tune(key, [60], split="train", key=f"C {key}") for key in ("major", "minor"))
    notes = minor.notes.copy()
    notes[:, [PITCH, VOICE]] = 36, NOISE
    drums = replace(minor, notes=notes)
    pieces = [major, minor, minor, drums]
    by_mode = [round(p.weights[0], 3) for p in balanced(pieces, {"mode": 1.0})]
    by_drums = [round(p.weights[0], 3) for p in balanced(pieces, {"drums": 1.0})]
    assert (by_mode, by_drums) == ([2.0, 0.667, 0.667, 0.667], [0.667, 0.667, 0.667, 2.0])


def test_notes_between_the_sixteenths_are_counted() -> None:
    piece = tune("a", [60, 62, 64, 65])
    assert off_grid(piece) == 0.0
    notes = piece.notes.copy()
    notes[0, START] += 31
    notes[1, START] += 30
    notes[2, [START, TIED]] = notes[2, START] + 60, 1
    assert off_grid(replace(piece, notes=notes)) == pytest.approx(1 / 3)
    notes[:, VOICE] = NOISE
    assert off_grid(replace(piece, notes=np.array(notes))) == 0.0


def test_triplets_are_on_a_grid_of_thirds() -> None:
    piece = tune("a", [60, 62, 64, 65])
    notes = piece.notes.copy()
    notes[:, START] = [0, 160, 320, 431]
    assert off_grid(replace(piece, notes=notes)) == 0.75
    assert off_grid(replace(piece, notes=notes), thirds=True) == 0.25
