"""The jam that follows, as an object; its ports are `followed:notes`, `followed:sync` and so on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tests" / "followed_jam.py"
CLIENT = "followed"
LIMIT_S = 120.0
NOTES, SYNC = f"{CLIENT}:notes", f"{CLIENT}:sync"


@contextmanager
def followed_jam(sync: str, spp_unit: str = "auto") -> Iterator[subprocess.Popen[str]]:
    """Run a jam that follows, from when its ports are there until the end of the block."""
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), CLIENT, sync, "places", spp_unit],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        assert process.stdout is not None
        while not (line := process.stdout.readline()).startswith("# open"):
            assert line, "the jam ended before it was open"
        yield process
    finally:
        process.communicate(timeout=30)
