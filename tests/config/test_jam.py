"""Jam presets: their defaults, their pattern of fill, and what is refused."""

from pathlib import Path

import pytest

from daw_bridge.config.files import parse
from daw_bridge.config.jam import JamFile, jam_of, load_jam
from daw_bridge.errors import UserError
from daw_bridge.music.notes import Note


def jam(text: str) -> JamFile:
    return jam_of(parse(text, Path("j.yaml")))


def test_a_model_is_all_that_a_preset_needs():
    file = jam("model: groove-drums")
    assert (file.bpm, file.meter, file.bars, file.seed, file.late) == (
        120,
        "4/4",
        None,
        1,
        "repeat",
    )
    assert file.voices is None


def test_a_fill_is_drawn_as_rows_of_16ths():
    file = jam("model: m\nmeter: 2/4\nlate: fill\nfill:\n  kick: 'x..o|....xx'\n  snare: '.... X'")
    assert file.fill_bar().notes == (
        Note(0, 36, 120, 80),
        Note(360, 36, 120, 45),
        Note(480, 38, 120, 112),
    )
    assert str(file.fill_bar().meter) == "2/4"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("bpm: 100", "j.yaml:1: model: expected this key"),
        ("model: m\nbpm: -3", "j.yaml:2: bpm: expected a number of at least 5"),
        ("model: m\nbpm: .inf", "j.yaml:2: bpm: expected a finite number"),
        ("model: m\nmeter: 0/4", "j.yaml:2: meter: expected beats a bar in 1..255, found 0"),
        ("model: m\nmeter: 4/3", "j.yaml:2: meter: expected a beat of 1, 2, 4, ... 64, found 3"),
        ("model: m\nbars: 0", "j.yaml:2: bars: expected a number of at least 1"),
        ("model: m\nseed: -1", "j.yaml:2: seed: expected a number of at least 0"),
        ("model: m\ntop_p: 1.5", "j.yaml:2: top_p: expected a number of at most 1"),
        ("model: m\nlate: fill", "j.yaml:1: expected a `fill` pattern"),
        ("model: m\nfill: {kik: x}", "j.yaml:2: fill: expected a drum, found 'kik': did you mean"),
        ("model: m\nfill: {kick: y}", "j.yaml:2: fill: expected . o x X in a pattern, found 'y'"),
        ("model: m\nvoices: []", "j.yaml:1: expected a voice"),
        ("model: m\nvoices: [{voice: 1}, {voice: 1}]", "j.yaml:1: expected each voice once"),
        ("model: m\nvoices: [{channel: 0}]", "j.yaml:2: voices.0.channel: expected a number of"),
        ("model: m\ntempo: 3", "j.yaml:2: tempo: unknown key"),
    ],
)
def test_what_cannot_be_played_is_refused(text, said):
    with pytest.raises(UserError) as caught:
        jam(text)
    assert str(caught.value).startswith(said)


def test_the_shipped_default_is_there():
    assert load_jam("groove").model == "groove-drums"
