"""Drum maps: what is on the right pad, and that no map contradicts itself."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daw_bridge.config.drum_map import load_drum_map
from daw_bridge.config.files import shipped_folder
from daw_bridge.drums.remap import remap_pitches
from daw_bridge.midi import files
from daw_bridge.music.drum_map import DrumMap, DrumMapError, HiHat, Pad, translation
from daw_bridge.music.gm_drums import CLASS_OF, DRUM_AT, DRUM_CLASSES, DRUMS, drum_of, label_of

GROOVE = Path(__file__).parents[3] / "shared" / "data" / "groove"

SHIPPED = {
    path.stem: load_drum_map(str(path))
    for path in sorted((shipped_folder() / "presets" / "drum_maps").glob("*.yaml"))
}
MAPS = list(SHIPPED.values())
GENERAL_MIDI = range(35, 82)
GROOVE_NOTES = [
    36,
    38,
    40,
    37,
    48,
    50,
    45,
    47,
    43,
    58,
    46,
    26,
    42,
    22,
    44,
    49,
    55,
    57,
    52,
    51,
    59,
    53,
]

NO_SUCH_CLASS = {"abbey-road-60s": {"mid-tom"}, "ableton-808": {"ride"}, "bfd3": {"mid-tom"}}
"""Kits without a drum for a class: one rack tom, one cymbal, two rack toms."""


def device(name: str, *pitches: int) -> list[int | None]:
    return [SHIPPED[name].to_device(pitch) for pitch in pitches]


def canonical(name: str, *notes: int) -> list[int | None]:
    return [SHIPPED[name].to_canonical(note) for note in notes]


def by_name(drum_map: DrumMap) -> str:
    return drum_map.name


def test_the_maps_that_are_promised_are_there():
    assert list(SHIPPED) == [
        "abbey-road-60s", "ableton-808", "ableton-drum-rack", "addictive-drums-2", "alesis-nitro",
        "bfd3", "bitwig-4x4", "dfh-ezx", "ezdrummer-1-2", "ezdrummer-3", "gm", "gm2",
        "hydrogen-gmrockkit", "hydrogen-rows", "lstmetallica9", "magenta9", "modo-drum", "mpc",
        "roland-td", "ssd-5.5", "studio-drummer", "superior-drummer-3", "triaz", "yamaha-dtx502",
        "zendrum",
    ]  # fmt: skip


def test_the_nine_classes_are_in_the_order_of_the_drum_word():
    assert [(each.pitch, each.folds) for each in DRUM_CLASSES] == [
        (36, (35,)), (38, (37, 40)), (42, (22, 44, 54)), (46, (26,)), (41, (43, 58)),
        (45, (47,)), (48, (50,)), (51, (53, 59)), (49, (52, 55, 57)),
    ]  # fmt: skip


# What the same number means elsewhere: each of these would sound wrong if it passed through.


def test_addictive_drums_has_other_drums_on_general_midis_numbers():
    assert canonical("addictive-drums-2", 42, 49, 46, 45) == [37, 42, 49, 51]
    assert device("addictive-drums-2", 36, 38, 37, 40, 42, 44) == [36, 38, 42, 37, 49, 48]
    assert device("addictive-drums-2", 50, 48, 45, 43, 41) == [71, 69, 67, 65, 65]
    assert device("addictive-drums-2", 49, 57, 51, 53, 59, 56) == [77, 79, 60, 61, 62, 47]
    assert device("addictive-drums-2", 46)[0] in (54, 55, 56, 57)


def test_ssd_chokes_on_general_midis_crash_and_china():
    assert device("ssd-5.5", 49, 57, 55, 52) == [55, 57, 50, 31]
    assert canonical("ssd-5.5", 49, 52, 54, 56) == [None, 51, None, None]
    assert SHIPPED["ssd-5.5"].label(49) == "Splash choke"


@pytest.mark.parametrize("name", ["superior-drummer-3", "ezdrummer-3"])
def test_toontrack_mutes_on_general_midis_high_tom_tambourine_cowbell_vibraslap(name):
    assert canonical(name, 50, 54, 56, 58) == [None] * 4
    assert device(name, 50, 54, 56, 58) == [48, None, None, None]
    assert device(name, 50, 48, 45, 43, 41) == [48, 47, 45, 43, 41]


def test_studio_drummer_has_cymbals_on_general_midis_toms():
    assert canonical("studio-drummer", 48, 50, 57, 59, 52, 55) == [49, 49, 52, 55, 59, 57]
    assert device("studio-drummer", 50, 48, 45, 43, 41) == [47, 45, 43, 41, 41]
    assert device("studio-drummer", 40, 57, 52, 55, 59, 39) == [39, 55, 57, 59, 52, 33]


def test_bfd_has_toms_hats_and_cymbals_from_36_to_51():
    assert canonical("bfd3", 36, 37, 38, 39, 40, 41, 43, 45, 50) == [
        48, 42, 50, 46, 50, 49, 57, 52, 59,
    ]  # fmt: skip
    assert device("bfd3", 36, 38, 40, 37, 42, 44, 46) == [24, 26, 29, 25, 30, 32, 34]


def test_other_kits_shift_what_looks_like_general_midi():
    assert canonical("ableton-808", 51, 44, 43) == [56, 70, 45]
    assert canonical("triaz", 43, 46, 47) == [46, 49, 51]
    assert canonical("bitwig-4x4", 37, 38, 39) == [38, 42, 46]
    assert canonical("modo-drum", 59) == [57]
    assert canonical("yamaha-dtx502", 59, 52, 55) == [49, 59, 49]
    assert device("magenta9", 41, 45, 48) == [45, 48, 50]
    assert canonical("lstmetallica9", 55) == [51]


ROWS = [36, 38, 40, 37, 39, 42, 44, 46, 52, 45, 43, 41, 49, 51, 48, 50, 53, 47]
OUTPUT_NOTES = [36, 38, 40, 37, 39, 42, 44, 46, 82, 45, 43, 41, 49, 55, 51, 59, 53, 56]


def test_hydrogen_takes_rows_unless_it_is_told_to_take_output_notes():
    by_note, by_row = SHIPPED["hydrogen-gmrockkit"], SHIPPED["hydrogen-rows"]
    assert [pad.note for pad in by_note.pads] == OUTPUT_NOTES
    assert [pad.note for pad in by_row.pads] == ROWS
    assert [pad.drum for pad in by_note.pads] == [pad.drum for pad in by_row.pads]
    assert sorted(ROWS) == list(range(36, 54))
    assert device("hydrogen-gmrockkit", 55, 53, 56, 59) == [55, 53, 56, 59]
    assert device("hydrogen-rows", 51, 56, 59, 55, 53) == [48, 47, 50, 51, 53]
    assert translation(SHIPPED["superior-drummer-3"], by_note).note(25) == 82
    assert any("default" in remark for remark in by_note.remarks)


def test_groove_kit_reads_as_its_table_says():
    classes = [
        DRUM_CLASSES[CLASS_OF[SHIPPED["roland-td"].to_canonical(n)]].name for n in GROOVE_NOTES
    ]
    assert classes == (
        ["kick"] + ["snare"] * 3 + ["high-tom"] * 2 + ["mid-tom"] * 2 + ["low-tom"] * 2
        + ["open-hat"] * 2 + ["closed-hat"] * 3 + ["crash"] * 4 + ["ride"] * 3
    )  # fmt: skip


# What holds for every map.


@pytest.mark.parametrize("drum_map", MAPS, ids=by_name)
def test_every_drum_has_a_target_in_the_data_or_is_dropped_there(drum_map):
    own = {pad.drum for pad in drum_map.pads}
    for drum in DRUMS.values():
        stated = (
            (drum.name in own) + (drum.name in drum_map.nearest) + (drum.name in drum_map.dropped)
        )
        assert stated == 1, drum.name
        assert (drum_map.to_device(drum.note) is None) == (drum.name in drum_map.dropped)


@pytest.mark.parametrize("drum_map", MAPS, ids=by_name)
def test_what_is_sent_is_read_as_a_drum_of_the_same_family(drum_map):
    for pitch in GENERAL_MIDI:
        note = drum_map.to_device(pitch)
        if note is not None:
            back = drum_map.to_canonical(note)
            assert DRUM_AT[back].family == DRUM_AT[pitch].family


@pytest.mark.parametrize("drum_map", MAPS, ids=by_name)
def test_sending_twice_changes_nothing(drum_map):
    for pitch in range(128):
        note = drum_map.to_device(pitch)
        if note is not None:
            assert drum_map.to_device(drum_map.to_canonical(note)) == note


@pytest.mark.parametrize("drum_map", MAPS, ids=by_name)
def test_no_hit_is_ever_sent_to_a_choke(drum_map):
    sent = {drum_map.to_device(pitch) for pitch in range(128)}
    assert not sent & set(drum_map.silent)
    for other in MAPS:
        moved = translation(other, drum_map)
        notes = {*moved.table, *(note for table in moved.by_pedal.values() for note in table)}
        assert not notes & set(drum_map.silent)


@pytest.mark.parametrize("drum_map", MAPS, ids=by_name)
def test_a_closed_hi_hat_cuts_every_open_one(drum_map):
    closed, pedal = drum_map.to_device(42), drum_map.to_device(44)
    opened = {n for n in range(128) if drum_map.to_canonical(n) == 46}
    assert opened
    assert any({closed, pedal, *opened} <= group for group in drum_map.choke_groups)


@pytest.mark.parametrize("drum_map", MAPS, ids=by_name)
def test_each_map_says_where_it_is_from_and_how_sure_it_is(drum_map):
    assert drum_map.certainty in ("verified", "one source", "unverified")
    assert all(drum_map.sources)
    assert drum_map.title


def test_what_comes_from_memory_is_marked():
    unverified = {each.name for each in MAPS if each.certainty == "unverified"}
    assert unverified == {"ableton-808", "ableton-drum-rack", "zendrum"}
    assert {each.name for each in MAPS if each.certainty == "one source"} == {
        "abbey-road-60s", "alesis-nitro", "bfd3", "bitwig-4x4", "hydrogen-gmrockkit",
        "hydrogen-rows", "modo-drum", "mpc", "triaz", "yamaha-dtx502",
    }  # fmt: skip


def has_class(drum_map: DrumMap, index: int) -> bool:
    """Whether a class of `DRUM_CLASSES`, sent and read back, is still that class."""
    note = drum_map.to_device(DRUM_CLASSES[index].pitch)
    return note is not None and CLASS_OF.get(drum_map.to_canonical(note)) == index


@pytest.mark.parametrize("drum_map", MAPS, ids=by_name)
def test_classes_that_a_map_has_come_back_through_it(drum_map):
    missing = {each.name for i, each in enumerate(DRUM_CLASSES) if not has_class(drum_map, i)}
    assert missing == NO_SUCH_CLASS.get(drum_map.name, set())
    for note in GROOVE_NOTES:
        pitch = SHIPPED["roland-td"].to_canonical(note)
        back = drum_map.to_canonical(drum_map.to_device(pitch))
        if DRUM_CLASSES[CLASS_OF[pitch]].name not in missing:
            assert CLASS_OF[back] == CLASS_OF[pitch]


@pytest.mark.shared_data
@pytest.mark.skipif(not GROOVE.is_dir(), reason="the Groove data is not beside the checkout")
@pytest.mark.parametrize("drum_map", MAPS, ids=by_name)
def test_groove_bars_come_back_through_every_map(drum_map, groove_pitches):
    roland = SHIPPED["roland-td"]
    there, back = translation(roland, drum_map), translation(drum_map, roland)
    canonical_table = tuple(roland.to_canonical(n) for n in range(128))
    before = remap_pitches(groove_pitches, canonical_table)
    sent = remap_pitches(groove_pitches, there.table)
    returned = remap_pitches(remap_pitches(sent, back.table), canonical_table)
    class_of = np.array([CLASS_OF.get(n, -1) for n in range(128)])
    kept = np.array([has_class(drum_map, i) for i in range(9)])[class_of[before]]
    assert len(groove_pitches) > 10_000
    assert (sent >= 0).all()
    np.testing.assert_array_equal(class_of[returned[kept]], class_of[before[kept]])


@pytest.fixture(scope="module")
def groove_pitches() -> np.ndarray:
    """Give the pitches of every hit of every twentieth take; benchmarks/drum_maps.py does all."""
    takes = sorted(GROOVE.rglob("*.mid"))[::20]
    return np.array([note.pitch for take in takes for note in files.read(take).notes], np.int16)


# Hi-hats.


def test_articulations_that_both_kits_have_are_kept():
    moved = translation(SHIPPED["roland-td"], SHIPPED["superior-drummer-3"])
    assert [moved.note(n) for n in (42, 22, 46, 26, 44)] == [42, 22, 46, 46, 44]
    moved = translation(SHIPPED["roland-td"], SHIPPED["alesis-nitro"])
    assert [moved.note(n) for n in (50, 47, 58, 55)] == [50, 47, 58, 55]


def test_the_pedal_chooses_among_open_hi_hats():
    moved = translation(SHIPPED["roland-td"], SHIPPED["addictive-drums-2"])
    assert moved.controller == 4
    assert [moved.note(46, pedal) for pedal in (90, 70, 45, 20, 0)] == [54, 54, 55, 56, 57]
    assert moved.note(46) == 54
    assert moved.note(42, 0) == 49


def test_where_only_the_pedal_tells_a_pressed_one_is_closed():
    moved = translation(SHIPPED["alesis-nitro"], SHIPPED["gm"])
    assert [moved.note(46, pedal) for pedal in (127, 120, 60, 0)] == [42, 42, 46, 46]


def test_openness_goes_from_note_to_note():
    moved = translation(SHIPPED["studio-drummer"], SHIPPED["superior-drummer-3"])
    assert [moved.note(n) for n in (42, 76, 77, 78)] == [42, 24, 25, 26]


# Contradictions.


def small(**changes) -> DrumMap:
    """Make a map of a kick, a snare and two hi-hats, changed."""
    pads = (Pad("kick", 36), Pad("snare", 38, (40,)), Pad("closed-hat", 42), Pad("open-hat", 46))
    nearest = {"kick-2": "kick", "rimshot": "snare", "pedal-hat": "closed-hat"}
    settings = {"pads": pads, "nearest": nearest, "choke_groups": (frozenset({42, 46}),), **changes}
    own = {pad.drum for pad in settings["pads"]}
    rest = frozenset(DRUMS) - own - set(settings["nearest"])
    return DrumMap("small", dropped=settings.pop("dropped", rest), **settings)


PADS = small().pads


@pytest.mark.parametrize(
    ("changes", "key", "words"),
    [
        ({"pads": (*PADS, Pad("kick", 35))}, ("drums", "kick"), "found a second, 35"),
        ({"pads": (*PADS, Pad("ride", 36))}, ("drums", "ride"), "note 36 is both kick and ride"),
        ({"pads": (*PADS, Pad("ride", 128))}, ("drums", "ride"), "in 0..127, found 128"),
        ({"pads": (*PADS, Pad("ride", 51, (-1,)))}, ("drums", "ride"), "in 0..127, found -1"),
        ({"pads": (*PADS, Pad("rdie", 51))}, ("drums", "rdie"), "did you mean 'ride'?"),
        ({"pads": (*PADS, Pad("ride/egde", 51))}, ("drums", "ride/egde"), "found 'ride/egde'"),
        ({"silent": {38: "Mute"}}, ("drums", "snare"), "both snare and silent (Mute)"),
        ({"nearest": {"kick-2": "snare"}}, ("nearest", "kick-2"), "family kick, found snare"),
        ({"nearest": {"kick": "kick-2"}}, ("nearest", "kick"), "kick has a note or is"),
        ({"nearest": {"rimshot": "clap"}}, ("nearest", "rimshot"), "expected clap to have a note"),
        (
            {"nearest": {"rimshot": "clap", "clap": "rimshot"}},
            ("nearest", "rimshot"),
            "a cycle: rimshot -> clap -> rimshot",
        ),
        ({"dropped": frozenset()}, ("dropped",), "ride (51)"),
        ({"dropped": frozenset(DRUMS)}, ("dropped",), "kick has a note as well"),
        ({"choke_groups": ()}, ("choke",), "add 42, 46"),
        ({"hi_hat": HiHat({36: 50})}, ("hi_hat", "openness"), "expected a note of the hi-hat"),
    ],
)  # fmt: skip
def test_a_map_that_contradicts_itself_says_how(changes, key, words):
    with pytest.raises(DrumMapError) as refused:
        small(**changes)
    assert any(each.location == key and words in each.what for each in refused.value.problems)


def test_all_contradictions_are_told_at_once():
    pads = (*PADS, Pad("kick", 300), Pad("rdie", 42))
    with pytest.raises(DrumMapError) as refused:
        small(pads=pads, nearest={"clap": "clap"})
    assert len(refused.value.problems) >= 5
    assert str(refused.value).splitlines() == [str(each) for each in refused.value.problems]


# Any map at all.


@st.composite
def maps(draw: st.DrawFn) -> DrumMap:
    """Draw a map: drums on any notes, some falling back within their family, the rest dropped."""
    names = draw(st.lists(st.sampled_from(list(DRUMS)), unique=True, min_size=1, max_size=30))
    notes = draw(st.permutations(range(128)))
    pads = tuple(Pad(name, notes[2 * i], (notes[2 * i + 1],)) for i, name in enumerate(names))
    own = {drum_of(name).family: name for name in names}
    nearest = {
        drum.name: own[drum.family]
        for drum in DRUMS.values()
        if drum.family in own and drum.name not in names and draw(st.booleans())
    }
    hats = frozenset(n for p in pads if drum_of(p.drum).family == "hi-hat" for n in p.notes)
    rest = frozenset(DRUMS) - set(names) - set(nearest)
    return DrumMap("any", pads, nearest, rest, (hats,) if hats else ())


@given(maps())
def test_any_map_is_idempotent_and_stays_in_the_family(drum_map):
    for drum in DRUMS.values():
        note = drum_map.to_device(drum.note)
        if note is None:
            assert drum.name in drum_map.dropped
            continue
        back = drum_map.to_canonical(note)
        assert DRUM_AT[back].family == drum.family
        assert drum_map.to_device(back) == note


@given(maps(), maps())
def test_any_two_maps_translate_drum_by_drum(source, target):
    moved = translation(source, target)
    for note in range(128):
        pitch = source.to_canonical(note)
        sent = note if source == target else target.to_device(pitch or 0)
        assert moved.note(note) == (None if pitch is None else sent)


@pytest.mark.parametrize("drum_map", MAPS, ids=by_name)
def test_a_map_to_itself_leaves_every_drum_it_knows_where_it_is(drum_map):
    moved = translation(drum_map, drum_map)
    for note in range(128):
        same = None if drum_map.pad_at(note) is None else note
        assert {moved.note(note, pedal) for pedal in (None, 0, 64, 127)} == {same}


def test_labels_say_the_articulation():
    assert label_of("closed-hat/edge") == "Closed Hi-Hat edge"
    assert label_of("kick") == "Kick"
