"""Drum text: the words of the data page, in and out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daw_bridge.encoding.drum_text import BAR, DrumText, from_text, to_text
from daw_bridge.errors import UserError
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Meter, Ticks

ROCK = Bar.of(
    [
        *(Note(Ticks(240 * eighth), 42, Ticks(60), 80) for eighth in range(8)),
        *(Note(Ticks(tick), 36, Ticks(60), 110) for tick in (-10, 960)),
        *(Note(Ticks(tick), 38, Ticks(60), 120) for tick in (485, 1433)),
    ]
)
TEXT = (
    "0b101000000 0b000000000 0b001000000 0b000000000 0b011000000 0b000000000 0b001000000 "
    "0b000000000 0b101000000 0b000000000 0b001000000 0b000000000 0b011000000 0b000000000 "
    "0b001000000 0b000000000 BAR"
)
WORDS = st.lists(st.integers(0, 511), min_size=1, max_size=40)


def test_a_bar_becomes_the_words_of_the_data_page() -> None:
    assert to_text(DrumText().encode(ROCK)) == TEXT


def test_text_becomes_bars_with_one_velocity_on_the_grid() -> None:
    (tokens,) = from_text(TEXT)
    bar = DrumText().decode(tokens)
    assert bar == DrumText().quantise(ROCK)
    assert [(note.start, note.pitch) for note in bar.notes][:3] == [(0, 36), (0, 42), (240, 42)]
    assert {note.velocity for note in bar.notes} == {100}


@pytest.mark.parametrize(
    ("pitch", "word"),
    [
        (36, 256),
        (35, 256),
        (40, 128),
        (44, 64),
        (26, 32),
        (58, 16),
        (47, 8),
        (50, 4),
        (53, 2),
        (57, 1),
    ],
)
def test_each_pitch_has_the_bit_of_its_class(pitch: int, word: int) -> None:
    assert DrumText().encode(Bar.of([Note(Ticks(0), pitch, Ticks(1), 1)]))[0] == word


def test_what_is_no_drum_is_dropped() -> None:
    assert not DrumText().encode(Bar.of([Note(Ticks(0), 60, Ticks(1), 1)]))[:-1].any()


def test_halves_between_steps_go_to_the_even_one() -> None:
    bar = Bar.of([Note(Ticks(tick), 36, Ticks(1), 1) for tick in (60, 420)])
    assert np.flatnonzero(DrumText().encode(bar)[:-1]).tolist() == [0, 4]


def test_32nds_have_twice_as_many_words() -> None:
    bar = Bar.of([Note(Ticks(60), 36, Ticks(1), 1)])
    tokens = DrumText(32).encode(bar)
    assert (len(tokens), np.flatnonzero(tokens == 256).tolist()) == (33, [1])
    assert DrumText(32).decode(tokens).notes[0].start == 60


@pytest.mark.parametrize("meter", ["4/4", "3/4", "7/8", "5/16", "3/32", "2/2", "15/8"])
@pytest.mark.parametrize("resolution", [16, 32])
def test_any_meter_has_as_many_words_as_steps(meter: str, resolution: int) -> None:
    codec = DrumText(resolution, Meter.parse(meter))
    tokens = codec.encode(Bar(meter=codec.meter))
    assert len(tokens) == 1 + codec.meter.steps(codec.step)
    assert codec.decode(tokens).meter == codec.meter


def test_a_bar_of_unknown_length_is_read_in_quarters_or_finer_beats() -> None:
    lengths = {12: "3/4", 14: "7/8", 5: "5/16"}
    for n, meter in lengths.items():
        assert str(DrumText().decode([0] * n + [BAR]).meter) == meter


@given(st.lists(WORDS, min_size=1, max_size=5))
def test_text_comes_back_with_bar_last_or_first(bars: list[list[int]]) -> None:
    tokens = [[*words, BAR] for words in bars]
    last = " ".join(to_text(bar) for bar in tokens)
    first = "\n".join(f"BAR {to_text(bar[:-1])}" for bar in tokens)
    for text in (last, first, f"BAR {last}"):
        assert [bar.tolist() for bar in from_text(text)] == tokens


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("0b10 BAR", "'0b10' as word 1"),
        ("0b000000002 BAR", "'0b000000002' as word 1"),
        ("0b000000000 bar", "'bar' as word 2"),
        ("0b000000000", "1 words after the last"),
        ("0b000000000 BAR BAR", "none before word 3"),
    ],
)
def test_what_is_no_text_is_told_in_one_line(text: str, part: str) -> None:
    with pytest.raises(UserError, match=part):
        from_text(text)


def test_only_two_resolutions_exist() -> None:
    with pytest.raises(ValueError, match="16 or 32"):
        DrumText(24)


@pytest.mark.parametrize("tokens", [[], [BAR], [1, 2], [512, 512], [0, 600, BAR]])
def test_tokens_that_are_no_bar_are_refused(tokens: list[int]) -> None:
    with pytest.raises(ValueError, match="words"):
        DrumText().decode(tokens)
