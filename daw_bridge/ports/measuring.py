"""What can be measured of MIDI here: a loop through ports of our own, and the clocks of others."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from daw_bridge.midi.messages import TimedMessage, control_change, rank_of
from daw_bridge.music.position import Position
from daw_bridge.music.time import Seconds
from daw_bridge.ports.api import Ports
from daw_bridge.ports.backend import OnInput, PortSettings, PortSpec
from daw_bridge.ports.open import open_ports

CLIENT = "DAW Bridge doctor"

MESSAGES = 100
"""How many messages go through a loop: each has a value of its own, of 128."""

APART_S = 0.015
CLOCK = b"\xf8"

UNUSED = 102
"""A controller without a meaning, which leaves nothing sounding wherever it goes."""

LEAD_S = 0.2
"""How long before its time a message is committed."""

LOST_S = 3.0
"""After so long a message that has not come is lost: a server may fall behind."""

MOST_PORTS = 16
"""To how many ports it is listened at once."""

FEWEST = 12
"""Half a quarter note: with less there is no clock to speak of."""

Heard = tuple[Seconds, str, bytes]


@dataclass(frozen=True, slots=True)
class Loop:
    """What became of messages that we sent to ourselves; milliseconds from when they were due.

    `jitter_ms` is how far from the median latency 99 of 100 are, and the farthest of them.
    """

    sent: int
    lost: int
    latency_ms: float
    jitter_ms: float
    worst_ms: float


@dataclass(frozen=True, slots=True)
class SentClock:
    """A MIDI clock that somebody sends: its tempo, and how far intervals are from it.

    In milliseconds: 99 of 100 intervals, and the farthest.
    """

    port: str
    tempo_qpm: float
    jitter_ms: float
    worst_ms: float


def measure_loop(backend: str) -> Loop:
    """Send messages from one port of ours to another, each in a process of its own.

    Takes some seconds.

    Raises:
        UserError: no such ports can be opened here.
    """
    heard: list[Heard] = []
    all_came = threading.Event()

    def take(*event: Any) -> None:
        heard.append(event)
        if len(heard) == MESSAGES:
            all_came.set()

    out = PortSettings(backend, (PortSpec("out"),), inputs=(), client=CLIENT)
    with closing(_opened(out, take)) as sender:
        name = sender.names["out"]
        back = PortSettings(backend, (), (PortSpec("back", name),), client=f"{CLIENT} back")
        with closing(_opened(back, take)):
            begin_s = sender.clock.now() + LEAD_S
            dues = [Seconds(begin_s + number * APART_S) for number in range(MESSAGES)]
            sender.send(
                [
                    TimedMessage(due_s, rank_of(data), number, "out", data)
                    for number, due_s in enumerate(dues)
                    for data in [control_change(15, UNUSED, number)]
                ]
            )
            sender.clock.wait_until(Seconds(dues[-1] + LOST_S), all_came)
    return loop_of(dues, heard)


def loop_of(dues: Sequence[Seconds], heard: Iterable[Heard]) -> Loop:
    """Compare when messages were due and when they came, by the value that each has."""
    came = {data[2]: time_s for time_s, _, data in heard if data[1:2] == bytes([UNUSED])}
    late = sorted(round(1000 * (came[n] - due_s), 3) for n, due_s in enumerate(dues) if n in came)
    if not late:
        return Loop(len(dues), len(dues), 0.0, 0.0, 0.0)
    middle = median(late)
    jitter_ms, worst_ms = _spread(abs(each - middle) for each in late)
    return Loop(len(dues), len(dues) - len(late), middle, jitter_ms, worst_ms)


def hear_clocks(backend: str, names: Sequence[str], seconds: float = 2.0) -> list[SentClock]:
    """Listen to ports for a while; return the clocks that come from them.

    Raises:
        UserError: a port has gone meanwhile.
    """
    heard: list[Heard] = []
    specs = [PortSpec(f"from {n}", name) for n, name in enumerate(names[:MOST_PORTS])]
    if not specs:
        return []
    settings = PortSettings(backend, (), tuple(specs), client=CLIENT)
    with closing(_opened(settings, lambda *event: heard.append(event))) as ports:
        ports.clock.wait_until(Seconds(ports.clock.now() + seconds), threading.Event())
    return clocks_of(heard, {spec.role: name for spec, name in zip(specs, names, strict=False)})


def clocks_of(heard: Iterable[Heard], names: Mapping[str, str]) -> list[SentClock]:
    """Find the clocks in what was heard from each role, and name them by their ports."""
    times: dict[str, list[Seconds]] = {}
    for time_s, role, data in heard:
        if data == CLOCK:
            times.setdefault(role, []).append(time_s)
    clocks = []
    for role, at_s in times.items():
        steps = [1000 * (after - before) for before, after in pairwise(at_s)]
        if len(steps) >= FEWEST and (step_ms := median(steps)) > 0:
            spread = _spread(abs(each - step_ms) for each in steps)
            tempo_qpm = round(60_000 / (24 * step_ms), 2)
            clocks.append(SentClock(names[role], tempo_qpm, *spread))
    return clocks


def _spread(distances: Iterable[float]) -> tuple[float, float]:
    """Return what 99 of 100 distances do not pass, and the greatest."""
    ordered = sorted(distances)
    return round(ordered[int(0.99 * (len(ordered) - 1))], 3), round(ordered[-1], 3)


def _opened(settings: PortSettings, take: OnInput) -> Ports:
    return open_ports(settings, take, _ignore_loss, _ignore_position)


def _ignore_loss(_why: str) -> None:
    """Notice lost ports by what does not come."""


def _ignore_position(_source: str, _position: Position) -> None:
    """Drop where the DAW is."""
