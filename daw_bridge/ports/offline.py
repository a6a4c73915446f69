"""Ports in this process: of virtual time, exact and without a device; for files, and for tests."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence

from daw_bridge.midi.messages import TimedMessage
from daw_bridge.midi.sounding import Key
from daw_bridge.music.position import Position
from daw_bridge.music.time import Meter, Seconds, Ticks
from daw_bridge.ports.api import check_roles, check_room
from daw_bridge.ports.backend import (
    Backend,
    Counts,
    OnInput,
    OnLost,
    OnPosition,
    PortInfo,
    PortSettings,
    PortSpec,
)
from daw_bridge.ports.brake import Brake
from daw_bridge.ports.clock import VirtualClock, frame_at, seconds_at
from daw_bridge.ports.inputs import inputs_of
from daw_bridge.ports.pending import MICROSECONDS, Pending
from daw_bridge.ports.wishes import Pair

OnSent = Callable[[TimedMessage], None]
"""Called with each message that leaves, `due_s` the second of its frame, as a receiver sees it."""


class OfflineBackend:
    """Send nowhere, at the frames at which ports would; tell `on_sent`, and keep nothing.

    Whoever waits on `clock` makes its time pass, and sends what was due in between. One thread
    only.
    """

    @staticmethod
    def system() -> str:
        """Name what is always there."""
        return "virtual time"

    @staticmethod
    def list_ports() -> list[PortInfo]:
        """List none: nobody else's ports are in virtual time."""
        return []

    def __init__(
        self,
        settings: PortSettings = PortSettings(),
        on_lost: OnLost | None = None,
        frame_rate: int = 48_000,
        on_sent: OnSent | None = None,
    ) -> None:
        del on_lost  # virtual ports stay
        self.name = "offline"
        self.clock = VirtualClock(on_jump=self._pass)
        self.frame_rate = frame_rate
        self.names: Mapping[str, str] = {
            spec.role: f"offline:{spec.role}" for spec in (*settings.outputs, *settings.inputs)
        }
        self.led: list[Position] = []
        self._on_sent = on_sent
        self._rate = frame_rate
        self._pending = Pending(frame_rate)
        self._on_input: OnInput = lambda _time_s, _role, _data: None
        self._on_position: OnPosition = lambda _source, _position: None

    def start(self, pending: Pending, on_input: OnInput, on_position: OnPosition) -> None:
        """Begin to drain `pending`."""
        self._pending = pending
        self._on_input = on_input
        self._on_position = on_position

    def open_more(self, spec: PortSpec) -> None:
        """Have one more name."""
        self.names = {**self.names, spec.role: f"offline:{spec.role}"}

    def lead(self, position: Position) -> None:
        """Keep it in `led`."""
        self.led.append(position)

    def measure(self, meter: Meter, tick: Ticks) -> None:
        """Do nothing: virtual time has no transport."""

    def stop(self) -> bool:
        """End every sounding note at the present time."""
        self._pending.silence()
        self._drain(frame_at(self.clock.now(), self._rate), 1)
        return True

    def xruns(self) -> int:
        """Return 0: virtual time is never too late."""
        return 0

    def connections(self) -> tuple[Pair, ...]:
        """Return no pairs: nothing outside is connected."""
        return ()

    def news(self) -> list[str]:
        """Return nothing: nobody comes or goes."""
        return []

    def play_in(self, role: str, data: bytes) -> None:
        """Let a message come in now, as if someone had played it."""
        self._on_input(self.clock.now(), role, data)

    def tell_position(self, source: str, position: Position) -> None:
        """Let a source say where the DAW is, as if there were one."""
        self._on_position(source, position)

    def _pass(self, before: Seconds, after: Seconds) -> None:
        """Send what is due up to and at `after`, so that a wait for a message's time sends it."""
        start = frame_at(before, self._rate)
        self._drain(start, frame_at(after, self._rate) - start + 1)

    def _drain(self, start: int, length: int) -> None:
        for offset, message in self._pending.drain(start, length):
            if self._on_sent is not None:
                self._on_sent(message._replace(due_s=seconds_at(start + offset, self._rate)))


class LocalPorts:
    """A backend driven in this process; for the offline one, and for tests."""

    def __init__(
        self,
        backend: Backend,
        on_input: OnInput,
        on_position: OnPosition,
        settings: PortSettings = PortSettings(),
    ) -> None:
        self.backend = backend
        self.clock = backend.clock
        self.frame_rate = backend.frame_rate
        self._pending = Pending(backend.frame_rate or MICROSECONDS)
        self._open = True
        self._news: deque[str] = deque()
        self._brake = Brake(self._pending, self.clock)

        def hear(time_s: Seconds, role: str, data: bytes) -> None:
            self._brake.hear(time_s, role, data)
            on_input(time_s, role, data)

        def look(source: str, position: Position) -> None:
            self._brake.look(source, position)
            on_position(source, position)

        heard = inputs_of(settings, self._pending, hear, self._news.append)
        backend.start(self._pending, heard.take, look)

    @property
    def names(self) -> Mapping[str, str]:
        """The full names of the ports."""
        return self.backend.names

    def open_more(self, spec: PortSpec) -> None:
        """Open one more output."""
        if spec.role not in self.names:
            check_room(self.names)
            self.backend.open_more(spec)

    def send(self, messages: Sequence[TimedMessage]) -> None:
        """Commit messages."""
        check_roles(messages, self.names)
        self._brake.add(messages)

    def cue(self, place: Position, messages: Sequence[TimedMessage]) -> None:
        """Have messages ready."""
        check_roles(messages, self.names)
        self._brake.cue(place, messages)

    def silence(self) -> None:
        """Drop what waits, end what sounds."""
        self._brake.silence()

    def take_back(self, serial: int) -> None:
        """Drop what waits of the messages from a serial on."""
        self._brake.take_back(serial)

    def follow(self, source: str | None) -> None:
        """Stop where this source does."""
        self._brake.follow(source)

    def lead(self, position: Position) -> None:
        """Move the backend's transport."""
        self.backend.lead(position)

    def measure(self, meter: Meter, tick: Ticks) -> None:
        """Have other bars in the backend's transport."""
        self.backend.measure(meter, tick)

    def instruments(self, kit: str, from_s: Seconds | None = None) -> None:
        """Do nothing: nobody listens."""

    def counts(self) -> Counts:
        """Count what was sent."""
        return Counts(
            self._pending.sent, self._pending.late, self.backend.xruns(), self._pending.stale
        )

    def alive(self) -> bool:
        """Whether it is still open."""
        return self._open

    def why_lost(self) -> str:
        """Return "": a local backend dies with its process only."""
        return ""

    def restart(self) -> None:
        """Do nothing: a local backend dies with its process only."""

    def close(self) -> None:
        """End every sounding note and close."""
        if self._open:
            self._open = False
            self.backend.stop()

    def news(self) -> list[str]:
        """Return what happened since the last call."""
        return [*self.backend.news(), *(self._news.popleft() for _ in range(len(self._news)))]

    def may_sound(self) -> tuple[Key, ...]:
        """List what sounds: nothing comes between us and the backend."""
        return tuple(self._pending.sounding.keys())
