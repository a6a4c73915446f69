"""A MIDI file gives each role its notes."""

from __future__ import annotations

from pathlib import Path

import pytest

from daw_bridge.corpora.pieces import PITCH
from daw_bridge.midi import files
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.time import Meter, Ticks
from tests.corpora.sources import pieces_of


def midi(path: Path, notes: list[tuple[int, int, int]]) -> None:
    """Write notes of (channel, pitch, tick), a quarter each."""
    events = [(Ticks(tick), note_on(channel, pitch, 80)) for channel, pitch, tick in notes]
    events += [(Ticks(tick + 480), note_off(channel, pitch)) for channel, pitch, tick in notes]
    files.write(path, events, tempo_qpm=90, meter=Meter(), name=path.stem)


def test_a_midi_file_gives_each_role_its_notes(tmp_path: Path) -> None:
    path = tmp_path / "song.mid"
    midi(path, [(9, 36, 0), (9, 22, 480), (9, 70, 960), (0, 60, 0), (0, 67, 480), (1, 40, 0)])
    (drums,) = pieces_of(path, "drums")
    assert drums.notes[:, PITCH].tolist() == [36, 22]
    assert drums.unmapped == {70: 1}
    assert drums.tempo_qpm == pytest.approx(90, abs=0.01)
    (line,) = pieces_of(path, "line")
    assert line.notes[:, PITCH].tolist() == [60, 67]
    (polyphony,) = pieces_of(path, "polyphony")
    assert polyphony.notes[:, PITCH].tolist() == [40, 60, 67]
    assert polyphony.conditions["key"] == "C major"
