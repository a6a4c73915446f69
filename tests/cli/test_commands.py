"""The commands as a user runs them: what they write, print and refuse."""

import errno
import json
import os
import subprocess
import sys
from itertools import count
from pathlib import Path

import mido
import pytest

from daw_bridge.cli.main import run
from daw_bridge.jam.commands import Inbox, Stop
from daw_bridge.midi.files import read
from daw_bridge.registry import COMMANDS
from tests.tiny_model import write_tiny_model

BAR = 1920
ROOT = Path(__file__).parents[2]


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Give a user's folder with one model, tiny, and a jam preset that plays it."""
    monkeypatch.setenv("DAW_BRIDGE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    write_tiny_model(tmp_path / "home" / "models" / "tiny")
    jams = tmp_path / "home" / "presets" / "jams"
    jams.mkdir(parents=True)
    (jams / "quick.yaml").write_text("model: tiny\nbpm: 240\nbars: 4\nbackend: offline\n")
    return tmp_path


def refused(capsys, *arguments: str) -> str:
    """Run what must be refused; give the one line that says why."""
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err


def generate(out: Path, *options: str) -> list[bytes]:
    assert run(["generate", "tiny", "--out", str(out), *options]) == 0
    return [path.read_bytes() for path in sorted(out.glob("*.mid"))]


def test_generate_writes_files_and_a_manifest_that_tells_how_to_make_them_again(home):
    generate(home / "out", "--bars", "3", "--count", "2", "--seed", "5", "--bpm", "90")
    lines = (home / "out" / "manifest.jsonl").read_text().splitlines()
    facts = [json.loads(line) for line in lines]
    assert [(each["file"], each["seed"]) for each in facts] == [
        ("tiny-0001.mid", 5),
        ("tiny-0002.mid", 6),
    ]
    assert {each["model"] for each in facts} == {"tiny"}
    assert len(facts[0]["model_hash"]) == 64
    assert facts[0]["settings"]["bpm"] == 90
    assert {path.name for path in (home / "out").iterdir()} == {
        "tiny-0001.mid",
        "tiny-0002.mid",
        "manifest.jsonl",
    }


def test_generated_files_are_whole_bars_on_channel_10_with_tempo_meter_and_every_note_ended(home):
    generate(home / "out", "--bars", "3", "--bpm", "90", "--meter", "7/8")
    score = read(home / "out" / "tiny-0001.mid")
    assert score.remarks == ()
    assert [str(meter) for _, meter in score.meters] == ["7/8"]
    assert score.tempos[0][1] == pytest.approx(90, abs=1e-3)
    assert score.notes
    assert {note.channel for note in score.notes} == {9}
    assert 3 * 1680 <= score.length < 3 * 1680 + 120
    messages = [m for m in mido.MidiFile(home / "out" / "tiny-0001.mid").tracks[0] if m.is_meta]
    kinds = [message.type for message in messages]
    assert kinds == ["track_name", "set_tempo", "time_signature", "end_of_track"]


def test_the_same_seed_writes_the_same_bytes_and_another_seed_others(home):
    first = generate(home / "a", "--seed", "3", "--count", "2")
    again = generate(home / "b", "--seed", "3", "--count", "2")
    next_one = generate(home / "c", "--seed", "4")
    assert first == again
    assert first[0] != first[1]
    assert next_one == [first[1]]


def test_a_drum_map_moves_the_notes_and_nothing_else(home):
    gm, other = (
        generate(home / name, "--drum-map", name) and read(home / name / "tiny-0001.mid").notes
        for name in ("gm", "ezdrummer-3")
    )
    assert [note.start for note in gm] == [note.start for note in other]
    assert [note.pitch for note in gm] != [note.pitch for note in other]


def test_an_interrupted_run_leaves_whole_files_only(home, monkeypatch):
    written = []

    def interrupt(tape, path, *_):
        if written:
            raise KeyboardInterrupt
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"whole")
        written.append(path)

    monkeypatch.setattr("daw_bridge.daemon.takes.write_take", interrupt)
    assert run(["generate", "tiny", "--count", "3", "--out", "out"]) == 130
    assert [path.name for path in (home / "out").iterdir()] == ["tiny-0001.mid"]


