"""What sounds the moment a DAW starts, and is sent once though the daemon sends it as well."""

from __future__ import annotations

import os
import queue
from contextlib import closing

import pytest

from daw_bridge.midi.messages import TimedMessage, control_change, note_off, note_on, rank_of
from daw_bridge.music.position import Position
from daw_bridge.music.time import PPQ, Seconds, Ticks
from daw_bridge.ports import brake
from daw_bridge.ports.backend import PortSettings, PortSpec
from daw_bridge.ports.brake import Brake
from daw_bridge.ports.clock import VirtualClock
from daw_bridge.ports.pending import Pending
from daw_bridge.ports.process import PortProcess
from tests.ports.receiver import LIMIT_S, Receiver

RATE = 48_000
START, CONTINUE, STOP, CLOCK = b"\xfa", b"\xfb", b"\xfc", b"\xf8"
TO_BAR_2 = b"\xf2\x10\x00"
BAR = Ticks(4 * PPQ)
KICK, HAT, SNARE = (note_on(9, pitch, 100) for pitch in (36, 42, 38))
PANIC = [control_change(9, 64, 0), control_change(9, 123, 0)]


def timed(*messages: tuple[float, bytes]) -> list[TimedMessage]:
    return [
        TimedMessage(Seconds(due_s), rank_of(data), serial, "notes", data)
        for serial, (due_s, data) in enumerate(messages)
    ]


class Rig:
    """A brake with something ready for where its source stands, and what comes out behind it."""

    def __init__(self, follows: str | None = brake.CLOCK) -> None:
        self.pending = Pending(RATE)
        self.brake = Brake(self.pending, VirtualClock())
        self.brake.follow(follows)

    def ready(self, *messages: tuple[float, bytes], tick: int = 0, told_s: float = 0.0) -> None:
        place = Position(Seconds(told_s), Ticks(tick), 120.0, rolling=False)
        self.brake.cue(place, timed(*messages))

    def sync(self, at_s: float, *data: bytes) -> None:
        for each in data:
            self.brake.hear(Seconds(at_s), "sync", each)

    def look(self, at_s: float, tick: int, *, rolls: bool = True) -> None:
        self.brake.look("jack", Position(Seconds(at_s), Ticks(tick), 120.0, rolls))

    def send(self, *messages: tuple[float, bytes]) -> None:
        self.brake.add(timed(*messages))

    def heard(self, end_s: float = 10.0) -> list[tuple[float, bytes]]:
        """Take out what leaves before a second, and when."""
        out = self.pending.drain(0, round(end_s * RATE))
        return [(at / RATE, message.data) for at, message in out]


def test_what_is_ready_leaves_at_the_first_clock_and_not_again_as_the_daemon_sends_it() -> None:
    rig = Rig()
    rig.ready((0.0, KICK), (0.02, HAT))
    rig.sync(1.0, START)
    assert rig.heard() == []
    rig.sync(1.5, CLOCK)
    assert rig.heard() == [(1.5, KICK), (1.52, HAT)]
    rig.send((1.5, KICK), (1.52, HAT), (1.6, SNARE))
    rig.send((2.0, KICK))
    assert rig.heard() == [(1.6, SNARE), (2.0, KICK)]


def test_a_note_that_the_daemon_does_not_mean_is_ended_once_it_has_begun() -> None:
    rig = Rig()
    rig.ready((0.0, KICK), (0.02, HAT))
    rig.sync(1.0, START, CLOCK)
    rig.send((1.0, note_on(9, 36, 70)), (1.0, SNARE))
    assert rig.heard() == [(1.0, KICK), (1.0, SNARE), (1.02, HAT), (1.021, note_off(9, 42))]


def test_a_note_that_is_struck_twice_is_sent_twice() -> None:
    rig = Rig()
    rig.ready((0.0, KICK), (0.01, note_off(9, 36)), (0.02, KICK))
    rig.sync(1.0, START, CLOCK)
    rig.send((1.0, KICK), (1.01, note_off(9, 36)), (1.02, KICK), (1.03, note_off(9, 36)))
    assert rig.heard() == [
        (1.0, KICK), (1.01, note_off(9, 36)), (1.02, KICK), (1.03, note_off(9, 36))
    ]  # fmt: skip


