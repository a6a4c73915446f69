"""Hydrogen drives a jam."""

from __future__ import annotations

import threading

import jack
import pytest

from tests.real.hydrogen import LIMIT_S, Hydrogen

pytestmark = [pytest.mark.jack, pytest.mark.hydrogen]


def test_it_starts_jacks_transport_and_tells_its_tempo(hydrogen: Hydrogen) -> None:
    client = jack.Client("transport watch", no_start_server=True)
    rolls = threading.Event()

    @client.set_process_callback
    def process(_length: int) -> None:
        state, position = client.transport_query()
        if state == jack.ROLLING and position["frame"] > 0 and position.get("bar") == 1:
            rolls.set()

    with client:
        hydrogen.tell("PLAY")
        assert rolls.wait(LIMIT_S)
        _, position = client.transport_query()
        hydrogen.tell("STOP")
    assert position["beats_per_minute"] == 120.0
