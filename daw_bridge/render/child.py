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


class Child:
    """One process, which does one job after another, and is begun anew after a crash or a hang.

    So a plugin that crashes or hangs ends its own job only. Used by one thread at a time.
    """

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None

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
        line = json.dumps({"job": job.as_json(), "out": str(out)})
        try:
            process = self._running(job)
            with contextlib.suppress(OSError):  # it has died; reading says so
                cast("IO[bytes]", process.stdin).write(f"{line}\n".encode())
                cast("IO[bytes]", process.stdin).flush()
            said = json.loads(self._heard(process, job, job.limit_s))
        except KeyboardInterrupt:  # an answer may still come, and would be the next job's
            self._end()
            raise
        if "version" not in said:
            raise RenderError(Failure(said["kind"]), UserErrors(said["why"]))
        return str(said["version"])

    def _heard(self, process: subprocess.Popen[bytes], job: Job, limit_s: float) -> bytes:
        """Wait for a line of the process, and kill it where that takes too long.

        Raises:
            RenderError: none came.
        """
        hung = threading.Event()

        def give_up() -> None:
            hung.set()
            _kill(process)

        timer = threading.Timer(limit_s, give_up)
        timer.daemon = True
        timer.start()
        try:
            line = cast("IO[bytes]", process.stdout).readline()
        finally:
            timer.cancel()
        if not line.endswith(b"\n"):
            raise self._ended(job, limit_s, hung=hung.is_set())
        return line

    def _ended(self, job: Job, limit_s: float, *, hung: bool) -> RenderError:
        """Return the error of a job whose process has ended, with its last words."""
        last = self._end()
        expected = f"a sound from {job.engine}"
        if hung:
            found = f"none after {limit_s:g} s"
            do = "look at the plugin, or give it a longer --limit"
            return RenderError(Failure.HUNG, UserError(expected, found, do))
        do = "look at the plugin and its settings"
        return RenderError(Failure.CRASHED, UserError(expected, f"a crash ({last})", do))

    def _running(self, job: Job) -> subprocess.Popen[bytes]:
        """Start the process, if there is none; that is not of a job's time."""
        if self._process is None:
            self._errors = tempfile.TemporaryFile()  # noqa: SIM115 -- as long as the process
            self._process = start(self._command, self._errors)
            self._heard(self._process, job, START_S)
        return self._process

    def _end(self) -> str:
        """Kill the process, if there is one; give the last line that it complained."""
        process, errors = self._process, self._errors
        self._process = self._errors = None
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
