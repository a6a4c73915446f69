"""What bars are, worked out from their steps."""

from __future__ import annotations

import numpy as np
import pytest

from daw_bridge.music.form import FARTHEST, Kind, Label
from daw_bridge.policies.observe_form import (
    KIND,
    N_FORM,
    STANDS,
    form_features,
    label_bars,
    observe_form,
    repeats,
)

A, B, C, SILENT = (1, 2, 3, 4), (5, 6, 7, 8), (1, 2, 3, 9), (0, 0, 0, 0)


def labels(*bars: tuple[int, ...]) -> list[tuple[Kind, int]]:
    ids = np.array([step for bar in bars for step in bar])
    first = np.cumsum([0, *map(len, bars[:-1])])
    kind, back = label_bars(ids, ids > 0, first)
    return [(Kind(k), lag) for k, lag in zip(kind.tolist(), back.tolist(), strict=True)]


NEW, REST = (Kind.NEW, 0), (Kind.REST, 0)


def test_a_bar_is_new_or_returns_to_the_nearest_that_is_the_same() -> None:
    assert labels(A, B, A, A, B) == [NEW, NEW, (Kind.EXACT, 2), (Kind.EXACT, 1), (Kind.EXACT, 3)]


def test_more_than_half_of_its_steps_make_a_variation() -> None:
    assert labels(A, C) == [NEW, (Kind.VARIED, 1)]
    assert labels(A, (1, 2, 9, 9)) == [NEW, NEW]


def test_the_same_comes_before_what_is_nearer_and_alike() -> None:
    assert labels(A, C, A) == [NEW, (Kind.VARIED, 1), (Kind.EXACT, 2)]


def test_where_nothing_begins_a_bar_rests() -> None:
    assert labels(A, SILENT, SILENT, A) == [NEW, REST, REST, (Kind.EXACT, 3)]


def test_steps_of_silence_make_no_bars_alike() -> None:
    assert labels((1, 0, 0, 0), (2, 0, 0, 0)) == [NEW, NEW]


def test_bars_return_over_bars_of_their_own_length_alone() -> None:
    assert labels(A, (1, 2), A) == [NEW, NEW, NEW]


def test_returns_lie_no_farther_than_a_network_looks() -> None:
    others = [(10 * n, 10 * n + 1, 10 * n + 2, 10 * n + 3) for n in range(2, FARTHEST + 2)]
    assert labels(A, *others[:-1], A)[-1] == (Kind.EXACT, FARTHEST)
    assert labels(A, *others, A)[-1] == NEW


@pytest.mark.parametrize(
    ("bars", "expected"),
    [([], (0, 0)), ([b"a"], (0, 1)), ([b"a", b"a", b"b"], (1, 2)), ([b"a"] * 20, (7, 1))],
)
def test_repeats_are_counted_over_eight_bars(bars: list[bytes], expected: tuple[int, int]) -> None:
    ran, others = repeats(bars)
    assert (ran * 8, others * 8) == expected


def test_what_is_told_stands_in_its_own_places() -> None:
    nothing, none = np.zeros(0, np.int64), np.zeros(N_FORM, np.float32)
    assert np.array_equal(form_features(Label(), nothing, 4), none)
    told = form_features(Label(Kind.VARIED, 2, 5, 0), nothing, 4)
    assert np.flatnonzero(told[KIND]).tolist() == [Kind.VARIED - 1]
    assert np.flatnonzero(told[STANDS]).tolist() == [5, 8 + 1, 12 + 1, 14]


def test_told_sources_lie_at_the_same_place_of_the_bar_that_returns() -> None:
    ids = np.array([*A, *B, *A])
    form = observe_form(ids, ids > 0, np.array([0, 4, 8]))
    assert form.told.tolist() == [-1] * 8 + [0, 1, 2, 3]
    assert [label.left for label in form.labels] == [2, 1, 0]
