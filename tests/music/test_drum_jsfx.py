"""REAPER's live remap: it cannot run here, so its form and its tables are checked."""

import re

from daw_bridge.config.drum_map import load_drum_map
from daw_bridge.config.files import shipped_folder
from daw_bridge.music.drum_jsfx import FILE_NAME, NONE, pad_names, remap_script

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


def test_a_change_of_menu_cannot_hang_a_note():
    end_key = SCRIPT.split("function end_key")[1].split("\nfunction")[0]
    assert "became" in end_key
    assert "translated" not in end_key
    init = SCRIPT.split("@init")[1].split("@block")[0]
    assert "ext_noinit = 1" in init
    assert not re.search(r"memset|became\[[^]]*\] = 0;\n\n", init)
