"""Ardour drives a jam."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.ports.receiver import Receiver
from tests.real.ardour import Ardour

pytestmark = [pytest.mark.jack, pytest.mark.ardour]


def test_its_clock_is_24_a_quarter_from_its_first_frame_on(ardour: Ardour) -> None:
    ardour.send_clock()
    with Receiver(ardour.clock) as ear:
        ear.wait_for("# connected")
        ardour.roll()
        ear.hear(100)
        ardour.stop()
    start, *clocks = ear.events[:100]
    assert start[1] == b"\xfa"
    assert {data for _, data in clocks} == {b"\xf8"}
    assert clocks[0][0] == start[0]
    assert {after[0] - before[0] for before, after in pairwise(clocks)} == {1000}
