"""The daemon's side of a port process: started, spoken to, watched, and started again."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

import daw_bridge
from daw_bridge.errors import UserError
from daw_bridge.midi.messages import TimedMessage, starts_note
from daw_bridge.music.time import Seconds
from daw_bridge.ports import wire
from daw_bridge.ports.api import check_roles
from daw_bridge.ports.backend import Counts, OnInput, OnLost, PortSettings
from daw_bridge.ports.clock import Clock, Wake, frame_at, seconds_at, sleep_until
from daw_bridge.ports.pending import MICROSECONDS

COMMAND = [sys.executable, "-P", "-m", "daw_bridge.ports"]

OPEN_S = 20.0
"""How long opening the ports may take; a JACK server that has lost a client needs five seconds."""

CLOSE_S = 5.0
"""How long a port process may take to end its notes and exit, before it is killed."""

JUMP_S = 0.5
"""A new process's clock that is further off than this counts from elsewhere than the old one's."""


class PortClock:
    """The port process's clock as last reported, and the system's seconds since."""

    def __init__(self) -> None:
        self._report: tuple[float, float] | None = None
        self._latest = Seconds(float("-inf"))
        self.shift_s = Seconds(0.0)

    def report(self, port_s: float, system_s: float) -> None:
        """Take in that the port's clock showed `port_s` at the system's `system_s`."""
        self._report = (port_s, system_s)

    def renew(self, port_s: float, system_s: float, rate: int) -> None:
        """Take in the first report of another process, and go on in the same time.

        A server that was restarted counts from 0 again; `shift_s`, a whole number of frames, makes
        up for that. One that stayed keeps its time to the frame.
        """
        if self._report is not None:
            expected_s = self._report[0] + system_s - self._report[1]
            if abs(expected_s - port_s) > JUMP_S:
                frames = frame_at(Seconds(expected_s - port_s), rate)
                self.shift_s = Seconds(self.shift_s + seconds_at(frames, rate))
        self.report(port_s, system_s)

    def now(self) -> Seconds:
        """Give the time, to within some microseconds and the drift since the last report."""
        port_s, system_s = self._report or (0.0, 0.0)
        self._latest = max(
            self._latest, Seconds(port_s + self.shift_s + time.monotonic() - system_s)
        )
        return self._latest

    def wait_until(self, deadline: Seconds, wake: Wake) -> None:
        """Sleep until `deadline` or `wake`."""
        sleep_until(deadline, self.now(), wake)


class PortProcess:
    """Run a backend in a process of its own (`run`), so that no generator disturbs it.

    The process ends its notes and itself when this one dies, in whatever way. A thread here reads
    what it reports; `on_input` and `on_lost` are called there.

    Raises:
        UserError: what the port process could not open.
        RuntimeError: it failed otherwise; its traceback is in the text.
    """

    def __init__(self, settings: PortSettings, on_input: OnInput, on_lost: OnLost) -> None:
        self._settings = settings
        self._on_input = on_input
        self._on_lost = on_lost
        self._port_clock = PortClock()
        self.clock: Clock = self._port_clock
        self._counts = Counts()
        self._before = Counts()
        self._started: dict[tuple[str, int, int], None] = {}
        self._why_lost = ""
        self._open(settings)

    @property
    def pid(self) -> int:
        """Give the process's number."""
        return self._child.process.pid

    def send(self, messages: Sequence[TimedMessage]) -> None:
        """Commit messages."""
        check_roles(messages, self.names)
        for message in messages:
            if starts_note(message.data):
                self._started[message.port, message.data[0], message.data[1]] = None
        shift_s = self._port_clock.shift_s
        if shift_s:
            messages = [m._replace(due_s=Seconds(m.due_s - shift_s)) for m in messages]
        self._write("send", wire.pack(messages))

    def silence(self) -> None:
        """Drop what waits, end what sounds."""
        self._write("silence")

    def counts(self) -> Counts:
        """Count what was sent, by all processes since the first."""
        return self._before + self._counts

    def alive(self) -> bool:
        """Tell whether the process still serves."""
        return self._reader.is_alive()

    def why_lost(self) -> str:
        """Give what the process said last, or that it ended without a word."""
        return self._why_lost

    def restart(self) -> None:
        """Start a new process with the same ports and connections; it ends what the old one left.

        Every pitch that was ever started is ended, since nobody knows how far the old process came:
        a note-off too many is harmless.
        """
        self._end(limit_s=0.0)
        self._before, self._counts = self.counts(), Counts()
        self._open(self._settings)

    def close(self) -> None:
        """End every sounding note and the process."""
        self._end(limit_s=CLOSE_S)

    def _open(self, settings: PortSettings) -> None:
        self._closing = False
        self._child = _start()
        left = [(port, bytes((status, pitch, 1)).hex()) for port, status, pitch in self._started]
        self._write("open", wire.pack_settings(settings), left)
        kind, fields = self._child.first_line(OPEN_S)
        if kind != "hello":
            raise self._failure(kind, fields)
        self._take_hello(*fields)
        self._reader = threading.Thread(
            target=self._read, args=(self._child.output,), name="ports", daemon=True
        )
        self._reader.start()

    def _take_hello(
        self, backend: str, rate: int | None, names: dict[str, str], clock: list[float]
    ) -> None:
        self._settings = replace(self._settings, backend=backend)
        self.frame_rate = rate
        self.names: Mapping[str, str] = names
        self._port_clock.renew(clock[0], clock[1], rate or MICROSECONDS)

    def _failure(self, kind: str, fields: list[Any]) -> Exception:
        said = self._child.close(CLOSE_S)
        if kind == "error":
            return wire.unpack_error(fields[0])
        return RuntimeError(f"the port process failed: {fields[0]}\n{said}".rstrip())

    def _write(self, kind: str, *fields: Any) -> None:
        with contextlib.suppress(OSError, ValueError):  # it died: `_read` tells
            self._child.input.write(wire.line(kind, *fields))
            self._child.input.flush()

    def _read(self, stream: IO[bytes]) -> None:
        why = "the port process ended"
        for text in stream:
            if not text.endswith(b"\n"):
                break
            kind, fields = wire.parse(text)
            if kind == "status":
                self._take_status(*fields)
            elif kind == "counts":
                self._counts = Counts(*fields)
            elif kind == "input":
                time_s = Seconds(fields[0] + self._port_clock.shift_s)
                self._on_input(time_s, bytes.fromhex(fields[1]))
            elif kind in ("lost", "crash"):
                why = str(fields[0])
        if not self._closing:
            self._why_lost = why
            self._on_lost(why)

    def _take_status(self, clock: list[float], connections: list[list[str]]) -> None:
        self._write("alive")  # a suspended daemon does not, and the port process ends its notes
        self._port_clock.report(clock[0], clock[1])
        made = tuple((role, name) for role, name in connections)
        if made != self._settings.connections:
            self._settings = replace(self._settings, connections=made)

    def _end(self, limit_s: float) -> None:
        self._closing = True
        self._child.close(limit_s, self._reader)


