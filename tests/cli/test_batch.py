"""Commands over many files: what one that cannot be read does to the others, which is nothing."""

import os
from pathlib import Path

import pytest

from daw_bridge.cli.main import run
from daw_bridge.config.files import shipped_folder
from tests.cli.drum_files import AD2, beat, notes, pack, write
from tests.cli.runs import done, refused

pytestmark = pytest.mark.usefixtures("own_folder")

CONVERT = ("drums", "convert", "takes", "out", "--from", "gm", "--to", "addictive-drums-2")
COMMANDS = [
    CONVERT,
    ("drums", "detect", "takes"),
    ("drums", "standardise", "takes", "out"),
    ("encode", "takes", "--out", "out/text.txt"),
    ("check", "takes/Kick 1.mid", "takes/Kick 2.mid", "takes/Kick 3.mid"),
]


def in_part(capsys, *arguments: str) -> tuple[str, list[str]]:
    """Run what works for some files; return what is printed, and what is said of the others."""
    assert run(arguments) == 1
    out, err = capsys.readouterr()
    return out, err.splitlines()


@pytest.fixture
def takes(own_folder):
    write("takes/Kick 1.mid", (0, 36))
    Path("takes/Kick 2.mid").write_bytes(b"MThd")
    write("takes/Kick 3.mid", (480, 36))


@pytest.mark.usefixtures("takes")
@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: " ".join(words[:2]))
def test_one_bad_file_is_told_with_a_count_and_the_others_are_done(capsys, command):
    _, err = in_part(capsys, *command)
    assert [line.partition(": ")[0] for line in err[:-1]] == ["takes/Kick 2.mid"]
    assert err[-1] == "1 of 3 files could not be done"


@pytest.mark.usefixtures("takes")
def test_what_is_done_is_written_and_said_of_the_good_files(capsys):
    in_part(capsys, *CONVERT)
    assert sorted(p.name for p in Path("out").iterdir()) == ["Kick 1.mid", "Kick 3.mid"]
    assert notes("out/Kick 3.mid") == [(480, 36, 9)]
    assert in_part(capsys, "encode", "takes")[0].count("\n") == 2
    assert in_part(capsys, "drums", "detect", "takes", "--json")[0].count("\n") == 2
    in_part(capsys, "drums", "standardise", "takes", "loops")
    assert len(list(Path("loops").iterdir())) == 2
    out, _ = in_part(capsys, "check", "takes/Kick 2.mid", "takes/Kick 1.mid")
    assert out.startswith("takes/Kick 1.mid: a MIDI file in order")


def test_new_loops_are_made_of_the_parts_that_can_be_read(capsys):
    pack()
    done(capsys, "drums", "standardise", "pack", "standard")
    Path("standard/Kicks/Kick_00.mid").write_bytes(b"MThd")
    out, err = in_part(capsys, "drums", "combine", "standard", "new", "--count", "3")
    assert "wrote 3 loop(s)" in out
    assert err[0].startswith("standard/Kicks/Kick_00.mid: ")
    for kick in Path("standard/Kicks").iterdir():
        kick.write_bytes(b"MThd")
    lines = refused(capsys, "drums", "combine", "standard", "none", "--count", "3")
    assert lines[0].startswith("expected kick, snare and hi-hat loops, found no kick")
    assert (len(lines), lines[-1]) == (6, "4 of 12 files could not be done")


@pytest.mark.usefixtures("takes")
@pytest.mark.parametrize("command", COMMANDS[:4], ids=lambda words: " ".join(words[:2]))
def test_nothing_done_is_exit_code_2(capsys, command):
    for name in ("Kick 1.mid", "Kick 3.mid"):
        Path("takes", name).write_bytes(b"MThd")
    lines = refused(capsys, *command)
    assert (len(lines), lines[-1]) == (4, "3 of 3 files could not be done")
    assert not Path("out").exists()


@pytest.mark.usefixtures("takes")
def test_a_single_file_that_is_bad_is_one_line_and_exit_code_2(capsys):
    for command in ("encode", "check"):
        [line] = refused(capsys, command, "takes/Kick 2.mid")
        assert line.startswith("takes/Kick 2.mid: ")


def test_what_systems_put_beside_files_is_no_music(capsys):
    write("takes/a.mid", *beat(**AD2), bars=8)
    for name in ("._a.mid", "__MACOSX/a.mid", ".DS_Store", "Thumbs.db", ".cache/b.mid"):
        Path("takes", name).parent.mkdir(exist_ok=True)
        Path("takes", name).write_bytes(b"\0\5\x16\7")
    assert done(capsys, "encode", "takes", "--drum-map", "addictive-drums-2").count("\n") == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
@pytest.mark.parametrize(
    "command", ["encode IN", "decode IN --out o.mid", "drums detect IN", "data report IN",
                "drums convert IN o.mid --from gm --to gm", "check IN", "evaluate groove-drums IN"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["pipe.mid", "pipe.zip"])
def test_a_pipe_is_called_one_by_all(capsys, command, name):
    os.mkfifo(name)
    said = refused(capsys, *command.replace("IN", name).split())
    assert name in said[-1]
    assert "(no regular file)" in said[-1] or (command, name) == ("check IN", "pipe.zip")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_what_is_no_file_in_a_folder_is_told_and_not_passed_over(capsys):
    write("in/a.mid", (0, 36))
    os.mkfifo("in/b.mid")
    Path("in/c.mid").symlink_to("nowhere")
    assert run(["encode", "in"]) == 1
    _, err = capsys.readouterr()
    assert [line.partition(":")[0] for line in err.splitlines()] == [
        "in/b.mid", "in/c.mid", "2 of 3 files could not be done",
    ]  # fmt: skip
    assert run(["data", "report", "in"]) == 0
    assert "b.mid (no regular file)" in capsys.readouterr().out
    os.mkfifo("in/info.csv")
    [line] = refused(capsys, "data", "report", "in")
    assert line.startswith("expected a table, found in/info.csv (no regular file)")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
@pytest.mark.parametrize("name", ["README.md", "model.safetensors"])
def test_a_pipe_in_a_model_is_called_one(capsys, name):
    Path("mine").mkdir()
    if name != "README.md":
        card = shipped_folder() / "models" / "groove-drums" / "README.md"
        Path("mine/README.md").write_bytes(card.read_bytes())
    os.mkfifo(Path("mine", name))
    for command in ("generate ./mine --bars 1", "check mine", "jam --model ./mine --bars 1"):
        [line] = refused(capsys, *command.split())
        assert f"mine/{name} (no regular file)" in line
