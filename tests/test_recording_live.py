"""The real command, ended in every way while it records: the take is kept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from daw_bridge.cli.main import run
from daw_bridge.midi import files
from tests.tiny_model import write_tiny_model

pytestmark = [pytest.mark.jack, pytest.mark.usefixtures("jack_server")]

ENOUGH, NOTES = 40, 6
"""Messages to be heard before a jam is ended, and notes that are among them in any case."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_tiny_model(tmp_path / "tiny")
    return tmp_path


@contextmanager
def recording(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a live jam that records, up to where some of it was heard."""
    program = [sys.executable, "-m", "daw_bridge.cli.main", "jam", "--model", str(folder / "tiny")]
    options = ["--backend", "jack", "--sync", "internal", "--bpm", "300"]
    options += ["--record", str(folder / "take.mid")]
    options += ["--log", str(folder / "session.jsonl")]
    root = str(Path(__file__).parents[1])
    process = subprocess.Popen(
        [*program, *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": root},
    )
    journal = folder / "take.mid.journal"
    try:
        while not journal.exists() or journal.read_bytes().count(b"\n") < ENOUGH:
            assert process.poll() is None, "the jam ended by itself"
            os.sched_yield()
        yield process
    finally:
        process.kill()
        process.wait(timeout=20)


@pytest.mark.parametrize("names", [["SIGINT"] * 4, ["SIGQUIT"], ["SIGTERM", "SIGINT", "SIGHUP"]])
def test_whatever_asks_a_jam_to_end_the_take_is_written(folder: Path, names: list[str]) -> None:
    with recording(folder) as process:
        for name in names:
            process.send_signal(getattr(signal, name))
        process.wait(timeout=30)
    assert len(files.read(folder / "take.mid").notes) > NOTES
    assert not (folder / "take.mid.journal").exists()
    assert run(["replay", str(folder / "session.jsonl"), "--out", str(folder / "again.mid")]) == 0
    assert (folder / "again.mid").read_bytes() == (folder / "take.mid").read_bytes()


def test_a_jam_that_is_killed_leaves_what_the_next_one_makes_a_take_of(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with recording(folder) as process:
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=30)
    assert not (folder / "take.mid").exists()
    options = ["jam", "--model", str(folder / "tiny"), "--backend", "offline", "--bars", "1"]
    assert run([*options, "--record", str(folder / "next.mid")]) == 0
    assert f"wrote {folder / 'take.mid'}: what a jam that was cut off" in capsys.readouterr().err
    assert len(files.read(folder / "take.mid").notes) > NOTES
    assert run(["replay", str(folder / "session.jsonl"), "--out", str(folder / "again.mid")]) == 0
    assert "the log was cut off after" in capsys.readouterr().out
    heard, again = (files.read(folder / name).notes for name in ("take.mid", "again.mid"))
    common = min(len(heard), len(again)) - 2  # either may be a moment behind
    assert common > NOTES
    assert [note.start for note in again[:common]] == [note.start for note in heard[:common]]
    names = ["again.mid", "next.mid", "session.jsonl", "take.mid", "tiny"]
    assert sorted(path.name for path in folder.iterdir()) == names
