"""Bars of a file made anew: they alone change."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from daw_bridge.cli.main import run
from daw_bridge.midi import files
from daw_bridge.midi.messages import control_change, note_off, note_on
from daw_bridge.music.time import Meter, Ticks

BAR = 1920


@pytest.fixture
def tune(tmp_path) -> Path:
    """Write six bars for a chip, with a note that is held into bar 3 and one out of bar 4."""
    events = [(Ticks(0), control_change(0, 7, 90)), (Ticks(3 * BAR), control_change(1, 7, 80))]
    for bar in range(6):
        for channel, pitch in ((0, 72), (1, 64), (2, 45)):
            for beat in range(4):
                at = Ticks(BAR * bar + 480 * beat)
                key = pitch + (0, 4, 7, 4)[beat]
                events += [
                    (at, note_on(channel, key, 90)),
                    (Ticks(at + 240), note_off(channel, key)),
                ]
        events += [
            (Ticks(BAR * bar), note_on(9, 36, 100)),
            (Ticks(BAR * bar + 60), note_off(9, 36)),
        ]
    events += [(Ticks(2 * BAR - 120), note_on(0, 84, 70)), (Ticks(2 * BAR + 480), note_off(0, 84))]
    events += [(Ticks(4 * BAR - 120), note_on(0, 86, 70)), (Ticks(4 * BAR + 480), note_off(0, 86))]
    path = tmp_path / "a tune.mid"
    files.write(path, events, tempo_qpm=133, meter=Meter(), name="tune", length=Ticks(6 * BAR))
    return path


def infilled(tune: Path, *more: str) -> files.Score:
    out = tune.with_name("out.mid")
    words = ["infill", str(tune), "--model", "chip", "--bars", "3-4", "--candidates", "2"]
    assert run([*words, "--force", "--out", str(out), *more]) == 0
    return files.read(out)


def outside(score: files.Score) -> Counter:
    return Counter(n for n in score.notes if not 2 * BAR - 61 <= n.start < 4 * BAR - 61)


def simple(notes) -> Counter:
    return Counter((n.start, n.pitch, n.duration, n.velocity, n.channel) for n in notes)


def test_only_the_bars_that_are_named_change(tune, capsys):
    before, after = files.read(tune), infilled(tune)
    held = Ticks(2 * BAR - 120), 84, Ticks(120), 70, 0
    behind = Ticks(4 * BAR), 86, Ticks(480), 70, 0
    expected = simple(n for n in outside(before).elements() if n.pitch != 84) + Counter(
        [held, behind]
    )
    assert simple(outside(after).elements()) == expected
    assert after.tempos == before.tempos
    assert after.length == before.length
    inside = [n for n in after.notes if 2 * BAR <= n.start < 4 * BAR]
    assert {n.channel for n in inside} <= {0, 1, 2, 9}
    assert len(inside) > 8
    raw = tune.with_name("out.mid").read_bytes()
    assert bytes((0xB0, 7, 90)) in raw
    assert bytes((0xB1, 7, 80)) in raw
    assert after.name == "tune"


@pytest.mark.parametrize("bar", [1, 6])
def test_the_first_bar_and_the_last_are_made_anew_as_well(tune, capsys, bar):
    def others(score: files.Score) -> Counter:
        begin, end = BAR * (bar - 1) - 61, BAR * bar - 61
        return simple(n for n in score.notes if not begin <= n.start < end)

    before, after = files.read(tune), infilled(tune, "--bars", str(bar))
    assert others(before) == others(after)
    assert simple(before.notes) != simple(after.notes)
    assert after.length == before.length


def test_a_bar_between_others_of_another_meter_has_its_own(tmp_path, capsys):
    """Bars of 4/4, 3/4, 3/4 and 4/4: the third begins at 7 quarters, and has 3."""
    path, out = tmp_path / "meters.mid", tmp_path / "out.mid"
    events = []
    for beat in range(14):
        at = Ticks(480 * beat)
        events += [(at, note_on(0, 72, 90)), (Ticks(at + 240), note_off(0, 72))]
    for tick, meter in ((BAR, Meter(3, 4)), (BAR + 2 * 1440, Meter(4, 4))):
        events.append((Ticks(tick), bytes([0xFF, 0x58, 4, meter.numerator, 2, 24, 8])))
    files.write(path, events, tempo_qpm=120, meter=Meter(), name="", length=Ticks(14 * 480))
    words = ["infill", str(path), "--model", "chip", "--bars", "3", "--candidates", "2"]
    assert run([*words, "--out", str(out)]) == 0
    before, after = files.read(path), files.read(out)
    assert before.bar_lines() == after.bar_lines()
    begin, end = BAR + 1440, BAR + 2880
    inside = [n for n in after.notes if begin - 61 <= n.start < end - 61]
    assert simple(inside) != simple(n for n in before.notes if begin <= n.start < end)
    assert inside
    kept = [
        simple(n for n in each.notes if not begin - 61 <= n.start < end - 61)
        for each in (before, after)
    ]
    assert kept[0] == kept[1]


def test_one_voice_alone_is_made_anew(tune, capsys):
    before, after = files.read(tune), infilled(tune, "--voice", "pulse 2")
    others = [simple(n for n in each.notes if n.channel != 1) for each in (before, after)]
    assert others[0] == others[1]
    assert simple(before.notes) != simple(after.notes)


def test_the_same_seed_writes_the_same_file(tune, capsys):
    infilled(tune)
    first = tune.with_name("out.mid").read_bytes()
    infilled(tune)
    assert tune.with_name("out.mid").read_bytes() == first
    infilled(tune, "--seed", "1", "--sampled")
    assert tune.with_name("out.mid").read_bytes() != first


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--bars", "6-7"], "found 6-7 in one of 6"),
        (["--bars", "0"], "bars such as 5 or 5-6"),
        (["--bars", "4-3"], "bars such as 5 or 5-6"),
        (["--bars", "3", "--voice", "pulse"], "did you mean 'pulse 2'?"),
        (["--bars", "3", "--out", "{tune}"], "--force"),
    ],
)
def test_what_cannot_be_is_told(tune, capsys, words, told):
    words = [word.format(tune=tune) for word in words]
    assert run(["infill", str(tune), "--model", "chip", *words]) == 2
    err = capsys.readouterr().err
    assert told in err
    assert len(err.splitlines()) == 1


def test_who_plays_is_told_by_the_file(tune, capsys):
    assert run(["infill", str(tune), "--bars", "3", "--candidates", "1"]) == 0
    assert capsys.readouterr().out.endswith("a tune-infill.mid, with chip\n")
