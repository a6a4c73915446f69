"""A session that follows a DAW: where it plays what, and that every note ends."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from daw_bridge.jam.ask import Ask
from daw_bridge.jam.bars import InlineFeed
from daw_bridge.jam.commands import Keep, Panic, SetMeter, SetTempo, Stop
from daw_bridge.jam.events import Event, Moved, Placed, Sounded, Tempo
from daw_bridge.jam.modes import Interplay, Name
from daw_bridge.jam.outgoing import APART_S, LOOKAHEAD_S, SETTLED_S, START_S
from daw_bridge.jam.plan import Late, Plan
from daw_bridge.jam.schedule import Route
from daw_bridge.jam.session import Session
from daw_bridge.jam.song import Loop
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.position import Position
from daw_bridge.music.time import PPQ, Meter, Seconds, Ticks, Transport
from tests.jam.scripts import ScriptedFeed

BAR = 4 * PPQ


class Beats:
    """A note on each quarter, half as long; their pitch tells the number of the bar."""

    def bar(self, ask: Ask) -> Bar:
        beats = range(0, ask.meter.bar_length(), PPQ)
        notes = [Note(Ticks(tick), 40 + ask.number, Ticks(240), 100) for tick in beats]
        return Bar.of(notes, ask.meter)


class Played:
    """A session that is followed in virtual time, and all that it sent."""

    def __init__(
        self,
        *,
        source: object = None,
        free: bool = False,
        interplay: Interplay = Interplay(),
        **plan: object,
    ) -> None:
        self.told: list[Event] = []
        self.sent: list[tuple[float, str]] = []
        feed = InlineFeed(source or Beats())  # type: ignore[arg-type]
        self.session = Session(
            feed,
            Transport(120),
            {0: Route()},
            Plan(**plan),
            self.told.append,  # type: ignore[arg-type]
            interplay=interplay,
        )
        if not free:
            self.session.follow(Position(Seconds(0.0), Ticks(0), 120, rolling=False), Seconds(0.0))
            self.told.clear()

    def until(self, end_s: float) -> Played:
        """Let time pass."""
        while (wake_s := self.session.next_wake_s()) is not None and wake_s < end_s:
            self.sent += ((m.due_s, m.data.hex(" ")) for m in self.session.advance(wake_s))
        self.session.pass_time(Seconds(end_s))
        return self

    def at(
        self, time_s: float, tick: int, tempo: float = 120.0, *, rolls: bool = True, **more: Meter
    ) -> bool:
        """Let the DAW be somewhere, after time has passed; tell whether the ports are silenced."""
        self.until(time_s)
        position = Position(Seconds(time_s), Ticks(tick), tempo, rolls, **more)
        silenced = self.session.follow(position, Seconds(time_s))
        if silenced:  # what the ports hold and have not sent
            self.sent = [each for each in self.sent if each[0] <= time_s]
        return silenced

    def starts(self, since_s: float = 0.0) -> list[tuple[float, int]]:
        """List when notes began, and their pitch less 40: the number of their bar."""
        return [
            (round(due_s, 4), int(data.split()[1], 16) - 40)
            for due_s, data in self.sent
            if data[0] == "9" and due_s >= since_s
        ]

    def heard(self) -> list[tuple[int, str]]:
        return [(each.tick, each.data.hex(" ")) for each in self.told if isinstance(each, Sounded)]


def test_it_begins_with_the_bar_line_of_a_start_and_asks_for_the_bar_of_the_song() -> None:
    played = Played()
    assert played.session.next_wake_s() == math.inf
    assert not played.at(3.0, 0)
    assert played.until(5.95).starts() == [
        (3.0, 0), (3.5, 0), (4.0, 0), (4.5, 0), (5.0, 1), (5.5, 1), (6.0, 1)
    ]  # fmt: skip
    assert [each.song_bar for each in played.told if isinstance(each, Placed)] == [0, 1]


def test_inside_a_bar_it_begins_at_the_point_within_it() -> None:
    played = Played()
    played.at(1.0, 5 * BAR + 2 * PPQ)
    assert played.until(2.95).starts() == [(1.0, 2), (1.5, 2), (2.0, 3), (2.5, 3), (3.0, 3)]
    placed = [each for each in played.told if isinstance(each, Placed)]
    assert [(each.tick, each.song_bar) for each in placed] == [(0, 5), (BAR, 6)]


def test_what_comes_a_little_before_the_point_belongs_to_it() -> None:
    class Early:
        def bar(self, ask: Ask) -> Bar:
            starts = (-100, 470, 955, 1440)
            return Bar.of([Note(Ticks(start), 40, Ticks(60), 100) for start in starts])

    played = Played(source=Early())
    played.at(0.0, 2 * PPQ)
    assert played.until(0.9).starts() == [(0.0, 0), (0.5, 0), (round(1 - 100 / 960, 4), 0)]
    played = Played(source=Early())
    played.at(0.0, BAR)
    assert [due for due, _ in played.until(0.9).starts()] == [0.0, 0.4896, 0.9948]


def test_a_stop_ends_all_at_once_and_stands_until_the_next_start() -> None:
    played = Played()
    played.at(0.0, 0)
    assert played.at(2.1, 2 * BAR // 2 + 96, rolls=False)
    assert played.heard()[-3:] == [(2016, "89 29 00"), (2016, "b9 40 00"), (2016, "b9 7b 00")]
    assert played.until(60.0).starts()[-1] == (2.0, 1)
    assert not played.at(60.0, 2 * BAR)
    assert played.until(60.45).starts(2.1) == [(60.0, 2), (60.5, 2)]
    moved = [each for each in played.told if isinstance(each, Moved)]
    assert moved == [
        Moved(Ticks(0), Ticks(0), rolling=True),
        Moved(Ticks(2 * BAR + 96), Ticks(BAR + 96), rolling=False),
        Moved(Ticks(2 * BAR), Ticks(2 * BAR), rolling=True),
    ]


def test_the_same_place_sounds_the_same_again() -> None:
    played = Played()
    played.at(0.0, 0)
    assert played.at(4.0, 0)
    assert played.at(8.0, 20 * BAR)
    assert played.at(10.0, BAR)
    starts = played.until(11.95).starts()

    def bars(begin_s: float) -> list[int]:
        return [bar for due_s, bar in starts if begin_s < due_s < begin_s + 1.9]

    assert bars(0.0) == bars(4.0) == [0, 0, 0]
    assert bars(2.0) == bars(6.0) == bars(10.0) == [1, 1, 1]
    assert len({*bars(0.0), *bars(2.0), *bars(8.0)}) == 3


def test_ticks_only_rise_and_bar_lines_stay_bar_lines() -> None:
    played = Played()
    for step, tick in enumerate((0, 5000, 0, 100_000, 3, BAR * 7, 480)):
        played.at(step * 1.7, tick)
    played.until(13.0)
    ticks = [tick for tick, _ in played.heard()]
    assert ticks == sorted(ticks)
    lines = [each.tick for each in played.told if isinstance(each, Placed)]
    assert {line % BAR for line in lines} == {0}
    moved = [each for each in played.told if isinstance(each, Moved)]
    assert {(each.tick - each.song_tick) % BAR for each in moved} == {0}


def test_a_clock_that_is_off_a_little_bends_the_time_and_loses_or_doubles_no_note() -> None:
    played = Played()
    for clock in range(96 * 8):
        off_s = 0.004 * math.sin(clock / 7)
        assert not played.at(clock / 48 + off_s, 20 * clock)
    starts = played.until(16.0).starts()
    assert [bar for _, bar in starts[:32]] == [bar for bar in range(8) for _ in range(4)]
    assert all(abs(due_s - beat / 2) < 0.02 for beat, (due_s, _) in enumerate(starts))
    dues = [due_s for due_s, _ in played.sent]
    assert dues == sorted(dues)


def test_an_end_that_a_faster_tempo_brings_forward_still_comes_after_its_note() -> None:
    class Short:
        def bar(self, ask: Ask) -> Bar:
            return Bar.of([Note(Ticks(96), 40, Ticks(60), 100)])

    played = Played(source=Short())
    played.at(0.0, 0, 60.0)
    played.at(0.05, 24, 60.0)
    played.until(0.175)
    assert [due for due, _ in played.starts()] == [0.2]
    played.at(0.18, 140, 120.0)
    ends = [due for due, data in played.until(1.0).sent if data[0] == "8"]
    assert ends == [pytest.approx(0.2 + 1e-4)]


def test_a_tempo_that_is_followed_moves_what_is_not_committed_and_is_told() -> None:
    played = Played()
    played.at(0.0, 0)
    played.at(1.0, 2 * PPQ, 60.0)
    assert played.until(4.5).starts(1.0) == [(1.0, 0), (2.0, 0), (3.0, 1), (4.0, 1)]
    assert [each for each in played.told if isinstance(each, Tempo)] == [
        Tempo(Ticks(0), 120.0),
        Tempo(Ticks(960), 60.0),
    ]


def test_a_daw_that_begins_in_another_tempo_than_it_was_is_no_jump() -> None:
    played = Played()
    played.at(0.0, 0, 120.0)
    assert not played.at(0.125, 20, 20.0)
    assert [due for due, _ in played.until(3.1).starts()] == [0.0, 3.0]


def test_little_is_committed_until_a_start_is_some_clocks_old() -> None:
    class Dense:
        def bar(self, ask: Ask) -> Bar:
            return Bar.of([Note(Ticks(10 * n), 40, Ticks(5), 100) for n in range(192)])

    played = Played(source=Dense())
    played.at(1.0, 0)
    first = played.session.advance(Seconds(1.0))
    assert max(m.due_s for m in first) == pytest.approx(1.0 + START_S, abs=0.01)
    played.session.follow(Position(Seconds(1.02), Ticks(20), 120, rolling=True), Seconds(1.02))
    then = played.session.advance(Seconds(1.02))
    assert max(m.due_s for m in then) == pytest.approx(1.02 + START_S, abs=0.01)
    then = played.session.advance(Seconds(1.0 + SETTLED_S))
    assert max(m.due_s for m in then) == pytest.approx(1.0 + SETTLED_S + LOOKAHEAD_S, abs=0.01)


def test_places_that_were_not_reached_before_are_late_and_are_there_next_time() -> None:
    bars = [Bar.of([Note(Ticks(0), 40 + n, Ticks(60), 100)]) for n in range(9)]
    feed = ScriptedFeed([bars[0], None, *bars[1:7], None])
    feed.drop = lambda: None  # type: ignore[method-assign]
    told: list[Event] = []
    session = Session(feed, Transport(120), {0: Route()}, Plan(late=Late.REST), told.append)
    session.follow(Position(Seconds(0.0), Ticks(0), 120, rolling=True), Seconds(0.0))
    for now_s in range(9):
        session.advance(Seconds(now_s))
    placed = [(p.song_bar, p.late) for p in told if isinstance(p, Placed)]
    assert placed == [(0, False), (1, True), (2, False), (3, False), (4, False)]
    assert session.late_bars == 1
    session.follow(Position(Seconds(9.0), Ticks(BAR), 120, rolling=True), Seconds(9.0))
    session.advance(Seconds(9.0))
    assert [p for p in told if isinstance(p, Placed)][-1].bar == bars[1]


def test_a_free_jam_that_finds_a_daw_goes_on_with_the_bars_that_are_made() -> None:
    played = Played(free=True)
    played.session.ready()
    played.session.begin(Seconds(0.0))
    played.until(3.0)
    assert not played.session.follows
    assert played.at(3.0, 16 * BAR)
    assert played.session.follows
    assert played.until(4.95).starts(3.01) == [(3.5, 2), (4.0, 2), (4.5, 2), (5.0, 3)]
    song_bars = [each.song_bar for each in played.told if isinstance(each, Placed)]
    assert song_bars == [None, None, 16, 17]


def test_a_loop_repeats_or_varies_and_keep_holds_it() -> None:
    def rounds(**plan: object) -> list[tuple[int, ...]]:
        played = Played(**plan)
        for each in range(4):
            played.at(4.0 * each, 0)
            if each == 2:
                played.session.apply(Keep(), Seconds(8.0))
        starts = played.until(15.9).starts()
        return [tuple(bar for due, bar in starts if 4 * n < due < 4 * n + 3.9) for n in range(4)]

    first, *others = rounds()
    assert others == [first] * 3
    varied = rounds(loop=Loop.VARY)
    assert len({*varied[0], *varied[1], *varied[2]}) == 6
    assert varied[3] == varied[2]


def rounds_of(played: Played, rounds: int, bars: int = 2) -> None:
    """Let a DAW that sends a clock go round a loop from its second bar on."""
    for clock in range(96 * bars * rounds):
        played.at(clock / 48, BAR + 20 * (clock % (96 * bars)))


@pytest.mark.parametrize("bars", [1, 2, 4])
def test_a_loop_that_is_known_is_gone_round_without_a_break(bars: int) -> None:
    played = Played()
    rounds_of(played, 5, bars)
    end_s = 2.0 * bars
    starts = played.until(5 * end_s).starts()
    heard = [
        [
            (round(due - n * end_s, 3), bar)
            for due, bar in starts
            if -0.01 <= due - n * end_s < end_s - 0.01
        ]
        for n in range(5)
    ]
    assert heard[2] == heard[3] == heard[4]
    assert len(heard[2]) == 4 * bars
    assert [each.song_tick for each in played.told if isinstance(each, Moved)] == [BAR] * 5
    ticks = [tick for tick, _ in played.heard()]
    assert ticks == sorted(ticks)


def test_a_daw_that_leaves_its_loop_is_where_it_goes() -> None:
    played = Played()
    rounds_of(played, 3)
    silenced = [played.at(12 + clock / 48, BAR + 20 * (192 + clock)) for clock in range(192)]
    assert silenced.count(True) == 1
    assert silenced.index(True) < 5
    placed = [each.song_bar for each in played.told if isinstance(each, Placed)]
    assert placed[-3:] == [3, 4, 5]


def test_a_start_that_is_announced_for_a_bar_line_is_no_loop() -> None:
    """Peers of Link roll before they start, and start where their bar begins."""
    played = Played()
    played.at(0.0, 0)
    played.until(1.5)
    start = Position(Seconds(2.0), Ticks(0), 120.0, rolling=True)
    assert played.session.follow(start, Seconds(1.5))
    assert not any(played.at(2 + tell / 5, 192 * tell) for tell in range(1, 28))
    assert [bar for due, bar in played.starts(2.0) if due % 2 == 0] == [0, 1, 2]


def test_rounds_that_vary_are_new_from_their_first_bar_on() -> None:
    played = Played(loop=Loop.VARY)
    rounds_of(played, 5)
    starts = played.until(20.0).starts()
    heard = [[bar for due, bar in starts if 4 * n < due < 4 * n + 3.9] for n in range(5)]
    assert len({bar for each in heard for bar in each}) >= 9


def test_a_meter_that_the_daw_tells_changes_on_its_bar_line() -> None:
    played = Played()
    played.at(0.0, 0, meter=Meter(4, 4))
    assert not played.at(2.005, BAR + 5, meter=Meter(3, 4)), "the bar goes on"
    assert not played.at(5.005, BAR + 2885, meter=Meter(4, 4))
    played.until(6.95)
    placed = [(p.tick, str(p.bar.meter), p.song_bar) for p in played.told if isinstance(p, Placed)]
    assert placed == [
        (0, "4/4", 0),
        (BAR, "4/4", 1),
        (BAR, "3/4", 1),
        (BAR + 1440, "3/4", 2),
        (BAR + 2880, "3/4", 3),
        (BAR + 2880, "4/4", 3),
        (2 * BAR + 2880, "4/4", 4),
    ]
    starts = [(round(due, 2), bar) for due, bar in played.starts()]
    bars = [bar for bar, beats in enumerate((4, 3, 3, 4, 1)) for _ in range(beats)]
    assert starts == [(beat / 2, starts[bars.index(bar)][1]) for beat, bar in enumerate(bars)], (
        "a bar that is longer than it was begins once more at its end"
    )


def test_where_a_meter_is_told_too_late_it_is_where_the_daw_is_by_then() -> None:
    played = Played()
    played.at(0.0, 0, meter=Meter(4, 4))
    assert played.at(3.6, BAR + 1536, meter=Meter(3, 4)), "it is in the next bar already"
    played.until(5.2)
    placed = [(str(p.bar.meter), p.song_bar) for p in played.told if isinstance(p, Placed)]
    assert placed == [("4/4", 0), ("4/4", 1), ("3/4", 2), ("3/4", 3)]


def test_meters_that_were_passed_once_are_known_when_the_daw_comes_back() -> None:
    """The lines of bars behind two changes are where they were, and nothing is cut at them."""
    played = Played()
    way = [(0.0, 0, Meter(4, 4)), (2.0, BAR, Meter(3, 4)), (5.0, BAR + 2880, Meter(4, 4))]
    for time_s, tick, meter in way:
        played.at(time_s, tick, meter=meter)
    assert played.at(9.5, 0, meter=Meter(4, 4))
    first = dict(_first_of_bars(played))
    played.told.clear()
    assert not any(played.at(9.5 + time_s, tick, meter=meter) for time_s, tick, meter in way[1:])
    played.until(18.0)
    assert [pitch for _, pitch in _first_of_bars(played)][:5] == [first[bar] for bar in range(5)]
    lines = [p.tick for p in played.told if isinstance(p, Placed)][:5]
    assert [tick - lines[0] for tick in lines] == [0, BAR, BAR + 1440, BAR + 2880, 2 * BAR + 2880]


def _first_of_bars(played: Played) -> list[tuple[int | None, int]]:
    return [(p.song_bar, p.bar.notes[0].pitch) for p in played.told if isinstance(p, Placed)]


def test_a_meter_that_is_asked_for_begins_with_the_next_bar() -> None:
    played = Played()
    played.at(0.0, 0)
    played.until(1.0)
    played.session.apply(SetMeter(Meter(3, 4)), Seconds(1.0))
    played.until(5.2)
    assert [(p.tick, p.bar.meter) for p in played.told if isinstance(p, Placed)] == [
        (0, Meter(4, 4)), (BAR, Meter(3, 4)), (3360, Meter(3, 4)), (4800, Meter(3, 4))
    ]  # fmt: skip
    free = Played(free=True)
    free.session.begin(Seconds(0.0))
    free.until(1.0).session.apply(SetMeter(Meter(6, 8)), Seconds(1.0))
    free.until(5.2)
    assert [(p.tick, p.bar.meter) for p in free.told if isinstance(p, Placed)] == [
        (0, Meter(4, 4)), (BAR, Meter(6, 8)), (3360, Meter(6, 8)), (4800, Meter(6, 8))
    ]  # fmt: skip


class Marches(Beats):
    """A source that makes bars of 4/4, whatever is asked for."""

    def bar(self, ask: Ask) -> Bar:
        return super().bar(replace(ask, meter=Meter()))


def test_a_bar_of_another_meter_fills_its_place_in_the_song() -> None:
    played = Played(source=Marches())
    played.at(0.0, 0)
    played.until(0.5)
    played.session.apply(SetMeter(Meter(3, 4)), Seconds(0.5))
    played.until(5.2)
    assert [(p.tick, p.bar.meter) for p in played.told if isinstance(p, Placed)] == [
        (0, Meter(4, 4)), (BAR, Meter(3, 4)), (3360, Meter(3, 4)), (4800, Meter(3, 4))
    ]  # fmt: skip


@pytest.mark.parametrize("said_s", [1.0, 1.5])
def test_a_bar_that_was_drafted_in_another_meter_fills_its_place(said_s: float) -> None:
    played = Played(interplay=Interplay(Name.ACCOMPANY))
    played.at(0.0, 0)
    played.until(said_s)
    played.session.apply(SetMeter(Meter(3, 4)), Seconds(said_s))
    played.until(5.2)
    assert [(p.tick, p.bar.meter) for p in played.told if isinstance(p, Placed)] == [
        (0, Meter(4, 4)), (BAR, Meter(3, 4)), (3360, Meter(3, 4)), (4800, Meter(3, 4))
    ]  # fmt: skip


def test_commands_while_a_daw_is_followed() -> None:
    played = Played()
    played.at(0.0, 0)
    played.until(0.6)
    played.session.apply(SetTempo(33), Seconds(0.6))  # the DAW's is played
    assert played.session.apply(Panic(), Seconds(0.7))
    assert played.until(2.45).starts(0.8)[:2] == [(2.0, 1), (2.5, 1)]
    played.at(2.6, 2500, rolls=False)
    assert played.session.apply(Stop(), Seconds(2.7))
    assert played.session.next_wake_s() is None
    assert not played.at(3.0, 0)
    assert played.session.next_wake_s() is None


def test_a_count_in_leads_to_the_first_bar_line() -> None:
    played = Played()
    played.at(1.0, -2 * PPQ)
    assert played.until(2.95).starts() == [(2.0, 0), (2.5, 0), (3.0, 0)]


@pytest.mark.parametrize("tick", [0, 4 * BAR, 5 * BAR + 2 * PPQ, 3 * BAR - 5])
def test_what_is_ready_for_a_start_is_what_is_then_committed_first(tick: int) -> None:
    class Early:
        def bar(self, ask: Ask) -> Bar:
            starts = (-100, -3, 0, 18, 470, 955, 960, 1900)
            return Bar.of([Note(Ticks(at), 40 + ask.number, Ticks(9), 90) for at in starts])

    played = Played(source=Early())
    played.at(0.5, tick, rolls=False)
    position, ready = played.session.cue()  # type: ignore[misc]
    assert (position.tick, position.rolling) == (tick, False)
    played.at(1.0, tick)
    first = played.session.advance(Seconds(1.0))
    assert [(m.serial, m.data) for m in ready] == [(m.serial, m.data) for m in first]
    assert [m.due_s + 1.0 for m in ready] == [pytest.approx(m.due_s, abs=APART_S) for m in first]
    assert ready
    assert played.session.cue() is None, "it rolls"


def test_nothing_is_ready_where_the_bar_is_not_made_or_no_bar_is_left() -> None:
    session = Session(ScriptedFeed([None]), Transport(120), {0: Route()}, Plan())
    session.follow(Position(Seconds(0.0), Ticks(0), 120, rolling=False), Seconds(0.0))
    assert session.cue() is None
    assert Played(bars=0).session.cue() is None
