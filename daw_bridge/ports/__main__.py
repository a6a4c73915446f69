"""The port process: small, undisturbed by the generator, and the last to leave.

    python -m daw_bridge.ports

It speaks the lines of `wire` over its standard streams, and is started by `process.PortProcess`,
not by hand. When its input ends, for whatever reason, it ends every sounding note by itself.
"""

from __future__ import annotations

import contextlib
import gc
import os
import queue
import signal
import sys
import threading
import time
import traceback
from dataclasses import astuple
from typing import Any, BinaryIO

from daw_bridge.errors import UserError
from daw_bridge.music.position import Position
from daw_bridge.music.time import Seconds, Ticks
from daw_bridge.ports import wire
from daw_bridge.ports.backend import Backend, Loudspeakers, PortSpec
from daw_bridge.ports.brake import Brake
from daw_bridge.ports.inputs import inputs_of
from daw_bridge.ports.link import LinkPeer
from daw_bridge.ports.open import open_backend
from daw_bridge.ports.pending import MICROSECONDS, Pending
from daw_bridge.ports.priority import raise_priority

OPENING = threading.Lock()

STATUS_S = 0.1
"""How often the daemon is told the port's clock and counts."""

SILENT_DAEMON_S = 5.0
"""After so long without a line, as when the daemon is suspended (Ctrl-Z), the notes are ended."""

STOP_S = 3.0
"""How long closing may take before the process ends anyway."""

REPORT_S = 0.2
"""How long the last lines may take: a daemon that does not read must not keep notes sounding."""

MOST_LINES = 10_000
"""How much input is kept for a daemon that does not read, before it is dropped."""


class Reporter:
    """A writer of lines to the daemon, in a thread of its own: no callback or reader may wait."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lines: queue.SimpleQueue[tuple[Any, ...] | None] = queue.SimpleQueue()
        self.heard_s = time.monotonic()

    def put(self, kind: str, *fields: Any) -> None:
        """Queue a line without ever waiting; any thread, also JACK's."""
        self._lines.put((kind, *fields))

    def offer(self, kind: str, *fields: Any) -> None:
        """Queue a line that comes often, as long as somebody reads them."""
        if self._lines.qsize() < MOST_LINES:
            self.put(kind, *fields)

    def hear(self, time_s: Seconds, role: str, data: bytes) -> None:
        """Queue what came in."""
        self.offer("input", time_s, role, data.hex())

    def tell(self, news: str) -> None:
        """Queue what a user should know."""
        self.offer("news", news)

    def write(self, kind: str, *fields: Any) -> None:
        """Write a line now; nobody is left to be told where that fails."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(wire.line(kind, *fields))
            self._stream.flush()

    def hello(self, backend: Backend) -> None:
        """Tell what was opened, the clock against the system's, and the connections."""
        clock = (backend.clock.now(), time.monotonic())
        names, pairs = dict(backend.names), backend.connections()
        self.write("hello", backend.name, backend.frame_rate, names, clock, pairs)

    def run(self, backend: Backend, pending: Pending) -> None:
        """Write queued lines, and between them the status, for as long as the process lives."""
        try:
            self._run(backend, pending)
        except Exception:  # noqa: BLE001 -- without a reporter nobody would hear of anything
            self.write("crash", traceback.format_exc())
            self.leave(backend)

    def _run(self, backend: Backend, pending: Pending) -> None:
        next_s = time.monotonic() + STATUS_S
        while True:
            now_s = time.monotonic()
            if now_s >= next_s:  # also while lines come without end
                next_s = now_s + STATUS_S
                self.status(backend, pending)
                self.watch(pending)
            try:
                item = self._lines.get(timeout=max(0.0, next_s - now_s))
            except queue.Empty:
                continue
            if item is None:
                return
            if item[0] == "opened":  # with its connection, which is to be made again by another
                self.status(backend, pending)
            self.write(*item)
            if item[0] == "lost":  # but other ports of it may still sound
                self.leave(backend)

    def stop(self) -> None:
        """Let `run` return when all lines are written."""
        self._lines.put(None)

    def status(self, backend: Backend, pending: Pending) -> None:
        """Tell the clock against the system's, the connections, what sounds, and the counts."""
        clock = (backend.clock.now(), time.monotonic())
        self.write("status", clock, backend.connections(), pending.sounding.keys())
        for text in backend.news():
            self.write("news", text)
        self.counts(backend, pending)

    def counts(self, backend: Backend, pending: Pending) -> None:
        """Tell the counts, which also a closed backend has."""
        self.write("counts", pending.sent, pending.late, backend.xruns(), pending.stale)

    def close(self, backend: Backend) -> None:
        """End every note and close the ports, in bounded time: a dead server never answers.

        The last line says whether it is certain that every note has been ended.
        """
        limit = threading.Timer(STOP_S, os._exit, (1,))
        limit.daemon = True
        limit.start()
        ended = backend.stop()
        limit.cancel()
        self.write("closed", ended)

    def leave(self, backend: Backend) -> None:
        """End every note and the process: it cannot go on."""
        self.close(backend)
        os._exit(1)

    def watch(self, pending: Pending) -> None:
        """End the notes of a daemon that has been silent for long: one that lives never is."""
        if time.monotonic() - self.heard_s > SILENT_DAEMON_S:
            self.heard_s = float("inf")  # once is enough, until it speaks again
            pending.silence()


