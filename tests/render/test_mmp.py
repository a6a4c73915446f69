"""The project that LMMS is given, read back by a reader of XML."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from daw_bridge.midi import files
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.time import Meter, Ticks
from daw_bridge.render.mmp import FINE_BPM, MmpTrack, project
from tests.render.four_bars import write_four_bars

NES = MmpTrack(name="Pulse & <1>", instrument="nes", settings={"on1": 1, "vol": 0.5})


def song(tmp_path, notes, **fields):
    """Write notes (tick, pitch, velocity, channel) of an eighth and read them as a score."""
    events = []
    for tick, pitch, velocity, channel in notes:
        events += [
            (Ticks(tick), note_on(channel, pitch, velocity)),
            (Ticks(tick + 240), note_off(channel, pitch)),
        ]
    files.write(tmp_path / "a.mid", events, name="a", length=Ticks(1920), **fields)
    return files.read(tmp_path / "a.mid")


def tree_of(raw):
    return ET.fromstring(raw)  # noqa: S314 -- our own


def notes_of(track):
    return [{k: int(v) for k, v in note.attrib.items()} for note in track.iter("note")]


def test_a_score_on_its_grid_is_written_as_it_is(tmp_path):
    score = song(
        tmp_path,
        [(0, 69, 127, 0), (120, 60, 64, 0), (960, 36, 1, 9)],
        tempo_qpm=140,
        meter=Meter(3, 4),
    )
    drums = MmpTrack(name="Noise", instrument="nes", keys={36: 48})
    root = tree_of(project(score, [(NES, frozenset({0})), (drums, frozenset({9}))]))
    head = root.find("head")
    assert (head.get("bpm"), head.get("timesig_numerator")) == ("140", "3")
    pulse, noise = root.iter("track")
    assert pulse.get("name") == "Pulse & <1>"
    assert pulse.find("instrumenttrack/instrument/nes").attrib == {"on1": "1", "vol": "0.5"}
    assert notes_of(pulse) == [
        {"key": 57, "vol": 100, "pan": 0, "pos": 0, "len": 24},
        {"key": 48, "vol": 50, "pan": 0, "pos": 12, "len": 24},
    ]
    assert notes_of(noise) == [{"key": 36, "vol": 1, "pan": 0, "pos": 96, "len": 24}]


@pytest.mark.parametrize("tempo", [97.3, 120])
def test_other_times_are_near_their_seconds(tmp_path, tempo):
    score = files.read(write_four_bars(tmp_path / "a.mid", tempo))
    root = tree_of(project(score, [(NES, frozenset({0}))]))
    assert root.find("head").get("bpm") == str(FINE_BPM)
    ticks = [note["pos"] for note in notes_of(root)]
    tempos = dict(score.tempos)
    quarter_s = [60 / tempos[Ticks(0)], 60 / tempos[Ticks(5760)]]
    for note, tick in zip(score.notes, ticks, strict=True):
        before = min(note.start, 5760) / 480 * quarter_s[0]
        seconds = before + max(note.start - 5760, 0) / 480 * quarter_s[1]
        assert abs(tick * 60 / (FINE_BPM * 48) - seconds) < 0.00066


def test_the_song_is_as_long_as_the_file_and_its_tail(tmp_path):
    score = song(tmp_path, [(0, 60, 100, 0)], tempo_qpm=120)
    root = tree_of(project(score, [(NES, frozenset({0}))], tail_s=1.5))
    last = max(int(pattern.get("pos")) for pattern in root.iter("pattern"))
    assert last + 192 == (2.0 + 1.5) * 2 * 48


def test_a_note_that_is_shorter_than_a_tick_of_lmms_has_one(tmp_path):
    files.write(
        tmp_path / "a.mid",
        [(Ticks(0), note_on(0, 3, 100)), (Ticks(1), note_off(0, 3))],
        tempo_qpm=120,
        name="a",
        length=Ticks(1920),
    )
    score = files.read(tmp_path / "a.mid")
    (note,) = notes_of(tree_of(project(score, [(NES, frozenset({0}))])))
    assert (note["len"], note["key"]) == (1, 0)
