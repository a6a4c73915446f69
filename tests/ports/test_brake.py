"""The brake: the music ends where the DAW that is followed stops, whatever the daemon says."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from daw_bridge.jam.masters import Sync
from daw_bridge.midi.messages import TimedMessage, control_change, note_off, note_on, rank_of
from daw_bridge.music.position import Position
from daw_bridge.music.time import Seconds, Ticks
from daw_bridge.ports import brake
from daw_bridge.ports.backend import PortSettings, PortSpec
from daw_bridge.ports.brake import UNHEARD_S, Brake
from daw_bridge.ports.clock import VirtualClock
from daw_bridge.ports.offline import LocalPorts, OfflineBackend
from daw_bridge.ports.pending import Pending
from daw_bridge.ports.process import PortProcess
from tests.ports.receiver import LIMIT_S, Receiver

RATE = 48_000
START, CONTINUE, STOP, CLOCK = b"\xfa", b"\xfb", b"\xfc", b"\xf8"
TO_BAR_2 = b"\xf2\x10\x00"
KICK, KICK_OFF = note_on(9, 36, 100), note_off(9, 36)
PANIC = [control_change(9, 64, 0), control_change(9, 123, 0)]


class Rig:
    """A brake, and what comes out behind it."""

    def __init__(self, follows: str | None = brake.CLOCK) -> None:
        self.pending = Pending(RATE)
        self.clock = VirtualClock()
        self.brake = Brake(self.pending, self.clock)
        self.brake.follow(follows)

    def sync(self, *data: bytes, at_s: float = 0.0) -> None:
        for each in data:
            self.brake.hear(Seconds(at_s), "sync", each)

    def add(self, data: bytes, due_s: float = 0.0) -> None:
        self.brake.add([TimedMessage(Seconds(due_s), rank_of(data), 0, "notes", data)])

    def heard(self) -> list[bytes]:
        """Take out what has left by the first second."""
        return [message.data for _, message in self.pending.drain(0, RATE)]


def told(tick: int = 0, *, rolling: bool = False) -> Position:
    return Position(Seconds(0.0), Ticks(tick), 120.0, rolling)


def test_sources_are_called_as_the_daemon_calls_them() -> None:
    assert Sync.MIDI_CLOCK.value == brake.CLOCK


def test_where_the_clock_stops_what_sounds_ends_and_what_waits_is_dropped() -> None:
    rig = Rig()
    rig.sync(START, CLOCK)
    rig.add(KICK)
    assert rig.heard() == [KICK]
    rig.add(note_on(9, 38, 100), due_s=0.5)
    rig.sync(STOP)
    assert rig.heard() == [KICK_OFF, *PANIC]


def test_a_stop_before_the_first_clock_is_none_since_nothing_was_played() -> None:
    rig = Rig()
    rig.sync(START, STOP, START, CLOCK)
    rig.add(KICK)
    assert rig.heard() == [KICK]


def test_what_the_daemon_says_before_it_has_heard_of_a_stop_is_dropped() -> None:
    rig = Rig()
    rig.sync(START, CLOCK, STOP, TO_BAR_2, CONTINUE, CLOCK)
    rig.add(KICK)
    assert rig.heard() == []
    rig.brake.silence()
    rig.add(KICK)
    assert rig.heard() == [KICK]


def test_a_daemon_that_never_answers_is_heard_again_some_time() -> None:
    rig = Rig()
    rig.sync(START, CLOCK, STOP)
    rig.clock.wait_until(Seconds(UNHEARD_S), threading.Event())
    rig.add(KICK)
    assert rig.heard() == [KICK]


@pytest.mark.parametrize("follows", [None, "jack", "link"])
def test_a_clock_that_is_not_followed_stops_nothing(follows: str | None) -> None:
    rig = Rig(follows)
    rig.add(KICK)
    rig.sync(START, CLOCK, STOP)
    rig.add(note_on(9, 38, 100))
    assert rig.heard() == [KICK, note_on(9, 38, 100)]


def test_a_stop_that_is_said_twice_is_one() -> None:
    rig = Rig()
    rig.sync(START, CLOCK, STOP)
    rig.brake.silence()
    rig.sync(STOP)  # as Ardour says it
    rig.add(KICK)
    assert rig.heard() == [KICK]


def test_a_clock_that_goes_elsewhere_without_a_stop_is_the_daemons_to_judge() -> None:
    """Its loop may go round as foretold, with what is committed for that."""
    rig = Rig()
    rig.sync(START, CLOCK)
    rig.add(KICK, due_s=0.1)
    rig.sync(TO_BAR_2, CLOCK, START, CLOCK)
    assert rig.heard() == [KICK]


def test_stops_at_another_input_are_none() -> None:
    rig = Rig()
    rig.sync(START, CLOCK)
    rig.add(KICK)
    rig.brake.hear(Seconds(0.0), "in", STOP)
    assert rig.heard() == [KICK]


@pytest.mark.parametrize("source", ["jack", "link"])
def test_where_another_source_stops_all_ends_once(source: str) -> None:
    rig = Rig(source)
    rig.brake.look(source, told(rolling=True))
    rig.add(KICK)
    rig.brake.look(source, told(480, rolling=True))
    assert rig.heard() == [KICK]
    rig.brake.look(source, told(960))
    assert rig.heard() == [KICK_OFF, *PANIC]
    rig.brake.silence()
    rig.brake.look(source, told(960))  # as it is told ten times a second
    rig.add(KICK)
    assert rig.heard() == [KICK]


def test_a_stop_while_messages_are_put_in_drops_them() -> None:
    rig = Rig()
    rig.sync(START, CLOCK)

    def stopped() -> Iterator[TimedMessage]:
        rig.sync(STOP)
        yield TimedMessage(Seconds(0), 1, 0, "notes", KICK)

    rig.brake.add(stopped())
    assert rig.heard() == []


def test_ports_in_virtual_time_brake_too() -> None:
    sent: list[bytes] = []
    backend = OfflineBackend(on_sent=lambda message: sent.append(message.data))
    ports = LocalPorts(backend, lambda *_event: None, lambda *_event: None, PortSettings())
    ports.follow("midi-clock")
    for data in (START, CLOCK, STOP):
        backend.play_in("sync", data)
    ports.send([TimedMessage(Seconds(0.1), 1, 0, "notes", KICK)])
    ports.clock.wait_until(Seconds(0.2), threading.Event())
    assert sent == []
    ports.silence()
    ports.send([TimedMessage(Seconds(0.3), 1, 0, "notes", KICK)])
    ports.clock.wait_until(Seconds(0.4), threading.Event())
    assert sent == [KICK]


@pytest.mark.jack
@pytest.mark.usefixtures("jack_server")
def test_a_port_process_ends_its_notes_in_the_cycle_of_a_stop_though_no_daemon_answers() -> None:
    heard: queue.Queue[tuple[Seconds, bytes]] = queue.Queue()
    with Receiver() as receiver, ExitStack() as stack:
        settings = PortSettings(
            "jack", client=f"brakes-{os.getpid()}", connections=(("notes", receiver.port),)
        )
        ports = PortProcess(
            settings, lambda time_s, _role, data: heard.put((time_s, data)), print, print
        )
        stack.enter_context(closing(ports))
        master = PortSettings(
            "jack", (PortSpec("out", ports.names["sync"]),), (), client=f"master-{os.getpid()}"
        )
        player = PortProcess(master, lambda *_event: None, print, print)
        stack.enter_context(closing(player))
        receiver.wait_for("# connected")
        ports.follow("midi-clock")
        _send(player, "out", START)
        assert heard.get(timeout=LIMIT_S)[1] == START
        _send(player, "out", CLOCK)
        assert heard.get(timeout=LIMIT_S)[1] == CLOCK
        _send(ports, "notes", KICK)
        assert receiver.hear(1) == [KICK]
        _send(player, "out", STOP)
        stop_s, data = heard.get(timeout=LIMIT_S)
        assert data == STOP
        assert receiver.hear(4) == [KICK, KICK_OFF, *PANIC]
        frame = receiver.events[1][0]
        assert -256 < frame - round(stop_s * RATE) <= 0
        _send(ports, "notes", note_on(9, 38, 100))  # of the old place
        ports.silence()
        _send(ports, "notes", note_on(9, 40, 100))
        assert receiver.hear(5)[4:] == [note_on(9, 40, 100)]
        ports.close()


def _send(ports: PortProcess, role: str, data: bytes) -> None:
    ports.send([TimedMessage(ports.clock.now(), 0, 0, role, data)])
