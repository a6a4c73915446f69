"""What we write reads the same elsewhere: pretty_midi, an independent reader."""

from __future__ import annotations

from pathlib import Path

import pytest

from daw_bridge.midi.files import write
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.time import Meter, Ticks


def test_pretty_midi_finds_the_notes_the_tempo_and_the_meter(tmp_path: Path) -> None:
    pretty_midi = pytest.importorskip("pretty_midi", exc_type=ImportError)
    path = tmp_path / "take.mid"
    events = [
        (Ticks(0), note_on(9, 36, 100)),
        (Ticks(60), note_off(9, 36)),
        (Ticks(720), note_on(9, 38, 64)),
        (Ticks(780), note_off(9, 38)),
    ]
    write(path, events, tempo_qpm=90, meter=Meter(6, 8), name="take")
    found = pretty_midi.PrettyMIDI(str(path))
    (drums,) = found.instruments
    assert drums.is_drum
    seconds_a_tick = 60 / (90 * 480)
    assert [(n.pitch, n.velocity) for n in drums.notes] == [(36, 100), (38, 64)]
    assert [n.start for n in drums.notes] == pytest.approx([0, 720 * seconds_a_tick], abs=1e-5)
    assert [n.end for n in drums.notes] == pytest.approx(
        [60 * seconds_a_tick, 780 * seconds_a_tick], abs=1e-5
    )
    assert found.get_tempo_changes()[1][0] == pytest.approx(90, abs=1e-3)
    assert [(m.numerator, m.denominator) for m in found.time_signature_changes] == [(6, 8)]
