"""Where JACK transport is, of cycles as real masters showed them, and on a server."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from daw_bridge.music.bar_lines import BarLines
from daw_bridge.music.position import Position
from daw_bridge.music.time import Meter, Seconds, Ticks
from daw_bridge.ports.jack_transport import (
    AGREE_TICKS,
    HOLD,
    REPEAT_S,
    ROLLING,
    Bars,
    JackTransport,
    TransportFollower,
    bars_of,
    tick_at,
)

RATE, PERIOD = 48_000, 128
TICKS_A_FRAME_AT_120 = 120 * 480 / 60 / RATE


class Transport:
    """A transport by cycles, and what a follower tells of it."""

    def __init__(self, tempo_qpm: float = 120.0) -> None:
        self.follower = TransportFollower(RATE, tempo_qpm)
        self.start = 10_000
        self.frame = 0
        self.told: list[Position] = []

    def cycles(
        self, count: int, *, rolling: bool = True, bars: Iterable[Bars | None] | None = None
    ) -> Transport:
        master = iter(bars or ())
        for _ in range(count):
            told = next(master, None)
            position = self.follower.look(self.start, self.frame, told, rolling=rolling)
            if position is not None:
                self.told.append(position)
            self.start += PERIOD
            self.frame += PERIOD * rolling
        return self

    def tick(self) -> float:
        """Say where the next cycle begins, by what was told last."""
        return tick_at(self.told[-1], Seconds(self.start / RATE))


def bars_at(place: float, tempo_qpm: float = 120.0, meter: Meter = Meter()) -> Bars:
    """Tell a place as Ardour does, in whole ticks of which a beat has 1920."""
    bar, within = divmod(place, meter.bar_length())
    beat, tick = divmod(within, meter.bar_length() / meter.numerator)
    grain = meter.bar_length() / meter.numerator / 1920
    return Bars(int(bar) + 1, int(beat) + 1, tick // grain, 1920, meter, tempo_qpm)


def test_without_a_master_the_place_is_that_of_the_frame_at_the_jams_tempo() -> None:
    transport = Transport(90.0)
    transport.cycles(3, rolling=False)
    transport.frame = 96_000
    transport.cycles(1, rolling=False).cycles(1)
    ticks = 96_000 / RATE * 90 * 8
    start_s = (transport.start - PERIOD) / RATE
    assert transport.told == [
        Position(Seconds(10_000 / RATE), Ticks(0), 90.0, rolling=False),
        Position(Seconds(start_s - PERIOD / RATE), Ticks(1440), 90.0, rolling=False),
        Position(Seconds(start_s), Ticks(1440), 90.0, rolling=True),
    ]
    assert ticks == 1440


def test_the_second_of_a_whole_tick_is_told_between_frames() -> None:
    transport = Transport()
    transport.frame = 100  # 2.0 ticks and less than one
    transport.cycles(1)
    [position] = transport.told
    assert position.tick == 2
    assert position.time_s == pytest.approx((10_000 + 2 / TICKS_A_FRAME_AT_120 - 100) / RATE)


def test_while_all_is_as_expected_it_is_told_ten_times_a_second() -> None:
    transport = Transport().cycles(RATE * 10 // PERIOD)
    assert 10 / REPEAT_S - 10 <= len(transport.told) <= 10 / REPEAT_S + 1
    assert transport.tick() == pytest.approx(transport.frame * TICKS_A_FRAME_AT_120, abs=1e-3)


def test_where_it_stands_is_told_once_and_again_where_it_is_moved() -> None:
    transport = Transport().cycles(RATE * 10 // PERIOD, rolling=False)
    transport.frame += 100  # two ticks
    transport.cycles(RATE // PERIOD, rolling=False)
    transport.frame += 50
    transport.cycles(RATE // PERIOD, rolling=False)
    assert [position.tick for position in transport.told] == [0, 2, 3]


def test_a_jump_and_a_stop_are_told_in_the_cycle_in_which_they_show() -> None:
    transport = Transport().cycles(4)
    transport.frame = 480_000
    transport.cycles(1)
    assert (len(transport.told), transport.told[-1].tick) == (2, 9600)
    transport.cycles(1, rolling=False)
    assert not transport.told[-1].rolling


def test_cycles_that_the_server_lost_are_told() -> None:
    transport = Transport().cycles(4)
    transport.start += 3 * PERIOD  # the clock went on, the transport did not
    transport.cycles(1)
    assert len(transport.told) == 2


def test_tempo_and_meter_are_believed_when_two_cycles_agree_and_nothing_is_told_before() -> None:
    transport = Transport(120.0)
    transport.frame = 480_000
    here = bars_at(480_000 / RATE * 90 * 8, 90.0, Meter(3, 4))
    transport.cycles(1, rolling=False, bars=[here])
    transport.told.clear()
    transport.cycles(1, bars=[here])
    assert transport.told == []
    transport.cycles(1, bars=[here])
    [position] = transport.told
    assert (position.tempo_qpm, position.meter) == (90.0, Meter(3, 4))
    assert transport.tick() == pytest.approx(transport.frame / RATE * 90 * 8, abs=1e-3)


def test_a_master_that_is_silent_for_a_cycle_after_a_locate_is_waited_for() -> None:
    transport = Transport(120.0)
    transport.cycles(2, rolling=False, bars=[bars_at(0, 90.0)] * 2)
    count = len(transport.told)
    transport.cycles(3, bars=[None, bars_at(0, 90.0), bars_at(2, 90.0)])
    assert [each.tempo_qpm for each in transport.told[count:]] == [90.0]


def test_masters_that_never_agree_are_not_waited_for() -> None:
    transport = Transport(120.0)
    transport.cycles(HOLD, bars=[bars_at(0, tempo) for tempo in (60.0, 70.0, 80.0, 90.0)])
    assert [each.tempo_qpm for each in transport.told] == [120.0]


def test_bars_are_not_read_while_it_stands() -> None:
    transport = Transport(120.0).cycles(3, rolling=False, bars=[bars_at(5000, 90.0)] * 3)
    assert {(each.tick, each.tempo_qpm, each.meter) for each in transport.told} == {(0, 120, None)}


def test_bars_that_are_stale_after_a_locate_or_ahead_as_ardours_change_nothing() -> None:
    """As Ardour 7.3 showed them: of the old place, then three cycles ahead, then right."""
    transport = Transport().cycles(300, bars=[bars_at(i * 2.56) for i in range(300)])
    count = len(transport.told)
    transport.frame = 480_000
    stale = [bars_at(768.0)] + [bars_at(9605.0)] * 2 + [bars_at(9607.75)] * 2
    right = [bars_at(9600 + i * 2.56) for i in range(5, 100)]
    transport.cycles(100, bars=stale + right)
    places = [tick_at(each, Seconds(transport.start / RATE)) for each in transport.told[count:]]
    assert places == pytest.approx([transport.frame * TICKS_A_FRAME_AT_120] * len(places), abs=1e-3)


def test_bars_of_hydrogen_whose_beat_is_always_the_first_change_nothing() -> None:
    def hydrogens(place: float) -> Bars:
        bar, within = divmod(place, 1920)
        return Bars(int(bar) + 1, 1, within // 10, 192, Meter(), 120.0)

    transport = Transport()
    transport.cycles(3000, bars=[hydrogens(i * 2.56) for i in range(3000)])
    assert transport.tick() == pytest.approx(transport.frame * TICKS_A_FRAME_AT_120, abs=1e-3)


def test_a_song_whose_tempo_changed_on_the_way_there_is_where_its_bars_are() -> None:
    transport = Transport()
    transport.frame = 700_000
    cycles = int(AGREE_TICKS / 2.56) + HOLD + 10
    transport.cycles(cycles, bars=[bars_at(14_767 + i * 2.56) for i in range(cycles)])
    assert transport.tick() == pytest.approx(14_767 + cycles * 2.56, abs=1.5)


def test_a_meter_that_changes_on_a_bar_line_moves_nothing() -> None:
    """As many bars of another meter as make lines that do not fall on those before."""
    transport, cycles = Transport(), 4000
    lines = BarLines(Meter(4, 4))
    lines.change(Ticks(2 * 1920), Meter(3, 4))
    lines.change(Ticks(2 * 1920 + 1440), Meter(4, 4))
    transport.cycles(cycles, bars=[bars_on(lines, 2.56 * i) for i in range(cycles)])
    meters = {tick: told.meter for told in transport.told for tick in [told.tick]}
    for tick, meter in meters.items():
        passed = lines.at(Ticks(tick))
        assert meter == passed.meter or (tick < 30 or tick - passed.tick < 10)
    assert transport.tick() == pytest.approx(cycles * 2.56, abs=1.5)
    changes = [told.tick for told in transport.told if told.tick % 480 < 8 and told.tick > 480]
    assert {3840, 5280} <= {round(tick / 480) * 480 for tick in changes}


def test_after_a_jump_behind_changes_of_meter_the_place_is_that_of_its_bar() -> None:
    transport, cycles = Transport(), 400
    lines = BarLines(Meter(4, 4))
    lines.change(Ticks(2 * 1920), Meter(3, 4))
    there = lines.of(9).tick + 480
    transport.frame = round(there / TICKS_A_FRAME_AT_120)
    transport.cycles(cycles, bars=[bars_on(lines, there + 2.56 * i) for i in range(cycles)])
    line = transport.told[-1]
    assert line.meter == Meter(3, 4)
    passed = there + cycles * 2.56 - lines.of(9).tick
    assert transport.tick() == pytest.approx(9 * 1440 + passed, abs=1.5)  # all in one, so far


def test_changes_that_were_passed_before_are_known_from_the_start() -> None:
    lines = BarLines(Meter(4, 4))
    lines.change(Ticks(2 * 1920), Meter(3, 4))
    transport, cycles = Transport(), 400
    transport.follower = TransportFollower(RATE, 120.0, lines.changes)
    there = lines.of(9).tick + 480
    transport.frame = round(there / TICKS_A_FRAME_AT_120)
    transport.cycles(cycles, bars=[bars_on(lines, there + 2.56 * i) for i in range(cycles)])
    assert transport.tick() == pytest.approx(there + cycles * 2.56, abs=1.5)


def bars_on(lines: BarLines, place: float) -> Bars:
    """Tell a place in a song whose meter changes."""
    line = lines.at(Ticks(int(place)))
    told = bars_at(place - line.tick, meter=line.meter)
    return replace(told, bar=line.bar + told.bar)


def test_a_ramp_is_followed() -> None:
    transport, place = Transport(90.0), 0.0
    for cycle in range(6000):  # 16 s, from 90 to 150
        tempo = 90 + 60 * cycle / 6000
        transport.cycles(1, bars=[bars_at(place, tempo)])
        place += PERIOD / RATE * tempo * 8
        if cycle > HOLD:
            assert abs(transport.tick() - place) < 2  # under 2 ms
    assert transport.told[-1].tempo_qpm == pytest.approx(150, abs=1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"valid": 0},
        {"bar": 0},
        {"tick": -1},
        {"beats_per_bar": 3.5},
        {"beats_per_bar": 3.5e38},
        {"beats_per_bar": float("nan")},
        {"beat_type": 5.0},
        {"beats_per_minute": 0.0},
        {"beats_per_minute": float("nan")},
        {"ticks_per_beat": 0.0},
        {"ticks_per_beat": float("inf")},
    ],
)
def test_bars_that_make_no_sense_are_none(wrong: dict[str, float]) -> None:
    told = {
        "valid": 16,
        "bar": 2,
        "beat": 3,
        "tick": 1680,
        "ticks_per_beat": 1920.0,
        "beats_per_bar": 4.0,
        "beat_type": 4.0,
        "beats_per_minute": 90.0,
    }
    bars = bars_of(SimpleNamespace(**told))
    assert bars == Bars(2, 3, 1680, 1920.0, Meter(), 90.0)
    assert (bars.bar, bars.since_line()) == (2, 960 + 420)
    assert bars_of(SimpleNamespace(**{**told, **wrong})) is None


class Server:
    """A JACK server's transport, which does what it is asked two cycles later."""

    def __init__(self) -> None:
        self.state, self.frame = 0, 0
        self.asked: list[tuple[str, int]] = []
        self.bars: Any = None

    def transport_query_struct(self) -> tuple[int, Any]:
        return self.state, SimpleNamespace(frame=self.frame, valid=0)

    def set_timebase_callback(self, callback: Any, *, conditional: bool) -> bool:
        assert conditional
        self.bars = callback
        return True

    def transport_start(self) -> None:
        self.asked.append(("start", 0))

    def transport_stop(self) -> None:
        self.asked.append(("stop", 0))

    @property
    def transport_frame(self) -> int:
        return self.frame

    @transport_frame.setter
    def transport_frame(self, frame: int) -> None:
        self.asked.append(("locate", frame))


