"""Connections on JACK, that are kept as the user left them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from daw_bridge.errors import UserError
from daw_bridge.ports.backend import PortSettings, PortSpec
from daw_bridge.ports.jack_callback import JackBackend, JackError
from daw_bridge.ports.open import list_ports
from daw_bridge.ports.pending import Pending
from tests.ports.receiver import Receiver

pytestmark = [pytest.mark.jack, pytest.mark.usefixtures("jack_server")]

CLIENT = f"connections-{os.getpid()}"


@contextmanager
def running(
    *outputs: PortSpec, connections: tuple[tuple[str, str], ...] = ()
) -> Iterator[JackBackend]:
    settings = PortSettings("jack", outputs, None, CLIENT, connections)
    backend = JackBackend(settings, print)
    backend.start(Pending(backend.frame_rate or 0), lambda *_event: None)
    try:
        yield backend
    finally:
        backend.stop()


def test_a_port_that_goes_away_is_connected_again_when_it_is_back() -> None:
    with Receiver() as receiver:
        pair = ("notes", receiver.port)
        backend = JackBackend(
            PortSettings("jack", (PortSpec("notes", receiver.port),), None, CLIENT), print
        )
        backend.start(Pending(48_000), lambda *_event: None)
        assert backend.connections() == (pair,)
    assert backend.connections() == ()
    with Receiver() as receiver:
        assert receiver.port == pair[1]
        assert backend.connections() == (pair,)
        receiver.wait_for("# connected")
        assert backend.connections() == (pair,)
    backend.stop()


def test_a_port_that_goes_while_ports_are_listed_is_no_matter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gone(**_direction: bool) -> None:
        raise JackError("Port 'gone:in' not available")

    with Receiver() as receiver, running(PortSpec("notes", receiver.port)) as backend:
        pair = ("notes", receiver.port)
        assert backend.connections() == (pair,)
        with monkeypatch.context() as patch:
            patch.setattr(backend._client, "get_ports", gone)
            assert backend.connections() == (pair,)
        assert backend.connections() == (pair,)


def test_what_the_user_disconnects_stays_so() -> None:
    with Receiver() as receiver, running(PortSpec("notes", receiver.port)) as backend:
        assert backend.connections() == (("notes", receiver.port),)
        subprocess.run(["jack_disconnect", backend.names["notes"], receiver.port], check=True)
        assert backend.connections() == ()
        assert backend.connections() == ()


def test_connections_of_the_last_time_are_made_again_where_their_ports_are() -> None:
    with Receiver() as receiver:
        pair = ("notes", receiver.port)
        before = (pair, ("notes", "gone:in"), pair)
        with running(PortSpec("notes"), connections=before) as backend:
            assert backend.connections() == (pair,)


def test_the_ports_of_a_machine_are_listed_as_we_see_them_and_without_our_own() -> None:
    with Receiver() as receiver, running(PortSpec("notes")) as backend:
        ports = {(port.direction, port.name) for port in list_ports() if port.backend == "jack"}
    assert ("out", receiver.port) in ports
    assert ("in", backend.names["notes"]) in ports


def test_a_client_that_cannot_connect_is_closed() -> None:
    with pytest.raises(UserError, match="no such port"):
        JackBackend(PortSettings("jack", (PortSpec("notes", "no such port"),), None, CLIENT), print)
    with running(PortSpec("notes")) as backend:
        assert backend.names == {"notes": f"{CLIENT}:notes"}
