"""What a MIDI backend is, and how a port is chosen among those of a machine."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple, dataclass
from operator import add
from typing import Literal, Protocol, runtime_checkable
from unicodedata import normalize

from daw_bridge.errors import UserError
from daw_bridge.music.bar_lines import BarLine
from daw_bridge.music.position import Position
from daw_bridge.music.time import USUAL_QPM, Meter, Seconds, Ticks
from daw_bridge.ports.clock import Clock
from daw_bridge.ports.pending import Pending
from daw_bridge.ports.wishes import Pair

NOTES, PLAYED, SYNC, STATE = "notes", "in", "sync", "state"
"""Roles: what we play; what is played to us; the clock: theirs comes in, or ours goes out; what
controllers show."""

TO = "to "
"""What a role begins with that names a port of others: it is connected to that one."""

MOST_PORTS = 64
"""How many ports a jam has at most, those counted that were opened while it plays."""

SPEAKERS = "loudspeakers"
"""The name of every port of what is heard without a DAW."""

OnInput = Callable[[Seconds, str, bytes], None]
"""Take the time of an incoming message in port seconds, the role of the input that it came to, and
the message; on the backend's thread, so be brief."""

OnPosition = Callable[[str, Position], None]
"""Take which source tells ("jack", "link"), and where the DAW is; on a thread of it: be brief."""

OnNews = Callable[[str], None]
"""Take what a user should know of the ports, who goes on playing; on a thread of theirs."""

OnLost = Callable[[str], None]
"""Take the reason why a device or server has gone; on the backend's thread: be brief."""


@dataclass(frozen=True, slots=True)
class PortSpec:
    """One port that is asked for.

    `role` names it in `TimedMessage.port` and in the DAW. With `other` it is connected to the one
    port of the machine whose name contains that; without, it is a virtual port of our own.
    """

    role: str
    other: str | None = None

    @staticmethod
    def of(role: str) -> PortSpec:
        """Return the output that a role asks for: `to Synth` is connected to the port of others."""
        return PortSpec(role, role.removeprefix(TO) if role.startswith(TO) else None)


@dataclass(frozen=True, slots=True)
class SoundSettings:
    """What is heard without a DAW: by which audio system, and the instruments as JSON."""

    audio: str
    kit: str


