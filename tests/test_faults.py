"""A dozen of random faults to a running jam, heard by a receiver with its own ledger."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOOLS = ("jackd", "jack_wait", "jack_lsp", "jack_connect")


@pytest.mark.jack
def test_no_fault_leaves_a_note_or_a_process_loses_a_take_or_silences_the_jam(
    tmp_path: Path,
) -> None:
    pytest.importorskip("jack", reason="JACK-Client or libjack is not installed")
    if not all(map(shutil.which, TOOLS)):
        pytest.skip("no jackd to start and stop (apt: jackd2)")
    options = ["--faults", "12", "--seed", "2", "--synchronous", "--out", str(tmp_path)]
    subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "faults.py", *options],
        check=True,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    runs = json.loads((tmp_path / "faults.json").read_text())["runs"]
    assert len(runs) == 12
    assert len({run["fault"] for run in runs}) > 9
    for run in runs:
        assert not run["stuck"], run
        assert not run["never_heard"], run
        assert not run["left"], run
        assert run["take"] is not False, run
        assert (run["exit_code"] is None) == (run["left"] is None), f"it had to be killed: {run}"
