"""Connections on JACK, that are kept as the user left them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from daw_bridge.errors import UserError
from daw_bridge.midi.messages import TimedMessage, note_off, note_on
from daw_bridge.music.time import Seconds
from daw_bridge.ports.backend import PortSettings, PortSpec
from daw_bridge.ports.jack_callback import AGAIN_S, JackBackend
from daw_bridge.ports.jack_client import JackError
from daw_bridge.ports.open import list_ports
from daw_bridge.ports.pending import Pending
from daw_bridge.ports.wishes import Pair
from tests.ports.receiver import Receiver

pytestmark = [pytest.mark.jack, pytest.mark.usefixtures("jack_server")]

CLIENT = f"connections-{os.getpid()}"
ON, OFF = note_on(0, 60, 9), note_off(0, 60)


@contextmanager
def running(
    *outputs: PortSpec, connections: tuple[Pair, ...] | None = None
) -> Iterator[JackBackend]:
    settings = PortSettings("jack", outputs, (), CLIENT, connections)
    backend = JackBackend(settings, print)
    backend.start(Pending(backend.frame_rate or 0), lambda *_event: None, print)
    try:
        yield backend
    finally:
        backend.stop()


def look(backend: JackBackend) -> tuple[Pair, ...]:
    """Look at the connections when what was connected is listed, as the port process does."""
    backend._pass_cycles()
    return backend.connections()


def test_a_port_that_goes_away_is_connected_again_when_it_is_back() -> None:
    with Receiver() as receiver:
        pair = ("notes", receiver.port)
        backend = JackBackend(
            PortSettings("jack", (PortSpec("notes", receiver.port),), (), CLIENT), print
        )
        backend.start(Pending(48_000), lambda *_event: None, print)
        assert look(backend) == (pair,)
    assert look(backend) == (pair,)
    assert look(backend) == (pair,)
    with Receiver() as receiver:
        assert receiver.port == pair[1]
        assert look(backend) == (pair,)
        receiver.wait_for("# connected")
    with Receiver() as receiver:  # nobody looked while there was none
        assert look(backend) == (pair,)
        receiver.wait_for("# connected")
    backend.stop()


def test_a_port_that_goes_while_ports_are_listed_is_no_matter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gone(**_direction: bool) -> None:
        raise JackError("Port 'gone:in' not available")

    with Receiver() as receiver, running(PortSpec("notes", receiver.port)) as backend:
        pair = ("notes", receiver.port)
        assert look(backend) == (pair,)
        with monkeypatch.context() as patch:
            patch.setattr(backend._client, "get_ports", gone)
            assert look(backend) == (pair,)
        assert look(backend) == (pair,)


def test_what_the_user_disconnects_stays_so() -> None:
    with Receiver() as receiver, running(PortSpec("notes", receiver.port)) as backend:
        receiver.wait_for("# connected")
        assert look(backend) == (("notes", receiver.port),)
        disconnect(backend, receiver)
        assert [look(backend) for _ in range(3)][1:] == [(), ()]


def test_what_someone_else_connects_is_kept_as_well() -> None:
    with running(PortSpec("notes")) as backend:
        with Receiver(backend.names["notes"]) as receiver:
            receiver.wait_for("# connected")
            pair = ("notes", receiver.port)
            assert look(backend) == (pair,)
        with Receiver() as receiver:
            assert look(backend) == (pair,)
            receiver.wait_for("# connected")


def test_connections_of_the_last_time_are_made_again_when_their_ports_are_there() -> None:
    with Receiver() as receiver:
        pair, gone = ("notes", receiver.port), ("notes", "gone:in")
        named = PortSpec("notes", "named by the user, and dropped since")
        with running(named, connections=(gone, pair)) as backend:
            receiver.wait_for("# connected")
            assert look(backend) == (gone, pair)


def test_a_receiver_that_is_unplugged_in_the_middle_of_a_note_hears_its_end_when_it_is_back() -> (
    None
):
    with Receiver() as receiver, running(PortSpec("notes", receiver.port)) as backend:
        pending = backend._pending
        receiver.wait_for("# connected")
        pending.add([TimedMessage(backend.clock.now(), 2, 0, "notes", ON)])
        assert receiver.hear(1) == [ON]
        disconnect(backend, receiver)
        pending.add([TimedMessage(backend.clock.now(), 0, 1, "notes", OFF)])
        while pending.sent < 2:
            backend._pass_cycles()
        later_s = Seconds(backend.clock.now() + 2 * AGAIN_S)  # an xrun would send it again
        while backend.clock.now() < later_s:
            backend._pass_cycles()
        subprocess.run(["jack_connect", backend.names["notes"], receiver.port], check=True)
        assert receiver.hear(2) == [ON, OFF]


def disconnect(backend: JackBackend, receiver: Receiver) -> None:
    """Disconnect them as a user does, and wait until the receiver hears nothing any more."""
    subprocess.run(["jack_disconnect", backend.names["notes"], receiver.port], check=True)
    receiver.wait_for("# disconnected")
    backend._pass_cycles()


def test_the_ports_of_a_machine_are_listed_as_we_see_them_and_without_our_own() -> None:
    with Receiver() as receiver, running(PortSpec("notes")) as backend:
        ports = {(port.direction, port.name) for port in list_ports() if port.backend == "jack"}
    assert ("out", receiver.port) in ports
    assert ("in", backend.names["notes"]) in ports


def test_a_client_that_cannot_connect_is_closed() -> None:
    with pytest.raises(UserError, match="no such port"):
        JackBackend(PortSettings("jack", (PortSpec("notes", "no such port"),), (), CLIENT), print)
    with running(PortSpec("notes")) as backend:
        assert backend.names == {"notes": f"{CLIENT}:notes"}


def test_feedback_is_cut_and_told() -> None:
    settings = PortSettings("jack", client=CLIENT)
    backend = JackBackend(settings, print)
    backend.start(Pending(48_000), lambda *_event: None, print)
    try:
        subprocess.run(["jack_connect", f"{CLIENT}:notes", f"{CLIENT}:in"], check=True)
        look(backend)
        assert look(backend) == ()
        assert [text.endswith("disconnected") for text in backend.news()] == [True]
        assert backend._outs["notes"].connections == []
    finally:
        backend.stop()
