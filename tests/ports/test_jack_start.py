"""How a JACK client begins: no time is told before the server's own is known."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

pytest.importorskip("jack", reason="JACK-Client or libjack is not installed")

from daw_bridge.errors import UserError
from daw_bridge.ports import jack_callback
from daw_bridge.ports.backend import PortSettings
from daw_bridge.ports.jack_callback import FIRST_CYCLE_S, JackBackend
from daw_bridge.ports.pending import Pending
from tests.ports.fake_jack import RATE, Client

AHEAD_S, LOOK_S = 15, 0.5


class Stalled(Client):
    """A server that runs no cycle for `stall_s`, while its estimate of the time goes on."""

    def __init__(self, stall_s: float) -> None:
        super().__init__()
        self.frame_time = AHEAD_S * RATE
        self.last_frame_time = RATE
        self.now_s, self.stall_s = 0.0, stall_s

    def activate(self) -> None:
        """Run no cycle yet."""

    def look(self, _seconds: float) -> None:
        """Let time pass."""
        self.now_s += LOOK_S
        if self.now_s > self.stall_s:
            self.cycle()


def started(monkeypatch: pytest.MonkeyPatch, client: Stalled) -> JackBackend:
    clock = SimpleNamespace(monotonic=lambda: client.now_s, sleep=client.look)
    monkeypatch.setattr(jack_callback, "time", clock)
    monkeypatch.setattr(jack_callback, "open_client", lambda _name: client)
    backend = JackBackend(PortSettings("jack", inputs=()), print)
    backend.start(Pending(RATE), print, print)
    return backend


def test_a_clock_that_is_ahead_while_the_server_stalls_is_not_believed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backend = started(monkeypatch, Stalled(5.0))
    assert backend.clock.now() < 1.1


def test_a_server_that_never_runs_a_cycle_is_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="one that runs no cycle in 10 s"):
        started(monkeypatch, Stalled(2 * FIRST_CYCLE_S))
