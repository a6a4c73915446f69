"""What every backend promises, heard from outside: by the record, or by a second JACK client."""

from __future__ import annotations

import itertools
import os
import queue
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from typing import Protocol

import pytest

from daw_bridge.midi.messages import TimedMessage, control_change, note_off, note_on, rank_of
from daw_bridge.music.time import Seconds
from daw_bridge.ports.api import Ports
from daw_bridge.ports.backend import PortSettings, PortSpec
from daw_bridge.ports.clock import frame_at
from daw_bridge.ports.offline import LocalPorts, OfflineBackend
from daw_bridge.ports.open import open_ports
from daw_bridge.registry import BACKENDS
from tests.ports.receiver import LIMIT_S, Receiver

_numbers = itertools.count()


@dataclass(frozen=True)
class Played:
    """A message that was played in: when it was due, when, where and as what it came.

    `undisturbed`: no port counted it late, nor a cycle missed.
    """

    due_s: Seconds
    came_s: Seconds
    role: str
    data: bytes
    undisturbed: bool


Ear = Callable[[int], list[bytes]]
"""Waits until so many messages were heard since the beginning; gives all."""


class Rig(Protocol):
    """Ports, and an ear at their far end."""

    ports: Ports

    def hear(self, count: int) -> list[bytes]:
        """Wait until `count` messages were heard since the beginning; give all."""
        ...

    def opens(self) -> AbstractContextManager[tuple[str, Ear]]:
        """Open one more output; give its role, and an ear there."""
        ...

    def close(self) -> list[bytes]:
        """Close the ports, and give all that was ever heard."""
        ...

    def play_in(self, role: str, data: bytes) -> Played:
        """Play a message into an input."""
        ...


class OfflineRig:
    """The offline backend, which tells what it sends."""

    def __init__(self) -> None:
        self.all: list[TimedMessage] = []
        self.backend = OfflineBackend(on_sent=self.all.append)
        self.came: list[tuple[Seconds, str, bytes]] = []
        self.ports = LocalPorts(self.backend, lambda *event: self.came.append(event), print)

    @property
    def sent(self) -> list[bytes]:
        return self._sent("notes")

    def _sent(self, role: str) -> list[bytes]:
        return [message.data for message in self.all if message.port == role]

    def _wait(self, count: int, role: str) -> list[bytes]:
        wake = threading.Event()
        while len(self._sent(role)) < count:
            self.ports.clock.wait_until(Seconds(self.ports.clock.now() + 0.01), wake)
        return self._sent(role)

    def hear(self, count: int) -> list[bytes]:
        return self._wait(count, "notes")

    @contextmanager
    def opens(self) -> Iterator[tuple[str, Ear]]:
        self.ports.open_more(PortSpec("bass"))
        yield "bass", lambda count: self._wait(count, "bass")

    def close(self) -> list[bytes]:
        self.ports.close()
        return self.sent

    def play_in(self, role: str, data: bytes) -> Played:
        self.ports.clock.wait_until(Seconds(0.25), threading.Event())
        self.backend.play_in(role, data)
        return Played(Seconds(0.25), *self.came.pop(), undisturbed=True)


class LiveRig:
    """A port process on a real JACK server, and the independent client that listens to it."""

    def __init__(self, backend: str, client: str, receiver: Receiver) -> None:
        self.backend = backend
        self.client = client
        self.receiver = receiver
        self.came: queue.Queue[tuple[Seconds, str, bytes]] = queue.Queue()
        settings = PortSettings(backend, client=client)
        self.ports = open_ports(settings, lambda *event: self.came.put(event), print, print)
        self.receiver.wait_for("# connected")

    def hear(self, count: int) -> list[bytes]:
        return self.receiver.hear(count)

    @contextmanager
    def opens(self) -> Iterator[tuple[str, Ear]]:
        with Receiver() as receiver:
            role = f"to {receiver.port}"
            self.ports.open_more(PortSpec.of(role))
            yield role, receiver.hear

    def close(self) -> list[bytes]:
        self.ports.close()
        self.receiver.wait_for("# disconnected")
        return self.receiver.finish()

    def play_in(self, role: str, data: bytes) -> Played:
        player = PortSettings(
            self.backend,
            (PortSpec("out", self.ports.names[role]),),
            (),
            f"{self.client}-player",
        )
        ports = open_ports(player, lambda *_event: None, print, print)
        try:
            due_s = Seconds(ports.clock.now() + 0.1)
            ports.send([TimedMessage(due_s, 0, 0, "out", data)])
            came_s, came_to, came = self.came.get(timeout=LIMIT_S)
        finally:
            ports.close()
        counts = ports.counts()
        disturbed = counts.late + counts.xruns + self.ports.counts().xruns
        return Played(due_s, came_s, came_to, came, undisturbed=disturbed == 0)