def serve(lines: BinaryIO, reporter: Reporter) -> int:
    """Open the ports of the first line, obey the others, end every note; give the exit code."""
    _, (plain, sounding) = wire.parse(lines.readline())
    settings = wire.unpack_settings(plain)

    def tell(source: str, position: Position) -> None:
        brake.look(source, position)
        reporter.offer("position", source, wire.pack_position(position))

    def hear(time_s: Seconds, role: str, data: bytes) -> None:
        brake.hear(time_s, role, data)
        reporter.hear(time_s, role, data)

    try:
        peer = LinkPeer(settings, tell) if "link" in settings.sources else None
        backend = open_backend(settings, lambda why: reporter.put("lost", why))
        pending = Pending(backend.frame_rate or MICROSECONDS)
        brake = Brake(pending, backend.clock)
        for port, data in sounding:  # what a port process that died may have left
            pending.sounding.sent(port, bytes.fromhex(data))
        take = inputs_of(settings, pending, hear, reporter.tell).take
        backend.start(pending, take, tell)
    except UserError as error:
        reporter.write("error", wire.pack_error(error))
        return 2
    if peer is not None:
        peer.start(backend.clock)
    if sounding:
        pending.silence()
    settle()
    reporter.hello(backend)
    reporting = threading.Thread(target=reporter.run, args=(backend, pending), daemon=True)
    reporting.start()
    try:
        for text in lines:
            reporter.heard_s = time.monotonic()
            if text.endswith(b"\n"):  # else the daemon was killed while it wrote
                obey(backend, peer, brake, reporter, *wire.parse(text))
    finally:
        if peer is not None:
            peer.stop()
        reporter.put("closing")
        reporter.stop()
        reporting.join(REPORT_S)  # it must not ask a closed backend for the time
        reporter.close(backend)
    reporter.counts(backend, pending)
    return 0


def obey(
    backend: Backend,
    peer: LinkPeer | None,
    brake: Brake,
    reporter: Reporter,
    kind: str,
    fields: list[Any],
) -> None:
    """Carry out one line of the daemon."""
    if kind == "send":
        brake.add(wire.unpack(fields[0]))
    elif kind == "cue":
        brake.cue(wire.unpack_position(fields[0]), wire.unpack(fields[1]))
    elif kind == "silence":
        brake.silence()
    elif kind == "take_back":
        brake.take_back(fields[0])
    elif kind == "open_more":
        more = (backend, reporter, PortSpec(*fields))
        threading.Thread(target=open_more, args=more, name="open", daemon=True).start()
    elif kind == "instruments" and isinstance(backend, Loudspeakers):
        backend.instruments(*fields)
    elif kind == "follow":
        brake.follow(fields[0])
    elif kind == "lead":
        position = wire.unpack_position(fields[0])
        backend.lead(position)
        if peer is not None:
            peer.lead(position)
    elif kind == "measure":
        bars = wire.unpack_meter(fields[0]), Ticks(fields[1])
        backend.measure(*bars)
        if peer is not None:
            peer.measure(*bars)


def open_more(backend: Backend, reporter: Reporter, spec: PortSpec) -> None:
    """Open one more port, and tell; in a thread of its own, as it may take its time.

    One is opened after another, since each replaces the tables of the ports.
    """
    try:
        with OPENING:
            if spec.role not in backend.names:  # else who asks again had not waited for it
                backend.open_more(spec)
    except UserError as error:
        reporter.put("unopened", spec.role, wire.pack_error(error))
    else:
        reporter.put("opened", astuple(spec), dict(backend.names))


def settle() -> None:
    """Make this process fit for short deadlines, as far as the system permits."""
    gc.collect()
    gc.freeze()
    gc.disable()
    sys.setswitchinterval(0.0002)  # a callback waits at most so long for the interpreter


def main() -> None:
    """Run the port process until its input ends."""
    for name in ("SIGINT", "SIGHUP", "SIGTERM"):  # those of the terminal are for the daemon
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    raise_priority()
    stream = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what C libraries print must not get between our lines
    reporter = Reporter(stream)
    code = 1
    try:
        code = serve(sys.stdin.buffer, reporter)
    except BaseException:  # noqa: BLE001 -- whatever it is, the daemon shows it
        reporter.write("crash", traceback.format_exc())
    os._exit(code)  # a library's thread that hangs keeps nothing alive


if __name__ == "__main__":
    main()
