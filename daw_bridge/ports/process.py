"""The daemon's side of a port process: started, spoken to, watched, and started again."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, replace
from queue import Empty, SimpleQueue
from typing import Any

from daw_bridge.errors import UserError
from daw_bridge.midi.messages import TimedMessage, note_on, starts_note
from daw_bridge.midi.sounding import Key
from daw_bridge.music.bar_lines import BarLines
from daw_bridge.music.position import Position
from daw_bridge.music.time import Meter, Seconds, Ticks
from daw_bridge.ports import wire
from daw_bridge.ports.api import check_roles, check_room
from daw_bridge.ports.backend import (
    PLAYED,
    Counts,
    OnInput,
    OnLost,
    OnPosition,
    PortSettings,
    PortSpec,
    cannot_open,
)
from daw_bridge.ports.child import CLOSE_S, Child
from daw_bridge.ports.clock import Clock, Wake, frame_at, seconds_at, sleep_until
from daw_bridge.ports.pending import MICROSECONDS
from daw_bridge.ports.sounding_afar import SoundingAfar

OPEN_S = 20.0
"""How long opening the ports may take; a JACK server that has lost a client needs five seconds."""

OPEN_SOUND_S = 60.0
"""How long it may take where instruments are made first, which is a second's work."""

OPEN_MORE_S = 5.0
"""How long opening one more port may take, while the others play."""

REOPEN_S = 12.0
"""How long opening them again may take, which is tried again where it fails."""

SILENT_PORTS_S = 1.0
"""How long a port process may be silent that tells how it is ten times a second."""

MOST_NEWS = 100
"""How much news is kept for whoever does not ask."""

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
        """Return the time, to within some microseconds and the drift since the last report."""
        port_s, system_s = self._report or (0.0, 0.0)
        self._latest = max(
            self._latest, Seconds(port_s + self.shift_s + time.monotonic() - system_s)
        )
        return self._latest

    def wait_until(self, deadline: Seconds, wake: Wake) -> None:
        """Sleep until `deadline` or `wake`."""
        sleep_until(deadline, self.now(), wake)


def later(messages: Sequence[TimedMessage], by_s: float) -> list[TimedMessage]:
    """Return messages that are due so many seconds later."""
    return [message._replace(due_s=Seconds(message.due_s + by_s)) for message in messages]


