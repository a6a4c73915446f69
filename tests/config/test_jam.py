"""Jam presets: their defaults, their pattern of fill, and what is refused."""

from pathlib import Path
from typing import get_args

import pytest

from daw_bridge.config.jam import JamFile, jam_file_of, load_jam
from daw_bridge.document import parse
from daw_bridge.errors import UserError
from daw_bridge.jam.modes import Name
from daw_bridge.jam.plan import Late
from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Note
from daw_bridge.music.time import Meter


def jam(text: str) -> JamFile:
    return jam_file_of(parse(text, Path("j.yaml")))


def test_a_model_is_all_that_a_preset_needs():
    file = jam("model: groove-drums")
    assert (file.bpm, file.meter, file.bars, file.seed, file.late) == (
        120,
        Meter(),
        None,
        1,
        "repeat",
    )
    assert file.voices is None


def test_a_fill_is_drawn_as_rows_of_16ths():
    file = jam(
        "model: m\nmeter: 2/4\nlate: fill\nlate_bar:\n  kick: 'x..o|....xx'\n  snare: '.... X'"
    )
    assert file.bar_where_late().notes == (
        Note(0, 36, 120, 80),
        Note(360, 36, 120, 45),
        Note(480, 38, 120, 112),
    )
    assert str(file.bar_where_late().meter) == "2/4"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "model: m\nmeter: 4:4",
            "j.yaml:2: meter: expected a meter such as 4/4, found 244, as which",
        ),
        ("model: m\nmeter: 12:8", "YAML reads 12:8: write 12/8"),
        ("model: m\nmeter: 4", "j.yaml:2: meter: expected a meter such as 4/4, found 4"),
        ("model: m\nmeter: [4, 4]", "j.yaml:2: meter: expected a meter such as 4/4, found [4, 4]"),
        ("bpm: 100", "j.yaml:1: model: expected this key"),
        (
            'model: m\nprimer: {midi: ""}',
            'j.yaml:2: primer.midi: expected at least 1 character(s) of text, found ""',
        ),
        ("model: m\nbpm: -3", "j.yaml:2: bpm: expected a number of at least 5"),
        ("model: m\nbpm: .inf", "j.yaml:2: bpm: expected a finite number"),
        ("model: m\nmeter: 0/4", "j.yaml:2: meter: expected beats a bar in 1..255, found 0"),
        ("model: m\nmeter: 4/3", "j.yaml:2: meter: expected a beat of 1, 2, 4, ... 64, found 3"),
        ("model: m\nmeter: 7/8 = 2+2", "j.yaml:2: meter: expected groups of 7 beats in all, found"),
        ("model: m\nbars: 0", "j.yaml:2: bars: expected a number of at least 1"),
        ("model: m\nseed: -1", "j.yaml:2: seed: expected a number of at least 0"),
        ("model: m\ntop_p: 1.5", "j.yaml:2: top_p: expected a number of at most 1"),
        ("model: m\nlate: fill", "j.yaml:2: late: expected a `late_bar` pattern"),
        (
            "model: m\nlate_bar: {kik: x}",
            "j.yaml:2: late_bar.kik: expected a drum, found 'kik': did you mean",
        ),
        (
            "model: m\nlate_bar: {kick: y}",
            "j.yaml:2: late_bar.kick: expected . o x X in a pattern, found 'y'",
        ),
        ("model: m\nvoices: []", "j.yaml:2: voices: expected a voice"),
        (
            "model: m\nvoices: [{voice: 1}, {voice: 1}]",
            "j.yaml:2: voices: expected each voice once",
        ),
        ("model: m\nvoices: [{channel: 0}]", "j.yaml:2: voices.0.channel: expected a number of"),
        ("model: m\ntempo: 3", "j.yaml:2: tempo: unknown key"),
    ],
)
def test_what_cannot_be_played_is_refused(text, said):
    with pytest.raises(UserError) as caught:
        jam(text)
    assert said in str(caught.value)


def test_all_that_is_wrong_with_a_preset_is_told_at_its_own_line(tmp_path, monkeypatch):
    monkeypatch.setenv("DAW_BRIDGE_HOME", str(tmp_path))
    text = """\
model: groove-drum
model: groove-drums
bpm: 4
conditions:
  style: fank
  stile: funk
  meter: 3/4
late_bar:
  kik: x
  kick: xyz
voices:
  - {voice: 0, drum_map: nosuch}
  - {voice: 0, drum_map: ezdrumer-3}
"""
    with pytest.raises(UserError) as caught:
        jam(text)
    assert [line.split(": ", 2)[:2] for line in str(caught.value).splitlines()] == [
        ["j.yaml:2", "model"],
        ["j.yaml:3", "bpm"],
        ["j.yaml:5", "conditions.style"],
        ["j.yaml:6", "conditions.stile"],
        ["j.yaml:7", "conditions.meter"],
        ["j.yaml:9", "late_bar.kik"],
        ["j.yaml:10", "late_bar.kick"],
        ["j.yaml:11", "voices"],
        ["j.yaml:12", "voices.0.drum_map"],
        ["j.yaml:13", "voices.1.drum_map"],
    ]
    assert "did you mean 'ezdrummer-3'?" in str(caught.value)


def test_groups_of_beats_are_read_and_shown():
    said = jam("model: m\nmeter: 7/8 = 3+2+2")
    assert (said.meter.groups, said.model_dump(mode="json")["meter"]) == ((3, 2, 2), "7/8=3+2+2")
    assert jam("model: m\nmeter: (2+2+3)/8").meter == jam("model: m\nmeter: 7/8").meter


@pytest.mark.parametrize("mode", Name)
def test_each_mode_has_a_preset_of_its_name(mode: Name) -> None:
    assert load_jam(mode.value).mode == mode


def test_the_shipped_default_is_there():
    assert load_jam("groove").model == "groove-drums"


def test_a_meter_and_a_scale_are_values_in_the_program_and_text_in_a_file():
    file = jam("model: m\nmeter: 7-8\nlimits: {scale: d dorian}")
    assert (file.meter, file.limits.scale) == (Meter(7, 8), Key(2, "dorian"))
    data = file.model_dump(mode="json")
    assert (data["meter"], data["limits"]["scale"]) == ("7/8", "D dorian")
    assert dict(JamFile.model_validate(dict(file))) == dict(file)


def test_every_way_to_stand_in_for_a_late_bar_is_a_choice():
    assert get_args(JamFile.model_fields["late"].annotation) == tuple(Late)


@pytest.mark.parametrize("port", ["in", "sync"])
def test_no_voice_plays_into_an_input(port: str) -> None:
    text = f"model: groove-drums\nvoices:\n  - voice: 0\n    port: {port}\n"
    with pytest.raises(UserError, match="expected a port to play to"):
        jam_file_of(parse(text, Path("a.yaml")))
