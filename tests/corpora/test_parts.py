"""What is read of a folder is what the codec holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from daw_bridge.config.training import ReadingFile
from daw_bridge.corpora.parts import read_parts
from daw_bridge.encoding.codec import Vocabulary
from daw_bridge.encoding.drum_grid import DrumGrid
from daw_bridge.encoding.line import Line
from daw_bridge.encoding.polyphony import Polyphony
from daw_bridge.midi import files
from daw_bridge.midi.messages import DRUM_CHANNEL, note_off, note_on
from daw_bridge.music.time import Meter, Ticks


@pytest.mark.parametrize(
    ("vocabulary", "pitches"), [(Line(), [67]), (Polyphony(), [60, 67]), (DrumGrid(), [36])]
)
def test_the_notes_that_count_are_those_of_the_codec(
    vocabulary: Vocabulary, pitches: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAW_BRIDGE_HOME", str(tmp_path / "home"))
    music = tmp_path / "music"
    music.mkdir()
    played = [(0, 60), (0, 67), (DRUM_CHANNEL, 36)]
    events = [(Ticks(0), note_on(channel, pitch, 90)) for channel, pitch in played]
    events += [(Ticks(1920), note_off(channel, pitch)) for channel, pitch in played]
    files.write(music / "one.mid", events, tempo_qpm=100, meter=Meter(), name="x")
    (piece,) = read_parts(ReadingFile(), music, vocabulary, seed=1).pieces
    assert sorted(note.pitch for bar in piece.bars() for note in bar.notes) == pitches
