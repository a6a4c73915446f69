"""REAPER's live remap: it cannot run here, so its form and its tables are checked."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daw_bridge.config.drum_map import load_drum_map
from daw_bridge.config.files import shipped_folder
from daw_bridge.drums.jsfx import FILE_NAME, NONE, pad_names, remap_script
from tests.drums.eel2 import Effect

ROOT = shipped_folder()
MAPS = [load_drum_map(str(path)) for path in sorted((ROOT / "presets/drum_maps").glob("*.yaml"))]
SCRIPT = (ROOT / "reaper_scripts" / FILE_NAME).read_bytes().decode("ascii")
LOAD = re.compile(
    r'^load\((\d+), "([0-9a-f]{256})", "([0-9a-f]+)"\); // ([^:]+): (.+)$', re.MULTILINE
)


def numbers(text: str) -> list[int]:
    return list(bytes.fromhex(text))


def code() -> str:
    """Give the script without comments and texts."""
    return re.sub(r'"[^"]*"', '""', re.sub(r"//.*", "", SCRIPT))


def test_the_shipped_script_is_what_the_maps_give():
    assert remap_script(MAPS) == SCRIPT


def test_the_tables_are_the_maps():
    pads = pad_names(MAPS)
    loads = LOAD.findall(SCRIPT)
    assert [name for *_, name, _ in loads] == [each.name for each in MAPS]
    for place, (number, pad_text, note_text, _, certainty) in enumerate(loads):
        drum_map = MAPS[place]
        assert (int(number), certainty) == (place, drum_map.certainty)
        assert [None if n == NONE else pads[n] for n in numbers(pad_text)] == [
            drum_map.pad_at(note) for note in range(128)
        ]
        assert [None if n == NONE else n for n in numbers(note_text)] == [
            drum_map.note_for(pad) for pad in pads
        ]


def test_two_look_ups_give_what_the_maps_say():
    loads = {name: (numbers(p), numbers(n)) for _, p, n, name, _ in LOAD.findall(SCRIPT)}
    pads, notes = loads["gm"][0], loads["addictive-drums-2"][1]
    assert [notes[pads[note]] for note in (36, 42, 49, 46, 51)] == [36, 49, 77, 54, 60]
    assert loads["ssd-5.5"][0][49] == NONE


def test_the_menus_list_every_map_in_the_order_of_the_tables():
    names = ",".join(each.name for each in MAPS)
    menus = re.findall(r"^slider[12]:\w+=(\d+)<0,(\d+),1\{([^}]*)\}>", SCRIPT, re.MULTILINE)
    assert menus == [("10", str(len(MAPS) - 1), names)] * 2
    assert MAPS[10].name == "gm"


def test_sections_come_once_and_in_order():
    assert SCRIPT.startswith("desc:")
    assert re.findall(r"^@(\w+)$", SCRIPT, re.MULTILINE) == ["init", "block"]
    assert {"in_pin:none", "out_pin:none"} <= set(SCRIPT.splitlines())


def test_brackets_close_in_each_function_and_section():
    for section in re.split(r"^@\w+$", code(), flags=re.MULTILINE)[1:]:
        for opening, closing in ("()", "[]"):
            depth = 0
            for sign in section:
                depth += (sign == opening) - (sign == closing)
                assert depth >= 0
            assert depth == 0


def test_every_function_that_is_called_is_there():
    own = set(re.findall(r"^function (\w+)\(", code(), re.MULTILINE))
    called = set(re.findall(r"(?<!function )\b([a-z_]+)\(", code())) - {"local"}
    assert called - own == {"loop", "str_getchar", "midirecv", "midisend"}


def test_no_sign_that_means_something_else_there():
    body = code().split("@init")[1]
    assert "^" not in body
    assert "%" not in body


def test_the_start_of_playback_forgets_nothing():
    assert "ext_noinit = 1" in SCRIPT.split("@init")[1].split("@block")[0]


def test_a_name_that_a_menu_cannot_hold_is_written_as_it_can():
    mine = replace(MAPS[0], name="größe,{kit}")
    script = remap_script([mine, MAPS[1]])
    assert script.isascii()
    assert "<0,1,1{gr__e__kit_,ableton-808}>" in script


# What it does: run by a small reader of its language.

EFFECT = Effect(SCRIPT)
NAMES = [each.name for each in MAPS]
GM, AD2, SSD = map(NAMES.index, ("gm", "addictive-drums-2", "ssd-5.5"))


@pytest.fixture
def effect() -> Effect:
    EFFECT.start(source=GM, target=AD2, drum_channel=0)
    return EFFECT


def test_hits_are_sent_as_the_other_map_has_them(effect):
    effect.play((0x99, 42, 80), (0x89, 42, 5), (0x99, 49, 90), (0x99, 49, 0), (0x99, 60, 90))
    assert effect.sent == [(0x99, 49, 80), (0x89, 49, 5), (0x99, 77, 90), (0x89, 77, 0)]


def test_what_is_no_key_goes_through(effect):
    others = [(0xB9, 4, 90), (0xE9, 1, 2), (0xC9, 7, 0), (0xF8, 0, 0)]
    effect.play(*others)
    assert effect.sent == others


def test_pressure_follows_its_key(effect):
    effect.play((0x99, 42, 80))
    effect.play((0xA9, 42, 127), (0x89, 42, 0), (0xA9, 42, 3), (0xA9, 60, 3), target=SSD)
    assert effect.sent == [(0x99, 49, 80), (0xA9, 49, 127), (0x89, 49, 0), (0xA9, 42, 3)]


def test_other_channels_than_the_drums_go_through(effect):
    effect.play((0x90, 42, 80), (0x80, 42, 0), (0x80, 43, 0), (0xA0, 60, 3), drum_channel=10)
    assert effect.sent == [(0x90, 42, 80), (0x80, 42, 0), (0x80, 43, 0), (0xA0, 60, 3)]


@pytest.mark.parametrize(("before", "after", "sent"), [(0, 1, 49), (10, 1, 49), (1, 10, 42)])
def test_a_change_of_channel_ends_a_held_key_as_it_began(effect, before, after, sent):
    effect.play((0x99, 42, 80), drum_channel=before)
    effect.play((0x89, 42, 0), drum_channel=after)
    assert effect.sent == [(0x99, sent, 80), (0x89, sent, 0)]


steps = st.one_of(
    st.tuples(
        st.sampled_from([0x90, 0x80, 0xA0, 0x99, 0x89, 0xA9]),
        st.sampled_from([35, 36, 42, 46, 49, 60]),
        st.sampled_from([0, 64]),
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "source": st.sampled_from([GM, AD2, SSD]),
            "target": st.sampled_from([GM, AD2, SSD]),
            "drum_channel": st.sampled_from([0, 1, 10]),
        },
    ),
)


@given(st.lists(steps, max_size=40))
def test_nothing_sounds_when_no_key_is_held_whatever_is_changed(played):
    EFFECT.start(source=GM, target=AD2, drum_channel=0)
    for step in played:
        if isinstance(step, dict):
            EFFECT.play(**step)
        else:
            EFFECT.play(step)
    EFFECT.play(*((0x80 | channel, key, 0) for channel in (0, 9) for key in range(128)))
    sounding = set()
    for status, note, velocity in EFFECT.sent:
        if status & 0xF0 == 0x90 and velocity:
            sounding.add((status & 15, note))
        elif status & 0xF0 in (0x80, 0x90):
            sounding.discard((status & 15, note))
    assert not sounding
