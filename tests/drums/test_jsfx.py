"""REAPER's live remap: its form, and what it does when a small reader of its language runs it."""

import re
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daw_bridge.config.drum_map import load_drum_map
from daw_bridge.config.files import shipped_folder
from daw_bridge.drums.jsfx import FILE_NAME, NONE, remap_script, sounds_of
from daw_bridge.music.drum_map import translation
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
    sounds = sounds_of(MAPS)
    loads = LOAD.findall(SCRIPT)
    assert [name for *_, name, _ in loads] == [each.name for each in MAPS]
    for place, (number, sound_text, note_text, _, certainty) in enumerate(loads):
        drum_map = MAPS[place]
        assert (int(number), certainty) == (place, drum_map.certainty)
        assert [None if n == NONE else sounds[n] for n in numbers(sound_text)] == [
            drum_map.sound_at(note) for note in range(128)
        ]
        assert [None if n == NONE else n for n in numbers(note_text)] == [
            drum_map.note_of(sound) for sound in sounds
        ]


def test_there_is_room_for_all_sounds():
    assert len(sounds_of(MAPS)) < NONE


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


def test_without_general_midi_the_menus_begin_with_the_first_map():
    assert re.findall(r"^slider[12]:\w+=(\w+)<", remap_script(MAPS[:2]), re.MULTILINE) == ["0", "0"]


# What it does: run by a small reader of its language.

EFFECT = Effect(SCRIPT)
NAMES = [each.name for each in MAPS]
GM, AD2, SSD, SD3, ROLAND = map(
    NAMES.index, ("gm", "addictive-drums-2", "ssd-5.5", "superior-drummer-3", "roland-td")
)


@pytest.fixture
def effect() -> Effect:
    EFFECT.start(source=GM, target=AD2, drum_channel=0)
    return EFFECT


@pytest.mark.parametrize("source", range(len(MAPS)), ids=NAMES)
def test_every_note_of_every_pair_of_maps_becomes_what_convert_makes_of_it(effect, source):
    for target in range(len(MAPS)):
        effect.start(source=source, target=target)
        live = [effect.call("translated", note) for note in range(128)]
        table = translation(MAPS[source], MAPS[target]).table
        assert [None if note == NONE else note for note in live] == list(table), NAMES[target]


def test_half_open_hats_keep_how_open_they_are(effect):
    for note, sent in ((24, 54), (25, 55), (26, 56)):
        effect.start(source=SD3, target=AD2)
        effect.play((0x99, note, 80), (0x89, note, 0))
        assert effect.sent == [(0x99, sent, 80), (0x89, sent, 0)]


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


def notes_of(timed: list[tuple[int, tuple[int, int, int]]]) -> list[tuple[int, int, int]]:
    """Pair what was sent as the strictest instrument would: (start, note, length) of each note.

    Each note-on needs its own note-off, at a later time; a note that is begun again while it
    sounds is ended first, unless both begin at once.
    """
    sounding: dict[tuple[int, int], list[int]] = {}
    notes = []
    for time, (status, note, velocity) in timed:
        key = (status & 15, note)
        starts = sounding.setdefault(key, [])
        if status & 0xF0 == 0x90 and velocity:
            assert not starts or starts[0] == time, f"{note} begins twice"
            starts.append(time)
        elif starts:
            begun = starts.pop(0)
            assert time > begun, f"{note} has no length"
            notes.append((begun, note, time - begun))
    assert not any(sounding.values()), "a note is never ended"
    return notes


ON, OFF = (0x99, 42, 80), (0x89, 42, 0)


def test_a_key_that_is_struck_again_before_its_note_off_at_one_time_keeps_its_length(effect):
    effect.play_block((0, ON), (240, ON), (240, OFF), length=480)
    effect.play_block((0, ON), (0, OFF), (240, OFF))
    assert notes_of(effect.timed) == [(0, 49, 240), (240, 49, 240), (480, 49, 240)]


def test_eight_hats_stay_eight_hats_of_their_length_whatever_the_block(effect):
    events = [(0, ON), *((i * 240, each) for i in range(1, 8) for each in (ON, OFF)), (1920, OFF)]
    for length in (64, 240, 250, 4096):
        effect.start()
        for begin in range(0, 1921, length):
            inside = [(at - begin, each) for at, each in events if begin <= at < begin + length]
            effect.play_block(*inside, length=length)
        assert notes_of(effect.timed) == [(i * 240, 49, 240) for i in range(8)], length


def test_doubled_hits_of_layered_tracks_keep_their_length(effect):
    effect.play_block((0, ON), (0, ON), (240, OFF), (240, ON), (240, OFF), (240, ON), length=480)
    effect.play_block((0, OFF), (60, OFF))
    assert notes_of(effect.timed) == [
        (0, 49, 240),
        (0, 49, 240),
        (240, 49, 240),
        (240, 49, 300),
    ]


def test_two_keys_that_become_one_note_at_once_stay_balanced(effect):
    edge, edge_off = (0x99, 22, 70), (0x89, 22, 0)
    effect.start(source=ROLAND, target=GM)
    effect.play_block((0, ON), (0, edge), (100, OFF), (120, edge_off), length=240)
    effect.play_block((0, ON), (60, edge), (90, OFF), (100, edge_off), length=240)
    assert notes_of(effect.timed) == [(0, 42, 100), (0, 42, 120), (240, 42, 60), (300, 42, 40)]


def test_a_hit_of_no_length_has_its_note_off(effect):
    effect.play_block((0, ON), (5, ON), (5, OFF), (5, OFF))
    assert [each[0] for each in effect.sent] == [0x99, 0x89, 0x99, 0x89]


def test_a_pedal_that_moves_between_two_hits_of_one_time_stays_between_them(effect):
    effect.play(ON, (0xB9, 4, 90), (0x99, 49, 80))
    assert effect.sent == [(0x99, 49, 80), (0xB9, 4, 90), (0x99, 77, 80)]


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


hits = st.lists(
    st.tuples(
        st.integers(0, 12), st.integers(1, 4), st.sampled_from([(9, 42), (9, 22), (9, 46), (0, 42)])
    ),
    max_size=12,
)
changes = st.dictionaries(
    st.integers(0, 16),
    st.fixed_dictionaries(
        {"target": st.sampled_from([GM, AD2, SSD]), "drum_channel": st.sampled_from([0, 1, 10])}
    ),
    max_size=3,
)


@given(hits, changes, st.randoms(use_true_random=False))
def test_an_instrument_that_counts_is_left_with_nothing_either(played, changes, rng):
    """Whatever keys are doubled and sliders moved, and in whatever order a time's messages come."""
    EFFECT.start(source=ROLAND, target=GM, drum_channel=0)
    ends = [(start + length, 0x80 | ch, key) for start, length, (ch, key) in played]
    events = [*((start, 0x90 | ch, key) for start, _, (ch, key) in played), *ends]
    rng.shuffle(events)
    for time in range(17):
        EFFECT.play(
            *((status, key, 64) for at, status, key in events if at == time),
            **changes.get(time, {}),
        )
    sounding: Counter[tuple[int, int]] = Counter()
    for status, note, _ in EFFECT.sent:
        place = (status & 15, note)
        sounding[place] = max(sounding[place] + (1 if status >= 0x90 else -1), 0)
    assert not +sounding
