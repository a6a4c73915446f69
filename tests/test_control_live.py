"""A live jam on JACK that is told what to play by its socket, by OSC and by a controller."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from daw_bridge.control.client import Client
from daw_bridge.control.osc_packets import packet_of
from daw_bridge.errors import UserError
from tests.ports.player import Player
from tests.tiny_model import write_tiny_model

pytestmark = [pytest.mark.jack, pytest.mark.usefixtures("jack_server")]

BAR = 1920
PATIENCE_S = 60.0


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def preset(tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Play a preset of the test's own, until the test is over; that must end the jam in order."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("DAW_BRIDGE_HOME", str(tmp_path / "home"))
    write_tiny_model(tmp_path / "home" / "models" / "tiny")
    preset = tmp_path / "mine.yaml"
    preset.write_text("model: tiny\nbpm: 240\nsync: internal\n")
    command = [sys.executable, "-m", "daw_bridge.cli.main", "jam", str(preset), "--osc", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as playing:
        assert playing.stdout is not None
        while "in: " not in (line := playing.stdout.readline()):  # its ports are open
            assert line, "the jam ended"
        yield preset
        playing.send_signal(signal.SIGTERM)
        playing.communicate(timeout=PATIENCE_S)
        assert playing.returncode == 0


def changed(events: Iterator[dict[str, Any]], what: str) -> dict[str, Any]:
    """Wait until a name has changed; return what was told."""
    return next(event for event in events if event["what"] == what)


def test_a_jam_is_told_by_socket_by_osc_and_by_a_knob_that_it_learns(
    preset: Path, port: int
) -> None:
    with Client("mine") as jam, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        jam.say({"ask": "watch", "only": ["changed", "refused"]})
        events = jam.events(PATIENCE_S)
        jam.say({"do": "temperature", "value": 0.5})
        told = changed(events, "temperature")
        assert (told["value"], told["tick"] % BAR) == (0.5, 0)
        peer.sendto(packet_of("/tempo", 200.0), ("127.0.0.1", port))
        assert changed(events, "tempo")["value"] == 200.0
        jam.say({"ask": "learn", "name": "temperature"})
        with closing(Player(f"controller-{os.getpid()}", "Bridge:in")) as controller:
            controller.wait_for("# connected")
            controller.begin([(0, b"\xb0\x15\x00")])
            assert changed(events, "learn.temperature")["value"] == "CC 21 on channel 1"
            controller.begin([(0, b"\xb0\x15\x40")])
            told = changed(events, "temperature")
        assert (told["value"], told["tick"] % BAR) == (1.0079, 0)
        settings = jam.say({"ask": "status"})["status"]["settings"]
        assert (settings["temperature"], settings["tempo"]) == (1.0079, 200.0)
        with pytest.raises(UserError, match="did you mean 'temperature'"):
            jam.say({"do": "temprature"})
    assert '"cc": 21' in preset.read_text()