@dataclass(frozen=True, slots=True)
class PortSettings:
    """Which ports to open, and how.

    `backend` is a name of the registry, or "auto" for the first MIDI system that answers.
    `connections` are (role, port name) to make again, as soon as their ports are there; None when
    ports are opened for the first time, and connected to those that they name. `sources` are who
    else is asked where the DAW is: "jack" for JACK transport, "link" for Ableton Link. JACK
    transport is in `tempo_qpm` where nobody on it says a tempo, and `changes` are where its song is
    known to change its meter; with `transport_master` it obeys `Ports.lead`. `meter` is that of the
    bars of Link, and of a transport that is ours. `thru`: what is played on the input `in` goes to
    the first output as it comes. `sound`: what is sent is heard as well; where a process plays
    that, `backend` is its audio system.
    """

    backend: str = "auto"
    outputs: tuple[PortSpec, ...] = (PortSpec(NOTES),)
    inputs: tuple[PortSpec, ...] = (PortSpec(PLAYED), PortSpec(SYNC))
    client: str = "DAW Bridge"
    connections: tuple[Pair, ...] | None = None
    sources: tuple[str, ...] = ()
    tempo_qpm: float = USUAL_QPM
    meter: Meter = Meter()
    transport_master: bool = False
    thru: bool = False
    sound: SoundSettings | None = None
    changes: tuple[BarLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """Messages sent, the late ones among them, and cycles that the system missed (xruns).

    `stale` counts messages that were not sent: of notes that should have begun too long ago.
    """

    sent: int = 0
    late: int = 0
    xruns: int = 0
    stale: int = 0

    def __add__(self, other: Counts) -> Counts:
        """Count what two processes did, one after the other."""
        return Counts(*map(add, astuple(self), astuple(other)))


@dataclass(frozen=True, slots=True)
class PortInfo:
    """One MIDI port of this machine, seen from us: we write to an "out"."""

    backend: str
    direction: Literal["out", "in"]
    name: str


class Backend(Protocol):
    """The MIDI ports of one system, driven by the clock that comes with them."""

    @staticmethod
    def system() -> str:
        """Return what it works with on this machine, as its users call it.

        Raises:
            UserError: it is not here; `found` says what is missing.
        """
        ...

    @staticmethod
    def list_ports() -> list[PortInfo]:
        """List the MIDI ports of others; without the system there are none."""
        ...

    def __init__(self, settings: PortSettings, on_lost: OnLost) -> None:
        """Open the ports.

        Raises:
            UserError: there is no such system or port.
        """
        ...

    @property
    def name(self) -> str:
        """Name it as `--backend` does."""
        ...

    @property
    def clock(self) -> Clock:
        """The clock in whose seconds everything here is due."""
        ...

    @property
    def frame_rate(self) -> int | None:
        """The frames per second of the clock; None where it is not made of frames."""
        ...

    @property
    def names(self) -> Mapping[str, str]:
        """The full name of each role's port, as the system shows it."""
        ...

    def start(self, pending: Pending, on_input: OnInput, on_position: OnPosition) -> None:
        """Begin to drain `pending`, to pass input on and to tell where the DAW is.

        All on a thread of the backend's own.
        """
        ...

    def open_more(self, spec: PortSpec) -> None:
        """Open one more output while the others play; when this returns, it is heard.

        On any thread, for one port at a time.

        Raises:
            UserError: there is no such port, or the system has no room for it.
        """
        ...

    def lead(self, position: Position) -> None:
        """Move the transport that comes with the system, where there is one and it is ours."""
        ...

    def measure(self, meter: Meter, tick: Ticks) -> None:
        """Have that transport's bars be of another meter from a tick of the song on."""
        ...

    def stop(self) -> bool:
        """End every sounding note, wait (bounded) until that has left, close; tell whether it has.

        Call it once.
        """
        ...

    def xruns(self) -> int:
        """Count the cycles that the system could not keep up with."""
        ...

    def connections(self) -> tuple[Pair, ...]:
        """List what is to be connected: all that was, and that the user has not disconnected.

        It is asked for several times a second, on one thread, and connects what is missing, as far
        as the system lets it.
        """
        ...

    def news(self) -> list[str]:
        """Return what users should know that happened since the last call: who went and came."""
        ...


@runtime_checkable
class Loudspeakers(Backend, Protocol):
    """Outputs that are heard, on instruments of our own."""

    def instruments(self, kit: str, from_s: Seconds | None) -> None:
        """Make instruments ready; play on them from a second of the clock on, where one is given.

        What sounds goes on as it began. What is told later holds from its second on.
        """
        ...


def chosen(spec: PortSpec, candidates: Iterable[str]) -> str:
    """Return the one candidate that a port is to be connected to; see `choose`.

    Raises:
        UserError: none fits, or two do; the line says by which option another is given.
    """
    named = spec.role.startswith(TO)
    option = "" if named else f" for another --{_OPTIONS.get(spec.role, 'port')}"
    return choose(spec.other or "", candidates, do=f"see `daw-bridge ports`{option}")


_OPTIONS = {PLAYED: "in-port", SYNC: "sync-port", STATE: "state-port"}
"""By which option the port of others is given that a role is connected to."""


def choose(
    wanted: str, candidates: Iterable[str], what: str = "port", do: str = "see `daw-bridge ports`"
) -> str:
    """Return the one candidate called `wanted`, or else whose name contains it.

    Case does not count, nor how an accent is written: as one character or as two.

    Raises:
        UserError: none fits, or two do; the line lists what there is.
    """
    names = list(dict.fromkeys(candidates))
    key = _folded(wanted)
    exact = [name for name in names if _folded(name) == key]
    if wanted in exact:
        return wanted
    found = exact or [name for name in names if key in _folded(name)]
    if len(found) == 1:
        return found[0]
    if found:
        listed = ", ".join(map(repr, found))
        raise UserError(f"one {what} named {wanted!r}", listed, "give more of the name")
    listed = ", ".join(map(repr, names)) or "no port at all"
    raise UserError(f"a {what} whose name contains {wanted!r}", listed, do)


def _folded(name: str) -> str:
    return normalize("NFC", normalize("NFD", name).casefold())


def cannot_open(spec: PortSpec, why: object) -> UserError:
    """Return what to do where the system refuses a port."""
    return UserError(
        f"to open the port {spec.other or spec.role!r}", str(why), "close other users of it"
    )


def no_virtual_ports(found: Iterable[str]) -> UserError:
    """Return what to do on Windows, whose old MIDI interface has no virtual ports."""
    listed = ", ".join(map(repr, found)) or "no port at all"
    return UserError(
        "the name of a port, since Windows has no virtual ports",
        listed,
        "install loopMIDI (or use Windows MIDI Services' loopback endpoints on Windows 11), make a "
        "port there, choose it as input in the DAW and give it with --port",
    )


def no_midi_system(reason: str, platform: str = sys.platform) -> UserError:
    """Return what to install where no MIDI system answers."""
    if platform.startswith("linux"):
        do = "start JACK (jackd2, or pipewire-jack) or load ALSA's sequencer (modprobe snd-seq)"
    elif platform == "win32":
        do = "install loopMIDI, or Windows MIDI Services on Windows 11"
    elif platform == "darwin":
        do = "check Audio MIDI Setup (CoreMIDI is part of macOS)"
    else:
        do = "install JACK or another MIDI system"
    return UserError(
        "a MIDI system", f"none ({reason})", f"{do}; or play without one: --backend offline"
    )


def no_jack(found: str) -> UserError:
    """Return what to do where JACK does not answer."""
    return UserError(
        "a JACK server",
        found,
        "start one (jackd2, or pipewire-jack), or take another system: --backend rtmidi; "
        "or play without one: --backend offline",
    )
