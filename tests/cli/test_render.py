"""`daw-bridge render` and `daw-bridge factory`, as a user runs them."""

import json
import wave

import pytest

from daw_bridge.cli.main import run
from daw_bridge.config.files import names
from tests.cli.runs import done, refused
from tests.render.tunes import tune
from tests.tiny_model import write_tiny_model

NOTES = [(0, 200, 60, 100, 0), (480, 200, 36, 100, 9)]
FAST = ("--rate", "8000", "--workers", "1")


@pytest.fixture(autouse=True)
def here(own_folder):
    """Work in a folder of one's own."""


def lines(path):
    return [json.loads(line) for line in (path / "manifest.jsonl").read_text().splitlines()]


def test_a_folder_of_files_becomes_a_folder_of_sounds(tmp_path, capsys):
    tune(tmp_path / "in" / "a.mid", NOTES)
    tune(tmp_path / "in" / "sub" / "a.mid", NOTES)
    said = done(capsys, "render", "in", "--out", "out", *FAST)
    assert said.startswith("2 track(s) in out; listen and pick: ")
    assert (tmp_path / "out" / "sub" / "a.wav").exists()
    assert [line["file"] for line in lines(tmp_path / "out")] == ["a.wav", "sub/a.wav"]
    assert (tmp_path / "out" / "index.html").read_text().count("<svg") == 2
    said = done(capsys, "render", "in", "--out", "out", *FAST)
    assert "2 track(s) in out, 2 of them before" in said


def test_some_that_fail_are_told_and_the_exit_code_says_so(tmp_path, capsys):
    tune(tmp_path / "in" / "a.mid", NOTES)
    tune(tmp_path / "in" / "empty.mid", [])
    assert run(["render", "in", "--out", "out", *FAST]) == 1
    out, err = capsys.readouterr()
    assert "1 track(s)" in out
    assert err.splitlines()[0].startswith("empty.wav: failed: expected a MIDI file with notes")
    assert err.splitlines()[-1] == "1 of 2 failed"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--preset", "nee"), "did you mean 'nes'?"),
        (("--format", "mp3", "--loop"), "pads both ends"),
        (("--format", "aiff"), "aiff"),
        (("--lufs", "3"), "a loudness"),
        (("--via", "xyz"), "xyz"),
        (("--model", "nobody"), "a model"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(tmp_path, capsys, arguments, said):
    if "mp3" in arguments:
        pytest.importorskip("soundfile")
    tune(tmp_path / "a.mid", NOTES)
    assert said in refused(capsys, "render", "a.mid", "--out", "out", *arguments)[0]
    assert not (tmp_path / "out").exists()


def test_two_files_for_one_sound_are_refused(tmp_path, capsys):
    tune(tmp_path / "in" / "a.mid", NOTES)
    tune(tmp_path / "in" / "a.midi", NOTES)
    said = refused(capsys, "render", "in", "--out", "out")
    assert said == ["out/a.wav: expected one MIDI file for it, found several"]


def test_a_factory_makes_tracks_and_more_of_them_the_next_time(tmp_path, capsys):
    write_tiny_model(tmp_path / "tiny")
    factory = ("factory", "./tiny", "--bars", "1", "--out", "album", *FAST)
    done(capsys, *factory, "--count", "2", "--seed", "5")
    first = {each.name: each.stat().st_mtime_ns for each in (tmp_path / "album").iterdir()}
    assert sorted(first) == [
        "index.html", "manifest.jsonl", "tiny-0001.mid", "tiny-0001.wav", "tiny-0002.mid",
        "tiny-0002.wav",
    ]  # fmt: skip
    found = lines(tmp_path / "album")
    assert [each["seed"] for each in found] == [5, 6]
    assert {each["preset"] for each in found} == {"plain"}
    assert all(len(each["model_hash"]) == 64 and each["peak_db"] < -1 for each in found)
    said = done(capsys, *factory, "--count", "3", "--seed", "5")
    assert "3 track(s) in album, 2 of them before" in said
    assert (tmp_path / "album" / "tiny-0001.wav").stat().st_mtime_ns == first["tiny-0001.wav"]
    with wave.open(str(tmp_path / "album" / "tiny-0003.wav")) as file:
        assert file.getnframes() == (2 + 1) * 8000
    again = refused(capsys, "generate", "./tiny", "--bars", "1", "--out", "album")
    assert "a folder without another command's manifest" in again[0]


def test_notes_of_another_origin_are_not_replaced_unasked(tmp_path, capsys):
    write_tiny_model(tmp_path / "tiny")
    (tmp_path / "album").mkdir()
    mine = tmp_path / "album" / "tiny-0001.mid"
    mine.write_bytes(b"mine")
    factory = ("factory", "./tiny", "--bars", "1", "--count", "1", "--out", "album", *FAST)
    (said,) = refused(capsys, *factory)
    assert "tiny-0001.mid: expected none yet, found one of another origin" in said
    assert mine.read_bytes() == b"mine"
    done(capsys, *factory, "--force")
    assert mine.read_bytes().startswith(b"MThd")


def test_the_notes_are_those_of_generate_with_the_same_seed(tmp_path, capsys):
    write_tiny_model(tmp_path / "tiny")
    done(capsys, "factory", "./tiny", "--bars", "2", "--count", "1", "--out", "a", *FAST)
    done(capsys, "generate", "./tiny", "--bars", "2", "--out", "b")
    one, other = (tmp_path / each / "tiny-0001.mid" for each in "ab")
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("judge", ["typical", "likelihood", "variety"])
def test_the_best_of_several_is_kept(tmp_path, capsys, judge):
    write_tiny_model(tmp_path / "tiny")
    many = ("--best-of", "3", "--judge", judge, "--count", "2", "--out", "a")
    done(capsys, "factory", "./tiny", "--bars", "2", *many, *FAST)
    for i, each in enumerate(lines(tmp_path / "a")):
        best = max(range(3), key=lambda j, marks=each["marks"]: marks[j])
        assert each["seed"] == 1 + 3 * i + best
        assert (each["best_of"], each["judge"]) == (3, judge)


@pytest.mark.skipif("chip" not in names("models"), reason="the model chip is not there")
def test_a_generated_file_has_its_voices_from_the_manifest_beside_it(tmp_path, capsys):
    from daw_bridge.render.parts import Parts

    done(capsys, "generate", "chip", "--bars", "1", "--out", "takes")
    parts = Parts(None).of(tmp_path / "takes" / "chip-0001.mid")
    assert parts == {0: "pulse 1", 1: "pulse 2", 2: "triangle", 9: "noise"}
    assert Parts("lead").of(tmp_path / "takes" / "x.mid") == {0: "lead"}
    assert Parts(None).of(tmp_path / "x.mid") == {}
