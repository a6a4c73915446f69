"""The project that REAPER is given, read back by a parser that is not ours."""

from __future__ import annotations

from pathlib import Path

import mido
import pytest

from daw_bridge.midi import files
from daw_bridge.midi.messages import control_change, note_off, note_on
from daw_bridge.music.time import Meter, Ticks
from daw_bridge.render.rpp import Voice, js, project, quoted

rpp = pytest.importorskip("rpp", reason="no parser of projects (the test extra)")

CHIP = js("DAW Bridge/chip voice.jsfx", (1, 0.25))
TEMPLATE = ("<TRACK {A-B}", '  NAME "Mine"', "  <FXCHAIN", "    <VST x", "    >", "  >", ">")


@pytest.fixture
def song(tmp_path) -> Path:
    path = tmp_path / "a.mid"
    events = [
        (Ticks(0), control_change(0, 7, 90)),
        (Ticks(0), note_on(0, 60, 100)),
        (Ticks(0), note_on(9, 36, 127)),
        (Ticks(10), note_off(9, 36)),
        (Ticks(479), note_off(0, 60)),
        (Ticks(480), note_on(0, 60, 1)),
        (Ticks(480), bytes((0xE0, 0x10, 0x50))),
        (Ticks(480), bytes((0xC0, 80))),
        (Ticks(960), note_off(0, 60)),
        (Ticks(1920), files.smf.tempo(60)),
        (Ticks(1920), files.smf.meter(3, 4)),
        (Ticks(2880), files.smf.tempo(90.5)),
    ]
    files.write(path, events, tempo_qpm=120, meter=Meter(), name="a", length=Ticks(1920 + 2 * 1440))
    return path


def read(path: Path, *voices: Voice, tail_s: float = 1.5):
    out = path.with_name("o'u\"t é.wav")
    text = project(files.unpack(path), files.read(path), voices, out, 44_100, tail_s)
    return rpp.loads(text)


def values(element) -> dict[str, list[str]]:
    return {each[0]: each[1:] for each in element if isinstance(each, list)}


def events(track) -> list[tuple[int, str]]:
    """Give the tick from the start, and the bytes, of each event of a track's item."""
    tick, found = 0, []
    for _, delta, *message in (e for e in track.find("ITEM/SOURCE") if e[0] == "E"):
        tick += int(delta)
        found.append((tick, " ".join(message)))
    return found


@pytest.mark.parametrize("channel", [0, 9])
def test_all_events_of_a_channel_are_those_of_the_file(song, channel):
    tracks = read(song, Voice("a", frozenset({channel}), CHIP)).findall("TRACK")
    file = mido.MidiFile(song)
    expected, end = [], 0
    for track in file.tracks:
        tick = 0
        for message in track:
            tick += message.time
            end = max(end, tick)
            if not message.is_meta and message.channel == channel:
                raw = [*message.bytes(), 0][:3]
                expected.append((tick, " ".join(f"{byte:02x}" for byte in raw)))
    assert len(expected) in (2, 7)
    assert events(tracks[0]) == [*expected, (end, "b0 7b 00")]
    source = values(tracks[0].find("ITEM/SOURCE"))
    assert source["HASDATA"] == ["1", str(file.ticks_per_beat), "QN"]
    assert source["IGNTEMPO"][0] == "0"


def test_keys_are_moved_and_channels_share_a_track(song):
    (track,) = read(song, Voice("a", frozenset({0, 9}), CHIP, keys=((36, 48),))).findall("TRACK")
    found = events(track)
    assert len(found) == 10
    assert [message for _, message in found if message[1] == "9"] == ["99 30 7f", "89 30 00"]


def test_tempo_and_meters_are_the_files(song):
    loaded = read(song, Voice("a", frozenset({0}), CHIP))
    assert [float(each) for each in values(loaded)["TEMPO"]] == [120, 4, 4]
    points = [each[1:] for each in loaded.find("TEMPOENVEX") if each[0] == "PT"]
    assert [(float(p[0]), round(float(p[1]), 3), p[2]) for p in points] == [
        (0, 120, "1"),
        (2, 60, "1"),
        (4, 90.5, "1"),
    ]
    assert [p[3:] for p in points] == [["262148"], ["262147"], []]


def test_what_never_changes_has_no_map(tmp_path):
    notes = [(Ticks(0), note_on(0, 60, 100)), (Ticks(240), note_off(0, 60))]
    files.write(tmp_path / "a.mid", notes, tempo_qpm=140, name="a", length=Ticks(1920))
    loaded = read(tmp_path / "a.mid", Voice("a", frozenset({0}), CHIP))
    assert loaded.find("TEMPOENVEX") is None


def test_it_renders_to_a_file_that_holds_the_tail(song):
    said = values(read(song, Voice("a", frozenset({0}), CHIP), tail_s=1.5))
    assert said["RENDER_FILE"] == [str(song.with_name("o'u\"t é.wav"))]
    assert said["RENDER_PATTERN"] == [""]
    assert said["RENDER_FMT"] == ["0", "2", "44100"]
    length = 2 + 2 + (2 * 1440 - 960) / 480 * 60 / 90.5
    assert float(said["RENDER_RANGE"][2]) == pytest.approx(length + 1.5, abs=1e-4)


def test_an_instrument_is_written_as_reaper_writes_it(song):
    (track,) = read(song, Voice("Pulse", frozenset({0}), CHIP, factor=0.5)).findall("TRACK")
    effect = track.find("FXCHAIN/JS")
    assert effect.attrib[0] == "DAW Bridge/chip voice.jsfx"
    assert effect[0] == ["1", "0.25", *["-"] * 62]
    assert values(track)["NAME"] == ["Pulse"]
    assert values(track)["VOLPAN"][0] == "0.5"


def test_notes_are_put_into_the_users_template(song):
    loaded = read(song, Voice("a", frozenset({0}), template=TEMPLATE))
    (track,) = loaded.findall("TRACK")
    assert values(track)["NAME"] == ["Mine"]
    assert track.find("FXCHAIN/VST") is not None
    assert len(events(track)) == 8


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a b", '"a b"'), ('a "b"', "'a \"b\"'"), ("a\"b'c", "`a\"b'c`"), ("\"'`", "`\"''`")],
)
def test_texts_are_quoted_with_what_they_do_not_hold(text, expected):
    assert quoted(text) == expected
