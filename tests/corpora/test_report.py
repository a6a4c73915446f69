"""A report tells what there is, what is double and what cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from daw_bridge.cli.main import run
from daw_bridge.midi import files
from daw_bridge.midi.messages import control_change, note_off, note_on
from daw_bridge.music.time import Meter, Ticks


@pytest.fixture
def takes(tmp_path: Path) -> Path:
    for name, pitches in (("a", (36, 38)), ("b", (36, 38)), ("c", (36, 75))):
        events = [(Ticks(480 * i + 10), note_on(9, p, 80)) for i, p in enumerate(pitches)]
        events += [(Ticks(480 * i + 99), note_off(9, p)) for i, p in enumerate(pitches)]
        path = tmp_path / "takes" / f"{name}.mid"
        files.write(path, events, tempo_qpm=120, meter=Meter(3, 4), name=name)
    (tmp_path / "takes" / "broken.mid").write_bytes(b"MThd")
    return tmp_path / "takes"


def test_a_report_counts(takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "report.png"
    assert run(["data", "report", str(takes), "--plot", str(picture)]) == 0
    out = capsys.readouterr().out
    for words in ("pieces", "3/4: 3", "note 75: 1", "exact: 1", "broken.mid", "10.42"):
        assert words in out
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_what_a_role_does_not_pick_is_counted_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "bands"
    for number, pitches in enumerate(((60,), (60, 62, 64))):
        events = [(Ticks(0), bytes((0xC0, 33))), (Ticks(0), control_change(0, 64, 127))]
        events += [(Ticks(0), note_on(9, 36, 80)), (Ticks(9), note_off(9, 36))]
        for p in pitches:
            events += [(Ticks(10), note_on(0, p, 80)), (Ticks(99), note_off(0, p))]
        files.write(folder / f"{number}.mid", events, tempo_qpm=120, name="x")
    roll = tmp_path / "roll.png"
    assert run(["data", "report", str(folder), "--roll", str(roll)]) == 0
    out = " ".join(capsys.readouterr().out.split())
    for words in ("notes a file, all of them │ 3 (5 %", "34 (bass): 2, drums: 2", "control 64: 2"):
        assert words in out
    assert roll.read_bytes().startswith(b"\x89PNG")


def test_every_file_that_is_damaged_is_listed(
    takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(20):
        (takes / f"empty{number:02}.mid").write_bytes(b"")
    assert run(["data", "report", str(takes), "--plot", str(tmp_path)]) == 2
    assert "a file to write" in capsys.readouterr().err
    assert run(["data", "report", str(takes)]) == 0
    assert "empty19.mid" in capsys.readouterr().out


def test_a_map_of_the_kit_may_be_named(takes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "report", str(takes), "--drum-map", "gm"]) == 0
    assert "no known drum" not in capsys.readouterr().out


def test_an_unknown_data_set_is_suggested(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "get", "grove"]) == 2
    assert "did you mean 'groove'" in capsys.readouterr().err
