"""Files of bars that are drawn: what is in them, and that none is left half written."""

import json

import mido
import pytest

from daw_bridge.cli.main import run
from daw_bridge.midi.files import read
from tests.cli.runs import generate, refused_in_a_line


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
    assert said in refused_in_a_line(capsys, "generate", "tiny", *options.split())
    assert sorted(home.rglob("*")) == before


def test_generate_keeps_the_best_of_several_seeds(home):
    def lines(folder: str) -> list[dict]:
        text = (home / folder / "manifest.jsonl").read_text()
        return [json.loads(each) for each in text.splitlines()]

    generate(home / "all", "--bars", "2", "--count", "6", "--seed", "5")
    best = ("--best-of", "3", "--judge", "variety")
    generate(home / "best", "--bars", "2", "--count", "2", "--seed", "5", *best)
    chosen = lines("best")
    assert [each["judge"] for each in chosen] == ["variety"] * 2
    assert [each["best_of"] for each in chosen] == [3, 3]
    assert chosen[0]["seed"] in (5, 6, 7)
    assert chosen[1]["seed"] in (8, 9, 10)
    assert not {"judge", "best_of"} & lines("all")[0].keys()
    for number, each in enumerate(chosen, 1):
        kept = (home / "best" / f"tiny-{number:04d}.mid").read_bytes()
        drawn = home / "all" / f"tiny-{each['seed'] - 4:04d}.mid"
        assert kept == drawn.read_bytes()
