"""Clocks and frames."""

from __future__ import annotations

import threading
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daw_bridge.music.time import Seconds, Ticks, Transport
from daw_bridge.ports.clock import (
    MonotonicClock,
    VirtualClock,
    frame_at,
    seconds_at,
    unwrap,
)

RATES = st.sampled_from([22_050, 44_100, 48_000, 96_000, 192_000, 1_000_000])
DAYS_3 = 3 * 86_400


@given(st.integers(-1_000_000, 10**12), RATES)
def test_a_frame_survives_the_way_through_seconds(frame: int, rate: int) -> None:
    assert frame_at(seconds_at(frame, rate), rate) == frame


def test_the_nearest_frame_is_taken_and_the_later_of_two_as_near() -> None:
    times = [0.0, 0.4 / 48_000, 0.5 / 48_000, 1.49 / 48_000, 1.5 / 48_000, -0.5 / 48_000]
    assert [frame_at(Seconds(t), 48_000) for t in times] == [0, 0, 1, 1, 2, 0]


@given(st.integers(0, 200_000), st.integers(0, DAYS_3 * 48_000), st.sampled_from([64, 128, 96.0]))
def test_a_tick_midway_between_frames_falls_the_same_way_wherever_the_origin(
    tick: int, origin_frame: int, tempo_qpm: float
) -> None:
    here = Transport(tempo_qpm).seconds_at(Ticks(tick))
    there = Transport(tempo_qpm, Ticks(0), seconds_at(origin_frame, 48_000)).seconds_at(Ticks(tick))
    exact = Fraction(tick) * 60 * 48_000 / (Fraction(tempo_qpm) * 480)
    nearest = int(exact + Fraction(1, 2))
    assert frame_at(here, 48_000) == nearest
    assert frame_at(there, 48_000) == origin_frame + nearest


@given(st.integers(0, 1 << 40), st.integers(-(1 << 31), (1 << 31) - 1))
def test_the_32_bit_counter_of_jack_is_unwrapped_past_its_end(near: int, step: int) -> None:
    full = near + step
    assert unwrap(full % (1 << 32), near) == full


def test_cycles_on_both_sides_of_the_wrap_follow_each_other() -> None:
    wrap = 1 << 32
    full = wrap - 256
    seen = []
    for counter in [wrap - 128, 0, 128, 256]:
        full = unwrap(counter, full)
        seen.append(full - wrap)
    assert seen == [-128, 0, 128, 256]


def test_waiting_in_virtual_time_is_a_jump_and_is_told_before_it_shows() -> None:
    told = []
    clock = VirtualClock(on_jump=lambda before, after: told.append((before, after, clock.now())))
    wake = threading.Event()
    clock.wait_until(Seconds(2.5), wake)
    clock.wait_until(Seconds(1.0), wake)  # past already
    assert clock.now() == 2.5
    assert told == [(0.0, 2.5, 0.0)]


def test_a_set_wake_keeps_virtual_time_where_it_is() -> None:
    clock = VirtualClock()
    wake = threading.Event()
    wake.set()
    clock.wait_until(Seconds(2.5), wake)
    assert clock.now() == 0.0


def test_virtual_time_refuses_to_wait_for_nothing() -> None:
    with pytest.raises(ValueError, match="nothing is left to do"):
        VirtualClock().wait_until(Seconds(float("inf")), threading.Event())


def test_the_monotonic_clock_returns_at_once_where_the_moment_has_passed_or_wake_is_set() -> None:
    clock = MonotonicClock()
    clock.wait_until(clock.now(), threading.Event())
    wake = threading.Event()
    wake.set()
    clock.wait_until(Seconds(float("inf")), wake)


def test_the_monotonic_clock_does_not_return_early() -> None:
    clock = MonotonicClock()
    deadline = Seconds(clock.now() + 0.002)
    clock.wait_until(deadline, threading.Event())
    assert clock.now() >= deadline
