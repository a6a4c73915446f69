"""What a daemon needs of its ports, in this process for virtual time and in another for real."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from daw_bridge.midi.messages import TimedMessage
from daw_bridge.ports.backend import Backend, Counts, OnInput, PortSettings, open_backend
from daw_bridge.ports.clock import Clock
from daw_bridge.ports.pending import MICROSECONDS, Pending


class Ports(Protocol):
    """Take what a session sends, and tell it the time: all that a daemon needs of MIDI.

    One thread sends. `frame_rate` and `names` may be others after a `restart`.
    """

    @property
    def clock(self) -> Clock:
        """Give the clock of this run; it goes on through a restart."""
        ...

    @property
    def frame_rate(self) -> int | None:
        """Give the frames per second of the clock; None where it is not made of frames."""
        ...

    @property
    def names(self) -> Mapping[str, str]:
        """Give the full name of each role's port, as the system shows it."""
        ...

    def send(self, messages: Sequence[TimedMessage]) -> None:
        """Commit messages, each due at its second of `clock`; to lost ports they go nowhere.

        Raises:
            ValueError: a message names a role that was not opened.
        """
        ...

    def silence(self) -> None:
        """Drop what was committed and is not yet sent, and end every sounding note, now."""
        ...

    def counts(self) -> Counts:
        """Count what was sent, as of a moment ago; exact after `close`."""
        ...

    def alive(self) -> bool:
        """Tell whether the ports still work; `on_lost` was called when they ceased to."""
        ...

    def why_lost(self) -> str:
        """Give the reason with which the ports were last lost; "" where they never were."""
        ...

    def restart(self) -> None:
        """Open lost ports again under the same roles, and end what they left sounding.

        Raises:
            UserError: that is not possible yet.
        """
        ...

    def close(self) -> None:
        """End every sounding note, wait (bounded) until that has left, close. Twice is once."""
        ...


def open_ports(settings: PortSettings, on_input: OnInput, on_lost: Callable[[str], None]) -> Ports:
    """Open the ports: "offline" in this process, all else in one of their own.

    `on_input` and `on_lost` (with the reason) are called on a thread of the ports: be brief there.

    Raises:
        UserError: there is no such MIDI system or port.
    """
    if settings.backend == "offline":
        return LocalPorts(open_backend(settings, on_lost), on_input)
    from daw_bridge.ports.process import PortProcess  # noqa: PLC0415

    return PortProcess(settings, on_input, on_lost)


class LocalPorts:
    """Drive a backend in this process; for the offline one, and for tests."""

    def __init__(self, backend: Backend, on_input: OnInput) -> None:
        self.backend = backend
        self.clock = backend.clock
        self.frame_rate = backend.frame_rate
        self.names = backend.names
        self._pending = Pending(backend.frame_rate or MICROSECONDS)
        self._open = True
        backend.start(self._pending, on_input)

    def send(self, messages: Sequence[TimedMessage]) -> None:
        """Commit messages."""
        check_roles(messages, self.names)
        self._pending.add(messages)

    def silence(self) -> None:
        """Drop what waits, end what sounds."""
        self._pending.silence()

    def counts(self) -> Counts:
        """Count what was sent."""
        return Counts(self._pending.sent, self._pending.late, self.backend.xruns())

    def alive(self) -> bool:
        """Tell whether it is still open."""
        return self._open

    def why_lost(self) -> str:
        """Give none: a local backend dies with its process only."""
        return ""

    def restart(self) -> None:
        """Do nothing: a local backend dies with its process only."""

    def close(self) -> None:
        """End every sounding note and close."""
        if self._open:
            self._open = False
            self.backend.stop()


def check_roles(messages: Sequence[TimedMessage], names: Mapping[str, str]) -> None:
    """Refuse a message whose role has no port."""
    for message in messages:
        if message.port not in names:
            raise ValueError(f"expected a port among {sorted(names)}, found {message.port!r}")
