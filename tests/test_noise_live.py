"""A jam on JACK into which anything comes: it plays on, in time, and leaves no note."""

from __future__ import annotations

import contextlib
import os
import random
import threading

import pytest

from daw_bridge.midi.messages import ends_note, starts_note
from daw_bridge.midi.sounding import key_of
from tests.clock_master import CLOCK, START, STOP, Stretch
from tests.places import BAR, score, visits
from tests.ports.player import Player
from tests.ports.receiver import LIMIT_S, Receiver
from tests.real.follower import CLIENT, NOTES, SYNC, followed_jam

pytestmark = [pytest.mark.jack, pytest.mark.usefixtures("jack_server")]

BYTES = 1_000_000
LONGEST = 200
FIRST, GAP = 24_000, 1000
"""When the clock starts after the noise, and from clock to clock at 120, in frames."""


def make_noise() -> None:
    """Send random bytes to `in` and `sync` of the jam, some hundreds in each cycle."""
    jack = pytest.importorskip("jack")
    noise = random.Random(11)  # noqa: S311 -- no secret
    client = jack.Client(f"noise-{os.getpid()}", no_start_server=True)
    outs = {role: client.midi_outports.register(role) for role in ("in", "sync")}
    pieces = [noise.randbytes(noise.randint(1, LONGEST)) for _ in range(2 * BYTES // LONGEST)]
    over = threading.Event()

    def cycle(_length: int) -> None:
        for out in outs.values():
            out.clear_buffer()
            with contextlib.suppress(jack.JackError):  # the cycle is full
                while pieces:
                    out.write_midi_event(0, pieces[-1])
                    pieces.pop()
        if not pieces:
            over.set()

    client.set_process_callback(cycle)
    client.activate()
    for role, out in outs.items():
        client.connect(out, f"{CLIENT}:{role}")
    assert over.wait(5 * LIMIT_S)
    client.deactivate()
    client.close()


def test_a_million_random_bytes_neither_end_a_jam_nor_hold_it_up() -> None:
    clocks = [FIRST + GAP * each for each in range(24 * 12)]
    with Receiver(NOTES, limit_s=5 * LIMIT_S) as ear:
        with followed_jam("midi-clock") as jam:
            ear.wait_for("# connected")
            make_noise()
            master = Player("master", SYNC)
            master.wait_for("# connected")
            begun = master.begin(
                [(0, STOP), (FIRST, START), *((at, CLOCK) for at in clocks), (clocks[-1], STOP)]
            )
            master.wait_for("# done")
            master.close()
            assert jam.poll() is None
        ear.wait_for("# disconnected")
        heard = ear.events
    assert jam.returncode == 0
    last = {
        key_of("notes", data): data for _, data in heard if starts_note(data) or ends_note(data)
    }
    assert all(ends_note(data) for data in last.values())
    way = Stretch(tuple(float(begun + at) for at in clocks), 0)
    passed = [visit for visit in visits([way]) if visit.ticks_since >= BAR]
    found = score([each for each in heard if each[0] > begun + clocks[24 * 4] - GAP], passed)
    assert (found.missing, found.elsewhere) == (0, 0)
    assert max(map(abs, found.errors_ms)) < 1.0
