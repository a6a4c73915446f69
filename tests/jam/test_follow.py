"""The clock of a DAW, followed: where it is, how exactly, and what it says that is no clock."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daw_bridge.jam.follow import BRIDGE_S, TICKS, ClockFollower, SppUnit
from daw_bridge.music.position import Position
from daw_bridge.music.time import PPQ, Seconds
from tests.clock_master import RATE, ClockMaster
from tests.jam.masters import BAR, CLOCK, CONTINUE, START, STOP, Master, ramp, song_position

AHEAD_S = 0.1
"""How long before it sounds a note is committed."""


def followed(master: Master, follower: ClockFollower | None = None) -> list[Position]:
    follower = follower or ClockFollower()
    return [p for time_s, data in master.in_order() if (p := follower.take(time_s, data))]


def places(positions: list[Position]) -> list[tuple[float, int, bool]]:
    return [(round(p.time_s, 6), p.tick, p.rolling) for p in positions]


def errors_ms(master: Master, positions: list[Position], first: int = 0) -> list[float]:
    """Give how far off notes would sound that are committed at each position from a tick on."""
    found = []
    for position in positions:
        tick = position.tick + AHEAD_S * position.tempo_qpm * PPQ / 60
        true_s = master.second_of(tick)
        if position.rolling and position.tick >= first and true_s is not None:
            found.append(abs(position.time_s + AHEAD_S - true_s) * 1000)
    return sorted(found)


def p95(errors: list[float]) -> float:
    assert len(errors) > 20
    return errors[int(0.95 * len(errors))]


def test_a_start_its_clocks_and_a_stop() -> None:
    master = Master(at_s=1.0).start().clocks(3).stop()
    assert places(followed(master)) == [
        (1.0, 0, True),
        (1.020833, 20, True),
        (1.041667, 40, True),
        (1.0625, 60, False),
    ]
    assert {round(p.tempo_qpm, 6) for p in followed(master)} == {120.0}


def test_clocks_of_a_daw_that_stands_only_tell_its_tempo() -> None:
    master = Master(90).clocks(5)
    assert [(p.tick, p.rolling) for p in followed(master)] == [(0, False)] * 5
    assert followed(master)[-1].tempo_qpm == pytest.approx(90, abs=0.01)


def test_a_continue_goes_on_with_the_next_clock_and_one_clock_more_after_a_stop_is_none() -> None:
    master = Master().start().clocks(10).stop().clocks(1).wait(0.5).say(CONTINUE).clocks(2)
    assert [(p.tick, p.rolling) for p in followed(master)][9:] == [
        (180, True),
        (200, False),
        (200, False),
        (200, True),
        (220, True),
    ]


def test_a_locate_as_ardour_sends_it() -> None:
    master = Master().start().clocks(100).say(STOP, STOP).wait(0.01)
    master.say(song_position(64), CONTINUE).clocks(2)
    assert places(followed(master))[100:] == [
        (round(1 + 100 / 48, 6), 2000, False),
        (round(1.01 + 100 / 48, 6), 7680, False),
        (round(1.01 + 100 / 48, 6), 7680, True),
        (round(1.01 + 101 / 48, 6), 7700, True),
    ]


def test_a_position_that_comes_while_it_rolls_is_that_of_the_next_clock() -> None:
    master = Master().start().clocks(192).say(song_position(16)).clocks(2)
    assert [p.tick for p in followed(master)][190:] == [3800, 3820, 1920, 1940]


def test_a_position_that_only_says_where_it_is_changes_nothing() -> None:
    master = Master().start().clocks(195).say(song_position(32)).clocks(2)
    assert [p.tick for p in followed(master)][193:] == [3860, 3880, 3900, 3920]


def test_a_position_after_a_stop_is_where_it_stands() -> None:
    master = Master().start().clocks(48).stop().say(song_position(80))
    assert places(followed(master))[-1][1:] == (80 * 120, False)


@pytest.mark.parametrize(
    ("stops_at", "units", "unit"),
    [
        (195, 198, SppUnit.CLOCK),  # Ardour: the next sixteenth, in clocks
        (192, 32, SppUnit.SIXTEENTH),
        (192, 33, SppUnit.SIXTEENTH),
        (192, 31, SppUnit.SIXTEENTH),
        (192, 600, SppUnit.SIXTEENTH),  # a locate shows nothing
        (2, 0, SppUnit.SIXTEENTH),
    ],
)
def test_what_a_position_counts_is_found_where_it_goes_on(
    stops_at: int, units: int, unit: SppUnit
) -> None:
    follower = ClockFollower()
    master = Master().start().clocks(stops_at).stop().wait(1).say(song_position(units), CONTINUE)
    positions = followed(master.clocks(2), follower)
    assert follower.unit is unit
    assert positions[-2].tick == units * (20 if unit is SppUnit.CLOCK else 120)


def test_what_a_position_counts_can_be_said() -> None:
    for unit, tick in ((SppUnit.CLOCK, 1920), (SppUnit.SIXTEENTH, 11520), (SppUnit.AUTO, 11520)):
        follower = ClockFollower(spp_unit=unit)
        assert followed(Master().say(song_position(96)), follower)[-1].tick == tick
    follower = ClockFollower(spp_unit=SppUnit.CLOCK)
    followed(Master().say(song_position(7)), follower)
    assert follower.unit is SppUnit.CLOCK


def test_a_unit_that_was_found_wrong_is_found_again() -> None:
    follower = ClockFollower()
    followed(Master().start().clocks(96).stop().say(song_position(96)), follower)
    assert follower.unit is SppUnit.CLOCK
    follower.take(Seconds(20.0), song_position(97))
    assert follower.unit is SppUnit.SIXTEENTH


@pytest.mark.parametrize(
    ("jitter_s", "most_ms"), [(0.0, 0.05), (0.001, 0.5), (0.003, 1.5)], ids=str
)
@pytest.mark.parametrize("tempo", [20, 93.7, 120, 200, 400])
def test_what_follows_a_clock_is_exact(tempo: float, jitter_s: float, most_ms: float) -> None:
    master = Master(tempo, jitter_s=jitter_s).start().clocks(96 * 16)
    assert p95(errors_ms(master, followed(master), BAR)) < most_ms


def test_it_does_not_drift() -> None:
    master = Master(93.7, jitter_s=0.001).start().clocks(96 * 1000)
    positions = followed(master)
    assert positions[-1].tick == (96 * 1000 - 1) * 20
    assert p95(errors_ms(master, positions, 999 * BAR)) < 1


@pytest.mark.parametrize("jitter_s", [0.0, 0.001], ids=str)
def test_within_a_bar_of_a_ramp_a_jump_of_tempo_or_a_drop_out_it_is_exact_again(
    jitter_s: float,
) -> None:
    ramped = Master(ramp(90, 150, 16, 32), jitter_s=jitter_s).start().clocks(24 * 72)
    assert p95(errors_ms(ramped, followed(ramped), 13 * BAR)) < 0.8
    assert p95(errors_ms(ramped, followed(ramped), 4 * BAR)) < 1.3  # and meanwhile
    jumped = Master(lambda q: 120 if q < 16 else 130, jitter_s=jitter_s).start().clocks(24 * 32)
    assert p95(errors_ms(jumped, followed(jumped), 5 * BAR)) < 0.8
    dropped = Master(jitter_s=jitter_s).start().clocks(24 * 32, lost=range(384, 394))
    assert p95(errors_ms(dropped, followed(dropped), 4 * BAR)) < 0.8
    located = Master(jitter_s=jitter_s).start().clocks(384).wait(0.3).go_on(960).clocks(384)
    assert p95(errors_ms(located, followed(located), 11 * BAR)) < 0.8


@pytest.mark.parametrize(
    ("before", "after"), [(20, 200), (200, 20), (120, 12), (60, 120), (120, 60)]
)
def test_a_tempo_may_jump_by_any_factor_and_no_clock_is_miscounted(
    before: float, after: float
) -> None:
    master = Master(lambda q: before if q < 8 else after).start().clocks(24 * 24)
    positions = followed(master)
    assert positions[-1].tick == (24 * 24 - 1) * 20
    assert positions[-1].tempo_qpm == pytest.approx(after, rel=0.001)
    assert all(p.rolling for p in positions)


def test_lost_and_doubled_clocks_are_found_by_their_time() -> None:
    master = Master().start().clocks(96, lost=range(50, 51)).clocks(96)
    doubled = Master().start().clocks(60).wait(-0.019).say(CLOCK).wait(0.019).clocks(132)
    doubled.sent.sort(key=lambda each: each[0])
    late = Master().start().clocks(96)
    late.sent[51] = (Seconds(late.sent[51][0] + 0.012), CLOCK)
    for each in (master, doubled, late.clocks(96)):
        positions = followed(each)
        assert positions[-1].tick == 191 * 20
        assert p95(errors_ms(each, positions)) < 0.1


def test_a_clock_that_fails_is_bridged_for_a_second_and_then_has_stopped() -> None:
    follower = ClockFollower()
    assert follower.deadline_s == math.inf
    master = Master().start().clocks(96)
    followed(master, follower)
    assert follower.deadline_s == pytest.approx(master.sent[-1][0] + BRIDGE_S)
    assert follower.take(Seconds(follower.deadline_s - 0.01)) is None
    stopped = follower.take(follower.deadline_s)
    assert stopped is not None
    assert (stopped.tick, stopped.rolling, follower.failed) == (1920, False, True)
    assert follower.take(Seconds(9.0), CLOCK) is not None  # its tempo, no more
    follower.take(Seconds(9.1), START)
    assert not follower.failed


def test_a_clock_too_fast_or_too_slow_to_be_one_has_failed() -> None:
    for gap_s in (0.0005, 2.0):
        follower = ClockFollower()
        follower.take(Seconds(0.0), START)
        for each in range(10_000 if gap_s < 1 else 10):
            follower.take(Seconds(gap_s * each), CLOCK)
        assert follower.failed
        assert 5 <= follower.tempo_qpm <= 1000


def test_a_thousand_a_minute_and_five_are_followed() -> None:
    for tempo in (5, 1000):
        master = Master(tempo).start().clocks(96)
        assert followed(master)[-1].tempo_qpm == pytest.approx(tempo, rel=0.01)


def test_a_message_in_pieces_and_others_around_it() -> None:
    follower = ClockFollower()
    pieces = [b"\xf0\x10", b"\x11", b"\xf2\x05", CLOCK, b"\x01", b"\xb0\x7b\x00", b"\xf2", b"\xfe"]
    found = [p for i, each in enumerate(pieces) if (p := follower.take(Seconds(i / 48), each))]
    assert [p.tick for p in found] == [0, 133 * 120]
    assert follower.take(Seconds(1.0), b"\x01\xf7\x02") is None


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(0, 0.5) | st.just(0.02),
            st.binary(max_size=12) | st.sampled_from([CLOCK, START, STOP, CONTINUE]),
        ),
        max_size=200,
    )
)
def test_whatever_comes_makes_positions_that_can_be_followed(
    things: list[tuple[float, bytes]],
) -> None:
    follower, now_s = ClockFollower(), 0.0
    for gap_s, data in things:
        now_s += gap_s
        position = follower.take(Seconds(now_s), data)
        if position is not None:
            assert position.tick >= 0
            assert 4 < position.tempo_qpm < 1100
            assert abs(position.time_s - now_s) < 60
        assert follower.deadline_s > now_s


def test_a_flood_of_random_bytes_leaves_nothing_behind() -> None:
    random, follower = Random(1), ClockFollower()  # noqa: S311  # bytes, no secret
    for each in range(2_000):
        follower.take(Seconds(each / 1000), random.randbytes(100))
    follower.take(Seconds(10.0), b"\xf0")
    master = Master(at_s=10.0).start().clocks(96)
    assert places(followed(master, follower))[-1][1:] == (95 * 20, True)


@pytest.mark.parametrize("seed", [4, 15, 34])
def test_after_ten_clocks_that_a_very_rough_clock_lost_none_is_miscounted(seed: int) -> None:
    master = ClockMaster(jitter_ms=3.0, seed=seed)
    master.start()
    for _ in range(5):
        master.roll(222, 120.0)
        master.roll(10, 120.0, lost=True)
        master.roll(56, 120.0)
    follower = ClockFollower()
    came = [follower.take(Seconds(frame / RATE), data) for frame, data in master.events]
    assert came[-1] is not None
    assert came[-1].tick == TICKS * (5 * 288 - 1)


@pytest.mark.parametrize("seed", [2, 6])
def test_the_first_clocks_are_counted_though_they_come_at_once(seed: int) -> None:
    master = ClockMaster(jitter_ms=3.0, seed=seed)
    master.start()
    master.roll(96, 400.0)
    follower = ClockFollower()
    came = [follower.take(Seconds(frame / RATE), data) for frame, data in master.events]
    assert came[-1] is not None
    assert came[-1].tick == TICKS * 95


@pytest.mark.parametrize("seed", range(8))
def test_very_rough_clocks_are_counted_one_by_one(seed: int) -> None:
    master = ClockMaster(jitter_ms=3.0, seed=seed)
    master.start()
    master.roll(96 * 8, 200.0)
    follower = ClockFollower()
    came = [follower.take(Seconds(frame / RATE), data) for frame, data in master.events]
    assert came[-1] is not None
    assert came[-1].tick == TICKS * (96 * 8 - 1)


@pytest.mark.parametrize(("jitter_ms", "after"), [(1.0, 240.0), (3.0, 140.0), (3.0, 90.0)])
def test_a_tempo_that_jumps_is_none_that_lost_clocks_though_they_are_rough(
    jitter_ms: float, after: float
) -> None:
    for seed in range(12):
        master = ClockMaster(jitter_ms=jitter_ms, seed=seed)
        master.start()
        master.roll(96 * 4, 120.0)
        master.roll(96 * 4, after)
        follower = ClockFollower()
        came = [follower.take(Seconds(frame / RATE), data) for frame, data in master.events]
        assert came[-1] is not None
        assert came[-1].tick == TICKS * (96 * 8 - 1)