class PortProcess:
    """A backend in a process of its own, so that no generator disturbs it.

    The process ends its notes and itself when this one dies, in whatever way; when it is silent
    itself, it is killed, and lost. A thread here reads what it reports; `on_input`, `on_lost`
    and `on_position` are called there.

    Raises:
        UserError: what the port process could not open.
        RuntimeError: it failed otherwise; its traceback is in the text.
    """

    def __init__(
        self, settings: PortSettings, on_input: OnInput, on_lost: OnLost, on_position: OnPosition
    ) -> None:
        self._settings = settings
        self._on_input = on_input
        self._on_lost = on_lost
        self._on_position = on_position
        self._port_clock = PortClock()
        self.clock: Clock = self._port_clock
        self._counts = Counts()
        self._before = Counts()
        self._sounding = SoundingAfar()
        self._why_lost = ""
        self._followed: str | None = None
        self._news: deque[str] = deque(maxlen=MOST_NEWS)
        self._answers: SimpleQueue[tuple[str, UserError | None]] = SimpleQueue()
        self._open(OPEN_S if settings.sound is None else OPEN_SOUND_S)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._child.process.pid

    @property
    def backend(self) -> str:
        """Name the system that it works with."""
        return self._settings.backend

    @property
    def shift_s(self) -> Seconds:
        """The time of this run less that of the process's own clock."""
        return self._port_clock.shift_s

    def tell(self, news: str) -> None:
        """Add to the news."""
        self._news.append(news)

    def open_more(self, spec: PortSpec) -> None:
        """Open one more output, unless there is one of its role."""
        if spec.role in self.names:
            return
        check_room(self.names)
        self._answers = SimpleQueue()
        if not self.alive():
            raise cannot_open(spec, "the ports are lost")
        self._child.write("open_more", *astuple(spec))
        until_s, role = time.monotonic() + OPEN_MORE_S, ""
        while role != spec.role:  # else it is an answer that came too late for another
            try:
                role, error = self._answers.get(timeout=max(until_s - time.monotonic(), 0.0))
            except Empty:
                raise cannot_open(spec, f"no answer within {OPEN_MORE_S:g} s") from None
        if error is not None:
            raise error

    def send(self, messages: Sequence[TimedMessage]) -> None:
        """Commit messages."""
        check_roles(messages, self.names)
        if not self.alive():
            return
        self._sounding.commit(messages)
        if self.shift_s:
            messages = later(messages, -self.shift_s)
        self._child.write("send", wire.pack(messages))

    def cue(self, place: Position, messages: Sequence[TimedMessage]) -> None:
        """Have messages ready."""
        check_roles(messages, self.names)
        if not self.alive():
            return
        for each in messages:
            if starts_note(each.data):
                self._sounding.played_on(each.port, each.data)
        self._child.write("cue", wire.pack_position(self._theirs(place)), wire.pack(messages))

    def silence(self) -> None:
        """Drop what waits, end what sounds."""
        self._child.write("silence")

    def take_back(self, serial: int) -> None:
        """Drop what waits of the messages from a serial on."""
        self._child.write("take_back", serial)

    def follow(self, source: str | None) -> None:
        """Stop where this source does, without a word from here."""
        self._followed = source
        self._child.write("follow", source)

    def lead(self, position: Position) -> None:
        """Move the transport of the process's sources."""
        self._child.write("lead", wire.pack_position(self._theirs(position)))

    def measure(self, meter: Meter, tick: Ticks) -> None:
        """Have bars of another meter; the next process has them from the start."""
        self._settings = replace(self._settings, meter=meter)
        self._child.write("measure", asdict(meter), tick)

    def instruments(self, kit: str, from_s: Seconds | None = None) -> None:
        """Have instruments made ready, and played from a second on: by another process as well."""
        if (sound := self._settings.sound) is None:
            return
        if from_s is not None:
            self._settings = replace(self._settings, sound=replace(sound, kit=kit))
            from_s = Seconds(from_s - self._port_clock.shift_s)
        self._child.write("instruments", kit, from_s)

    def counts(self) -> Counts:
        """Count what was sent, by all processes since the first."""
        return self._before + self._counts

    def alive(self) -> bool:
        """Whether the process still serves."""
        return self._child.speaks()

    def why_lost(self) -> str:
        """Return what the process said last, or how it ended without a word."""
        return self._why_lost

    def restart(self) -> None:
        """Start a new process with the same ports and connections; it ends what the old one left.

        Every pitch that was ever started is ended, since nobody knows how far the old process came:
        a note-off too many is harmless.
        """
        self._end()
        self._open(REOPEN_S)

    def close(self) -> None:
        """End every sounding note and the process; open it once more where it did not confirm."""
        self._end()
        if self.may_sound():
            with contextlib.suppress(UserError, RuntimeError):
                self._open(REOPEN_S)
                self._end()

    def news(self) -> list[str]:
        """Return what happened since the last call."""
        return [self._news.popleft() for _ in range(len(self._news))]

    def may_sound(self) -> tuple[Key, ...]:
        """List the keys that may sound: after `close`, those whose end nobody confirmed."""
        return self._sounding.keys()

    def _open(self, limit_s: float) -> None:
        self._before, self._counts = self.counts(), Counts()
        self._closing = False
        self._said = ""
        self._child = Child(limit_s)
        left = [
            (port, note_on(channel, pitch, 1).hex())
            for port, channel, pitch in self._sounding.started
        ]
        self._child.write("open", wire.pack_settings(self._settings), left)
        kind, fields = self._child.first_line()
        if kind != "hello":
            raise self._failure(kind, fields)
        self._child.allow(SILENT_PORTS_S)
        self._take_hello(*fields)
        if self._followed is not None:
            self._child.write("follow", self._followed)
        self._child.listen(self._take, self._ended)

    def _take_hello(
        self,
        backend: str,
        rate: int | None,
        names: dict[str, str],
        clock: list[float],
        connections: list[list[str]],
    ) -> None:
        pairs = wire.unpack_pairs(connections)
        self._settings = replace(self._settings, backend=backend, connections=pairs)
        self.frame_rate = rate
        self.names: Mapping[str, str] = names
        self._port_clock.renew(clock[0], clock[1], rate or MICROSECONDS)

    def _failure(self, kind: str, fields: list[Any]) -> Exception:
        self._child.allow(CLOSE_S)
        said = self._child.close()
        if kind == "error":
            return wire.unpack_error(fields[0])
        return RuntimeError(f"the port process failed: {fields[0]}\n{said}".rstrip())

    def _take(self, kind: str, fields: list[Any]) -> None:
        """Take a line of the process; in the reading thread."""
        if kind == "status":
            self._take_status(*fields)
        elif kind == "counts":
            self._counts = Counts(*fields)
        elif kind == "input":
            time_s, role, data = fields
            self._take_input(self._ours(time_s), role, bytes.fromhex(data))
        elif kind == "position":
            source, position = fields[0], wire.unpack_position(fields[1])
            self._learn_meter(source, position)
            self._on_position(source, replace(position, time_s=self._ours(position.time_s)))
        elif kind == "opened":
            spec = PortSpec(*fields[0])
            if spec.role not in self.names:  # else it was asked for twice, as its answer came late
                self._settings = replace(self._settings, outputs=(*self._settings.outputs, spec))
            self.names = fields[1]
            self._answers.put((spec.role, None))
        elif kind == "unopened":
            self._answers.put((fields[0], wire.unpack_error(fields[1])))
        elif kind == "news":
            self._news.append(fields[0])
        elif kind in ("closing", "lost", "crash"):
            self._child.allow(CLOSE_S)
            self._said = str(fields[0]) if fields else ""
        elif kind == "closed" and fields[0]:
            self._sounding.ended()

    def _learn_meter(self, source: str, position: Position) -> None:
        """Keep where the song of JACK's transport changes its meter, for the next process."""
        if source == "jack" and position.rolling and position.meter is not None:
            lines = BarLines(position.meter, self._settings.changes)
            if lines.change(position.tick, position.meter) or not self._settings.changes:
                self._settings = replace(self._settings, changes=lines.changes)

    def _take_input(self, time_s: Seconds, role: str, data: bytes) -> None:
        if self._settings.thru and role == PLAYED and starts_note(data):
            self._sounding.played_on(self._settings.outputs[0].role, data)
        self._on_input(time_s, role, data)

    def _take_status(
        self, clock: list[float], connections: list[list[str]], keys: list[list[Any]]
    ) -> None:
        self._child.write("alive")  # a suspended daemon does not; the port process ends its notes
        self._port_clock.report(clock[0], clock[1])
        told_s = self._ours(clock[0])
        self._sounding.told(told_s, ((port, channel, pitch) for port, channel, pitch in keys))
        pairs = wire.unpack_pairs(connections)
        if pairs != self._settings.connections:
            self._settings = replace(self._settings, connections=pairs)

    def _ours(self, port_s: float) -> Seconds:
        """Return a time of the process by the clock of this run."""
        return Seconds(port_s + self._port_clock.shift_s)

    def _theirs(self, position: Position) -> Position:
        """Return a position by the clock of the process."""
        return replace(position, time_s=Seconds(position.time_s - self._port_clock.shift_s))

    def _ended(self) -> None:
        if self._closing:
            return
        silent = f"the port process was silent for {SILENT_PORTS_S:g} s"
        ended = silent if self._child.silent else "the port process ended"
        self._why_lost = self._said or ended
        self._on_lost(self._why_lost)

    def _end(self) -> None:
        self._closing = True
        self._child.close()