def test_what_a_controller_is_shown_meanwhile_says_nothing_of_what_is_meant() -> None:
    rig = Rig()
    rig.ready((0.0, KICK))
    rig.sync(1.0, START, CLOCK)
    shown = TimedMessage(Seconds(1.0), 0, 0, "control", b"\xb0\x01\x7f")
    rig.brake.add([shown])
    rig.send((1.0, KICK))
    assert rig.heard() == [(1.0, shown.data), (1.0, KICK)]


def test_elsewhere_nothing_of_the_place_sounds_where_it_stood() -> None:
    rig = Rig()
    rig.ready((0.0, KICK))
    rig.sync(1.0, TO_BAR_2)
    rig.ready((0.0, KICK))  # the daemon has not heard of it
    rig.sync(1.1, CONTINUE, CLOCK)
    assert rig.heard() == []
    rig.sync(1.2, STOP, TO_BAR_2)
    rig.brake.silence()
    rig.ready((0.0, SNARE), tick=BAR, told_s=1.2)
    rig.sync(1.3, CONTINUE, CLOCK)
    assert (1.3, SNARE) in rig.heard()


def test_a_start_is_from_the_beginning_wherever_it_stood() -> None:
    rig = Rig()
    rig.ready((0.0, KICK), tick=BAR)
    rig.sync(1.0, START, CLOCK)
    assert rig.heard() == []


def test_what_was_ready_before_a_stop_does_not_sound_after_it() -> None:
    rig = Rig()
    rig.ready((0.0, KICK))
    rig.sync(1.0, START, CLOCK)
    rig.ready((0.0, KICK))  # too late for that start
    rig.sync(2.0, STOP)
    rig.brake.silence()
    rig.heard()
    rig.sync(2.5, CONTINUE, CLOCK)
    assert rig.heard() == []
    rig.send((2.5, KICK))
    assert rig.heard() == [(2.5, KICK)]


def test_a_clock_that_is_not_followed_begins_nothing() -> None:
    rig = Rig("jack")
    rig.ready((0.0, KICK))
    rig.sync(1.0, START, CLOCK)
    assert rig.heard() == []


def test_jacks_transport_begins_it_where_it_stood_and_though_it_is_told_a_little_later() -> None:
    rig = Rig("jack")
    rig.look(0.0, BAR, rolls=False)
    rig.ready((0.0, KICK), (0.02, HAT), tick=BAR)
    rig.look(0.5, BAR, rolls=False)
    rig.look(1.0, BAR + 12)  # 12.5 ms after it began
    assert rig.heard() == [(0.9875, KICK), (1.0075, HAT)]
    rig.look(1.1, BAR + 108)
    assert rig.heard() == []


@pytest.mark.parametrize("tick", [0, BAR + 61, BAR - 61])
def test_where_jacks_transport_starts_elsewhere_nothing_is_begun(tick: int) -> None:
    rig = Rig("jack")
    rig.ready((0.0, KICK), tick=BAR)
    rig.look(1.0, tick)
    assert rig.heard() == []


@pytest.mark.jack
@pytest.mark.usefixtures("jack_server")
def test_a_port_process_plays_what_is_ready_in_the_frame_of_the_first_clock() -> None:
    heard: queue.Queue[tuple[Seconds, bytes]] = queue.Queue()
    with Receiver() as receiver:
        settings = PortSettings(
            "jack", client=f"ready-{os.getpid()}", connections=(("notes", receiver.port),)
        )
        ports = PortProcess(
            settings, lambda time_s, _role, data: heard.put((time_s, data)), print, print
        )
        with closing(ports):
            master = PortSettings(
                "jack", (PortSpec("out", ports.names["sync"]),), (), client=f"starts-{os.getpid()}"
            )
            with closing(PortProcess(master, lambda *_event: None, print, print)) as player:
                receiver.wait_for("# connected")
                ports.follow("midi-clock")
                place = Position(ports.clock.now(), Ticks(0), 120.0, rolling=False)
                ports.cue(place, timed((0.0, KICK)))
                start_s = Seconds(player.clock.now() + 0.5)
                player.send(
                    [
                        TimedMessage(start_s, 0, serial, "out", data)
                        for serial, data in enumerate((START, CLOCK))
                    ]
                )
                assert heard.get(timeout=LIMIT_S)[1] == START
                clock_s, data = heard.get(timeout=LIMIT_S)
                assert data == CLOCK
                ports.send(timed((clock_s, KICK), (clock_s, SNARE)))
                assert receiver.hear(2) == [KICK, SNARE]
    assert receiver.events[0][0] == round(clock_s * RATE)
