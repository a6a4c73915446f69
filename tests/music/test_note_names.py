"""Note names as the DAWs read them."""

from xml.etree import ElementTree as ET

import pytest

from daw_bridge.config.drum_map import load_drum_map
from daw_bridge.music.note_names import WRITERS, ableton, cubase, named_notes, reaper

TRIAZ = load_drum_map("triaz")


def test_reaper_reads_a_number_and_a_name_a_line():
    assert reaper(TRIAZ).splitlines() == [
        "# MIDI note/CC name map",
        "47 Ride",
        "46 Crash 1",
        "45 Hi-Mid Tom",
        "44 Low Tom",
        "43 Open Hi-Hat",
        "42 Closed Hi-Hat",
        "41 Low Floor Tom",
        "40 Snare 2",
        "39 Clap",
        "38 Snare",
        "37 Percussion",
        "36 Kick",
    ]


def test_live_sees_its_own_octaves_beside_the_numbers():
    lines = ableton(TRIAZ).splitlines()
    assert lines[1] == "36 (C2 REAPER, C1 Live)      receives  36  Kick"
    assert len(lines) == 13


def test_cubase_gets_a_whole_drum_map():
    root = ET.fromstring(cubase(TRIAZ))  # noqa: S314  # written above
    items = root.findall("./list[@name='Map']/item")
    assert [int(item.find("./int[@name='INote']").get("value")) for item in items] == list(
        range(128)
    )
    assert items[36].find("./string[@name='Name']").get("value") == "Kick"
    order = [int(item.get("value")) for item in root.findall("./list[@name='Order']/item")]
    assert order[:3] == [36, 37, 38]
    assert sorted(order) == list(range(128))


@pytest.mark.parametrize("writer", [writer for writer, _ in WRITERS.values()])
def test_chokes_are_named_too(writer):
    assert "Splash choke" in writer(load_drum_map("ssd-5.5"))


def test_only_notes_that_the_map_knows_have_names():
    assert set(named_notes(TRIAZ)) == {*range(36, 48)}
