"""Live jams, heard by a second client on JACK: on their frames, and nothing left sounding."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from daw_bridge.daemon.performance import Jam, Performance
from daw_bridge.jam.bars import InlineFeed
from daw_bridge.jam.commands import Inbox
from daw_bridge.midi.messages import TimedMessage, ends_note, starts_note
from daw_bridge.ports.clock import frame_at
from daw_bridge.ports.offline import LocalPorts, OfflineBackend
from tests import live_jam
from tests.ports.receiver import Receiver

pytestmark = [pytest.mark.jack, pytest.mark.usefixtures("jack_server")]

HERE = Path(__file__).parent
RATE = 48_000


class LiveJam:
    """A jam in a process beside this one, and a receiver that listens to it in another."""

    def __init__(self, source: str) -> None:
        client = f"jam {os.getpid()} {source}"
        self.receiver = Receiver(f"{client}:notes")
        self.process = _python("live_jam.py", client, source)
        said = self.process.stdout.readline().split()
        assert said[:1] == ["open"]
        self.port_process = os.pidfd_open(int(said[1]))
        self.receiver.wait_for("# connected")
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def heard_to_the_end(self) -> list[tuple[int, bytes]]:
        """Wait until jam and port process are gone; give (frame, message) of all that was heard."""
        self.receiver.wait_for("# disconnected")
        self.process.wait(timeout=20)
        ready, _, _ = select.select([self.port_process], [], [], 20)
        assert ready, "the port process is still there"
        return self.receiver.events

    def close(self) -> None:
        self.receiver.__exit__(None, None, None)
        os.close(self.port_process)
        self.process.kill()
        self.process.wait(timeout=20)
        self.process.stdin.close()
        self.process.stdout.close()


@contextmanager
def listening_to(source: str) -> Iterator[LiveJam]:
    live = LiveJam(source)
    try:
        yield live
    finally:
        live.close()


def _python(program: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, HERE / program, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=HERE.parent,
        env={**os.environ, "PYTHONPATH": str(HERE.parent)},
    )


def offline(seed: int) -> list[tuple[int, bytes]]:
    """Play the live jam's bars in virtual time; give (frame, message)."""
    sent: list[TimedMessage] = []
    backend = OfflineBackend(frame_rate=RATE, on_sent=sent.append)
    ports = LocalPorts(backend, lambda *_event: None, lambda *_told: None)
    settings = Jam(live_jam.TEMPO_QPM, live_jam.PLAN)
    feed = InlineFeed(live_jam.drummer(seed))
    Performance(settings, feed, ports, Inbox()).run()
    ports.close()
    return [(frame_at(message.due_s, RATE), message.data) for message in sent]


def notes_from_zero(heard: list[tuple[int, bytes]]) -> list[tuple[int, str]]:
    notes = [(f, data) for f, data in heard if starts_note(data) or ends_note(data)]
    return [(frame - notes[0][0], data.hex(" ")) for frame, data in notes]


def left_sounding(heard: list[tuple[int, bytes]]) -> int:
    """Count the notes without an end; none may start twice."""
    sounding: set[int] = set()
    for _, data in heard:
        if starts_note(data):
            assert data[1] not in sounding
            sounding.add(data[1])
        elif ends_note(data):
            sounding.discard(data[1])
    return len(sounding)


def test_a_live_jam_is_the_offline_jam_to_the_frame() -> None:
    with listening_to("5") as live:
        heard = live.heard_to_the_end()
        assert live.process.stdout.read() == "all bars played\n"
    assert len(heard) > 100
    assert notes_from_zero(heard) == notes_from_zero(offline(seed=5))


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"])
def test_whatever_ends_a_jam_ends_its_notes(name: str) -> None:
    with listening_to("held") as live:
        live.receiver.hear(1)
        live.process.send_signal(getattr(signal, name))
        heard = live.heard_to_the_end()
        said = live.process.stdout.read()
    assert left_sounding(heard) == 0
    assert [data.hex() for _, data in heard[-2:]] == ["b04000", "b07b00"]
    assert (live.process.returncode, said) == (
        (-9, "") if name == "SIGKILL" else (0, f"stopped by {name}\n")
    )


def test_a_policy_that_fails_leaves_nothing_sounding_and_says_why() -> None:
    with listening_to("failing") as live:
        heard = live.heard_to_the_end()
        assert live.process.returncode == 1
    assert left_sounding(heard) == 0
    assert sum(starts_note(data) for _, data in heard) >= 1
