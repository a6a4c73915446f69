"""Thru in a port process on a JACK server: at its frame, and ended whatever happens."""

from __future__ import annotations

import contextlib
import os
import queue
import random
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from daw_bridge.midi.messages import (
    TimedMessage,
    control_change,
    ends_note,
    note_off,
    note_on,
    starts_note,
)
from daw_bridge.midi.sounding import key_of
from daw_bridge.midi.stream import Stream
from daw_bridge.music.time import Seconds
from daw_bridge.ports.backend import PortSettings, PortSpec
from daw_bridge.ports.clock import frame_at
from daw_bridge.ports.process import PortProcess
from tests.ports.receiver import LIMIT_S, Receiver

pytestmark = [pytest.mark.jack, pytest.mark.usefixtures("jack_server")]

KEY, KEY_OFF = note_on(2, 60, 100), note_off(2, 60)
PANIC = [control_change(2, 64, 0), control_change(2, 123, 0)]


class Rig:
    """A jam's ports with thru, who plays into them, and who hears them."""

    def __init__(self, backend: str, stack: ExitStack, receiver: Receiver) -> None:
        self.receiver = receiver
        self.heard: queue.Queue[bytes] = queue.Queue()
        self.lost: queue.Queue[str] = queue.Queue()
        settings = PortSettings(
            backend,
            client=f"thru-{os.getpid()}",
            connections=(("notes", receiver.port),),
            thru=True,
        )
        self.ports = stack.enter_context(
            closing(
                PortProcess(
                    settings,
                    lambda _time_s, _role, data: self.heard.put(data),
                    self.lost.put,
                    print,
                )
            )
        )
        player = PortSettings(
            "jack", (PortSpec("out", self.ports.names["in"]),), (), f"player-{os.getpid()}"
        )
        self.player = stack.enter_context(
            closing(PortProcess(player, lambda *_event: None, print, print))
        )

    def play(self, *messages: bytes, after_s: float = 0.1) -> list[int]:
        """Play messages one after the other; give the frames at which they leave the player."""
        rate = self.player.frame_rate or 0
        begin_s = self.player.clock.now() + after_s
        timed = [
            TimedMessage(Seconds(begin_s + i * 0.0101), 0, i, "out", data)
            for i, data in enumerate(messages)
        ]
        self.player.send(timed)
        return [frame_at(message.due_s, rate) for message in timed]


@pytest.fixture
def rig() -> Iterator[Rig]:
    with Receiver() as receiver, ExitStack() as stack:
        yield Rig("jack", stack, receiver)


def test_what_is_played_sounds_in_its_own_frame(rig: Rig) -> None:
    rig.receiver.wait_for("# connected")
    phrase = [note_on(2, 40 + i, 1 + i) for i in range(50)]
    frames = rig.play(*phrase)
    assert rig.receiver.hear(50) == phrase
    heard = [frame for frame, _ in rig.receiver.events]
    if rig.player.counts().late + rig.player.counts().xruns == 0:
        assert heard == frames
    assert [rig.heard.get(timeout=LIMIT_S) for _ in phrase] == phrase


def test_whoever_plays_and_goes_leaves_no_note(rig: Rig) -> None:
    rig.receiver.wait_for("# connected")
    rig.play(KEY)
    assert rig.receiver.hear(1) == [KEY]
    os.kill(rig.player.pid, signal.SIGKILL)
    assert rig.receiver.hear(3) == [KEY, KEY_OFF, control_change(2, 64, 0)]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_port_process_that_dies_leaves_no_note_of_a_player(rig: Rig, number: int) -> None:
    rig.receiver.wait_for("# connected")
    rig.play(KEY)
    assert rig.receiver.hear(1) == [KEY]
    assert rig.heard.get(timeout=LIMIT_S) == KEY
    os.kill(rig.ports.pid, number)
    rig.lost.get(timeout=LIMIT_S)
    rig.ports.restart()
    assert rig.receiver.hear(4) == [KEY, KEY_OFF, *PANIC]


def test_closing_ends_what_a_player_holds(rig: Rig) -> None:
    rig.receiver.wait_for("# connected")
    rig.play(KEY)
    assert rig.receiver.hear(1) == [KEY]
    rig.ports.close()
    assert rig.receiver.hear(4) == [KEY, KEY_OFF, *PANIC]


def test_random_bytes_hold_up_nothing_and_leave_no_note(rig: Rig) -> None:
    jack = pytest.importorskip("jack")
    noise = random.Random(3)  # noqa: S311 -- no secret
    client = jack.Client(f"noise-{os.getpid()}", no_start_server=True)
    outs = {role: client.midi_outports.register(role) for role in ("in", "sync")}
    left, over = [200_000], threading.Event()

    def make_noise(_length: int) -> None:
        for out in outs.values():
            out.clear_buffer()
            for _ in range(10 if left[0] > 0 else 0):
                data = noise.randbytes(noise.randint(1, 100))
                with contextlib.suppress(jack.JackError):
                    out.write_midi_event(0, data)
                left[0] -= len(data)
        if left[0] <= 0:
            over.set()

    client.set_process_callback(make_noise)
    client.activate()
    for role, out in outs.items():
        client.connect(out, rig.ports.names[role])
    sent = 0
    while not over.is_set():
        now_s = rig.ports.clock.now()
        mark = control_change(15, 3, sent % 128)
        rig.ports.send([TimedMessage(Seconds(now_s + 0.05), 1, sent, "notes", mark)])
        sent += 1
        rig.ports.clock.wait_until(Seconds(now_s + 0.1), threading.Event())
    assert over.wait(LIMIT_S)
    client.deactivate()
    client.close()
    assert rig.ports.alive()
    rig.ports.close()  # which drops what is not sent yet
    rig.receiver.wait_for("# disconnected")
    heard = rig.receiver.finish()
    assert rig.ports.may_sound() == ()
    ours = [data for data in heard if data[:2] == b"\xbf\x03"]
    assert {control_change(15, 3, each % 128) for each in range(sent - 3)} <= set(ours)
    last = {key_of("notes", data): data for data in heard if starts_note(data) or ends_note(data)}
    assert len(last) > 100
    assert all(ends_note(data) for data in last.values())
    while not rig.heard.empty():
        data = rig.heard.get()
        assert Stream().take(data) == [data]
