"""Jams are held against what real music does in windows of 32 bars."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from daw_bridge.cli.main import run
from daw_bridge.config.jam import JamFile, load_jam
from daw_bridge.corpora.pieces import Piece
from daw_bridge.daemon.source import bars_of
from daw_bridge.encoding.line import Line
from daw_bridge.errors import UserError
from daw_bridge.evaluation.bar_table import BarTable
from daw_bridge.evaluation.bounds import Bounds, Heard
from daw_bridge.evaluation.endurance import Endurance, Lengths, measure, runs_of, tables_of
from daw_bridge.evaluation.free_running import jam_of, play
from daw_bridge.jam.ask import Ask
from daw_bridge.midi import files
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Meter, Ticks
from daw_bridge.policies.load import load

LENGTHS = Lengths(seeds=2, bars=33, long_bars=34)


def bar(pitch: int, velocity: int = 80) -> Bar:
    return Bar.of([Note(Ticks(0), pitch, Ticks(480), velocity)])


def piece(name: str, pitches: list[int], key: str = "C major") -> Piece:
    return Piece.of(name, [bar(pitch) for pitch in pitches], conditions={"key": key})


def heard(pitches: list[int]) -> Heard:
    return Heard.of([BarTable.of([bar(pitch) for pitch in pitches], "line")], drums=False)


def test_bounds_are_the_percentiles_of_all_windows_and_survive_being_written() -> None:
    real = Heard.of(
        [
            BarTable.of([bar(60 + i % 8) for i in range(33)], "line"),
            BarTable.of([bar(60 + i % 16) for i in range(32)], "line"),
        ],
        drums=False,
    )
    bounds = Bounds.of(real)
    assert bounds.n_windows == 3
    assert bounds.rows["different_bars"] == (8, 8, pytest.approx(15.2))
    assert Bounds.of_plain(json.loads(json.dumps(bounds.plain()))).plain() == bounds.plain()


def test_a_loop_is_outside_and_many_different_bars_are_not() -> None:
    bounds = Bounds.of(heard([60 + i % 8 for i in range(40)]))
    loop = bounds.judge(heard([60] * 40))
    assert loop["figures"]["different_bars"] == {
        "percentiles": [1, 1, 1],
        "within": 0,
        "far_below": 9,
    }
    assert (loop["longest_run"], loop["far_below"], loop["windows"]) == (40, 9, 9)
    free = bounds.judge(heard([40 + i for i in range(40)]))
    assert free["figures"]["different_bars"]["within"] == 1
    assert free["figures"]["pitch_class_entropy"]["within"] == 0


def test_drift_is_told_in_spans_of_real_music() -> None:
    real = Bounds({"notes_a_bar": (2.0, 3.0, 6.0), "silent_bars": (0.0, 0.0, 0.0)}, 1, 1)
    first = Heard({"notes_a_bar": np.array([2.0, 4.0]), "silent_bars": np.zeros(2)}, 1)
    last = Heard({"notes_a_bar": np.array([5.0]), "silent_bars": np.ones(1)}, 1)
    assert real.drift(first, last) == {"notes_a_bar": 0.5, "silent_bars": 0.0}


def test_short_pieces_stand_behind_one_another_where_few_are_long() -> None:
    short = [piece(f"short {i}", list(range(60, 80))) for i in range(3)]
    other = piece("in another key", list(range(60, 80)), key="D minor")
    long = [piece(f"long {i}", list(range(40, 80))) for i in range(10)]
    chained = tables_of([*short, other, long[0]], Line())
    assert {name: len(table) for name, table in chained.items()} == {
        "long 0": 40,
        "3 pieces in C major": 60,
    }
    assert set(tables_of([*short, *long], Line())) == {each.name for each in long}


def test_bars_are_those_that_the_jam_plays(tiny_model: Path) -> None:
    jam = JamFile(model=str(tiny_model), seed=5, temperature=0.9)
    source = bars_of(load(tiny_model), jam)
    expected = [source.bar(Ask(number, meter=jam.meter)) for number in range(33)]
    runs = runs_of(JamFile(model=str(tiny_model), seed=4, temperature=0.9), LENGTHS)
    assert [run.n_bars for run in runs] == [33, 33, 34]
    for workers in (1, 2):
        played = play(tiny_model, runs, workers=workers)
        assert [len(each.bars) for each in played] == [33, 33, 34]
        assert played[1].bars == expected


def test_a_preset_is_found_by_its_model_and_keeps_all_but_the_model() -> None:
    name, jam = jam_of("lead")
    assert (name, jam.model_dump()) == ("lead", load_jam("lead").model_dump())
    assert jam_of("groove-drums")[0] == "groove"
    assert jam_of("of no preset")[1].model_dump() == JamFile(model="of no preset").model_dump()
    assert jam_of("newer", "lead")[1].limits == jam.limits


def found(tiny_model: Path, **more: object) -> Endurance:
    jam = JamFile(model=str(tiny_model), conditions={"key": "G major"})
    pieces = [piece(f"{i}", [60 + (k * (i + 1)) % 12 for k in range(40)]) for i in range(10)]
    return measure(tiny_model, "lead", jam, pieces, lengths=LENGTHS, workers=1, **more)


def test_every_setting_is_judged_and_told_the_same_again(tiny_model: Path) -> None:
    one = found(tiny_model, temperatures=(0.5,))
    assert one.plain() == found(tiny_model, temperatures=(0.5,)).plain()
    assert list(one.settings) == ["preset", "temperature 0.5"]
    setting = one.settings["preset"]
    assert (setting["seeds"]["windows"], setting["long"]["windows"]) == (4, 3)
    assert set(setting["drift"]) == set(one.bounds.rows)
    assert setting["drawn_again_in_100_bars"] == 0
    assert setting != one.settings["temperature 0.5"]
    strips = one.strips()
    assert list(strips["jams"]) == ["seed 1", "seed 2"]
    assert list(strips["held-out music"]) == ["0", "9"]
    assert strips["held-out music"]["0"][:13].tolist() == [*range(12), 0]


def test_music_without_a_window_is_the_users_error(tiny_model: Path) -> None:
    with pytest.raises(UserError, match="expected a piece of 32 bars or more"):
        measure(tiny_model, "", JamFile(model=str(tiny_model)), [piece("short", [60])])


def test_the_command_prints_and_draws(
    tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tune, picture = tmp_path / "tune.mid", tmp_path / "strips.png"
    struck = [(Ticks(960 * i), note_on(0, 60 + i % 9, 90)) for i in range(80)]
    ended = [(Ticks(tick + 960), note_off(0, data[1])) for tick, data in struck]
    files.write(tune, [*struck, *ended], tempo_qpm=100, meter=Meter(), name="tune")
    line = ["evaluate", str(tiny_model), str(tune), "--endurance", "--jams", "1", "--workers", "1"]
    line += ["--jam", "lead", "--jam-bars", "33", "--long-bars", "32", "--at", "0.7"]
    assert run([*line, "--json", "--plot", str(picture)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["model"], told["preset"]) == ("tiny", "lead")
    assert list(told["settings"]) == ["preset", "temperature 0.7"]
    assert told["settings"]["preset"]["seeds"]["windows"] == 2
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert run(line) == 0
    assert "different bars" in capsys.readouterr().out
