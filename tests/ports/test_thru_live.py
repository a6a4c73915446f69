"""Thru in a port process on a JACK server: at its frame, and ended whatever happens."""

from __future__ import annotations

import os
import queue
import signal
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from daw_bridge.midi.messages import TimedMessage, control_change, note_off, note_on
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
