"""The daemon in virtual time: the same loop as live, without a device."""

from __future__ import annotations

import pytest

from daw_bridge.daemon.performance import Jam, Performance, Watcher, jam, perform
from daw_bridge.jam.ask import Ask
from daw_bridge.jam.bars import InlineFeed
from daw_bridge.jam.commands import Inbox, Stop
from daw_bridge.jam.session import Plan, Session
from daw_bridge.jam.tape import Tape
from daw_bridge.midi.messages import starts_note
from daw_bridge.music.notes import Bar
from daw_bridge.ports.api import Ports
from daw_bridge.ports.backend import PortSettings
from tests.fakes import RecordingPorts
from tests.jam.scripts import CountingSource

OFFLINE = PortSettings(backend="offline")


def test_a_performance_is_written_down_as_it_would_sound() -> None:
    tape = Tape()
    report = perform(Jam(plan=Plan(bars=2)), CountingSource(), tape)
    assert [(tick, data.hex(" ")) for tick, _, data in tape.events] == [
        (0, "99 24 01"),
        (960, "89 24 00"),
        (1920, "99 24 02"),
        (2880, "89 24 00"),
    ]
    assert (report.why, report.bars, report.late_bars) == ("all bars played", 2, 0)
    assert report.counts.sent == len(tape.events) + 2  # closing sends CC64=0 and CC123


def test_a_jam_offline_plays_the_same_as_a_performance() -> None:
    live, written = Tape(), Tape()
    report = jam(Jam(plan=Plan(bars=20), ports=OFFLINE), CountingSource, tape=live)
    perform(Jam(plan=Plan(bars=20)), CountingSource(), written)
    assert live.events == written.events
    assert report.counts.late == 0


def test_a_policy_that_fails_ends_the_jam_with_its_own_error_and_the_tape_is_whole() -> None:
    tape = Tape()
    with pytest.raises(RuntimeError, match="out of bars"):
        perform(Jam(), CountingSource(fail_after=3), tape)
    messages = [data.hex(" ") for _, _, data in tape.events]
    assert [each for each in messages if each[0] == "9"] == ["99 24 01", "99 24 02", "99 24 03"]
    assert messages.count("89 24 00") == 3


def test_what_cannot_be_loaded_closes_the_ports_and_is_raised() -> None:
    def load() -> CountingSource:
        raise LookupError("no such model")

    with pytest.raises(LookupError, match="no such model"):
        jam(Jam(ports=OFFLINE), load)


def test_a_stop_ends_what_sounds() -> None:
    inbox, tape = Inbox(), Tape()

    class StopsAtBar3(CountingSource):
        def bar(self, ask: Ask) -> Bar:
            if ask.number == 3:
                inbox.put(Stop("enough"))
            return super().bar(ask)

    report = jam(Jam(ports=OFFLINE), StopsAtBar3, inbox=inbox, tape=tape)
    assert report.why == "enough"
    starts = [tick for tick, _, data in tape.events if data[0] == 0x99]
    ends = [tick for tick, _, data in tape.events if data[0] == 0x89]
    assert len(starts) == len(ends) > 0


def test_lost_ports_are_told_tried_again_and_rejoin_a_jam_that_went_on() -> None:
    ports = RecordingPorts()
    told: list[object] = []

    class Loses(Watcher):
        def opened(self, ports: Ports) -> None:
            told.append(ports.clock.now())

        def advanced(self, session: Session) -> None:
            if session.bars_played == 2 and ports.alive() and len(told) == 1:
                ports.lose("unplugged", failures=1)

        def lost(self, why: str) -> None:
            told.append(why)

    settings = Jam(plan=Plan(bars=5))
    play = Performance(settings, InlineFeed(CountingSource()), ports, Inbox(), Loses(), None)
    play.run()
    struck = {m.data[2]: m.due_s for m in ports.sent if starts_note(m.data)}
    assert sorted(struck) == [1, 3, 4, 5]  # the second bar began while they were gone
    assert [struck[5] - struck[bar] for bar in (1, 3)] == pytest.approx([8.0, 4.0])
    begun, why, back = told
    assert (begun, why) == (0.0, "unplugged")
    assert struck[1] + 2.0 < back < struck[3]  # type: ignore[operator]
    assert play.report().bars == 5
