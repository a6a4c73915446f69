"""The commands as a user runs them: what they write, print and refuse."""

import errno
from itertools import count

import pytest

from daw_bridge.cli.main import run
from daw_bridge.jam.commands import Inbox, Stop
from daw_bridge.midi.files import read
from daw_bridge.registry import COMMANDS
from tests.cli.runs import refused_in_a_line

BAR = 1920


def test_another_model_is_not_told_what_the_preset_tells_its_own(home, capsys):
    (home / "told.yaml").write_text("model: x\nconditions: {mood: blue}\nvoices: [{voice: 7}]\n")
    flags = ["--backend", "offline", "--bars", "1"]
    assert run(["jam", "told.yaml", "--model", "tiny", *flags]) == 0
    (home / "told.yaml").write_text("model: tiny\nconditions: {mood: blue}\n")
    capsys.readouterr()
    assert "found 'mood'" in refused_in_a_line(capsys, "jam", "told.yaml", *flags)


def test_an_endless_jam_in_virtual_time_is_refused(home, capsys):
    (home / "endless.yaml").write_text("model: tiny\nbackend: offline\n")
    said = refused_in_a_line(capsys, "jam", "endless.yaml")
    assert "--bars" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("generate tinny", "expected a model, found 'tinny': did you mean 'tiny'?"),
        ("generate", "Missing argument 'MODEL'"),
        ("generate nowhere/tiny", "nothing at 'nowhere/tiny'"),
        ("generat", "did you mean 'generate'?"),
        ("jam quik", "expected a jam preset, found 'quik': did you mean 'quick'?"),
        ("jam quick --model none", "expected a model, found 'none'"),
        ("jam quick --late fill", "expected a `late_bar` pattern"),
        ("jam quick --late never", "'never' is not one of 'repeat', 'rest', 'fill'"),
        ("jam quick --record .", "expected a file to write, found a folder"),
        ("demo --out file", "expected a folder to write to, found a file"),
        ("show quik", "did you mean 'quick'?"),
        ("check none.mid", "nothing at none.mid"),
        ("check file", "expected a .yaml, .mid or a model's folder"),
    ],
)
def test_commands_refuse_in_one_line(home, capsys, arguments, said):
    (home / "file").write_text("")
    assert said in refused_in_a_line(capsys, *arguments.split())


@pytest.mark.parametrize(
    "arguments",
    [
        ("encode", ""),
        ("check", ""),
        ("data", "report", ""),
        ("drums", "detect", ""),
        ("drums", "standardise", "", "out"),
        ("generate", "tiny", "--out", ""),
        ("jam", "preset.yaml", "--record", ""),
    ],
)
def test_an_empty_path_is_not_the_folder_one_is_in(home, capsys, arguments):
    before = sorted(home.iterdir())
    assert "expected a file or folder, found ''" in refused_in_a_line(capsys, *arguments)
    assert sorted(home.iterdir()) == before


def test_a_model_that_does_not_fit_its_card_is_refused(home, capsys):
    weights = home / "home" / "models" / "tiny" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    assert "expected the weights of the card" in refused_in_a_line(capsys, "generate", "tiny")
    weights.unlink()
    assert "expected weights" in refused_in_a_line(capsys, "check", str(weights.parent))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name, capsys):
    assert run([name, "--help"]) == 0
    said = capsys.readouterr().out
    assert f"daw-bridge {name}" in said
    assert "Example" in said


def test_the_help_names_every_command(capsys):
    assert run([]) == 0
    said = capsys.readouterr().out
    assert all(name in said and text in said for name, text in COMMANDS.words().items())


def test_the_version_is_the_packages(capsys):
    import daw_bridge

    assert run(["--version"]) == 0
    assert capsys.readouterr().out.split() == ["daw-bridge", daw_bridge.__version__]


def test_the_record_of_a_jam_that_is_stopped_is_as_long_as_what_was_heard(home, monkeypatch):
    class Stopped(Inbox):
        def take(self):
            return [Stop("enough")] if next(turns) == 40 else super().take()

    turns = count()
    monkeypatch.setattr("daw_bridge.jam.commands.Inbox", Stopped)
    assert run(["jam", "quick", "--bars", "64", "--record", "jam.mid"]) == 0
    score = read(home / "jam.mid")
    last = max(note.start + note.duration for note in score.notes)
    assert last <= score.length < last + BAR
    assert len(score.bar_lines()) < 32


def test_a_recording_overwrites_nothing_without_being_told_to(home, capsys):
    (home / "jam.mid").write_bytes(b"precious")
    said = refused_in_a_line(capsys, "jam", "quick", "--record", "jam.mid")
    assert said == (
        "expected a new file to record into, found one that is there, jam.mid: "
        "name another, or add --force\n"
    )
    assert (home / "jam.mid").read_bytes() == b"precious"
    assert run(["jam", "quick", "--record", "jam.mid", "--force"]) == 0
    assert read(home / "jam.mid").notes
    assert list(home.glob("*.journal")) == []


@pytest.mark.parametrize("command", ["show", "jam", "generate", "check", "encode", "drums show"])
def test_a_name_that_is_too_long_for_any_file_is_one_line(home, capsys, command):
    said = refused_in_a_line(capsys, *command.split(), "a" * 5000)
    assert said.startswith("expected a path to use, found ")
    assert said.endswith("... (File name too long): name another\n")


def test_a_path_that_is_not_ours_to_see_is_one_line(home, capsys, monkeypatch):
    def find(kind, name):
        raise PermissionError(errno.EACCES, "Permission denied", name)

    monkeypatch.setattr("daw_bridge.daemon.settings.find", find)
    said = refused_in_a_line(capsys, "generate", "theirs/model")
    assert said == "expected a path to use, found theirs/model (Permission denied): name another\n"


def test_flags_that_do_nothing_offline_are_told(home, capsys) -> None:
    assert run(["jam", "quick", "--port", "x", "--late", "rest"]) == 0
    assert capsys.readouterr().err.startswith("--late and --port: of no use offline")
    assert run(["jam", "quick", "--name", "mine", "--osc", "9140"]) == 0
    assert capsys.readouterr().err.startswith("--name and --osc: of no use offline")
    said = refused_in_a_line(capsys, "jam", "quick", "--name", "no/name")
    assert said.startswith("expected a name of up to 40 letters")
    assert run(["jam", "quick"]) == 0
    assert "no use" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "line", ["jam quick", "generate tiny --out out", "encode take.mid", "data report take.mid"]
)
def test_a_drum_map_without_a_name_is_refused(home, capsys, line):
    said = refused_in_a_line(capsys, *line.split(), "--drum-map", "")
    assert said.startswith("expected a drum map, found ''")


def test_sound_is_of_no_use_offline_and_the_jam_plays_all_the_same(capsys):
    assert run(["jam", "--backend", "offline", "--bars", "1", "--sound"]) == 0
    assert capsys.readouterr().err.startswith("--sound: of no use offline")
