"""Limits to drawn drums: silent classes, set rows, density."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daw_bridge.encoding.drum_grid import DrumGrid
from daw_bridge.errors import UserError
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter


def drawn(codec: DrumGrid, seed: int = 0, meter: Meter | None = None) -> Bar:
    """Draw a bar with equal chances for all that is allowed."""
    rng = np.random.default_rng(seed)
    grammar = codec.grammar(meter or Meter())
    tokens: list[int] = []
    while (mask := grammar.allowed()) is not None:
        tokens.append(int(rng.choice(np.flatnonzero(mask))))
        grammar.push(tokens[-1])
    return codec.decode(tokens)


def steps_of(bar: Bar, pitch: int) -> set[int]:
    return {round(note.start / 120) for note in bar.notes if note.pitch == pitch}


@given(st.integers(0, 99))
def test_what_is_muted_is_never_hit(seed: int) -> None:
    bar = drawn(DrumGrid(mute="crash, open-hat"), seed)
    assert bar.notes
    assert not {49, 46} & {note.pitch for note in bar.notes}


@given(st.integers(0, 99), st.sampled_from(["4/4", "7/8"]))
def test_a_locked_class_is_hit_where_its_row_says(seed: int, meter: str) -> None:
    codec = DrumGrid(lock="kick=x...,snare=....x..x....x...")
    grammar = codec.grammar(Meter.parse(meter))
    rng = np.random.default_rng(seed)
    words = []
    while (mask := grammar.allowed()) is not None:
        token = int(rng.choice(np.flatnonzero(mask)))
        grammar.push(token)
        if token < 512:
            words.append(token)
    n = Meter.parse(meter).steps()
    assert [word >= 256 for word in words] == [step % 4 == 0 for step in range(n)]
    assert [word & 128 > 0 for word in words] == [step in (4, 7, 12) for step in range(n)]


@given(st.integers(0, 99), st.integers(0, 30), st.integers(0, 30))
def test_hits_of_a_bar_are_bounded_and_spread(seed: int, fewest: int, more: int) -> None:
    most = fewest + more
    grammar = DrumGrid(fewest=fewest, most=most).grammar(Meter())
    rng = np.random.default_rng(seed)
    hits = []
    while (mask := grammar.allowed()) is not None:
        token = int(rng.choice(np.flatnonzero(mask)))
        grammar.push(token)
        if token < 512:
            hits.append(token.bit_count())
    assert fewest <= sum(hits) <= most
    assert sum(hits[:8]) <= most / 2 + 1
    assert sum(hits[:12]) >= fewest / 2


def test_rows_come_before_density() -> None:
    bar = drawn(DrumGrid(lock="kick=x", most=4))
    assert len(steps_of(bar, 36)) >= 15


def test_limits_leave_encoding_as_it_is() -> None:
    bar = drawn(DrumGrid(), 3)
    assert np.array_equal(DrumGrid(mute="kick").encode(bar), DrumGrid().encode(bar))


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ({"mute": "crsh"}, "did you mean 'crash'"),
        ({"lock": "kik=x"}, "did you mean 'kick'"),
        ({"lock": "kick"}, "add the row"),
        ({"lock": "kick=x", "mute": "kick"}, "kick as both"),
        ({"fewest": 9, "most": 3}, "9 up to 3"),
        ({"most": -1}, "0 up to -1"),
        ({"most": float("nan")}, "nan"),
    ],
)
def test_what_is_not_possible_is_told(limits: dict[str, object], told: str) -> None:
    with pytest.raises(UserError, match=told):
        DrumGrid(**limits)  # type: ignore[arg-type]
