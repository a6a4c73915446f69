"""The same music twice is found: to the note, moved, or with most of its bars."""

from __future__ import annotations

import pytest

from daw_bridge.corpora.duplicates import Duplicate, find_duplicates
from daw_bridge.corpora.pieces import Events, Piece, cut
from daw_bridge.corpora.voices import NOISE
from daw_bridge.music.time import Meter
from tests.corpora.tunes import tune

BARS = list(range(40, 80))
"""Forty bars of a note each, all different."""


def found(*pieces: Piece) -> list[tuple[str, str, str]]:
    return [(d.dropped_name, d.kept_name, d.kind) for d in find_duplicates(pieces)]


@pytest.mark.parametrize(
    ("other", "kind"),
    [
        ([60, 62, 64, 65, 67], "exact"),
        ([63, 65, 67, 68, 70], "transposed"),
        ([60, 62, 60, 62, 64, 65, 67, 67], "repeated bars"),
    ],
)
def test_duplicates_are_found_and_the_judging_split_keeps_its_own(
    other: list[int], kind: str
) -> None:
    pieces = (
        tune("a", [60, 62, 64, 65, 67], split="train"),
        tune("b", [60, 64, 67, 72, 71], split="train"),
        tune("c", other, split="valid"),
    )
    assert find_duplicates(pieces) == [Duplicate(0, 2, "a", "c", kind)]


def test_a_short_piece_is_one_with_a_long_one_that_has_most_of_its_bars() -> None:
    whole, part = tune("whole", BARS), tune("part", [*BARS[:9], 99])
    assert found(whole, part) == [("part", "whole", "repeated bars")]
    assert found(part, whole) == [("part", "whole", "repeated bars")]
    assert found(whole, tune("other", [*BARS[:8], 98, 99])) == []


def test_a_long_piece_for_training_is_dropped_that_has_most_of_a_short_one_that_judges() -> None:
    whole = tune("whole", BARS, split="train")
    part = tune("part", [*BARS[:9], 99], split="test")
    assert found(whole, part) == [("whole", "part", "repeated bars")]
    assert found(whole, tune("other", [*BARS[:8], 98, 99], split="test")) == []


def test_bars_are_counted_once_however_often_they_are_played() -> None:
    once = tune("once", [*BARS[:6], *BARS[20:26]])
    often = tune("often", [*BARS[:6] * 9, *BARS[30:36]])
    assert found(once, often) == []


def test_few_bars_are_no_likeness() -> None:
    assert found(tune("whole", BARS), tune("three", [*BARS[:3] * 4])) == []
    assert found(tune("whole", BARS), tune("four", [*BARS[:4] * 4])) == [
        ("four", "whole", "repeated bars")
    ]


def test_a_transposed_band_is_found_though_its_drums_stay() -> None:
    def band(name: str, bass: int) -> Piece:
        onsets = [480 * (place // 2) for place in range(10)]
        voices = [2, NOISE] * 5
        pitches = [bass if voice == 2 else 36 for voice in voices]
        table = cut(Events.of(onsets, pitches, 480, 90, voices), [(0, Meter(1, 4))], held=True)
        return Piece(name, *table, conditions={"key": "C major"})

    kinds = [kind for *_, kind in found(band("below the kick", 33), band("above it", 40))]
    assert kinds == ["transposed"]
