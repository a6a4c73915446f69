"""Another peer of Ableton Link, in a process of its own, that does what each line says.

    python tests/ports/link_peer.py TEMPO QUANTUM

A line is `tempo QPM`, `quantum BEATS`, `play BEAT`, `stop` or `where`; the answer to each is a line
of JSON: how many others there are, tempo, whether it plays, and a moment of the system's clock and
the beat then. `# joined` comes first, once there is another peer.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from typing import Any

import aalink


async def peer(tempo_qpm: float) -> Any:
    return aalink.Link(tempo_qpm)


def where(link: Any) -> dict[str, Any]:
    before_s = time.monotonic()
    beat = link.beat
    time_s = (before_s + time.monotonic()) / 2
    return {
        "peers": link.num_peers,
        "tempo": link.tempo,
        "playing": link.playing,
        "time_s": time_s,
        "beat": beat,
    }


def main(tempo: str, quantum: str) -> None:
    link = asyncio.run(peer(float(tempo)))
    link.quantum = float(quantum)
    link.start_stop_sync_enabled = True
    link.enabled = True
    pause = threading.Event()
    while not link.num_peers:
        pause.wait(0.01)
    print("# joined", flush=True)
    for line in sys.stdin:
        match line.split():
            case ["tempo", number]:
                link.tempo = float(number)
            case ["quantum", number]:
                link.quantum = float(number)
            case ["play", beat]:
                link.set_is_playing_and_request_beat_at_time(True, link.time, float(beat))
            case ["stop"]:
                link.playing = False
        print(json.dumps(where(link)), flush=True)
    link.enabled = False


if __name__ == "__main__":
    main(*sys.argv[1:])
