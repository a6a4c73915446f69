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
