"""A jam in one of the modes, in a process of its own, for a player on JACK.

    python tests/jam_to_play_with.py CLIENT MODE

It prints `open PORT` with its output, `ready` once its first bar is made, and reads the frame of
its first bar line from standard input. In the end it prints, as one line of JSON, its report and
what sounded: ticks, ports, bytes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from daw_bridge.config.jam import load_jam
from daw_bridge.daemon import opening
from daw_bridge.daemon.opening import jam
from daw_bridge.daemon.performance import Performance
from daw_bridge.daemon.settings import Ready, jam_of, ready
from daw_bridge.daemon.source import bars_of
from daw_bridge.jam import conductor, outgoing, placing
from daw_bridge.jam.bars import BarSource
from daw_bridge.jam.commands import Inbox, Keep
from daw_bridge.jam.events import Event, Placed, Sounded
from daw_bridge.jam.modes import Name
from daw_bridge.jam.schedule import Route
from daw_bridge.jam.shadow import Sent, Shadow
from daw_bridge.music.time import Seconds, Ticks
from daw_bridge.policies.card import read
from daw_bridge.policies.load import codec_of
from daw_bridge.ports.clock import seconds_at
from daw_bridge.ports.process import PortProcess
from tests.tiny_model import policy_of

BARS, RATE = 64, 48_000
TEMPO_QPM = 150.0
"""At which a tick is 40 frames, so that what is played is heard at the very tick."""

KEPT_IN = 20
"""The bar in which a loop is kept."""


class Patient(Shadow):
    """One that goes on to the next step with what is played in it, or half a second later.

    So the step in which a note is hangs on its frame alone, and not on how soon it was heard of.
    """

    _LATE = Ticks(600)

    def next_tick(self) -> Ticks | None:
        due = super().next_tick()
        return None if due is None else Ticks(due + self._LATE)

    def pass_time(self, now: Ticks) -> None:
        super().pass_time(Ticks(now - self._LATE))

    def take(self, tick: Ticks, data: bytes, routes: Mapping[int, Route]) -> list[Sent]:
        super().pass_time(tick)
        return super().take(tick, data, routes)


def settings_of(mode: str, backend: str) -> Ready:
    """Return the preset of a mode, fast and of `BARS` bars."""
    preset = "lead" if mode == Name.SOLO else mode
    options = {"backend": backend, "bars": BARS, "bpm": TEMPO_QPM, "guidance": 1}
    # Several play at once, each by itself: as peers of Link they would follow one another.
    return ready(load_jam(preset), {**options, "sync": "internal"})


def source_of(settled: Ready) -> BarSource:
    """Return bars of a small network with random weights, in place of the preset's."""
    return bars_of(policy_of(codec_of(read(settled.folder))), settled.file, settled.primer)


def main(client: str, mode: str) -> None:
    """Play to the end."""
    # What is heard is compared, so a machine that is short of time must not make it late.
    outgoing.LOOKAHEAD_S = 0.6
    conductor.DRAFTS_S, conductor.CLOSE_S, conductor.LAST_S = (0.8,), 0.4, 0.1
    placing.Shadow = Patient  # type: ignore[misc]
    Performance._start_s = _begin_where_told  # type: ignore[method-assign]
    opening.open_ports = open_and_tell
    inbox, loops = Inbox(), mode in (Name.LOOP, Name.VARY)
    sounded: list[tuple[int, str, str]] = []

    def watch(event: Event) -> None:
        if isinstance(event, Sounded):
            sounded.append((event.tick, event.port, event.data.hex()))
        elif isinstance(event, Placed) and event.number == KEPT_IN and loops:
            inbox.put(Keep())

    settled = settings_of(mode, "jack")
    settings = jam_of(settled)
    settings = replace(settings, ports=replace(settings.ports, client=client))
    report = jam(settings, lambda: source_of(settled), watchers=[watch], inbox=inbox)
    told = {"why": report.why, "bars": report.bars, "late": report.late_bars, "sounded": sounded}
    print(json.dumps(told), flush=True)


def _begin_where_told(_performance: Performance) -> Seconds:
    print("ready", flush=True)
    return seconds_at(int(sys.stdin.readline()), RATE)


def open_and_tell(*settings: Any) -> PortProcess:
    """Open the ports, and print the name of the output."""
    ports = PortProcess(*settings)
    print("open", ports.names["notes"], flush=True)
    return ports


if __name__ == "__main__":
    main(*sys.argv[1:])
