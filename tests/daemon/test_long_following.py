"""A long time in virtual time, with a locate a minute: nothing drifts, and no memory grows.

`benchmarks/day.py` takes a day of it.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from random import Random

from daw_bridge.jam.bars import InlineFeed
from daw_bridge.jam.follow import ClockFollower
from daw_bridge.jam.plan import Plan
from daw_bridge.jam.schedule import Route
from daw_bridge.jam.session import Session
from daw_bridge.midi.messages import starts_note
from daw_bridge.music.position import Position
from daw_bridge.music.time import PPQ, Seconds, Ticks, Transport
from tests.daemon.test_following import Numbered
from tests.jam.masters import BAR, CLOCK, CONTINUE, STOP, song_position

SONG_BARS = 300
TEMPO_QPM = 125.0
"""At which a clock is exactly 960 frames of 48 kHz."""
CLOCK_S = 0.02


def furthest_off(
    minutes: int, *, by_clock: bool, pass_minute: Callable[[int], None] = lambda _minute: None
) -> tuple[float, int]:
    """Follow a DAW; return by how much a note was off at most, in seconds, and how many there were.

    By clock, or as a source that only tells of changes. `pass_minute` is told of each in its end.
    """
    random = Random(1)  # noqa: S311  # places, no secret
    session = Session(InlineFeed(Numbered()), Transport(120), {0: Route()}, Plan())
    follower = ClockFollower(TEMPO_QPM)
    most_s, notes = 0.0, 0
    for minute in range(minutes):
        begin_s, bar = 60.0 * minute + 1, random.randrange(SONG_BARS)
        if by_clock:
            come = [(begin_s, STOP), (begin_s, song_position(16 * bar)), (begin_s, CONTINUE)]
            come += [(begin_s + CLOCK_S * clock, CLOCK) for clock in range(2_950)]
        else:
            come = [(begin_s, b"")]
        for time_s, data in come:
            session.advance(Seconds(time_s))
            place = Position(Seconds(time_s), Ticks(bar * BAR), TEMPO_QPM, rolling=True)
            position = follower.take(Seconds(time_s), data) if by_clock else place
            if position is not None:
                session.follow(position, Seconds(time_s))
            end_s = begin_s + 58 if not by_clock else time_s + CLOCK_S / 2
            while (wake_s := session.next_wake_s()) is not None and wake_s < end_s:
                for message in session.advance(wake_s):
                    if starts_note(message.data):
                        bars = (message.due_s - begin_s) * TEMPO_QPM * PPQ / 60 / BAR
                        most_s = max(most_s, abs(bars - round(bars)) * BAR / PPQ * 60 / TEMPO_QPM)
                        notes += 1
        pass_minute(minute)
    return most_s, notes


def most_memory(minutes: int) -> int:
    """Return how much a session holds at most that follows for so long."""
    tracemalloc.start()
    try:
        furthest_off(minutes, by_clock=False)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_nothing_drifts_in_an_hour_of_locates() -> None:
    most_s, notes = furthest_off(60, by_clock=False)
    assert most_s < 1e-6
    assert notes > 60 * 28


def test_nothing_drifts_by_a_clock() -> None:
    most_s, notes = furthest_off(3, by_clock=True)
    assert most_s < 1e-4
    assert notes > 3 * 28


def test_memory_does_not_grow() -> None:
    most_memory(5)
    assert (
        most_memory(30) < most_memory(20) + 60_000
    )  # nearly all of the song is remembered by then
