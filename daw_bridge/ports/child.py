"""A port process as its parent holds it: spoken to, listened to, and killed where it is silent."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any, cast

import daw_bridge
from daw_bridge.errors import UserError
from daw_bridge.ports import wire

COMMAND = [sys.executable, "-P", "-m", "daw_bridge.ports"]

TICK_S = 0.25
"""How often it is looked whether a port process has spoken."""

CLOSE_S = 5.0
"""How long a port process that said that it closes may take to end its notes and exit."""


class Patience:
    """How long someone has been silent, in ticks of `TICK_S` at which we were awake.

    So it is no silence when we ourselves were suspended, and have not yet read what was said.
    """

    def __init__(self, limit_s: float) -> None:
        self.allow(limit_s)

    def allow(self, limit_s: float) -> None:
        """Set how long it may be silent, from now on."""
        self._limit = round(limit_s / TICK_S)
        self.heard()

    def heard(self) -> None:
        """Learn that it spoke."""
        self._silent = 0

    def tick(self) -> bool:
        """Let a tick pass; tell whether it has been silent for longer than it may."""
        self._silent += 1
        return self._silent > self._limit


class Child:
    """A port process, out of reach of the terminal's signals.

    A thread kills it when it is silent for longer than `allow` says; another one reads. What it
    writes to its standard error goes to a file without a name.
    """

    def __init__(self, limit_s: float) -> None:
        self.silent = False
        self._patience = Patience(limit_s)
        self._limit_s = limit_s
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 -- it lives as long as the process
        self.process = start(COMMAND, self._errors)
        self._input = cast("IO[bytes]", self.process.stdin)
        self._output = cast("IO[bytes]", self.process.stdout)
        self._reader: threading.Thread | None = None
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="ports watch", daemon=True)
        self._watcher.start()

    def allow(self, limit_s: float) -> None:
        """Let it be silent for so long, from now on."""
        self._limit_s = limit_s
        self._patience.allow(limit_s)

    def write(self, kind: str, *fields: Any) -> None:
        """Send it a line; where it has died, the reader tells."""
        with contextlib.suppress(OSError, ValueError):
            self._input.write(wire.line(kind, *fields))
            self._input.flush()

    def first_line(self) -> tuple[str, list[Any]]:
        """Wait for its first line; a user's error where it is too long in coming."""
        text = self._output.readline()
        if text:
            return wire.parse(text)
        if not self.silent:
            return "crash", ["it ended without a word"]
        found = f"no answer within {self._limit_s:g} s"
        error = UserError("the MIDI system to open the ports", found, "restart JACK or PipeWire")
        return "error", [wire.pack_error(error)]

    def listen(self, take: Callable[[str, list[Any]], None], ended: Callable[[], None]) -> None:
        """Pass on its lines, and then its end, on a thread of their own."""
        self._reader = threading.Thread(
            target=self._read, args=(take, ended), name="ports", daemon=True
        )
        self._reader.start()

    def speaks(self) -> bool:
        """Whether more lines may come."""
        return self._reader is not None and self._reader.is_alive()

    def close(self) -> str:
        """Close its input and wait for its end, which comes in bounded time; give its complaints.

        Twice is once.
        """
        if self._errors.closed:
            return ""
        with contextlib.suppress(OSError):
            self._input.close()
        self.process.wait()
        self._over.set()
        self._watcher.join()
        if self._reader is not None:
            self._reader.join()
        self._output.close()
        with self._errors:
            self._errors.seek(0)
            return self._errors.read().decode(errors="replace")

    def _read(self, take: Callable[[str, list[Any]], None], ended: Callable[[], None]) -> None:
        for text in self._output:
            if not text.endswith(b"\n"):  # it was killed while it wrote
                break
            self._patience.heard()
            take(*wire.parse(text))
        ended()

    def _watch(self) -> None:
        while not self._over.wait(TICK_S):
            if self._patience.tick():
                self.silent = True
                self.process.kill()
                return


def start(command: Sequence[str], errors: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start a Python program of ours, to be spoken with by pipes, in a process group of its own."""
    root = str(Path(daw_bridge.__file__).parents[1])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.Popen(  # noqa: S603 -- our own program
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )
