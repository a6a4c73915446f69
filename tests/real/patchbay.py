"""Ports of JACK, waited for and connected."""

from __future__ import annotations

import os
import time

import jack

LIMIT_S = 20.0


def connect(source: str, target: str) -> None:
    """Connect two ports as a patchbay does, once both are there."""
    for name in (source, target):
        wait_for_port(name)
    with jack.Client("patchbay", no_start_server=True) as client:
        client.connect(source, target)


def wait_for_port(name: str) -> None:
    """Wait until a JACK port is there; programs rename theirs, of which no news comes."""
    end_s = time.monotonic() + LIMIT_S
    with jack.Client("port watch", no_start_server=True) as client:
        while name not in [port.name for port in client.get_ports()]:
            there = [port.name for port in client.get_ports()]
            assert time.monotonic() < end_s, f"no {name} after {LIMIT_S:.0f} s, but {there}"
            os.sched_yield()