def test_an_offline_jam_is_what_generate_writes(home, capsys):
    assert run(["jam", "quick", "--record", "jam.mid"]) == 0
    assert "all bars played: 4 bars (0 late)" in capsys.readouterr().out
    generate(home / "out", "--bars", "4", "--bpm", "240")
    taken, made = read(home / "jam.mid"), read(home / "out" / "tiny-0001.mid")
    assert (taken.notes, taken.tempos) == (made.notes, made.tempos)


def test_another_model_is_not_told_what_the_preset_tells_its_own(home, capsys):
    (home / "told.yaml").write_text("model: x\nconditions: {mood: blue}\nvoices: [{voice: 7}]\n")
    flags = ["--backend", "offline", "--bars", "1"]
    assert run(["jam", "told.yaml", "--model", "tiny", *flags]) == 0
    (home / "told.yaml").write_text("model: tiny\nconditions: {mood: blue}\n")
    capsys.readouterr()
    assert "found 'mood'" in refused(capsys, "jam", "told.yaml", *flags)


def test_an_endless_jam_in_virtual_time_is_refused(home, capsys):
    (home / "endless.yaml").write_text("model: tiny\nbackend: offline\n")
    said = refused(capsys, "jam", "endless.yaml")
    assert "--bars" in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--bars 0", "expected a whole number, 1 to 100000, found '0'"),
        ("--bars 1.5", "expected a whole number, 1 to 100000, found '1.5'"),
        ("--count 0", "expected a whole number, 1 or more, found '0'"),
        ("--seed -1", "expected a whole number, 0 or more, found '-1'"),
        (f"--seed {2**63}", f"0 to 9223372036854775807, found '{2**63}'"),
        ("--bpm -120", "expected a tempo in quarter notes a minute, 5 to 1000, found '-120'"),
        ("--bpm 0", "found '0'"),
        ("--bpm nan", "found 'nan'"),
        ("--bpm inf", "found 'inf'"),
        ("--bpm fast", "found 'fast'"),
        ("--meter 0/4", "expected beats a bar in 1..255, found 0"),
        ("--meter 4/3", "expected a beat of 1, 2, 4, ... 64, found 3"),
        ("--meter four", "expected a meter such as 4/4 or 7/8=2+2+3, found 'four'"),
        ("--temperature -1", "expected a temperature, 0 to 10, found '-1'"),
        ("--temperature nan", "found 'nan'"),
        ("--top-p 0", "expected a top-p above 0 and up to 1, found '0'"),
        ("--top-p 1.1", "found '1.1'"),
        ("--drum-map ezdrumer-3", "did you mean 'ezdrummer-3'?"),
        ("--condition style", "expected name=value"),
        ("--condition style=funq", "did you mean 'funk'?"),
        ("--condition stile=funk", "did you mean 'style'?"),
        ("--out file", "expected a folder to write to, found a file"),
        ("--out file/inside", "expected a folder to write to, found a file"),
        ("--bar 3", "--bars"),
    ],
)
def test_generate_refuses_in_one_line_and_writes_nothing(home, capsys, options, said):
    (home / "file").write_text("")
    before = sorted(home.rglob("*"))
    assert said in refused(capsys, "generate", "tiny", *options.split())
    assert sorted(home.rglob("*")) == before


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
    assert said in refused(capsys, *arguments.split())


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
    assert "expected a file or folder, found ''" in refused(capsys, *arguments)
    assert sorted(home.iterdir()) == before


def test_a_model_that_does_not_fit_its_card_is_refused(home, capsys):
    weights = home / "home" / "models" / "tiny" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    assert "expected the weights of the card" in refused(capsys, "generate", "tiny")
    weights.unlink()
    assert "expected weights" in refused(capsys, "check", str(weights.parent))


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
    assert len(refused(capsys, "check", str(card)).splitlines()) == 1


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
        assert refused(capsys, *command, "voices.yaml") == (
            "voices.yaml:6: voices.1.voice: expected a voice of tiny: 0, its only one, found 3\n"
        )


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
    said = refused(capsys, "jam", "quick", "--record", "jam.mid")
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
    said = refused(capsys, *command.split(), "a" * 5000)
    assert said.startswith("expected a path to use, found ")
    assert said.endswith("... (File name too long): name another\n")


