"""A jam in a process of its own, for tests that end it in every way there is.

    python tests/live_jam.py CLIENT SOURCE

SOURCE is `held` (a bar-long note each bar, for ever), `failing` (held notes, and then an error), or
a number: the seed of six bars by the shipped drummer, after a pickup and a bar of 7/8 in which the
tempo changes. It prints `open PID` with the port process, and goes on when a line comes in.
"""

from __future__ import annotations

import sys
from typing import Any

from daw_bridge.config.files import find
from daw_bridge.config.jam import JamFile
from daw_bridge.daemon import opening, performance
from daw_bridge.daemon.opening import jam
from daw_bridge.daemon.performance import Jam
from daw_bridge.daemon.settings import Ready, source_of
from daw_bridge.jam import outgoing
from daw_bridge.jam.ask import Ask
from daw_bridge.jam.bars import BarSource
from daw_bridge.jam.plan import Plan
from daw_bridge.jam.primer import Primer
from daw_bridge.jam.relief import OnError
from daw_bridge.jam.schedule import Route
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Meter, Ticks
from daw_bridge.ports.backend import PortSettings
from daw_bridge.ports.process import PortProcess

DRUMMER = "groove-drums"
TEMPO_QPM = 128.0
PRIMER = Primer(
    tuple(Bar.of([Note(Ticks(0), 49, Ticks(60), 90)], Meter(*each)) for each in ((1, 4), (7, 8))),
    condition=False,
    keep=True,
)
PLAN = Plan(bars=8, tempos=(((Ticks(240), 200.0),), ((Ticks(0), 90.0), (Ticks(1600), 128.0))))


class Held:
    """Make bars of one note that fills them; fail after `bars` of them."""

    def __init__(self, bars: int | None = None) -> None:
        self._bars = bars

    def bar(self, ask: Ask) -> Bar:
        if ask.number == self._bars:
            raise RuntimeError("out of ideas")
        return Bar.of([Note(Ticks(0), 60, Ticks(1900), 100)])


class Waits:
    """Make no bar before the test has connected to the jam."""

    def __init__(self, source: BarSource) -> None:
        self._source = source

    def bar(self, ask: Ask) -> Bar:
        if ask.number == 0:
            sys.stdin.readline()
        return self._source.bar(ask)


def open_and_tell(*settings: Any) -> PortProcess:
    """Open the ports, and print the number of their process."""
    ports = PortProcess(*settings)
    print("open", ports.pid, flush=True)
    return ports


def drummer(seed: int) -> BarSource:
    """Give the shipped drummer at a seed, who goes on from a primer."""
    file = JamFile(model=DRUMMER, bpm=TEMPO_QPM, seed=seed)
    return source_of(Ready(file, find("models", DRUMMER), PRIMER))


def main(client: str, source: str) -> None:
    """Play until the end that the test makes."""
    seeded = source.isdecimal()
    if seeded:  # its frames are compared, so a machine that is short of time must not make it late
        performance.LEAD_S = performance.TAIL_S = outgoing.LOOKAHEAD_S = 1.0
    settings = Jam(
        tempo_qpm=TEMPO_QPM if seeded else 240.0,
        plan=PLAN if seeded else Plan(),
        routes={0: Route()} if seeded else {0: Route(channel=0)},
        ports=PortSettings(backend="jack", client=client),
        on_error=OnError.STOP,
    )
    make = {"held": Held, "failing": lambda: Held(2)}.get(source, lambda: drummer(int(source)))
    opening.open_ports = open_and_tell
    print(jam(settings, lambda: Waits(make())).why, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
