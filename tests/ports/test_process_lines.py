"""What a daemon makes of the lines of its port process, with the process in the test's hands."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from daw_bridge.errors import UserError
from daw_bridge.midi.messages import TimedMessage, note_off, note_on, rank_of
from daw_bridge.music.bar_lines import BarLine
from daw_bridge.music.position import Position
from daw_bridge.music.time import Meter, Seconds, Ticks
from daw_bridge.ports import process, wire
from daw_bridge.ports.backend import Counts, PortSettings, SoundSettings
from daw_bridge.ports.process import PortProcess

RATE = 48_000
KICK, SNARE = note_on(9, 36, 100), note_on(9, 38, 100)
NO_SERVER = ["a JACK server", "none", "start one"]


class FakeChild:
    """A port process that does what `System` says, when a test says it."""

    def __init__(self, system: System, limit_s: float) -> None:
        self.system = system
        self.limits_s = [limit_s]
        self.silent = False
        self.written: list[list[Any]] = []
        self.closed = 0
        self._speaks = False

    def allow(self, limit_s: float) -> None:
        self.limits_s.append(limit_s)

    def write(self, kind: str, *fields: Any) -> None:
        self.written.append([kind, *fields])

    def first_line(self) -> tuple[str, list[Any]]:
        if not self.system.runs:
            return "error", [NO_SERVER]
        clock = [self.system.port_s, self.system.s]
        return "hello", ["jack", RATE, {"notes": "us:notes"}, clock, self.system.connected]

    def listen(self, take: Callable[[str, list[Any]], None], ended: Callable[[], None]) -> None:
        self.take, self._ended, self._speaks = take, ended, True

    def speaks(self) -> bool:
        return self._speaks

    def close(self) -> str:
        self.closed += 1
        if self._speaks and self.system.confirms:
            self.take("closing", [])
            self.take("closed", [True])
        self.end()
        return ""

    def end(self) -> None:
        """End as a process does."""
        if self._speaks:
            self._speaks = False
            self._ended()

    def status(self, *keys: tuple[str, int, int], connections: Any = ()) -> None:
        """Tell the time and what sounds."""
        clock = [self.system.port_s, self.system.s]
        self.take("status", [clock, connections, [list(key) for key in keys]])


class System:
    """The system's clock and the server's, whether it runs, and all processes on it."""

    def __init__(self) -> None:
        self.s = time.monotonic()
        self.port_s = 100.0
        self.runs = self.confirms = True
        self.connected: list[list[str]] = []
        self.children: list[FakeChild] = []

    def start(self, limit_s: float) -> FakeChild:
        self.children.append(FakeChild(self, limit_s))
        return self.children[-1]


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> System:
    system = System()
    monkeypatch.setattr(process, "Child", system.start)
    return system


@pytest.fixture
def came() -> list[tuple[Seconds, str, bytes]]:
    return []


@pytest.fixture
def lost() -> list[str]:
    return []


@pytest.fixture
def positions() -> list[tuple[str, Position]]:
    return []


@pytest.fixture
def ports(
    system: System,
    came: list[tuple[Seconds, str, bytes]],
    lost: list[str],
    positions: list[tuple[str, Position]],
) -> PortProcess:
    return PortProcess(
        PortSettings("jack"),
        lambda *event: came.append(event),
        lost.append,
        lambda *event: positions.append(event),
    )


def timed(due_s: float, data: bytes) -> TimedMessage:
    return TimedMessage(Seconds(due_s), rank_of(data), 0, "notes", data)


def test_after_a_new_server_input_and_output_keep_the_old_ones_time(
    system: System, ports: PortProcess, came: list[tuple[Seconds, str, bytes]]
) -> None:
    system.children[0].take("input", [101.5, "sync", "f8"])
    system.children[0].end()
    system.s += 10.0
    system.port_s = 3.0  # it counts from elsewhere: 110 s are its 3 s
    ports.restart()
    second = system.children[1]
    second.take("input", [4.5, "sync", "fa"])
    ports.send([timed(112.0, KICK)])
    assert came == [(101.5, "sync", b"\xf8"), (pytest.approx(111.5), "sync", b"\xfa")]
    assert wire.unpack(second.written[-1][1])[0].due_s == pytest.approx(5.0)


def test_positions_too_keep_the_old_ones_time_both_ways(
    system: System, ports: PortProcess, positions: list[tuple[str, Position]]
) -> None:
    here = Position(Seconds(101.5), Ticks(960), 90.0, rolling=True, meter=Meter(3, 4))
    system.children[0].take("position", ["jack", wire.pack_position(here)])
    system.children[0].end()
    system.s += 10.0
    system.port_s = 3.0
    ports.restart()
    second = system.children[1]
    there = Position(Seconds(4.5), Ticks(0), 120.0, rolling=False)
    second.take("position", ["link", wire.pack_position(there)])
    ports.lead(replace(there, time_s=Seconds(112.0)))
    later = replace(there, time_s=pytest.approx(111.5))
    assert positions == [("jack", here), ("link", later)]
    kind, led = second.written[-1]
    assert (kind, wire.unpack_position(led)) == ("lead", replace(there, time_s=pytest.approx(5.0)))


def test_instruments_are_told_to_loudspeakers_and_another_process_begins_with_the_last(
    system: System,
) -> None:
    settings = PortSettings("jack", sound=SoundSettings("auto", "kit 1"))
    ports = PortProcess(settings, print, print, print)
    ports.instruments("kit 2", Seconds(101.0))
    ports.instruments("kit 3")
    first = system.children[0]
    assert first.written[-2:] == [
        ["instruments", "kit 2", 101.0],
        ["instruments", "kit 3", None],
    ]
    first.end()
    system.s += 10.0
    system.port_s = 3.0
    ports.restart()
    second = system.children[1]
    assert second.written[0][1]["sound"] == {"audio": "auto", "kit": "kit 2"}
    ports.instruments("kit 4", Seconds(112.0))
    assert second.written[-1] == ["instruments", "kit 4", pytest.approx(5.0)]


def test_instruments_are_nothing_to_midi(system: System, ports: PortProcess) -> None:
    ports.instruments("kit", Seconds(101.0))
    assert [line[0] for line in system.children[0].written] == ["open"]


def test_silence_is_a_loss_and_its_reason(
    system: System, ports: PortProcess, lost: list[str]
) -> None:
    first = system.children[0]
    assert first.limits_s == [process.OPEN_S, process.SILENT_PORTS_S]
    first.silent = True
    first.end()
    assert not ports.alive()
    assert lost == [ports.why_lost()] == ["the port process was silent for 1 s"]


def test_what_it_says_last_is_the_reason_and_it_is_given_time_to_end_its_notes(
    system: System, ports: PortProcess, lost: list[str]
) -> None:
    first = system.children[0]
    first.take("lost", ["the JACK server ended"])
    assert first.limits_s[-1] == process.CLOSE_S
    first.silent = True
    first.end()
    assert lost == ["the JACK server ended"]
    ports.restart()
    system.children[1].end()
    assert lost[1:] == ["the port process ended"]


def test_closing_is_no_loss_and_what_was_confirmed_needs_no_second_try(
    system: System, ports: PortProcess, lost: list[str]
) -> None:
    ports.send([timed(100.0, KICK)])
    ports.close()
    assert system.children[0].limits_s[-1] == process.CLOSE_S
    assert (lost, ports.may_sound(), len(system.children)) == ([], (), 1)


def test_where_nobody_confirmed_the_end_it_is_opened_once_more_to_end_what_was_left(
    system: System, ports: PortProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports.send([timed(100.0, KICK), timed(100.0, SNARE), timed(100.1, note_off(9, 38))])
    first = system.children[0]
    system.confirms = False
    monkeypatch.setattr(first, "close", lambda: setattr(system, "confirms", True) or first.end())
    ports.close()
    second = system.children[1]
    assert second.written[0][2] == [("notes", "992401"), ("notes", "992601")]
    assert second.closed == 1
    assert (len(system.children), ports.may_sound()) == (2, ())


def test_what_cannot_be_ended_is_told(system: System, ports: PortProcess) -> None:
    first = system.children[0]
    ports.send([timed(100.0, KICK), timed(100.0, SNARE)])
    system.port_s = 110.0
    first.status(("notes", 9, 38))
    system.confirms = system.runs = False
    ports.close()
    assert ports.may_sound() == (("notes", 9, 38),)
    assert len(system.children) == 2


def test_a_process_that_confirms_nothing_twice_leaves_it_told(
    system: System, ports: PortProcess
) -> None:
    ports.send([timed(100.0, KICK)])
    system.confirms = False
    system.children[0].take("closed", [False])
    ports.close()
    assert ports.may_sound() == (("notes", 9, 36),)
    assert [each.closed for each in system.children] == [1, 1]


def test_where_nothing_can_sound_it_is_not_opened_again(system: System, ports: PortProcess) -> None:
    first = system.children[0]
    ports.send([timed(100.0, KICK), timed(100.1, note_off(9, 36))])
    system.port_s = 110.0
    first.status()
    system.confirms = False
    ports.close()
    assert len(system.children) == 1


def test_what_is_sent_to_lost_ports_does_not_sound(system: System, ports: PortProcess) -> None:
    first = system.children[0]
    first.end()
    ports.send([timed(100.0, KICK)])
    assert first.written[1:] == []
    assert ports.may_sound() == ()


def test_a_failed_reopening_leaves_the_counts_and_can_be_tried_again(
    system: System, ports: PortProcess
) -> None:
    system.children[0].take("counts", [7, 2, 1, 4])
    system.children[0].end()
    system.runs = False
    for _ in range(2):
        with pytest.raises(UserError, match="expected a JACK server"):
            ports.restart()
    assert not ports.alive()
    system.runs = True
    ports.restart()
    assert system.children[-1].limits_s[0] == process.REOPEN_S
    system.children[-1].take("counts", [3, 0, 0, 0])
    assert ports.counts() == Counts(sent=10, late=2, xruns=1, stale=4)


def test_connections_as_last_told_are_what_the_next_process_is_to_make(system: System) -> None:
    system.connected = [["notes", "named:in"]]
    ports = PortProcess(PortSettings("jack"), lambda *_event: None, print, print)
    for child, pairs in [
        (0, (("notes", "named:in"),)),  # as it was opened
        (1, (("notes", "named:in"), ("notes", "synth:in"))),
        (2, ()),  # the user dropped them: not even what was named is made again
    ]:
        if child:
            system.children[child].status(connections=pairs)
        system.children[child].end()
        ports.restart()
        plain = system.children[child + 1].written[0][1]
        assert wire.unpack_settings(plain).connections == pairs


def test_changes_of_meter_that_a_process_has_passed_are_known_to_the_next(
    system: System, ports: PortProcess
) -> None:
    def passes(tick: int, meter: Meter, source: str = "jack", *, rolling: bool = True) -> None:
        position = Position(Seconds(101.0), Ticks(tick), 120.0, rolling, meter)
        system.children[-1].take("position", [source, wire.pack_position(position)])

    passes(500, Meter(4, 4))
    passes(3850, Meter(3, 4))
    passes(3900, Meter(6, 8), "link")
    passes(3900, Meter(6, 8), rolling=False)
    system.children[-1].end()
    ports.restart()
    _, plain, _ = system.children[-1].written[0]
    four, three = BarLine(0, Ticks(0), Meter(4, 4)), BarLine(2, Ticks(3840), Meter(3, 4))
    assert wire.unpack_settings(plain).changes == (four, three)