@pytest.fixture(
    params=[
        name if name == "offline" else pytest.param(name, marks=pytest.mark.jack)
        for name in BACKENDS
    ]
)
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    if request.param == "offline":
        yield OfflineRig()
        return
    request.getfixturevalue("jack_server")
    client = f"contract-{os.getpid()}-{next(_numbers)}"
    with Receiver(f"{client}:notes") as receiver:
        live = LiveRig(request.param, client, receiver)
        with closing(live.ports):
            yield live


@pytest.fixture
def timed(rig: Rig) -> Callable[..., TimedMessage]:
    """Make messages due some seconds after the test began."""
    begin_s = rig.ports.clock.now()
    serials = itertools.count()

    def make(after_s: float, data: bytes) -> TimedMessage:
        due_s = Seconds(begin_s + after_s)
        return TimedMessage(due_s, rank_of(data), next(serials), "notes", data)

    return make


Timed = Callable[[float, bytes], TimedMessage]
PANIC = [control_change(9, 64, 0), control_change(9, 123, 0)]


def test_every_message_is_heard_once_and_in_order(rig: Rig, timed: Timed) -> None:
    phrase = []
    for index in range(150):
        pitch = 30 + index % 60
        phrase.append(timed(0.2 + index * 0.003, note_on(9, pitch, 1 + index % 100)))
        phrase.append(timed(0.204 + index * 0.003, note_off(9, pitch)))
    shuffled = random.Random(1).sample(phrase, len(phrase))  # noqa: S311 -- no secret
    for begin in range(0, len(shuffled), 7):
        rig.ports.send(shuffled[begin : begin + 7])
    rig.hear(len(phrase))
    assert rig.close() == [message.data for message in sorted(phrase)] + PANIC
    assert rig.ports.counts().sent == len(phrase) + len(PANIC)


def test_at_one_instant_note_offs_go_before_note_ons(rig: Rig, timed: Timed) -> None:
    on, off, again = note_on(9, 36, 1), note_off(9, 36), note_on(9, 36, 2)
    rig.ports.send([timed(0.1, on), timed(0.2, again), timed(0.2, off), timed(0.3, off)])
    assert rig.hear(4) == [on, off, again, off]


def test_silence_ends_what_sounds_and_drops_what_waits(rig: Rig, timed: Timed) -> None:
    kick, snare = note_on(9, 36, 1), note_on(9, 38, 1)
    rig.ports.send([timed(0.0, kick), timed(0.0, snare), timed(9999.0, note_on(9, 40, 1))])
    rig.hear(2)
    rig.ports.silence()
    ended = [kick, snare, note_off(9, 36), note_off(9, 38), *PANIC]
    assert rig.hear(6) == ended
    assert rig.close() == ended


def test_what_is_sent_after_silence_is_heard(rig: Rig, timed: Timed) -> None:
    rig.ports.silence()
    rig.ports.send([timed(0.1, note_on(9, 36, 1)), timed(0.15, note_off(9, 36))])
    assert rig.hear(2) == [note_on(9, 36, 1), note_off(9, 36)]


