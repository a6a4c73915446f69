"""Another peer of Ableton Link, which says at which of JACK's frames its beats fall.

    python benchmarks/sync_link.py

Once it is joined it says `# open`, starts at beat 0, changes its tempo from `BEFORE` to `AFTER`
when `FIRST_S` have passed, stops after `SECOND_S` more, and prints lines `frame beat tempo` all
along.
"""

from __future__ import annotations

import asyncio
import time
from statistics import median
from typing import Any

import jack

from tests.clock_master import CLOCKS, RATE, Stretch

BEFORE, AFTER = 120.0, 96.0
FIRST_S, SECOND_S = 30.0, 15.0
QUANTUM = 4.0


async def peer() -> Any:
    import aalink

    return aalink.Link(BEFORE)


def main() -> None:
    """Lead the session."""
    client = jack.Client("link peer", no_start_server=True)
    client.activate()
    link = asyncio.run(peer())
    link.quantum, link.start_stop_sync_enabled, link.enabled = QUANTUM, True, True
    while not link.num_peers:
        time.sleep(0.01)
    link.tempo = BEFORE
    print("# open", flush=True)
    time.sleep(1.0)
    link.set_is_playing_and_request_beat_at_time(True, link.time, 0)
    tell(client, link, FIRST_S)
    link.tempo = AFTER
    tell(client, link, SECOND_S)
    link.playing = False
    time.sleep(1.0)
    link.enabled = False
    client.close()


def tell(client: jack.Client, link: Any, seconds: float) -> None:
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        before = client.frame_time
        beat = link.beat
        after = client.frame_time
        if after - before < 3:
            print((before + after) / 2, beat, link.tempo, flush=True)
        time.sleep(0.005)


def read(lines: list[str]) -> tuple[Stretch, float]:
    """Make a way of what the peer told, clock by clock; and the beat at which the tempo changed."""
    told = [tuple(map(float, line.split())) for line in lines]
    halves = [[each for each in told if (each[2] > 110) is early] for early in (True, False)]
    periods = [60 * RATE / BEFORE, 60 * RATE / AFTER]
    zeros = [
        median(frame - beat * period for frame, beat, _ in half)
        for half, period in zip(halves, periods, strict=True)
    ]
    change = (zeros[0] - zeros[1]) / (periods[1] - periods[0])
    last = int(told[-1][1] * CLOCKS)
    way = (
        zeros[beat >= change] + beat * periods[beat >= change]
        for beat in (number / CLOCKS for number in range(last))
    )
    return Stretch(tuple(way), 0), change


if __name__ == "__main__":
    main()
