"""Drum map files: what is read from them, and that all that is wrong is told by line."""

import pytest

from daw_bridge.config.drum_map import load_drum_map
from daw_bridge.errors import UserError, UserErrors
from daw_bridge.music.gm_drums import DRUMS

HEAD = """\
title: A kit
certainty: one source
sources: [its manual]
remarks: [a remark]
drums:
  kick: 36
  snare: {note: 38, also: [40]}
  closed-hat: 42
  open-hat: 46
nearest:
  kick-2: kick
choke:
  - [42, 46]
hi_hat:
  openness: {42: 0, 46: 100}
  controller: 4
  controller_notes: [46]
  closed: 127
  open: 0
silent:
  50: Mute
names:
  40: Rim
"""
STATED = {"kick", "snare", "closed-hat", "open-hat", "kick-2"}
DROPPED = f"dropped: [{', '.join(name for name in DRUMS if name not in STATED)}]\n"


@pytest.fixture
def errors(tmp_path):
    """Give a function that loads a text and gives the lines that say what is wrong."""

    def load(text: str) -> list[str]:
        path = tmp_path / "kit.yaml"
        path.write_text(text)
        with pytest.raises(UserErrors) as refused:
            load_drum_map(str(path))
        return [line.removeprefix(f"{path}:") for line in str(refused.value).splitlines()]

    return load


def test_a_file_becomes_a_map(tmp_path):
    path = tmp_path / "my-kit.yaml"
    path.write_text(HEAD + DROPPED)
    drum_map = load_drum_map(str(path))
    assert drum_map.name == "my-kit"
    assert (drum_map.title, drum_map.certainty) == ("A kit", "one source")
    assert [drum_map.to_device(n) for n in (35, 36, 38, 42, 46, 51)] == [36, 36, 38, 42, 46, None]
    assert [drum_map.to_canonical(n) for n in (40, 50, 99)] == [38, None, None]
    assert [drum_map.label(n) for n in (40, 50, 99)] == ["Rim", "Mute", None]
    assert drum_map.hi_hat.openness_at(0) == 100
    assert drum_map.choke_groups == (frozenset({42, 46}),)


def test_a_users_own_map_is_found_by_name(tmp_path, monkeypatch):
    monkeypatch.setenv("DAW_BRIDGE_HOME", str(tmp_path))
    folder = tmp_path / "presets" / "drum_maps"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text(HEAD + DROPPED)
    assert load_drum_map("mine").name == "mine"


def test_an_unknown_name_suggests_the_near_one():
    with pytest.raises(UserError, match="did you mean 'roland-td'"):
        load_drum_map("roland")


def test_two_primaries_as_a_list(errors):
    assert errors(HEAD.replace("kick: 36", "kick: [36, 35]", 1) + DROPPED) == [
        "6: drums.kick: expected one note that is sent, found a second, 35: put it under `also`"
    ]


def test_two_primaries_as_a_repeated_key(errors):
    assert errors(HEAD.replace("  kick: 36\n", "  kick: 36\n  kick: 35\n") + DROPPED) == [
        "7: kick: expected each key once, found it again: remove one"
    ]


def test_one_note_for_two_drums(errors):
    assert errors(HEAD.replace("open-hat: 46", "open-hat: 36") + DROPPED)[0] == (
        "9: drums.open-hat: note 36 is both kick and open-hat: give it to one of them"
    )


def test_a_cycle_names_its_chain(errors):
    text = HEAD.replace("  kick-2: kick\n", "  kick-2: kick\n  ride: ride-2\n  ride-2: ride\n")
    assert errors(text + DROPPED.replace("ride, ", "").replace("ride-2, ", "")) == [
        "12: nearest.ride: expected a chain that ends at a note, found a cycle:"
        " ride -> ride-2 -> ride",
        "13: nearest.ride-2: expected a chain that ends at a note, found a cycle:"
        " ride-2 -> ride -> ride-2",
    ]


def test_everything_wrong_is_told_at_once_from_the_top_down(errors):
    text = (
        HEAD.replace("  kick: 36\n", "  kick: 36\n  kick: 35\n  kik: 39\n  ride: 128\n")
        .replace("kick-2: kick", "kick-2: snare")
        .replace("  50: Mute", "  -1: Mute\n  38: Mute")
    )
    lines = errors(text + DROPPED.replace("ride, ", ""))
    assert [line.split(": expected")[0] for line in lines] == [
        "7: kick",
        "8: drums.kik",
        "9: drums.ride",
        "10: drums.snare: note 38 is both snare and silent (Mute): keep one",
        "14: nearest.kick-2",
        "24: silent.-1",
    ]
    assert "did you mean 'kick'?" in lines[1]
    assert lines[2] == "9: drums.ride: expected a note in 0..127, found 128"
    assert "family kick, found snare" in lines[4]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("certainty: one source", "certainty: sure", "2: certainty: expected"),
        ("kick: 36", "kick: C1", "6: drums.kick"),
        (
            "kick: 36",
            "kick: 36.5",
            "6: drums.kick: expected a note, a whole number 0..127, found 36.5",
        ),
        ("kick: 36", "kick: true", "6: drums.kick: expected a note, a whole number 0..127"),
        (
            "also: [40]",
            "also: [x]",
            "7: drums.snare.also.0: expected a note, a whole number 0..127",
        ),
        ("also: [40]", "alos: [40]", "7: drums.snare.alos: unknown key; did you mean 'also'?"),
        ("nearest:", "neerest:", "10: neerest: unknown key; did you mean 'nearest'?"),
        ("controller: 4", "controller: 200", "16: hi_hat.controller: expected"),
        ("sources: [its manual]", "sources: []", "3: sources: expected"),
    ],
)
def test_what_is_no_value_of_a_key(errors, old, new, line):
    assert errors(HEAD.replace(old, new, 1) + DROPPED)[0].startswith(line)


def test_what_cannot_be_read_hides_nothing_of_the_rest(errors):
    text = (
        HEAD.replace("certainty: one source", "certainty: sure")
        .replace("kick: 36", "kick: [36, 35]")
        .replace("snare: {note: 38, also: [40]}", "snare: 38.5")
        .replace("open-hat: 46", "open-hat: 46\n  ride: 300\n  kik: x\n  clap: 50")
        .replace("kick-2: kick", "kick-2: 5")
        .replace("names:", "nams:")
    )
    assert [line.split(", found")[0] for line in errors(text + DROPPED)] == [
        "2: certainty: expected 'verified', 'one source' or 'unverified'",
        "6: drums.kick: expected one note that is sent",
        "7: drums.snare: expected a note, a whole number 0..127",
        "10: drums.ride: expected a note in 0..127",
        "11: drums.kik: expected a note, a whole number 0..127",
        "11: drums.kik: expected a drum",
        "12: drums.clap: note 50 is both clap and silent (Mute): keep one",
        "14: nearest.kick-2: expected text",
        "25: nams: unknown key; did you mean 'names'?",
    ]


def test_an_unknown_key_does_not_make_drums_missing(errors):
    assert errors(HEAD + DROPPED.replace("dropped", "droped")) == [
        "24: droped: unknown key; did you mean 'dropped'?"
    ]