def test_what_is_taken_back_is_not_heard(rig: Rig, timed: Timed) -> None:
    kick, snare = note_on(9, 36, 1), note_on(9, 38, 1)
    first = timed(0.0, kick)._replace(serial=100)
    rig.ports.send([first, timed(9999.0, snare)._replace(serial=101)])
    rig.hear(1)
    rig.ports.take_back(101)
    rig.ports.send([timed(0.1, note_off(9, 36))._replace(serial=102)])
    assert rig.hear(2) == [kick, note_off(9, 36)]
    assert rig.close() == [kick, note_off(9, 36), *PANIC]


def test_closing_ends_every_note(rig: Rig, timed: Timed) -> None:
    chord = [note_on(9, pitch, 1) for pitch in range(40)]
    rig.ports.send([timed(0.0, data) for data in chord])
    rig.hear(len(chord))
    ended = [note_off(9, pitch) for pitch in range(40)]
    assert rig.close() == [*chord, *ended, *PANIC]
    assert not rig.ports.alive()
    rig.ports.close()  # twice is once


def test_what_is_late_is_sent_all_the_same_and_counted(rig: Rig, timed: Timed) -> None:
    rig.ports.send([timed(-5.0, control_change(9, 7, 1)), timed(-10.0, note_off(9, 36))])
    assert rig.hear(2) == [note_off(9, 36), control_change(9, 7, 1)]
    rig.close()
    assert rig.ports.counts().late == 2


def test_a_note_that_is_late_by_long_is_not_struck_and_counted(rig: Rig, timed: Timed) -> None:
    rig.ports.send([timed(-5.0, note_on(9, 36, 1)), timed(0.1, note_off(9, 36))])
    rig.ports.send([timed(0.2, note_on(9, 38, 1))])
    assert rig.hear(1) == [note_on(9, 38, 1)]
    assert rig.close() == [note_on(9, 38, 1), note_off(9, 38), *PANIC]
    assert rig.ports.counts().stale == 2


def test_many_messages_at_one_instant_all_arrive(rig: Rig, timed: Timed) -> None:
    ons = [note_on(channel, pitch, 1) for channel in range(16) for pitch in range(128)]
    rig.ports.send([timed(0.1, data) for data in ons])
    assert rig.hear(len(ons)) == ons


@pytest.mark.parametrize("data", [b"\xf8", note_on(2, 60, 77)])
@pytest.mark.parametrize("role", ["in", "sync"])
def test_input_arrives_at_its_role_with_its_time(rig: Rig, role: str, data: bytes) -> None:
    played = rig.play_in(role, data)
    assert (played.role, played.data) == (role, data)
    rate = rig.ports.frame_rate or 1_000_000
    assert frame_at(played.came_s, rate) >= frame_at(played.due_s, rate)
    if rig.ports.frame_rate and played.undisturbed:
        assert frame_at(played.came_s, rate) == frame_at(played.due_s, rate)


def test_a_port_that_is_opened_meanwhile_is_heard_and_no_message_of_the_others_is_lost(
    rig: Rig, timed: Timed
) -> None:
    phrase = []
    for index in range(150):
        phrase.append(timed(0.2 + index * 0.01, note_on(9, 36, 1 + index % 100)))
        phrase.append(timed(0.205 + index * 0.01, note_off(9, 36)))
    rig.ports.send(phrase)
    rig.hear(20)
    with rig.opens() as (role, heard_there):
        assert list(rig.ports.names) == ["notes", "in", "sync", role]
        kick = TimedMessage(rig.ports.clock.now(), 2, 1000, role, note_on(0, 43, 9))
        rig.ports.send([kick])
        assert heard_there(1) == [kick.data]
        rig.hear(len(phrase))
        assert rig.close() == [message.data for message in phrase] + PANIC
        ends = [note_off(0, 43), control_change(0, 64, 0), control_change(0, 123, 0)]
        assert heard_there(4) == [kick.data, *ends]


def test_an_unknown_role_is_refused(rig: Rig) -> None:
    with pytest.raises(ValueError, match="'bass'"):
        rig.ports.send([TimedMessage(Seconds(0), 0, 0, "bass", note_off(0, 0))])
