"""Working stand-ins for what a test cannot or should not have: ports, a backend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from daw_bridge.midi.messages import TimedMessage
from daw_bridge.midi.sounding import Key
from daw_bridge.music.position import Position
from daw_bridge.music.time import Meter, Seconds, Ticks
from daw_bridge.ports.api import check_roles
from daw_bridge.ports.backend import Counts, OnInput, OnPosition, PortSpec
from daw_bridge.ports.clock import VirtualClock
from daw_bridge.ports.pending import Pending


class RecordingPorts:
    """Ports that keep what they are told, in virtual time, and can be lost.

    `log` holds `("send", messages)`, `("cue", place, messages)`, `("silence",)`, `("take_back",
    serial)`, `("follow", source)`, `("lead", position)`, `("measure", meter, tick)`,
    `("instruments", kit, from_s)`, `("restart",)` and `("close",)` in order.
    After `lose(why, *failures)`, restarts fail with these before one succeeds.
    """

    def __init__(self, roles: Sequence[str] = ("notes",), frame_rate: int | None = 48_000) -> None:
        self.clock = VirtualClock()
        self.frame_rate = frame_rate
        self.names: Mapping[str, str] = {role: f"recording:{role}" for role in roles}
        self.log: list[tuple[object, ...]] = []
        self._alive = True
        self._why_lost = ""
        self._failures: list[Exception] = []
        self.left: tuple[Key, ...] = ()
        self.told: list[str] = []

    @property
    def sent(self) -> list[TimedMessage]:
        """List every message that reached the ports."""
        return [m for kind, *rest in self.log if kind == "send" for m in rest[0]]  # type: ignore[attr-defined]

    def open_more(self, spec: PortSpec) -> None:
        self.names = {**self.names, spec.role: f"recording:{spec.role}"}

    def send(self, messages: Sequence[TimedMessage]) -> None:
        check_roles(messages, self.names)
        if self._alive:
            self.log.append(("send", tuple(messages)))

    def cue(self, place: Position, messages: Sequence[TimedMessage]) -> None:
        check_roles(messages, self.names)
        self.log.append(("cue", place, tuple(messages)))

    def silence(self) -> None:
        self.log.append(("silence",))

    def take_back(self, serial: int) -> None:
        self.log.append(("take_back", serial))

    def follow(self, source: str | None) -> None:
        self.log.append(("follow", source))

    def lead(self, position: Position) -> None:
        self.log.append(("lead", position))

    def measure(self, meter: Meter, tick: Ticks) -> None:
        self.log.append(("measure", meter, tick))

    def instruments(self, kit: str, from_s: Seconds | None = None) -> None:
        self.log.append(("instruments", kit, from_s))

    def counts(self) -> Counts:
        return Counts(sent=len(self.sent))

    def alive(self) -> bool:
        return self._alive

    def why_lost(self) -> str:
        return self._why_lost

    def lose(self, why: str, *failures: Exception) -> None:
        self._alive, self._why_lost, self._failures = False, why, list(failures)

    def restart(self) -> None:
        if self._failures:
            raise self._failures.pop(0)
        self._alive = True
        self.log.append(("restart",))

    def close(self) -> None:
        if self._alive:
            self._alive = False
            self.log.append(("close",))

    def news(self) -> list[str]:
        told, self.told = self.told, []
        return told

    def may_sound(self) -> tuple[Key, ...]:
        return self.left


class FakeBackend:
    """A backend that drains only when a test says so; `stop` does what a real one's does."""

    def __init__(self, frame_rate: int | None = 48_000) -> None:
        self.name: str = "offline"
        self.clock = VirtualClock()
        self.frame_rate = frame_rate
        self.names: Mapping[str, str] = {"notes": "fake:notes"}
        self.sent: list[bytes] = []
        self.stopped = False
        self.ends_all = True
        self.led: list[Position] = []
        self.measured: tuple[Meter, Ticks] | None = None

    def start(self, pending: Pending, on_input: OnInput, on_position: OnPosition) -> None:
        self.pending = pending
        self.on_input, self.on_position = on_input, on_position

    def open_more(self, spec: PortSpec) -> None:
        self.names = {**self.names, spec.role: f"fake:{spec.role}"}

    def lead(self, position: Position) -> None:
        self.led.append(position)

    def measure(self, meter: Meter, tick: Ticks) -> None:
        self.measured = meter, tick

    def drain(self) -> None:
        self.sent += [message.data for _, message in self.pending.drain(0, 1)]

    def stop(self) -> bool:
        self.drain()
        self.pending.silence()
        self.drain()
        self.stopped = True
        return self.ends_all

    def xruns(self) -> int:
        return 0

    def connections(self) -> tuple[tuple[str, str], ...]:
        return ()

    def news(self) -> list[str]:
        return []
