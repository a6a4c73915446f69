"""What live tests listen with: the independent JACK client, as an object that waits for lines."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType

SCRIPT = Path(__file__).parents[1] / "jack_receiver.py"
LIMIT_S = 60.0


class Receiver:
    """Hear what `sources` send. Waiting is reading a pipe, which ends after `limit_s`.

    `transport` is where JACK's was: from a frame of the server on at one of its own, or standing.
    """

    def __init__(self, *sources: str, limit_s: float = LIMIT_S) -> None:
        self.transport: list[tuple[int, int | None]] = []
        self.events: list[tuple[int, bytes]] = []
        self._ended: set[tuple[int, int]] = set()
        self._process = subprocess.Popen(
            [sys.executable, str(SCRIPT), *sources],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._limit = threading.Timer(limit_s, self._process.kill)
        self._limit.daemon = True
        self._limit.start()
        self.port = self.wait_for("# ready").split()[2]

    def __enter__(self) -> Receiver:
        return self

    def __exit__(self, *_error: type[BaseException] | BaseException | TracebackType | None) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            lines.read()
        self._process.wait()
        self._limit.cancel()

    def wait_for(self, comment: str) -> str:
        """Read up to a line that begins with `comment`, keeping the events on the way; give it."""
        while not (line := self._read()).startswith(comment):
            pass
        return line

    def hear(self, count: int) -> list[bytes]:
        """Read until `count` events were heard since the beginning; give them all."""
        while len(self.events) < count:
            self._read()
        return [data for _, data in self.events]

    def finish(self) -> list[bytes]:
        """Stop listening; give all that was heard."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self.wait_for("# end")
        return [data for _, data in self.events]

    def kill(self) -> None:
        """End it without a word to anybody."""
        self._process.kill()
        self._process.communicate()
        self._limit.cancel()

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"the receiver ended or took too long; heard {self.events[-20:]}"
        if line.startswith("# transport"):
            _, _, frame, place = line.split()
            self.transport.append((int(frame), None if place == "stands" else int(place)))
        if not line.startswith("#"):
            frame, data = line.split()
            self._take(int(frame), bytes.fromhex(data))
        return line

    def _take(self, frame: int, data: bytes) -> None:
        """Keep an event, but not a note-off that comes again: the JACK backend repeats them."""
        ends = data[0] & 0xF0 == 0x80
        if data[0] & 0xE0 == 0x80:
            key = data[0] & 0x0F, data[1]
            if ends and key in self._ended:
                return
            (self._ended.add if ends else self._ended.discard)(key)
        self.events.append((frame, data))
