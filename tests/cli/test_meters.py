"""Primers of other meters and tempos, from a file to the bar lines of what is written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from daw_bridge.cli.main import run
from daw_bridge.midi import files, smf
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.time import Meter, Ticks
from tests.cli.runs import done
from tests.test_pairs import write_model

SEVEN = (1680, [(0, "7/8")])
PICKUP = (480 + 1920, [(0, "1/4"), (480, "4/4")])
CUT_SHORT = (480 + 1920, [(0, "4/4"), (480, "4/4")])
WALTZ = (2880, [(0, "3/4"), (0, 90)])
CHANGING = (1920 + 1440, [(0, "4/4"), (0, 90), (960, 120), (1920, "3/4"), (2400, 60)])

pytestmark = pytest.mark.usefixtures("own_folder")

Changes = Sequence[tuple[int, str | float]]


def write_primer(length: int, changes: Changes) -> None:
    """Write `primer.mid`: eighths of melody and of drums, and changes of meter and of tempo."""
    events = []
    for tick in range(0, length, 240):
        for channel, pitch in ((0, 60 + tick // 240 % 5), (9, (36, 42, 38)[tick // 240 % 3])):
            events.append((Ticks(tick), note_on(channel, pitch, 90)))
            events.append((Ticks(tick + 120), note_off(channel, pitch)))
    for tick, change in changes:
        if isinstance(change, str):
            meter = Meter.parse(change)
            events.append((Ticks(tick), smf.meter(meter.numerator, meter.denominator)))
        else:
            events.append((Ticks(tick), smf.tempo(change)))
    files.write(Path("primer.mid"), events, name="primer", length=Ticks(length))


def played(capsys: pytest.CaptureFixture[str], *arguments: str) -> files.Score:
    """Generate two bars after the primer, or around it."""
    done(capsys, "generate", *arguments, "--bars", "2", "--primer-midi", "primer.mid")
    (path,) = Path().glob("*-0001.mid")
    return files.read(path)


def lines(score: files.Score) -> list[tuple[int, str | float]]:
    """Return where meters and tempos change."""
    meters = [(tick, str(meter)) for tick, meter in score.meters]
    tempos = [(tick, round(tempo, 2)) for tick, tempo in score.tempos]
    return sorted([*meters, *tempos], key=lambda each: each[0])


@pytest.mark.parametrize("model", ["groove-drums", "lead", "chorale", "chip"])
@pytest.mark.parametrize(
    ("primer", "expected", "bar"),
    [
        (SEVEN, [(0, "7/8"), (0, 120)], 1680),
        (PICKUP, [(0, "1/4"), (0, 120), (480, "4/4")], 1920),
        (CUT_SHORT, [(0, "1/4"), (0, 120), (480, "4/4")], 1920),
        (WALTZ, [(0, "3/4"), (0, 90)], 1440),
        (CHANGING, [(0, "4/4"), (0, 90), (960, 120), (1920, "3/4"), (2400, 60)], 1440),
    ],
    ids=["seven", "pickup", "cut short", "waltz", "changing"],
)
def test_every_model_goes_on_from_a_kept_primer_on_its_bar_lines(
    capsys: pytest.CaptureFixture[str],
    model: str,
    primer: tuple[int, Changes],
    expected: Changes,
    bar: int,
) -> None:
    write_primer(*primer)
    score = played(capsys, model, "--keep-primer")
    assert lines(score) == expected
    length = primer[0]
    assert length + 2 * bar <= score.length < length + 2 * bar + 120  # a drum may ring on
    struck = {note.start for note in score.notes}
    assert set(range(0, length, 240)) <= struck
    assert any(0 <= tick - length < 2 * bar for tick in struck)  # a melody may rest for a bar


def test_what_a_primer_says_is_gone_on_in_where_it_is_only_heard(capsys) -> None:
    write_primer(*CHANGING)
    score = played(capsys, "groove-drums")
    assert lines(score) == [(0, "3/4"), (0, 60)]
    assert 2880 <= score.length < 3000


@pytest.mark.parametrize("keep", ["--keep-primer", "--no-keep-primer"])
def test_what_is_played_around_a_primer_is_on_its_bar_lines(capsys, keep: str) -> None:
    write_primer(480 + 1680, [(0, "1/4"), (0, 90), (480, "7/8"), (960, 120)])
    score = played(capsys, "groove-drums", "--inject-primer", keep)
    assert lines(score) == [(0, "1/4"), (0, 90), (480, "7/8"), (960, 120)]
    assert 480 + 1680 <= score.length < 480 + 1680 + 120


def test_flags_come_before_what_a_primer_says(capsys) -> None:
    write_primer(*CHANGING)
    score = played(capsys, "lead", "--keep-primer", "--bpm", "77", "--meter", "5/4")
    assert lines(score) == [(0, "4/4"), (0, 77), (1920, "3/4"), (3360, "5/4")]
    assert score.length == 3360 + 2 * 2400
    write_primer(1920, [])  # it says neither, so its bars are those of the jam
    score = played(capsys, "lead", "--keep-primer", "--bpm", "77", "--meter", "2/4")
    assert (lines(score), score.length) == ([(0, "2/4"), (0, 77)], 1920 + 2 * 960)


def recorded(capsys: pytest.CaptureFixture[str], preset: str, *options: str) -> files.Score:
    line = ("jam", preset, "--backend", "offline", "--record", "take.mid", "--force")
    done(capsys, *line, "--bars", "2", "--primer-midi", "primer.mid", "--keep-primer", *options)
    return files.read(Path("take.mid"))


def test_a_primer_comes_before_a_shipped_preset_and_after_one_of_the_users_own(capsys) -> None:
    write_primer(*WALTZ)
    assert lines(recorded(capsys, "lead")) == [(0, "3/4"), (0, 90)]
    assert lines(recorded(capsys, "lead", "--bpm", "80")) == [(0, "3/4"), (0, 80)]
    Path("own.yaml").write_text("model: lead\nbpm: 70\n")
    assert lines(recorded(capsys, "own.yaml")) == [(0, "3/4"), (0, 70)]
    Path("own.yaml").write_text("model: lead\nmeter: 7/8\n")
    assert lines(recorded(capsys, "own.yaml")) == [(0, "3/4"), (0, 90), (2880, "7/8")]
    write_primer(1920, [])
    assert lines(recorded(capsys, "lead")) == [(0, "4/4"), (0, 96)]


def test_a_recorded_jam_is_what_generate_writes(capsys) -> None:
    write_primer(*CHANGING)
    taken, made = recorded(capsys, "lead"), played(capsys, "lead", "--keep-primer")
    assert (lines(taken), taken.length) == (lines(made), made.length)


def test_words_of_a_primer_are_in_the_meter_of_the_jam(capsys) -> None:
    melody = "[60,-2,62,-2,64,-2,-2,-1,67,-2,65,-2,64,-2,62,-2]"
    options = ("--primer-melody", melody, "--keep-primer", "--meter", "7/8", "--bars", "1")
    done(capsys, "generate", "lead", *options)
    score = files.read(Path("lead-0001.mid"))
    assert (lines(score), score.length) == ([(0, "7/8"), (0, 120)], 3 * 1680)
    assert {note.start for note in score.notes} >= {0, 240, 480, 960, 1200, 1440, 1680}


def test_what_of_a_primer_cannot_be_is_told_and_the_rest_is_played(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_primer(4080 + 1920, [(0, "17/8"), (4080, "4/4")])
    line = ["--bars", "1", "--primer-midi", "primer.mid", "--keep-primer"]
    for command in (["generate"], ["jam", "lead", "--backend", "offline", "--model"]):
        assert run([*command, "lead", *line]) == 0
        assert capsys.readouterr().err.splitlines() == [
            "lead knows no bars of 17/8: 1 of the primer's it does not hear"
        ]
    assert lines(files.read(Path("lead-0001.mid"))) == [(0, "17/8"), (0, 120), (4080, "4/4")]


def test_a_primer_is_read_once(capsys, monkeypatch) -> None:
    write_primer(*SEVEN)
    read, paths = files.read, list[Path]()
    monkeypatch.setattr(files, "read", lambda path: paths.append(path) or read(path))
    played(capsys, "lead", "--keep-primer", "--count", "2")
    assert paths.count(Path("primer.mid")) == 1
    recorded(capsys, "lead")
    assert paths.count(Path("primer.mid")) == 2


def test_the_bars_of_a_manifest_are_those_that_were_asked_for(capsys) -> None:
    write_primer(*SEVEN)
    done(capsys, "generate", "lead", "--bars", "1", "--primer-midi", "primer.mid", "--keep-primer")
    assert '"bars": 1,' in Path("manifest.jsonl").read_text()


def test_notes_lean_on_the_groups_that_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    write_model(Path("untouched"), "line", "token-look-back")
    done(capsys, "generate", "./untouched", "--bars", "4", "--meter", "7/8 = 3+2+2")
    (path,) = Path().glob("*-0001.mid")
    score = files.read(path)
    assert [(tick, str(meter)) for tick, meter in score.meters] == [(0, "7/8")]
    starts = {0, 720, 1200}
    leant = [n.start % 1680 in starts for n in score.notes]
    assert leant == [n.velocity >= 86 for n in score.notes]
    assert any(leant)


def test_groups_that_do_not_add_up_are_refused_in_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["generate", "lead", "--meter", "7/8=2+2"]) == 2
    assert "expected groups of 7 beats in all, found 2+2" in capsys.readouterr().err
