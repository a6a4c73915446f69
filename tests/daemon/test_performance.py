"""The daemon in virtual time: the same loop as live, without a device."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from itertools import pairwise

import pytest

from daw_bridge.daemon.performance import Jam, Performance, jam, perform
from daw_bridge.errors import UserError
from daw_bridge.jam.ask import Ask
from daw_bridge.jam.bars import InlineFeed
from daw_bridge.jam.commands import Inbox, Stop
from daw_bridge.jam.events import (
    Event,
    Lost,
    NotReady,
    Opened,
    Placed,
    Sounded,
    Stopped,
    Took,
    Woke,
)
from daw_bridge.jam.session import Plan
from daw_bridge.midi.messages import TimedMessage, starts_note
from daw_bridge.music.notes import Bar
from daw_bridge.ports.backend import PortSettings
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

    most_memory(10)
    assert most_memory(1000) < most_memory(10) + 20_000


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
        if isinstance(event, NotReady):
            inbox.nudge()
        if isinstance(event, Placed) and event.number == 1:
            inbox.put(stop)

    feed = ScriptedFeed([None, numbered(1), None])
    Performance(Jam(), feed, ports, inbox, watch).run()
    learnt = [each for each in told if isinstance(each, NotReady | Took | Woke | Placed)]
    assert [type(each).__name__ for each in learnt[:5]] == [
        "NotReady",
        "Woke",  # to look for a bar again
        "Woke",  # to put the first bar line on a frame
        "Woke",  # when it is due
        "Placed",
    ]
    late, placed, took = learnt[-3:]
    assert (late, placed.late) == (NotReady(1), True)  # type: ignore[union-attr]
    assert took == Took(ports.clock.now(), stop)
    times = [each.time_s for each in told if isinstance(each, Woke)]
    assert times == sorted(times)
    assert times[-1] == took.time_s  # time stands still while it works
