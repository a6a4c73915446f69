"""The process in which an engine renders, as its parent holds it: asked, waited for, killed."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self, cast

from daw_bridge.errors import UserError, UserErrors
from daw_bridge.ports.child import start
from daw_bridge.render.engine import Failure, RenderError
from daw_bridge.render.job import Job

COMMAND = (sys.executable, "-P", "-m", "daw_bridge.render")

START_S = 120.0
"""In which a process of ours has begun, on however slow a machine."""

_LONGEST_COMPLAINT = 2000
"""Characters from the end of what a process wrote to its standard error."""


class _Wait:
    """For the next line of a process, which is killed where that takes too long."""

    def __init__(self, process: subprocess.Popen[bytes], limit_s: float) -> None:
        self.limit_s = limit_s
        self.hung = False
        self._process = process
        self._timer = threading.Timer(limit_s, self._give_up)
        self._timer.daemon = True
        self._timer.start()

    def line(self) -> bytes:
        """Return the line; cut off, or empty, where the process has ended."""
        try:
            return cast("IO[bytes]", self._process.stdout).readline()
        finally:
            self.cancel()

    def cancel(self) -> None:
        """Wait no more."""
        self._timer.cancel()

    def _give_up(self) -> None:
        self.hung = True
        _kill(self._process)


class Child:
    """One process, which does one job after another, and is begun anew after a crash or a hang.

    So a plugin that crashes or hangs ends its own job only. Used by one thread at a time.
    """

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self._asked: tuple[Job, _Wait] | None = None

    def __enter__(self) -> Self:
        """Begin; the process itself is started with the first job."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the process, with all that it has started."""
        self._end()

    def render(self, job: Job, out: Path) -> str:
        """Let the engine write `out`; return its name and version.

        Raises:
            RenderError: it did not; the process is ready for the next job all the same.
        """
        self.ask(job, out)
        return self.answer()

    def ask(self, job: Job, out: Path) -> None:
        """Let the engine begin to write `out`; the next call is `answer`, whenever that is.

        Raises:
            RenderError: the process did not begin.
        """
        line = json.dumps({"job": job.as_json(), "out": str(out)})
        process = self._running(job)
        self._asked = job, _Wait(process, job.limit_s)
        with contextlib.suppress(OSError):  # it has died; reading says so
            cast("IO[bytes]", process.stdin).write(f"{line}\n".encode())
            cast("IO[bytes]", process.stdin).flush()

    def answer(self) -> str:
        """Wait until the engine has written what was asked for; return its name and version.

        Raises:
            RenderError: it did not; the process is ready for the next job all the same.
        """
        job, wait = cast("tuple[Job, _Wait]", self._asked)
        try:
            said = json.loads(self._heard(job, wait))
        except KeyboardInterrupt:  # an answer may still come, and would be the next job's
            self._end()
            raise
        self._asked = None
        if "version" not in said:
            raise RenderError(Failure(said["kind"]), UserErrors(said["why"]))
        return str(said["version"])

    def _heard(self, job: Job, wait: _Wait) -> bytes:
        """Wait for a line of the process.

        Raises:
            RenderError: none came.
        """
        line = wait.line()
        if not line.endswith(b"\n"):
            raise self._ended(job, wait)
        return line

    def _ended(self, job: Job, wait: _Wait) -> RenderError:
        """Return the error of a job whose process has ended, with its last words."""
        last = self._end()
        expected = f"a sound from {job.engine}"
        if wait.hung:
            found = f"none after {wait.limit_s:g} s"
            do = "look at the plugin, or give it a longer --limit"
            return RenderError(Failure.HUNG, UserError(expected, found, do))
        do = "look at the plugin and its settings"
        return RenderError(Failure.CRASHED, UserError(expected, f"a crash ({last})", do))

    def _running(self, job: Job) -> subprocess.Popen[bytes]:
        """Start the process, if there is none; that is not of a job's time."""
        if self._process is None:
            self._errors = tempfile.TemporaryFile()  # noqa: SIM115 -- as long as the process
            self._process = start(self._command, self._errors)
            self._heard(job, _Wait(self._process, START_S))
        return self._process

    def _end(self) -> str:
        """Kill the process, if there is one; give the last line that it complained."""
        process, errors, asked = self._process, self._errors, self._asked
        self._process = self._errors = self._asked = None
        if asked is not None:
            asked[1].cancel()
        if process is None or errors is None:
            return ""
        _kill(process)
        code = process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                cast("IO[bytes]", pipe).close()
        with errors:
            size = errors.seek(0, os.SEEK_END)
            errors.seek(max(size - _LONGEST_COMPLAINT, 0))
            lines = errors.read().decode(errors="replace").split("\n")
        said = [line.strip() for line in lines if line.strip()]
        by = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"{by}: {said[-1]}" if said else by


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that has not been waited for yet, and all of its group."""
    if sys.platform == "win32":
        taskkill = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
        subprocess.run(taskkill, capture_output=True, check=False)  # noqa: S603
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
