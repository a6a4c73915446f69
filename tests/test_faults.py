"""A few live sequences of faults at random: no note stays, and no process is left."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SEQUENCES = 3


@pytest.mark.jack
@pytest.mark.skipif(
    not (shutil.which("jackd") and shutil.which("jack_connect")), reason="no jackd (apt: jackd2)"
)
def test_live_faults_leave_no_note_sounding(tmp_path: Path) -> None:
    """About twelve faults; the server waits for its clients: a busy machine loses nothing."""
    pytest.importorskip("jack", reason="JACK-Client or libjack is not installed")
    script = ROOT / "benchmarks" / "faults.py"
    asked = ["--sequences", str(SEQUENCES), "--seed", "7", "--out", str(tmp_path), "--synchronous"]
    subprocess.run(
        [sys.executable, script, *asked],
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    result = json.loads((tmp_path / "faults.json").read_text())
    runs = result["runs"]
    assert result["sequences"] == SEQUENCES
    assert [run for run in runs if run["stuck"]] == []
    assert [run for run in runs if run["left"]] == []


WORKERS = """
import os, sys, time
from collections import deque
from faults_crew import end_with_parent, shared_out

def serve(there):
    end_with_parent()
    while True:
        work = there.recv()
        there.send((os.getpid(), work))
        if work == "hangs":
            time.sleep(1000)
        if work == "dies" and not os.path.exists("died"):
            open("died", "w").close()
            os.kill(os.getpid(), 9)
        there.send(None)

if __name__ == "__main__":
    for said in shared_out(deque(sys.argv[1:]), 2, serve, float("inf")):
        print(*said, flush=True)
"""


@pytest.fixture
def workers(tmp_path: Path) -> list[str | Path]:
    (tmp_path / "workers.py").write_text(WORKERS)
    return [sys.executable, "workers.py"]


def with_the_crew() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "benchmarks")}


def test_what_a_worker_that_dies_has_said_is_kept_and_its_work_is_done_by_another(
    workers, tmp_path
):
    done = subprocess.run(
        [*workers, "one", "dies", "three", "four"],
        cwd=tmp_path,
        env=with_the_crew(),
        capture_output=True,
        text=True,
        check=True,
    )
    said = [line.split() for line in done.stdout.splitlines()]
    assert sorted(work for _, work in said) == ["dies", "dies", "four", "one", "three"]
    assert "a worker ended (-9) in dies" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is of Linux")
def test_workers_end_with_a_killed_parent(workers, tmp_path):
    with subprocess.Popen(
        [*workers, "hangs", "hangs"],
        cwd=tmp_path,
        env=with_the_crew(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as parent:
        for _ in range(2):
            assert parent.stdout.readline().split()[1] == "hangs"
        parent.kill()
        assert parent.stdout.read() == ""  # its end: nobody is left who could write
