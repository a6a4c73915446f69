"""The daemon in virtual time: the same loop as live, without a device."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from itertools import pairwise

import pytest

from daw_bridge.daemon.opening import jam, perform
from daw_bridge.daemon.performance import Jam, Performance
from daw_bridge.errors import UserError
from daw_bridge.jam.ask import Ask
from daw_bridge.jam.bars import InlineFeed
from daw_bridge.jam.commands import Inbox, Panic, Show, Stop
from daw_bridge.jam.events import (
    Ahead,
    Event,
    Fetched,
    Lost,
    News,
    Opened,
    Placed,
    Refused,
    Sounded,
    Stopped,
    Took,
    Watcher,
    Woke,
)
from daw_bridge.jam.follow import ClockFollower
from daw_bridge.jam.plan import Plan
from daw_bridge.midi.messages import TimedMessage, starts_note
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Seconds, Ticks
from daw_bridge.ports.backend import PortSettings, PortSpec
from daw_bridge.ports.offline import LocalPorts, OfflineBackend
from tests.fakes import RecordingPorts
from tests.jam.scripts import CountingSource, ScriptedFeed, numbered

OFFLINE = PortSettings(backend="offline")
NOT_BACK = UserError("a port", "none", "wait")


def heard(told: list[Event]) -> list[tuple[int, str]]:
    return [(each.tick, each.data.hex(" ")) for each in told if isinstance(each, Sounded)]


def test_a_performance_is_written_down_as_it_would_sound() -> None:
    told: list[Event] = []
    report = perform(Jam(plan=Plan(bars=2)), CountingSource(), [told.append])
    assert heard(told) == [
        (0, "99 24 01"),
        (960, "89 24 00"),
        (1920, "99 24 02"),
        (2880, "89 24 00"),
    ]
    assert (report.why, report.bars, report.late_bars) == ("all bars played", 2, 0)
    assert report.counts.sent == len(heard(told)) + 2  # closing sends CC64=0 and CC123
    assert (told[0], told[-1]) == (
        Opened(tuple((role, f"offline:{role}") for role in ("notes", "in", "sync")), 48_000),
        Stopped("all bars played"),
    )


def test_a_jam_offline_plays_the_same_as_a_performance() -> None:
    live, written = list[Event](), list[Event]()
    report = jam(Jam(plan=Plan(bars=20), ports=OFFLINE), CountingSource, watchers=[live.append])
    perform(Jam(plan=Plan(bars=20)), CountingSource(), [written.append])
    assert live == written
    assert report.counts.late == 0


def test_a_long_jam_offline_takes_no_more_memory_than_a_short_one() -> None:
    def most_memory(bars: int) -> int:
        tracemalloc.start()
        try:
            jam(Jam(plan=Plan(bars=bars), ports=OFFLINE), Velocities)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    class Velocities:
        """One note a bar, of any number."""

        def bar(self, ask: Ask) -> Bar:
            return numbered(ask.number % 100 + 1)

    most_memory(100)
    assert most_memory(1000) < most_memory(100) + 20_000  # the last 64 bars are remembered


def test_a_policy_that_fails_ends_the_jam_with_its_own_error_and_all_is_told() -> None:
    told: list[Event] = []
    with pytest.raises(RuntimeError, match="out of bars"):
        perform(Jam(), CountingSource(fail_after=3), [told.append])
    messages = [data for _, data in heard(told)]
    assert told[-1] == Stopped("failed")
    assert [each for each in messages if each[0] == "9"] == ["99 24 01", "99 24 02", "99 24 03"]
    assert messages.count("89 24 00") == 3


def test_what_cannot_be_loaded_closes_the_ports_and_is_raised() -> None:
    def load() -> CountingSource:
        raise LookupError("no such model")

    with pytest.raises(LookupError, match="no such model"):
        jam(Jam(ports=OFFLINE), load)


def test_a_stop_ends_what_sounds() -> None:
    inbox, told = Inbox(), list[Event]()

    class StopsAtBar3(CountingSource):
        def bar(self, ask: Ask) -> Bar:
            if ask.number == 3:
                inbox.put(Stop("enough"))
            return super().bar(ask)

    report = jam(Jam(ports=OFFLINE), StopsAtBar3, inbox=inbox, watchers=[told.append])
    assert (report.why, told[-1]) == ("enough", Stopped("enough"))
    starts = [tick for tick, data in heard(told) if data.startswith("99")]
    ends = [tick for tick, data in heard(told) if data.startswith("89")]
    assert len(starts) == len(ends) > 0


def test_lost_ports_are_told_tried_again_and_rejoin_a_jam_that_went_on() -> None:
    ports = RecordingPorts()
    told: list[object] = []

    def lose(event: Event) -> None:
        if isinstance(event, Opened):
            told.append(ports.clock.now())
        if isinstance(event, Placed) and event.number == 1 and ports.alive():
            ports.lose("unplugged", NOT_BACK, NOT_BACK)
        if isinstance(event, Lost):
            told.append(event.why)

    settings = Jam(plan=Plan(bars=5))
    play = Performance(settings, InlineFeed(CountingSource()), ports, Inbox(), lose)
    play.run()
    struck = {m.data[2]: m.due_s for m in ports.sent if starts_note(m.data)}
    assert sorted(struck) == [1, 3, 4, 5]  # the second bar began while they were gone
    assert [struck[5] - struck[bar] for bar in (1, 3)] == pytest.approx([8.0, 4.0])
    begun, *why, back = told  # a reason that stays the same is told once
    assert (begun, why) == (0.0, ["unplugged", str(NOT_BACK)])
    assert struck[1] + 2.0 < back < struck[3]  # type: ignore[operator]
    assert play.report().bars == 5
    assert play.report().may_sound == ()
    ports.left = (("notes", 9, 36),)
    assert play.report().may_sound == ports.left


class Eager(InlineFeed):
    """A feed that has made each bar as soon as it is wanted."""

    def __init__(self) -> None:
        super().__init__(CountingSource())
        self.made: dict[int, Bar] = {}

    def want(self, ask: Ask) -> None:
        if ask.number not in self.made:
            self.made[ask.number] = super().take(ask)

    def take(self, ask: Ask) -> Bar:
        return self.made.pop(ask.number)

    def ahead(self) -> dict[int, Bar]:
        return self.made


def test_which_bars_come_next_is_told_when_it_is_known() -> None:
    told = list[Event]()
    Performance(Jam(plan=Plan(bars=4)), Eager(), RecordingPorts(), Inbox(), told.append).run()
    ahead: tuple[Bar, ...] = ()
    for event in told:
        if isinstance(event, Ahead):
            ahead = event.bars
        elif isinstance(event, Placed):
            assert event.bar == ahead[0]
    assert [each.bars[0] for each in told if isinstance(each, Ahead)] == [
        numbered(number) for number in (1, 2, 3, 4, 5)
    ]


def test_news_of_the_ports_is_told() -> None:
    ports, told = RecordingPorts(), list[Event]()
    ports.told = ["'synth:in' is gone"]
    play = Performance(
        Jam(plan=Plan(bars=1)), InlineFeed(CountingSource()), ports, Inbox(), told.append
    )
    play.run()
    assert [each for each in told if isinstance(each, News)] == [News("'synth:in' is gone")]


def test_what_a_controller_is_to_show_goes_out_at_once_where_there_is_a_port_for_it() -> None:
    inbox, told = Inbox(), list[Event]()
    inbox.put(Show("state", b"\xb0\x15\x40"))
    inbox.put(Show("none", b"\xb0\x15\x40"))
    ports = RecordingPorts(("notes", "state"))
    play = Performance(
        Jam(plan=Plan(bars=1)), InlineFeed(CountingSource()), ports, inbox, told.append
    )
    play.run()
    shown = [message for message in ports.sent if message.data[0] == 0xB0]
    assert [(message.port, message.data) for message in shown] == [("state", b"\xb0\x15\x40")]
    assert not [each for each in told if isinstance(each, Refused)]


def test_the_ports_hear_of_the_daemon_every_second_however_slow_the_music() -> None:
    heartbeats: list[float] = []

    class Listening(RecordingPorts):
        def send(self, messages: Sequence[TimedMessage]) -> None:
            heartbeats.append(self.clock.now())
            super().send(messages)

    slow = Jam(tempo_qpm=20, plan=Plan(bars=2))  # a bar of 12 s with one note of 6
    ports = Listening()
    Performance(slow, InlineFeed(CountingSource()), ports, Inbox()).run()
    silences = [later - earlier for earlier, later in pairwise(heartbeats)]
    assert max(silences) == pytest.approx(1.0)
    assert heartbeats[-1] > 12


def test_all_that_a_jam_learns_from_outside_is_told_when_it_learns_it() -> None:
    ports, inbox, told = RecordingPorts(), Inbox(), list[Event]()
    stop = Stop("enough")

    def watch(event: Event) -> None:
        told.append(event)
        if isinstance(event, Fetched) and not event.made:
            inbox.nudge()
        if isinstance(event, Placed) and event.number == 1:
            inbox.put(stop)

    feed = ScriptedFeed([None, numbered(1), None])
    Performance(Jam(), feed, ports, inbox, watch).run()
    learnt = [each for each in told if isinstance(each, Fetched | Took | Woke | Placed)]
    assert [type(each).__name__ for each in learnt[:7]] == [
        "Woke",  # to begin
        "Fetched",
        "Woke",  # to look for a bar again
        "Fetched",
        "Woke",  # to put the first bar line on a frame
        "Woke",  # when it is due
        "Placed",
    ]
    late, placed, took = learnt[-3:]
    assert (late, placed.late) == (Fetched(1, made=False), True)  # type: ignore[union-attr]
    assert took == Took(ports.clock.now(), stop)
    times = [each.time_s for each in told if isinstance(each, Woke)]
    assert times == sorted(times)
    assert times[-1] == took.time_s  # time stands still while it works


CLOCKED = PortSettings(backend="offline", outputs=(PortSpec("notes"), PortSpec("sync")), inputs=())


def clocked(plan: Plan, watch: Watcher, inbox: Inbox) -> list[tuple[Seconds, bytes]]:
    """Play, and send a clock; give what is heard of it, each byte at the second of its frame."""
    sent: list[TimedMessage] = []
    backend = OfflineBackend(CLOCKED, on_sent=sent.append)
    ports = LocalPorts(backend, lambda *_event: None, lambda *_told: None)
    feed = InlineFeed(CountingSource())
    Performance(Jam(plan=plan, ports=CLOCKED), feed, ports, inbox, watch).run()
    ports.close()
    assert {message.port for message in sent} == {"notes", "sync"}
    return [(message.due_s, message.data) for message in sent if message.port == "sync"]


def test_others_can_follow_a_jams_clock_through_changes_of_tempo() -> None:
    tempos = (((Ticks(480), 90.0),), ((Ticks(0), 150.0),))
    told: list[Event] = []
    heard = clocked(Plan(bars=3, tempos=tempos), told.append, Inbox())
    assert [data for _, data in heard] == [b"\xfa", *[b"\xf8"] * 3 * 96, b"\xfc"]
    [start_s, *clocks_s, stop_s] = [due_s for due_s, _ in heard]
    assert start_s == clocks_s[0]
    frames = [(later - earlier) * 48_000 for earlier, later in pairwise([*clocks_s, stop_s])]
    expected = [1000.0] * 24 + [4000 / 3] * 72 + [800.0] * 192
    assert frames == pytest.approx(expected, abs=1)
    assert clocks_s[24] - start_s == pytest.approx(0.5, abs=1 / 48_000)
    follower = ClockFollower()
    positions = [follower.take(due_s, data) for due_s, data in heard]
    assert [each and each.tick for each in positions[1:26]] == list(range(0, 500, 20))
    assert positions[-2] is not None
    assert (positions[-2].tick, positions[-1] and positions[-1].rolling) == (3 * 1920 - 20, False)
    assert not any(isinstance(each, Sounded) and each.port == "sync" for each in told)


def test_a_panic_takes_no_clock_away_and_a_stop_is_told() -> None:
    inbox = Inbox()

    def watch(event: Event) -> None:
        if isinstance(event, Placed) and event.number == 2:
            inbox.put(Panic())
        if isinstance(event, Placed) and event.number == 4:
            inbox.put(Stop("enough"))

    heard = clocked(Plan(), watch, inbox)
    stops = [due_s for due_s, data in heard if data == b"\xfc"]
    clocks_s = [due_s for due_s, data in heard if data == b"\xf8"]
    assert len(stops) == 1
    assert len(clocks_s) > 3 * 96
    frames = [(later - earlier) * 48_000 for earlier, later in pairwise(clocks_s)]
    assert frames == pytest.approx([1000.0] * len(frames), abs=1)


def test_who_follows_joins_again_when_lost_ports_are_back() -> None:
    ports = RecordingPorts(("notes", "sync"))

    def lose(event: Event) -> None:
        if isinstance(event, Placed) and event.number == 1 and ports.alive():
            ports.lose("unplugged")

    Performance(
        Jam(plan=Plan(bars=3), ports=CLOCKED), InlineFeed(CountingSource()), ports, Inbox(), lose
    ).run()
    said = [(m.due_s, m.data) for m in ports.sent if m.port == "sync" and m.data != b"\xf8"]
    begin_s = said[0][0]
    (stop_s, stop), (position_s, position), (_, go_on) = said[1:4]
    assert (stop, position[0], go_on) == (b"\xfc", 0xF2, b"\xfb")
    assert stop_s == position_s
    sixteenths = position[1] | position[2] << 7
    assert position_s - begin_s == pytest.approx(sixteenths * 0.125)
