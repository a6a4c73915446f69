"""What a jam is made to follow: scripts for a clock of our own, and real programs that are worked.

Each yields, on a JACK server of the caller's, what was heard of the follower and where the master
truly was.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.clock_master import CLOCKS, RATE, ClockMaster, Stretch
from tests.ports.player import Player
from tests.ports.receiver import Receiver
from tests.real.ardour import Ardour
from tests.real.hydrogen import Hydrogen
from tests.real.truth import stretches_of_ardours_clock, stretches_of_transport

BAR = 4 * CLOCKS
TEMPO_QPM = 120.0
SETTLE_S = 1.0


@dataclass(frozen=True, slots=True)
class Take:
    """What was heard, and the ways that the master went, all in frames of the server."""

    heard: list[tuple[int, bytes]]
    stretches: list[Stretch]


Script = Callable[[ClockMaster], None]


def steady(master: ClockMaster) -> None:
    master.start()
    master.roll(16 * BAR, TEMPO_QPM)


def locates(master: ClockMaster) -> None:
    """Stop, go elsewhere, on a bar line or within a bar, and go on."""
    master.start()
    for sixteenth in (64, 32 + 6, 160, 0 + 9, 96):
        master.roll(3 * BAR, TEMPO_QPM)
        master.stop()
        master.wait(0.1)
        master.locate(sixteenth)
        master.wait(0.1)
        master.go_on()
    master.roll(3 * BAR, TEMPO_QPM)


def loop(master: ClockMaster) -> None:
    """Go round four bars."""
    master.start()
    for _ in range(5):
        master.roll(4 * BAR, TEMPO_QPM)
        master.jump(0)
    master.roll(BAR, TEMPO_QPM)


def ramp(master: ClockMaster) -> None:
    """Four bars at 90, eight in which it becomes 150, and four at that."""
    master.start()
    master.roll(4 * BAR, 90.0)
    master.roll(8 * BAR, 90.0, 150.0)
    master.roll(4 * BAR, 150.0)


def dropouts(master: ClockMaster) -> None:
    """Lose ten clocks every third bar."""
    master.start()
    for _ in range(5):
        master.roll(2 * BAR + 30, TEMPO_QPM)
        master.roll(10, TEMPO_QPM, lost=True)
        master.roll(BAR - 40, TEMPO_QPM)


def thousand_bars(master: ClockMaster) -> None:
    """Play 1,000 bars at 400."""
    master.start()
    master.roll(1000 * BAR, 400.0)


SCRIPTS: dict[str, Script] = {
    "steady": steady,
    "locates": locates,
    "loop of 4 bars": loop,
    "ramp 90 to 150 in 8 bars": ramp,
    "drop-outs of 10 clocks": dropouts,
    "1,000 bars at 400": thousand_bars,
}


def follow_clock(script: Script, jitter_ms: float, notes: str, sync: str) -> Take:
    """Let a clock of our own be followed: `notes` and `sync` are the ports of the follower."""
    master = ClockMaster(jitter_ms, seed=1)
    master.wait(SETTLE_S)
    script(master)
    master.stop()
    limit_s = master.frame / RATE + 60
    player = Player("clock", sync)
    with Receiver(notes, limit_s=limit_s) as ear:
        ear.wait_for("# connected")
        player.wait_for("# connected")
        begun = player.begin(master.events)
        player.wait_for("# done")
        time.sleep(SETTLE_S)
        ear.finish()
    player.close()
    stretches = [
        Stretch(tuple(begun + frame for frame in each.frames), each.first_tick)
        for each in master.stretches
    ]
    return Take(ear.events, stretches)


def work_ardour(ardour: Ardour) -> None:
    """Play, go elsewhere while it stands and while it rolls, inside a bar as well."""
    ardour.roll()
    time.sleep(24)
    ardour.locate(384_000, roll=True)
    time.sleep(8)
    ardour.stop()
    time.sleep(1)
    ardour.locate(576_000 + 36_000)
    time.sleep(1)
    ardour.roll()
    time.sleep(8)
    ardour.locate(96_000, roll=True)
    time.sleep(8)
    ardour.stop()
    time.sleep(SETTLE_S)


def follow_ardours_clock(home: Path, notes: str, connect: Callable[[str], None]) -> Take:
    """Let Ardour's MIDI clock be followed."""
    ardour = Ardour(home)
    ardour.send_clock()
    connect(Ardour.clock)
    with Receiver(Ardour.clock) as clock, Receiver(notes) as ear:
        clock.wait_for("# connected")
        ear.wait_for("# connected")
        work_ardour(ardour)
        clock.finish()
        ear.finish()
    ardour.close()
    return Take(ear.events, stretches_of_ardours_clock(clock.events))


def follow_ardours_transport(home: Path, notes: str) -> Take:
    """Let the transport be followed that Ardour and JACK share."""
    ardour = Ardour(home)
    ardour.lead_jack()
    with Receiver(notes) as ear:
        ear.wait_for("# connected")
        work_ardour(ardour)
        ear.finish()
    ardour.close()
    return Take(ear.events, stretches_of_transport(ear.transport, ear.events[-1][0], TEMPO_QPM))


def follow_hydrogen(home: Path, notes: str) -> Take:
    """Let the transport be followed whose timebase master Hydrogen is."""
    hydrogen = Hydrogen(home)
    with Receiver(notes) as ear:
        ear.wait_for("# connected")
        hydrogen.tell("PLAY")
        time.sleep(24)
        for bar in (8, 3, 12):
            hydrogen.tell("RELOCATE", bar)
            time.sleep(8)
        hydrogen.tell("STOP")
        time.sleep(SETTLE_S)
        ear.finish()
    hydrogen.close()
    return Take(ear.events, stretches_of_transport(ear.transport, ear.events[-1][0], TEMPO_QPM))
