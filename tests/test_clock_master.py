"""The clock master: what it sends is what it says it did."""

from __future__ import annotations

import pytest

from tests.clock_master import CLOCK, CONTINUE, START, STOP, ClockMaster


def test_a_start_a_loop_and_a_stop_at_120() -> None:
    master = ClockMaster()
    master.wait(1.0)
    master.start()
    master.roll(3, 120.0)
    master.jump(16)
    master.roll(2, 120.0)
    master.stop()
    assert master.events == [
        (48_000, START),
        (48_000, CLOCK),
        (49_000, CLOCK),
        (50_000, CLOCK),
        (51_000, STOP),
        (51_000, b"\xf2\x10\x00"),
        (51_000, CONTINUE),
        (51_000, CLOCK),
        (52_000, CLOCK),
        (53_000, STOP),
    ]
    assert [(each.frames[0], each.first_tick) for each in master.stretches] == [
        (48_000.0, 0),
        (51_000.0, 1920),
    ]


def test_where_it_is_and_when_it_is_there() -> None:
    master = ClockMaster()
    master.start()
    master.roll(24, 60.0, 120.0)
    master.finish()
    (stretch,) = master.stretches
    assert stretch.frame_of(0) == 0.0
    assert stretch.frame_of(-1) is None
    assert stretch.frame_of(480) is None
    middle = stretch.frame_of(241)
    assert middle is not None
    assert stretch.tick_at(middle) == pytest.approx(241)


def test_jitter_moves_clocks_and_lost_ones_are_not_sent_but_passed() -> None:
    even, uneven = ClockMaster(), ClockMaster(jitter_ms=3.0, seed=1)
    for master in (even, uneven):
        master.start()
        master.roll(24, 120.0)
        master.roll(10, 120.0, lost=True)
        master.roll(24, 120.0)
        master.finish()
    assert [data for _, data in even.events] == [START] + 48 * [CLOCK]
    assert even.events[25] == (34_000, CLOCK)
    assert even.stretches == uneven.stretches
    off = [one[0] - other[0] for one, other in zip(even.events, uneven.events, strict=True)]
    assert 50 < max(map(abs, off)) < 500
    assert sorted(uneven.events, key=lambda event: event[0]) == uneven.events
