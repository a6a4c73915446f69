"""`daw-bridge drums maps|show|note-names|jsfx`: what they print, write and refuse."""

from pathlib import Path

import pytest

from daw_bridge.config.files import shipped_folder
from tests.cli.drum_files import write
from tests.cli.runs import done, refused

pytestmark = pytest.mark.usefixtures("own_folder")


def test_maps_are_listed_with_how_sure_they_are(capsys):
    out = done(capsys, "drums", "maps")
    for words in ("addictive-drums-2", "zendrum", "verified", "one source", "unverified"):
        assert words in out


def test_show_names_notes_as_both_daws_do(capsys):
    out = done(capsys, "drums", "show", "ssd-5.5")
    line = next(line for line in out.splitlines() if "Splash choke" in line)
    assert [cell.strip() for cell in line.split("│")[1:5]] == ["49", "C#3", "C#2", "Splash choke"]
    assert "never sent" in line
    assert "35 kick-2 -> kick (36)" in out


@pytest.mark.parametrize(
    ("daw", "first"),
    [
        ("reaper", "# MIDI note/CC name map"),
        ("ableton", "XLN Triaz: pads of a Drum Rack"),
        ("cubase", '<?xml version="1.0" encoding="utf-8"?>'),
    ],
)
def test_note_names_are_printed_or_written(capsys, tmp_path, daw, first):
    out = done(capsys, "drums", "note-names", "triaz", "--for", daw)
    assert out.splitlines()[0] == first
    done(capsys, "drums", "note-names", "triaz", "--for", daw, "--out", "names.txt")
    assert Path("names.txt").read_text() == out
    [line] = refused(capsys, "drums", "note-names", "triaz", "--for", daw, "--out", "names.txt")
    assert line.startswith("names.txt: expected no file yet")
    done(capsys, "drums", "note-names", "triaz", "--for", daw, "--out", "names.txt", "--force")
    done(capsys, "drums", "note-names", "triaz", "--for", daw, "--out", str(tmp_path))
    assert len(list(tmp_path.glob("triaz.*"))) == 1


def test_jsfx_is_the_shipped_script(capsys):
    shipped = Path(__file__).parents[2] / "reaper_scripts" / "drum_remap.jsfx"
    assert done(capsys, "drums", "jsfx") == shipped.read_text()
    done(capsys, "drums", "jsfx", "--out", "remap.jsfx")
    assert Path("remap.jsfx").read_bytes() == shipped.read_bytes()


def test_files_go_into_a_folder_that_is_not_there_yet_under_the_maps_whole_name(capsys):
    done(capsys, "drums", "note-names", "ssd-5.5", "--for", "reaper", "--out", "Names")
    done(capsys, "drums", "jsfx", "--out", "Effects")
    assert Path("Names/ssd-5.5.txt").is_file()
    assert Path("Effects/drum_remap.jsfx").is_file()


def own_map(name: str, text: str) -> None:
    path = Path("home/presets/drum_maps") / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_brackets_in_names_of_ones_own_are_printed_as_they_are(capsys):
    gm = (shipped_folder() / "presets/drum_maps/gm.yaml").read_text("utf-8")
    gm = gm.replace("title: General MIDI", 'title: "Kit [/b] :ok:"')
    own_map("größe", gm + 'names: {38: "Snare [L]"}\n')
    assert "Kit [/b] :ok:" in done(capsys, "drums", "maps")
    assert "Snare [L]" in done(capsys, "drums", "show", "größe")
    write("in.mid", (0, 40))
    done(capsys, "drums", "jsfx", "--out", "mine.jsfx")
    done(capsys, "encode", "in.mid", "--out", "[/b].txt")


@pytest.mark.parametrize("command", [["maps"], ["jsfx"], ["detect", "in.mid"]])
def test_all_that_is_wrong_with_any_of_all_maps_is_told_at_once(capsys, command):
    write("in.mid", (0, 36))
    own_map("a", "title: A")
    own_map("b", "title: B")
    lines = refused(capsys, "drums", *command)
    assert {Path(line.split(":")[0]).name for line in lines} == {"a.yaml", "b.yaml"}


def test_a_wrong_map_and_an_unknown_one_are_refused(capsys):
    Path("kit.yaml").write_text("title: x\ncertainty: verified\nsources: [a]\ndrums: {kik: 36}\n")
    assert any(
        "did you mean 'kick'" in line for line in refused(capsys, "drums", "show", "kit.yaml")
    )
    assert refused(capsys, "drums", "show", "ssd") == [
        "expected a drum map, found 'ssd': did you mean 'ssd-5.5'?"
    ]
