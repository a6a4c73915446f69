"""Where in its bar a step is, as networks see it: groups of beats, whatever the meter."""

from __future__ import annotations

import numpy as np
import pytest

from daw_bridge.encoding.chip_voices import ChipVoices
from daw_bridge.encoding.line import Line
from daw_bridge.encoding.tx1 import Tx1
from daw_bridge.music.time import PPQ, SIXTEENTH, Meter, Ticks
from daw_bridge.policies.observe_place import N_PLACE, counted, place_rows, places_of

INSIDE = slice(0, 8)
GROUP = slice(8, 16)
LENGTH = slice(22, 24)
"""Of the columns: the place within the group, which group it is, and what the group is like."""


def rows(meter: str) -> np.ndarray:
    return place_rows(Meter.parse(meter), SIXTEENTH)


@pytest.mark.parametrize(
    ("meter", "groups"),
    [
        ("4/4", [0] * 4 + [1] * 4 + [2] * 4 + [3] * 4),
        ("6/8", [0] * 6 + [1] * 6),
        ("3/4", [0] * 4 + [1] * 4 + [2] * 4),
        ("7/8", [0] * 4 + [1] * 4 + [2] * 6),
        ("7/8=3+2+2", [0] * 6 + [1] * 4 + [2] * 4),
        ("5/4", [0] * 12 + [1] * 8),
        ("7/16", [0] * 2 + [1] * 2 + [2] * 3),
    ],
)
def test_each_step_is_in_its_group(meter: str, groups: list[int]) -> None:
    assert rows(meter)[:, GROUP].argmax(1).tolist() == groups


def test_what_a_group_is_like_carries_over_from_meter_to_meter() -> None:
    two, three = rows("4/4")[:4], rows("6/8")[:6]
    for columns in (INSIDE, LENGTH):
        learnt = {"2": two[:, columns], "3": three[:, columns]}
        for said in ("2+2+3", "3+2+2", "2+3+2"):
            expected = np.concatenate([learnt[size] for size in said.split("+")])
            assert np.array_equal(rows(f"7/8={said}")[:, columns], expected)


@pytest.mark.parametrize("pair", [("6/8", "3/4"), ("7/8=2+2+3", "7/8=3+2+2"), ("4/4", "2/2")])
def test_no_step_is_the_same_in_other_groups(pair: tuple[str, str]) -> None:
    ours, theirs = map(rows, pair)
    assert ours.shape == theirs.shape
    assert (ours != theirs).any(1).all()


@pytest.mark.parametrize("meter", ["4/4", "7/8", "7/8=3+2+2", "12/8", "16/2", "7/4", "5/16"])
def test_no_two_steps_of_a_bar_are_the_same(meter: str) -> None:
    assert len(np.unique(rows(meter), axis=0)) == Meter.parse(meter).steps()


@pytest.mark.parametrize("codec", [Line(), ChipVoices(steps_per_quarter=8), Line(None, 3)])
def test_each_token_of_a_meter_has_the_places_of_its_bar(codec: Line) -> None:
    places, tokens = places_of(codec.tokens), codec.tokens
    step = Ticks(PPQ // tokens.steps_per_quarter)
    for token in np.flatnonzero(tokens.bar_steps):
        first, n = places.first[token], tokens.bar_steps[token]
        expected = place_rows(tokens.meters[token], step)
        assert np.array_equal(places.rows[first : first + n], expected)
    assert first + n == len(places.rows)


def test_without_bars_there_is_no_place() -> None:
    places = places_of(Tx1().tokens)
    assert not places.rows.any()
    assert (places.rows.shape, places.first.any()) == ((1, N_PLACE), False)


def test_told_groups_count_where_the_beats_are_those_of_the_token() -> None:
    seven, said, other = Meter(7, 8), Meter(7, 8, (3, 2, 2)), Meter(5, 8, (2, 3))
    assert [counted(seven, told) for told in (None, said, other)] == [seven, said, seven]