class _Child(NamedTuple):
    """A port process, its two streams, and a file without a name that holds its standard error."""

    process: subprocess.Popen[bytes]
    input: IO[bytes]
    output: IO[bytes]
    errors: IO[bytes]

    def first_line(self, limit_s: float) -> tuple[str, list[Any]]:
        """Wait for its first line; kill it after `limit_s`, since a system that hangs hangs it."""
        late = threading.Event()

        def give_up() -> None:
            late.set()
            self.process.kill()

        limit = threading.Timer(limit_s, give_up)
        limit.daemon = True
        limit.start()
        text = self.output.readline()
        if late.is_set():
            found = f"no answer within {limit_s:g} s"
            error = UserError(
                "the MIDI system to open the ports", found, "restart JACK or PipeWire"
            )
            return "error", [wire.pack_error(error)]
        limit.cancel()
        return wire.parse(text) if text else ("crash", ["it ended without a word"])

    def close(self, limit_s: float, reader: threading.Thread | None = None) -> str:
        """Close its input, wait for its end, kill it after `limit_s`; give what it complained."""
        if self.errors.closed:
            return ""
        with contextlib.suppress(OSError):
            self.input.close()
        try:
            self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if reader is not None:
            reader.join()
        self.output.close()
        with self.errors:
            self.errors.seek(0)
            return self.errors.read().decode(errors="replace")


def _start() -> _Child:
    """Start `run` out of reach of the terminal's signals."""
    root = str(Path(daw_bridge.__file__).parents[1])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    errors = tempfile.TemporaryFile()  # noqa: SIM115 -- it lives as long as the process
    process = subprocess.Popen(  # noqa: S603 -- our own program
        COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )
    streams = (cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout))
    return _Child(process, *streams, errors)
