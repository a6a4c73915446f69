"""Notes and bars refuse what MIDI cannot hold."""

from __future__ import annotations

import pytest

from daw_bridge.music.notes import Bar, Note, note_name
from daw_bridge.music.time import Ticks


def test_a_bar_sorts_its_notes() -> None:
    late, early = Note(Ticks(480), 36, Ticks(60), 100), Note(Ticks(-20), 38, Ticks(60), 90)
    assert Bar.of([late, early]).notes == (early, late)
    with pytest.raises(ValueError, match="in order"):
        Bar((late, early))


@pytest.mark.parametrize(
    ("pitch", "duration", "velocity"),
    [(128, 60, 100), (-1, 60, 100), (36, 0, 100), (36, 60, 0), (36, 60, 128)],
)
def test_a_note_is_within_midi(pitch: int, duration: int, velocity: int) -> None:
    with pytest.raises(ValueError, match="expected"):
        Note(Ticks(0), pitch, Ticks(duration), velocity)


def test_a_note_name_carries_its_number_and_both_octaves() -> None:
    assert note_name(60) == "60 (C4 REAPER, C3 Live)"
    assert note_name(37) == "37 (C#2 REAPER, C#1 Live)"


def test_a_tie_stands_at_the_bar_line() -> None:
    assert Note(Ticks(0), 60, Ticks(480), 100, tied=True).tied
    with pytest.raises(ValueError, match="at the bar line"):
        Note(Ticks(120), 60, Ticks(480), 100, tied=True)