def test_a_path_that_is_not_ours_to_see_is_one_line(home, capsys, monkeypatch):
    def find(kind, name):
        raise PermissionError(errno.EACCES, "Permission denied", name)

    monkeypatch.setattr("daw_bridge.daemon.settings.find", find)
    said = refused(capsys, "generate", "theirs/model")
    assert said == "expected a path to use, found theirs/model (Permission denied): name another\n"


def test_check_names_the_file_of_every_error(home, capsys):
    generate(home / "out")
    (home / "far.mid").write_bytes(b"RIFFnot a MIDI file at all")
    assert run(["check", "out/tiny-0001.mid", "far.mid", "none.mid"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(": ")[0] for line in lines[:2]] == ["far.mid", "none.mid"]
    assert lines[2:] == ["2 of 3 files could not be done"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_full_disk_under_standard_output_is_told_in_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "daw_bridge.cli.main", "models"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.startswith("expected room for what is written")
    assert done.stderr.count("\n") == 1


def test_flags_that_do_nothing_offline_are_told(home, capsys) -> None:
    assert run(["jam", "quick", "--port", "x", "--late", "rest"]) == 0
    assert capsys.readouterr().err.startswith("--late and --port: of no use offline")
    assert run(["jam", "quick"]) == 0
    assert "no use" not in capsys.readouterr().err


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(
    ("line", "code"),
    [("models", 0), ("generate tiny --bars 1 --out out", 0), ("jam quick", 0), ("jam nothing", 2)],
)
def test_a_closed_output_is_no_error(home, line, code, closed):
    command = f"{sys.executable} -m daw_bridge.cli.main {line} {closed}"
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, cwd=home, check=False
    )
    assert (done.returncode, "Traceback" in done.stderr) == (code, False)


@pytest.mark.parametrize("errors_too", [False, True])
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("--help", 141), ("--version", 141), ("models", 141), ("drums maps", 141),
        ("show quick", 141), ("jam quick", 141), ("generate tiny --bars 1", 141),
        ("jam nothing", 2),
    ],
)  # fmt: skip
def test_a_pipe_that_nobody_reads_is_quiet_as_in_a_shell(home, line, code, errors_too):
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "wb") as unread:
        done = subprocess.run(
            [sys.executable, "-m", "daw_bridge.cli.main", *line.split()],
            stdout=unread,
            stderr=unread if errors_too else subprocess.PIPE,
            cwd=home,
            check=False,
        )
    assert (done.returncode, b"Traceback" in (done.stderr or b"")) == (code, False)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_an_error_that_finds_no_room_is_an_exit_code_all_the_same() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "daw_bridge.cli.main", "jam", "nothing"]
        assert subprocess.run(command, stderr=full, check=False).returncode == 2


def test_ctrl_c_inside_an_import_is_no_defect(home, monkeypatch, capsys):
    def importing(**_):
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as error:
            raise RuntimeError("Error calling __set_name__") from error

    monkeypatch.setattr("daw_bridge.cli.main.cli.main", importing)
    assert run(["models"]) == 130
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "line", ["jam quick", "generate tiny --out out", "encode take.mid", "data report take.mid"]
)
def test_a_drum_map_without_a_name_is_refused(home, capsys, line):
    said = refused(capsys, *line.split(), "--drum-map", "")
    assert said.startswith("expected a drum map, found ''")


HANGS_UP = """
import os, pty, sys
pid, terminal = pty.fork()
if not pid:
    os.execv(sys.executable, [sys.executable, "-m", "daw_bridge.cli.main", *sys.argv[1:]])
os.read(terminal, 1)  # it has begun to write
os.close(terminal)
status = os.waitpid(pid, 0)[1]
print(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals")
def test_a_terminal_that_goes_ends_a_jam_as_a_shell_expects(home):
    jam = ["jam", "quick", "--bars", "50000"]
    done = subprocess.run(
        [sys.executable, "-c", HANGS_UP, *jam], capture_output=True, text=True, cwd=home, check=True
    )
    assert done.stdout.strip() == "129"
