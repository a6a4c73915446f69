"""What live tests are driven by: the JACK client that plays bytes at frames, as an object."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

SCRIPT = Path(__file__).parents[1] / "jack_player.py"


class Player:
    """A client `name:out` that connects to the input whose name ends with `target`."""

    def __init__(self, name: str, target: str = "") -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(SCRIPT), name, target],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.wait_for("# ready")

    def wait_for(self, start: str) -> str:
        """Read up to a line that begins so, and return it."""
        assert self._process.stdout is not None
        while not (line := self._process.stdout.readline()).startswith(start):
            assert line, "the player ended"
        return line

    def begin(self, events: Iterable[tuple[int, bytes]], at: int | None = None) -> int:
        """Send messages, each at its frame from now or `at` on; return the server's frame of 0.

        `wait_for("# done")` returns when all have left.
        """
        assert self._process.stdin is not None
        lines = [f"{frame} {data.hex()}\n" for frame, data in events]
        self._process.stdin.write("".join(lines) + ("\n" if at is None else f"@{at}\n"))
        self._process.stdin.flush()
        return int(self.wait_for("# begun").split()[2])

    def close(self) -> None:
        """End it."""
        self._process.communicate()
