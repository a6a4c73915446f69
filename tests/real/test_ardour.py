"""Ardour leads, and a jam follows: by MIDI clock, by JACK transport, and into its own tracks."""

from __future__ import annotations

from itertools import pairwise

import pytest

from daw_bridge.midi import files
from daw_bridge.music.time import SIXTEENTH
from tests.clock_master import RATE, Stretch
from tests.places import BAR, SIXTEENTHS, named, score, visits
from tests.ports.receiver import Receiver
from tests.real.ardour import Ardour
from tests.real.follower import LIMIT_S, NOTES, SYNC, followed_jam
from tests.real.patchbay import connect
from tests.real.truth import stretches_of_ardours_clock, stretches_of_transport

pytestmark = [pytest.mark.jack, pytest.mark.ardour]

TEMPO_QPM = 120.0
BAR_FRAMES = 2 * RATE
TICK_MS = 60_000 / (TEMPO_QPM * 480)
"""What is nearer than this is on the grid."""

ROUND_TRIP = 256 / RATE * TEMPO_QPM / 60 * 480
"""In ticks: who hears Ardour and is heard by it is a circle, which JACK closes a period later."""


def bars_heard(ear: Receiver, count: int) -> None:
    """Wait for so many bars more."""
    ear.hear(len(ear.events) + 2 * SIXTEENTHS * count)


def work(ardour: Ardour, ear: Receiver) -> None:
    """Play two bars; two from within bar 5 on, after a stop; two of bar 3 on, without one."""
    ardour.roll()
    bars_heard(ear, 2)
    ardour.locate(4 * BAR_FRAMES + 36_000)
    ardour.roll()
    bars_heard(ear, 2)
    ardour.locate(2 * BAR_FRAMES, roll=True)
    bars_heard(ear, 2)
    ardour.stop()


def check(ear: Receiver, stretches: list[Stretch]) -> None:
    """Every note is where it belongs, but for one where the DAW has only just come or gone."""
    heard = ear.events
    passed = visits(stretches)
    last = heard[-1][0]
    found = score(heard, [visit for visit in passed if visit.frame < last])
    assert [place for place, _ in pairwise([s.first_tick // BAR for s in stretches] + [0])] == [
        0,
        4,
        2,
    ]
    assert max(map(abs, found.errors_ms)) < TICK_MS
    assert found.missing <= len(stretches)
    assert found.elsewhere <= len(stretches)


def test_its_clock_is_followed_through_stops_and_locates(ardour: Ardour) -> None:
    ardour.send_clock()
    with (
        followed_jam("midi-clock", "clock"),
        Receiver(Ardour.clock, limit_s=LIMIT_S) as clock,
        Receiver(NOTES, limit_s=LIMIT_S) as ear,
    ):
        connect(Ardour.clock, SYNC)
        clock.wait_for("# connected")
        ear.wait_for("# connected")
        work(ardour, ear)
        clock.finish()
        ear.finish()
    check(ear, stretches_of_ardours_clock(clock.events))


def test_jacks_transport_is_followed_which_it_moves(ardour: Ardour) -> None:
    ardour.lead_jack()
    with followed_jam("jack"), Receiver(NOTES, limit_s=LIMIT_S) as ear:
        ear.wait_for("# connected")
        work(ardour, ear)
        ear.finish()
    end = ear.events[-1][0]
    check(ear, stretches_of_transport(ear.transport, end, TEMPO_QPM))


def test_a_loop_that_it_records_is_on_its_grid_and_the_same_each_time(ardour: Ardour) -> None:
    ardour.loop(4 * BAR_FRAMES)
    ardour.record("drums")
    ardour.send_clock()
    with followed_jam("midi-clock", "clock"), Receiver(NOTES, limit_s=LIMIT_S) as ear:
        connect(Ardour.clock, SYNC)
        connect(NOTES, "ardour:drums/midi_in 1")
        ear.wait_for("# connected")
        ardour.roll()
        bars_heard(ear, 9)
        ardour.stop()
        ear.finish()
    ardour.close()
    (take,) = ardour.takes()
    notes = [
        ((note.start - ROUND_TRIP) / SIXTEENTH, note.pitch, note.velocity)
        for note in files.read(take).notes
    ]
    rounds = [notes_of_round(notes, number) for number in range(2)]
    assert rounds[0] == rounds[1] == {step: named(step) for step in range(4 * SIXTEENTHS)}


def notes_of_round(notes: list[tuple[float, int, int]], number: int) -> dict[int, tuple[int, int]]:
    """Give what was recorded in one round, by its nearest sixteenth.

    All must be on the grid, but for its first: Ardour tells in a cycle that it is there, and what
    sounds for that can leave in the next one at the soonest.
    """
    first = number * 4 * SIXTEENTHS
    here = [each for each in notes if first - 0.5 <= each[0] < first + 4 * SIXTEENTHS - 0.5]
    later = [at for at, _, _ in here if round(at) > first]
    assert all(abs(at - round(at)) < 1 / SIXTEENTH for at in later)
    return {round(at) - first: (pitch, velocity) for at, pitch, velocity in here}
