"""`daw-bridge jam --log` and `daw-bridge replay` as a user runs them."""

from __future__ import annotations

from pathlib import Path

import pytest

from daw_bridge.cli.main import run
from tests.tiny_model import write_tiny_model


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_tiny_model(tmp_path / "tiny")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def played(*options: str) -> int:
    jam = ["jam", "--model", "./tiny", "--backend", "offline", "--bars", "2", "--log", "s.jsonl"]
    return run([*jam, *options])


def test_a_logged_jam_is_replayed_into_the_file_that_it_recorded(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert played("--record", "take.mid") == 0
    capsys.readouterr()
    assert run(["replay", "s.jsonl", "--out", "again.mid"]) == 0
    assert capsys.readouterr().out == "all bars played: 2 bars (0 late); wrote again.mid\n"
    assert (folder / "again.mid").read_bytes() == (folder / "take.mid").read_bytes()


def test_a_log_that_was_cut_off_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert played() == 0
    capsys.readouterr()
    whole = (folder / "s.jsonl").read_bytes()
    head, _, rest = whole.partition(b"\n")
    (folder / "s.jsonl").write_bytes(head + b"\n" + rest[: len(rest) * 2 // 3])
    assert run(["replay", "s.jsonl", "--out", "again.mid"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("the log was cut off after ")
    assert said.endswith("; wrote again.mid\n")
    (folder / "s.jsonl").write_bytes(head)
    assert run(["replay", "s.jsonl", "--out", "none.mid"]) == 0
    expected = "the log was cut off after 0.0 s: 0 bars (0 late); nothing was heard\n"
    assert capsys.readouterr().out == expected
    assert not (folder / "none.mid").exists()


def test_no_file_is_overwritten_but_by_force(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("s.jsonl", "again.mid"):
        (folder / name).write_text("precious")
    assert played() == 2
    assert "a new file to log into, found one that is there, s.jsonl" in capsys.readouterr().err
    assert played("--force") == 0
    assert run(["replay", "s.jsonl", "--out", "again.mid"]) == 2
    assert "a new file, found one that is there, again.mid" in capsys.readouterr().err
    assert (folder / "again.mid").read_text() == "precious"
    assert run(["replay", "s.jsonl", "--out", "again.mid", "--force"]) == 0
    assert (folder / "again.mid").read_bytes()[:4] == b"MThd"


def test_what_is_wrong_is_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "s.jsonl").write_text("dear diary\n")
    for log, found in (("s.jsonl", "in line 1 of s.jsonl"), ("none.jsonl", "none.jsonl (No such")):
        assert run(["replay", log, "--out", "again.mid"]) == 2
        said = capsys.readouterr().err
        assert found in said
        assert said.count("\n") == 1
