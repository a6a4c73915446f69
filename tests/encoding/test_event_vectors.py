"""A performance becomes rows of numbers, and those become it again, to the bit."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daw_bridge.encoding.event_vectors import (
    N_FIXED,
    EventControl,
    EventNote,
    Performance,
    control_numbers,
    midi2vec,
    rand_midi,
    vec2midi,
)
from daw_bridge.midi import files, smf
from daw_bridge.midi.controls import Control, controls_of
from daw_bridge.midi.messages import control_change, note_off, note_on

NUMBERS = (1, 64, 67)

sevens = st.integers(0, 127)
times = st.integers(0, 10**7) | st.floats(0, 1e6, allow_nan=False)
notes = st.builds(EventNote, times, sevens, st.integers(1, 127), times)
controls = st.builds(EventControl, times, st.sampled_from(NUMBERS), sevens)
performances = st.builds(Performance.of, st.lists(notes), st.lists(controls))


@given(performances)
def test_what_goes_in_comes_out_to_the_bit(performance: Performance) -> None:
    rows = midi2vec(performance, NUMBERS)
    assert rows.shape == (len(performance.notes) + len(performance.controls), N_FIXED + 3)
    assert vec2midi(rows, NUMBERS) == performance
    assert np.array_equal(midi2vec(vec2midi(rows, NUMBERS), NUMBERS), rows)


def test_rows_are_these() -> None:
    played = Performance.of([EventNote(240, 60, 90, 120)], [EventControl(240, 64, 127)])
    assert midi2vec(played, (1, 64)).tolist() == [
        [240, 0, 0, 0, 0, 127, 0, 1],
        [240, 1, 60, 90, 120, 0, 0, 0],
    ]
    assert control_numbers([played, rand_midi(1, (7,), controls=3)]) == (7, 64)


def test_a_control_of_another_data_set_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected controls \(1,\), found 64"):
        midi2vec(Performance.of([], [EventControl(0, 64, 1)]), (1,))


@pytest.mark.parametrize(
    "row",
    [
        [0, 1, 60, 90, 9, 5, 0],
        [0, 0, 0, 0, 0, 5, 0],
        [0, 0, 60, 0, 0, 5, 1],
        [0, 2, 0, 0, 0, 0, 0],
    ],
)
def test_a_row_that_is_neither_a_note_nor_a_control_is_refused(row: list[float]) -> None:
    with pytest.raises(ValueError, match="found neither in row 0"):
        vec2midi(np.array([row]), (64,))
    with pytest.raises(ValueError, match=r"expected rows \[n, 8\]"):
        vec2midi(np.array([row]), (1, 64))


def test_a_file_is_a_performance() -> None:
    track = [
        (0, control_change(0, 64, 127)),
        (10, note_on(0, 60, 90)),
        (30, note_off(0, 60)),
        (30, control_change(3, 1, 5)),
        (30, smf.meta(smf.END_OF_TRACK, b"")),
    ]
    raw = smf.pack([track], 96)
    controls = controls_of(raw)
    assert controls == [Control(0, 0, 64, 127), Control(150, 3, 1, 5)]
    assert Performance.of_file(files.parse(raw).notes, controls) == Performance(
        (EventNote(50, 60, 90, 100),), (EventControl(0, 64, 127), EventControl(150, 1, 5))
    )


def test_an_instrument_of_pretty_midi_is_a_performance() -> None:
    note = SimpleNamespace(start=0.5, end=0.75, pitch=60, velocity=90)
    pedal = SimpleNamespace(time=0.25, number=64, value=127)
    instrument = SimpleNamespace(notes=[note], control_changes=[pedal])
    assert Performance.of_pretty_midi(instrument) == Performance(
        (EventNote(0.5, 60, 90, 0.25),), (EventControl(0.25, 64, 127),)
    )


def test_random_music_is_that_of_its_seed_and_even() -> None:
    played = rand_midi(3, (1, 64), notes=4000, controls=10, length=1000)
    assert played == rand_midi(3, (1, 64), notes=4000, controls=10, length=1000) != rand_midi(4)
    assert {each.number for each in played.controls} == {1, 64}
    pitches = [each.pitch for each in played.notes]
    assert min(pitches) == 0
    assert max(pitches) == 127
    assert abs(np.mean(pitches) - 63.5) < 2
    assert {each.velocity for each in played.notes} == set(range(1, 128))
    assert max(each.time for each in played.notes) < 1000
