"""Bars that are the same are, whatever their velocity; windows count what there is in them."""

from __future__ import annotations

import numpy as np
import pytest

from daw_bridge.evaluation.bar_table import BarTable, classes_of, first_same, grid
from daw_bridge.evaluation.windows import figures, longest_run
from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import SIXTEENTH, Meter, Ticks

QUARTER = Ticks(480)


def bar(*pitches: int, velocity: int = 80, tied: bool = False) -> Bar:
    """Write a bar of quarters."""
    return Bar.of(
        Note(Ticks(480 * i), pitch, QUARTER, velocity, tied=tied and i == 0)
        for i, pitch in enumerate(pitches)
    )


A, B, SILENCE = bar(60, 62, 64, 65), bar(60, 62, 64, 66), Bar()


def test_velocity_makes_no_other_bar_and_all_else_does() -> None:
    louder = bar(60, 62, 64, 65, velocity=100)
    tied = bar(60, 62, 64, 65, tied=True)
    other_voice = Bar.of(Note(n.start, n.pitch, n.duration, 80, voice=1) for n in A.notes)
    shorter = Bar.of(Note(n.start, n.pitch, SIXTEENTH, 80) for n in A.notes)
    bars = [A, louder, B, tied, other_voice, shorter, SILENCE, A, Bar()]
    assert first_same(bars, drums=False).tolist() == [0, 0, 2, 3, 4, 5, 6, 0, 6]


def test_drums_are_the_same_by_class_and_16th() -> None:
    early = Bar.of([Note(Ticks(-20), 36, SIXTEENTH, 90), Note(Ticks(500), 38, SIXTEENTH, 40)])
    late = Bar.of([Note(Ticks(10), 35, SIXTEENTH, 70), Note(Ticks(460), 40, SIXTEENTH, 90)])
    moved = Bar.of([Note(Ticks(70), 36, SIXTEENTH, 90), Note(Ticks(500), 38, SIXTEENTH, 40)])
    assert first_same([early, late, moved], drums=True).tolist() == [0, 0, 2]
    last = Bar.of([Note(Ticks(1900), 36, SIXTEENTH, 90)])
    assert np.argwhere(grid(last)).tolist() == [[15, 0]]
    assert grid(Bar.of([Note(Ticks(0), 60, SIXTEENTH, 90)], Meter(3, 4))).shape == (12, 9)
    assert not grid(Bar.of([Note(Ticks(0), 60, SIXTEENTH, 90)])).any()


def test_minor_has_its_raised_degrees() -> None:
    assert classes_of(Key(9, "minor")) == {9, 11, 0, 2, 4, 5, 7, 6, 8}
    assert classes_of(Key(0)) == {0, 2, 4, 5, 7, 9, 11}


def test_each_window_counts_its_own_bars() -> None:
    bars = [A, A, A, B, SILENCE, SILENCE, bar(60, velocity=40), A]
    found = figures(BarTable.of(bars, "chip", Key(0)), drums=False, length=4)
    assert found["different_bars"].tolist() == [2, 3, 3, 3, 3]
    assert found["equal_to_the_bar_before"] == pytest.approx([2 / 3, 1 / 3, 1 / 3, 1 / 3, 1 / 3])
    assert found["longest_run"].tolist() == [3, 2, 2, 2, 2]
    assert found["silent_bars"].tolist() == [0, 1, 2, 2, 2]
    assert found["notes_a_bar"].tolist() == [4, 3, 2, 1.25, 1.25]
    assert found["mean_velocity"] == pytest.approx([80, 80, 80, 72, 72])
    assert found["in_the_key_told"] == pytest.approx([15 / 16, 11 / 12, 7 / 8, 4 / 5, 1])
    assert found["pitch_class_entropy"][0] == pytest.approx(
        -3 * 0.25 * np.log2(0.25) - 3 / 16 * np.log2(3 / 16) - 1 / 16 * np.log2(1 / 16)
    )


def test_what_is_tied_is_not_struck_and_what_is_noise_has_no_pitch() -> None:
    noise = Bar.of([Note(Ticks(0), 36, SIXTEENTH, 80, voice=3)])
    found = figures(BarTable.of([bar(60, tied=True), noise], "chip", Key(0)), drums=False, length=2)
    assert found["notes_a_bar"].tolist() == [0.5]
    assert found["pitch_class_entropy"].tolist() == [0]
    assert found["in_the_key_told"].tolist() == [1]


def test_silence_is_no_figure_and_a_short_piece_has_no_window() -> None:
    silent = figures(BarTable.of([SILENCE] * 3, "line"), drums=False, length=3)
    assert {name: values.tolist() for name, values in silent.items()} == {
        "different_bars": [1],
        "equal_to_the_bar_before": [1],
        "longest_run": [3],
        "silent_bars": [3],
        "notes_a_bar": [0],
        "mean_velocity": [0],
        "pitch_class_entropy": [0],
        "in_the_key_told": [0],
    }
    short = figures(BarTable.of([A], "drums"), drums=True)
    assert {len(values) for values in short.values()} == {0}
    assert "in_the_key_told" not in short


def test_the_longest_run_is_that_of_the_whole() -> None:
    assert longest_run(BarTable.of([A, B, B, B, A, A], "line")) == 3
    assert longest_run(BarTable.of([A], "line")) == 1
    assert longest_run(BarTable.of([], "line")) == 0
