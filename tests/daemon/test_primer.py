"""Primers from what is given to bars."""

from __future__ import annotations

from pathlib import Path

from daw_bridge.config.drawing import PrimerFile
from daw_bridge.daemon.primer import bars_of_primer
from daw_bridge.midi import files
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.time import Meter, Ticks


def test_drums_of_a_primer_are_16ths() -> None:
    primer = PrimerFile(drums=((36, 42), (), (42,), ()))
    (bar,) = bars_of_primer(primer, Meter(), "drums")
    assert [(note.start, note.pitch) for note in bar.notes] == [(0, 36), (0, 42), (240, 42)]


def test_a_chip_takes_a_primer_in_the_voices_that_play_it(tmp_path: Path) -> None:
    def voices(primer: PrimerFile) -> set[tuple[int, int]]:
        (bar,) = bars_of_primer(primer, Meter(), "chip")
        return {(note.voice, note.pitch) for note in bar.notes}

    assert voices(PrimerFile(drums=((36,), (), (42,), ()))) == {(3, 36), (3, 42)}
    assert voices(PrimerFile(pitches=(60, 67, 64))) == {(0, 67), (1, 64), (2, 60)}
    assert voices(PrimerFile(melody=(72, -2))) == {(0, 72)}
    path = tmp_path / "four.mid"
    events = [(Ticks(0), note_on(c, p, 90)) for c, p in ((0, 72), (1, 64), (2, 40), (9, 38))]
    events += [(Ticks(480), note_off(c, p)) for c, p in ((0, 72), (1, 64), (2, 40), (9, 38))]
    files.write(path, events, tempo_qpm=120, meter=Meter(), name="x")
    assert voices(PrimerFile(midi=str(path))) == {(0, 72), (1, 64), (2, 40), (3, 38)}


def test_a_melody_over_the_bar_line_is_tied() -> None:
    primer = PrimerFile(melody=(60, *[-2] * 19))
    first, second = bars_of_primer(primer, Meter(), "line")
    assert [(n.duration, n.tied) for n in (*first.notes, *second.notes)] == [
        (1920, False),
        (480, True),
    ]
