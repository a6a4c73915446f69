"""A clock for others: what it says where, and that who follows it is where we are."""

from __future__ import annotations

from daw_bridge.jam.clock_out import ClockOut
from daw_bridge.music.time import Ticks

F8 = b"\xf8"


def started(tick: int = 0, song_tick: int = 0) -> ClockOut:
    clock = ClockOut("sync")
    clock.start(Ticks(tick), Ticks(song_tick))
    return clock


def test_it_starts_at_the_first_tick_and_counts_24_a_quarter() -> None:
    said = started().until(Ticks(480))
    assert said[:2] == [(0, b"\xfa"), (0, F8)]
    assert [tick for tick, data in said if data == F8] == list(range(0, 480, 20))
    assert len(said) == 25


def test_blocks_of_any_size_say_the_same() -> None:
    whole = started().until(Ticks(4000))
    clock, parts = started(), []
    for end in range(0, 4000, 7):
        parts += clock.until(Ticks(end))
    assert parts + clock.until(Ticks(4000)) == whole


def test_within_a_song_it_says_the_sixteenth_and_goes_on_from_it() -> None:
    said = started(1000, 60).until(Ticks(1080))
    assert said == [
        (1000, F8),
        (1020, F8),
        (1040, F8),
        (1060, b"\xf2\x01\x00"),
        (1060, b"\xfb"),
        (1060, F8),
    ]


def test_who_missed_clocks_is_told_where_it_goes_on() -> None:
    clock = started()
    clock.until(Ticks(130 * 120))
    clock.join()
    assert clock.until(Ticks(130 * 120 + 1)) == [
        (15600, b"\xfc"),
        (15600, b"\xf2\x02\x01"),
        (15600, b"\xfb"),
        (15600, F8),
    ]


def test_past_the_last_position_it_goes_on_without_one() -> None:
    last = 0x3FFF * 120
    assert started(0, last).until(Ticks(1))[0] == (0, b"\xf2\x7f\x7f")
    assert started(0, last + 120).until(Ticks(1)) == [(0, b"\xfb"), (0, F8)]


def test_it_stops_once_and_not_before_it_ran() -> None:
    clock = ClockOut("sync")
    assert clock.stop() == []
    clock.start(Ticks(0), Ticks(0))
    assert clock.stop() == []
    clock.start(Ticks(0), Ticks(0))
    clock.until(Ticks(1))
    assert (clock.stop(), clock.stop(), clock.next_tick()) == ([b"\xfc"], [], None)
    assert clock.until(Ticks(999)) == []