def test_it_is_led_so_that_it_is_there_at_the_second_of_the_position() -> None:
    server = Server()
    transport = JackTransport(server, RATE, 120.0, Meter(), master=True)
    transport.lead(Position(Seconds(1000 / RATE), Ticks(960), 120.0, rolling=True))
    for start in range(0, 1024, PERIOD):
        transport.cycle(start, PERIOD)
        if start < 640:
            assert server.asked == []
    # asked at 640, it rolls from 1024 on, 24 frames after the position's second
    assert server.asked == [("locate", 48_000 + 24), ("start", 0)]
    server.asked.clear()
    transport.lead(Position(Seconds(0), Ticks(0), 120.0, rolling=False))
    transport.cycle(1024, PERIOD)
    assert server.asked == [("stop", 0), ("locate", 0)]


def test_another_tempo_while_it_rolls_moves_nothing_and_goes_on_in_the_bar() -> None:
    server = Server()
    transport = JackTransport(server, RATE, 120.0, Meter(), master=True)
    server.state, server.frame = ROLLING, 48_000
    transport.measure(Meter(3, 4), Ticks(0))
    transport.lead(Position(Seconds(48_256 / RATE), Ticks(965), 60.0, rolling=True))
    transport.cycle(48_000, PERIOD)
    assert server.asked == []
    told = SimpleNamespace(frame=48_000 + RATE)
    server.bars(ROLLING, PERIOD, told, False)
    bars = bars_of(told)
    assert bars is not None
    assert (bars.tempo_qpm, bars.meter) == (60.0, Meter(3, 4))
    assert (bars.bar - 1) * 1440 + bars.since_line() == pytest.approx(960 + 480, abs=1)


def test_its_bars_are_in_our_meter_and_from_a_line_on_in_another() -> None:
    server = Server()
    transport = JackTransport(server, RATE, 120.0, Meter(3, 4), master=True)
    transport.measure(Meter(7, 8), Ticks(2 * 1440))
    seen = []
    for beats in (0, 4, 6, 9.5):
        told = SimpleNamespace(frame=round(beats * RATE / 2))
        server.bars(ROLLING, PERIOD, told, False)
        bars = bars_of(told)
        assert bars is not None
        seen.append((bars.bar, bars.beat, bars.meter, bars.since_line()))
    assert seen == [
        (1, 1, Meter(3, 4), 0),
        (2, 2, Meter(3, 4), 480),
        (3, 1, Meter(7, 8), 0),
        (4, 1, Meter(7, 8), 0),
    ]


def test_who_is_no_master_moves_nothing() -> None:
    server = Server()
    transport = JackTransport(server, RATE, 120.0, Meter(), master=False)
    transport.lead(Position(Seconds(0), Ticks(0), 120.0, rolling=True))
    transport.cycle(1000, PERIOD)
    assert (server.asked, server.bars) == ([], None)
