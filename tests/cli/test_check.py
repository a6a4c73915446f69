"""What files, models and presets are, and all that is wrong with them."""

from pathlib import Path

from daw_bridge.cli.main import run
from tests.cli.runs import generate, refused_in_a_line

ROOT = Path(__file__).parents[2]


def test_check_tells_what_a_file_is(home, capsys):
    generate(home / "out")
    files = ["home/presets/jams/quick.yaml", "home/models/tiny", "out/tiny-0001.mid"]
    assert run(["check", *files]) == 0
    said = [line.partition(": ")[2] for line in capsys.readouterr().out.splitlines()[1:]]
    assert [each.split(" in order")[0] for each in said] == [
        "a jam preset",
        "a model",
        "a MIDI file",
    ]


def test_check_tells_all_that_is_wrong_of_all_files_and_what_is_right(home, capsys):
    (home / "bad.yaml").write_text("model: tiny\nbpm: -1\nmeterr: 3/4\n")
    (home / "bad.mid").write_bytes(b"MThd")
    assert run(["check", "bad.yaml", "home/models/tiny", "bad.mid"]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("home/models/tiny: a model in order")
    assert [line.partition(": expected")[0] for line in err.splitlines()][:1] == ["bad.yaml:2: bpm"]
    assert "bad.yaml:3: meterr: unknown key; did you mean 'meter'?" in err
    assert "truncated (bad.mid)" in err


def test_check_tells_what_was_mended_in_a_midi_file(home, capsys):
    on = b"\0\x99\x24\x64"
    track = b"MTrk" + len(on).to_bytes(4, "big") + on
    (home / "a.mid").write_bytes(b"MThd\0\0\0\6\0\0\0\1\1\xe0" + track)
    assert run(["check", "a.mid"]) == 0
    said = capsys.readouterr().out
    assert "1 notes never ended" in said
    assert "no tempo at the start: 120" in said


def test_models_lists_those_there_are_and_says_which_is_broken(home, capsys):
    broken = home / "home" / "models" / "broken"
    broken.mkdir()
    (broken / "README.md").write_text("no card\n")
    assert run(["models"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert ["tiny", "random drums for tests"] in [line.split(maxsplit=1) for line in lines]
    assert any(line.startswith("broken") and "not in order" in line for line in lines)


def test_show_prints_a_preset_that_is_the_same_jam(home, capsys):
    assert run(["show", "quick"]) == 0
    shown = capsys.readouterr().out
    assert "drum_map: gm" in shown
    (home / "again.yaml").write_text(shown)
    assert run(["show", "again.yaml"]) == 0
    assert capsys.readouterr().out == shown


def test_check_tells_of_a_drum_map_what_loading_it_tells(home, capsys):
    text = (ROOT / "presets" / "drum_maps" / "gm.yaml").read_text()
    (home / "kit.yaml").write_text(text.replace("drums:\n", "drums:\n  kick: 36\n  kik: 300\n", 1))
    assert run(["check", "kit.yaml"]) == 2
    checked = capsys.readouterr().err
    assert run(["drums", "show", "./kit.yaml"]) == 2
    assert capsys.readouterr().err == checked
    assert "kick: expected each key once, found it again: remove one" in checked
    assert "drums.kik: expected a note in 0..127, found 300" in checked
    assert "drums.kik: expected a drum, found 'kik'" in checked


def test_check_tells_an_error_of_a_card_a_line_with_its_place(home, capsys):
    card = home / "home" / "models" / "tiny" / "README.md"
    card.write_text(card.read_text().replace("layers: 1", "layers: 1, layers: 900, depth: 3"))
    assert run(["check", str(card)]) == 2
    assert [line.split(", found")[0] for line in capsys.readouterr().err.splitlines()] == [
        f"{card}:5: layers: expected each key once",
        f"{card}:5: network.layers: expected a whole number from 1 to 16",
        f"{card}:5: network.depth: unknown key; choose one of embedding, hidden, layers",
    ]
    card.write_text("---\nname: [\n---\n")
    assert len(refused_in_a_line(capsys, "check", str(card)).splitlines()) == 1


NAMES = """\
model: {model}
bars: 1
backend: offline
conditions:
  mood: blue
  style: fank
voices:
  - {{drum_map: ezdrumer-3}}
"""


def test_what_a_preset_names_and_is_not_there_is_told_at_its_line(home, capsys):
    (home / "named.yaml").write_text(NAMES.format(model="tiny"))
    told = [
        "named.yaml:5: conditions.mood: expected an option of drum-grid, found 'mood'",
        "named.yaml:6: conditions.style: expected a style, found 'fank'",
        "named.yaml:8: voices.0.drum_map: expected a drum map, found 'ezdrumer-3'",
    ]
    for command in (["check"], ["jam"], ["show"]):
        assert run([*command, "named.yaml"]) == 2
        lines = capsys.readouterr().err.splitlines()
        assert [line[: len(each)] for line, each in zip(lines, told, strict=True)] == told
    assert run(["jam", "named.yaml", "--drum-map", "gm"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line[: len(each)] for line, each in zip(lines, told, strict=False)] == told[:2]
    (home / "named.yaml").write_text(NAMES.format(model="tinny"))
    for command in (["check"], ["jam"]):
        assert run([*command, "named.yaml"]) == 2
        assert [line.split(": ")[:2] for line in capsys.readouterr().err.splitlines()] == [
            ["named.yaml:1", "model"],
            ["named.yaml:8", "voices.0.drum_map"],
        ]


def test_a_voice_that_the_model_has_not_is_told_and_not_played_as_silence(home, capsys):
    (home / "voices.yaml").write_text(
        "model: tiny\nbars: 1\nbackend: offline\nvoices:\n- {drum_map: gm}\n- {voice: 3}\n"
    )
    for command in (["check"], ["show"], ["jam"], ["jam", "--drum-map", "gm"]):
        assert refused_in_a_line(capsys, *command, "voices.yaml") == (
            "voices.yaml:6: voices.1.voice: expected a voice of tiny: 0, its only one, found 3\n"
        )


def test_check_names_the_file_of_every_error(home, capsys):
    generate(home / "out")
    (home / "far.mid").write_bytes(b"RIFFnot a MIDI file at all")
    assert run(["check", "out/tiny-0001.mid", "far.mid", "none.mid"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(": ")[0] for line in lines[:2]] == ["far.mid", "none.mid"]
    assert lines[2:] == ["2 of 3 files could not be done"]
