"""Hydrogen leads as JACK's timebase master, and a jam follows."""

from __future__ import annotations

import pytest

from tests.places import BAR, SIXTEENTHS, score, visits
from tests.ports.receiver import Receiver
from tests.real.follower import LIMIT_S, NOTES, followed_jam
from tests.real.hydrogen import Hydrogen
from tests.real.truth import stretches_of_transport

pytestmark = [pytest.mark.jack, pytest.mark.hydrogen]

TEMPO_QPM = 90.0
TICK_MS = 60_000 / (TEMPO_QPM * 480)


def test_its_tempo_is_followed_and_where_it_goes(hydrogen: Hydrogen) -> None:
    with followed_jam("jack"), Receiver(NOTES, limit_s=LIMIT_S) as ear:
        ear.wait_for("# connected")
        hydrogen.tell("BPM", TEMPO_QPM)
        hydrogen.tell("PLAY")
        ear.hear(2 * 2 * SIXTEENTHS)
        hydrogen.tell("RELOCATE", 8)
        ear.hear(len(ear.events) + 2 * 2 * SIXTEENTHS)
        hydrogen.tell("STOP")
        ear.finish()
    end = ear.events[-1][0]
    stretches = stretches_of_transport(ear.transport, end, TEMPO_QPM)
    assert [stretch.first_tick // BAR for stretch in stretches] == [0, 8]
    found = score(ear.events, visits(stretches))
    assert max(map(abs, found.errors_ms)) < TICK_MS
    assert found.missing <= len(stretches)  # the first note, where it had only just come
    assert found.elsewhere <= len(stretches)  # the next note, where it had only just gone
