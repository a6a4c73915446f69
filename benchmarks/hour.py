"""A long jam on JACK while other processes keep every core busy: what was lost, and what was late.

    python benchmarks/hour.py [--minutes 60] [--seed 1] [--period 256] [--synchronous]

`daw-bridge jam groove` plays at 120 into a receiver of its own process, which takes the frame of
each message from JACK. The same jam is played in virtual time: each of its messages must come, in
order, and in its frame from the first one on. One process a core computes meanwhile, with the
priority of any other. Real-time server of our own (dummy driver, 48 kHz), in JACK's usual
asynchronous mode, in which a cycle that a client misses is lost; with --synchronous it waits for
its clients. Beside it a real-time thread on each core does nothing but wake up each millisecond:
where it is late by more than a period, the machine itself stood still, and every program with it.
Writes a row of results/hour.json and hour.md for each mode and period.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from jack_server import REAL_TIME, server
from machine import describe
from record import RESULTS, command, record

ROOT = Path(__file__).parents[1]
RECEIVER = ROOT / "tests" / "jack_receiver.py"
STANDSTILLS = ROOT / "benchmarks" / "standstills.py"
SERVER = f"daw-bridge-hour-{os.getpid()}"
RATE, TEMPO_QPM = 48_000, 120
Events = list[tuple[int, str]]


@contextmanager
def running(*command: str | Path, apart: bool = False) -> Iterator[subprocess.Popen[str]]:
    """Run a program, and leave nothing of it; `apart`, in a session of its own.

    Linux shares a machine out between sessions first: what a user runs elsewhere is one.
    """
    process = subprocess.Popen(
        [*map(str, command)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=apart,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def expected(bars: int, seed: int) -> Events:
    """Play the jam in virtual time; return its notes, each at its frame."""
    from daw_bridge.config.jam import load_jam
    from daw_bridge.daemon.performance import Performance
    from daw_bridge.daemon.settings import jam_of, ready, source_of
    from daw_bridge.jam.bars import InlineFeed
    from daw_bridge.jam.commands import Inbox
    from daw_bridge.ports.clock import frame_at
    from daw_bridge.ports.offline import LocalPorts, OfflineBackend

    options = {"bars": bars, "seed": seed, "bpm": float(TEMPO_QPM)}
    jam = ready(load_jam("groove"), options)
    sent: list[tuple[int, str]] = []

    def take(message) -> None:
        sent.append((frame_at(message.due_s, RATE), message.data.hex()))

    ports = LocalPorts(OfflineBackend(frame_rate=RATE, on_sent=take), _ignore, _ignore)
    with closing(ports):
        Performance(jam_of(jam), InlineFeed(source_of(jam)), ports, Inbox()).run()
    return notes(sent)


def _ignore(*_event: object) -> None:
    """Nothing comes in."""


def notes(events: Sequence[tuple[int, str]]) -> Events:
    """Keep note-ons and note-offs, at their frames from the first on; sorted within a frame."""
    kept = [each for each in events if each[1][0] in "89"]
    return sorted((frame - kept[0][0], data) for frame, data in kept)


def heard(
    bars: int, seed: int, period: int, *, synchronous: bool
) -> tuple[Events, str, list[float]]:
    """Play the jam on JACK beside processes that compute.

    Returns its notes, what it said in the end, and how long cores stood still, in ms.
    """
    how = ("-S", *REAL_TIME) if synchronous else REAL_TIME
    with ExitStack() as stack:
        stack.enter_context(server(SERVER, RATE, period, how))
        receiver = stack.enter_context(running(sys.executable, RECEIVER))
        while not receiver.stdout.readline().startswith("# ready"):
            pass
        cores = sorted(os.sched_getaffinity(0))
        for _ in cores:
            stack.enter_context(running(sys.executable, "-c", "while True: pass", apart=True))
        watches = [
            stack.enter_context(running(sys.executable, STANDSTILLS, str(core))) for core in cores
        ]
        options = ["--bars", str(bars), "--seed", str(seed), "--bpm", str(TEMPO_QPM)]
        command = [sys.executable, "-P", "-m", "daw_bridge.cli.main", "jam", "groove"]
        into = ["--backend", "jack", "--port", "receiver:in", "--sync", "internal"]
        jam = stack.enter_context(running(*command, *options, *into))
        said = jam.communicate()[0]
        lines = receiver.communicate()[0].splitlines()
        late_ms = [float(ms) for each in watches for ms in each.communicate()[0].split()]
    events = [line.split() for line in lines if not line.startswith("#")]
    return notes([(int(frame), data) for frame, data in events]), said.splitlines()[-1], late_ms


def main() -> None:
    """Play, compare, and write it down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--period", type=int, default=256, help="frames a cycle of JACK")
    parser.add_argument("--synchronous", action="store_true", help="JACK waits for its clients")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the results go")
    asked = parser.parse_args()
    bars = round(asked.minutes * TEMPO_QPM / 4)
    due = expected(bars, asked.seed)
    before = describe("daw-bridge", "numpy", "JACK-Client")
    begun_s = time.monotonic()
    came, said, still_ms = heard(bars, asked.seed, asked.period, synchronous=asked.synchronous)
    minutes = (time.monotonic() - begun_s) / 60
    missing = Counter(due) - Counter(came)
    lost = Counter(data for _, data in due) - Counter(data for _, data in came)
    late = re.search(r"\((\d+) late\)", said)
    row = {
        "command": command(),
        "jack": "synchronous" if asked.synchronous else "asynchronous",
        "frames": asked.period,
        "machine": before,
        "load_average_after": round(os.getloadavg()[0], 1),
        "minutes": round(minutes, 1),
        "bars": bars,
        "late_bars": int(late[1]) if late else None,
        "messages": len(due),
        "lost": lost.total(),
        "not_in_their_frame": missing.total() - lost.total(),
        "standstills": sum(ms > 1000 * asked.period / RATE for ms in still_ms),
        "longest_standstill_ms": max(still_ms, default=0.0),
        "said": said,
    }
    file = asked.out / "hour.json"
    others = json.loads(file.read_text(encoding="utf-8"))["runs"] if file.exists() else []
    runs = [*(each for each in others if kind_of(each) != kind_of(row)), row]
    record("hour", {"runs": runs}, as_table(runs), asked.out)


def kind_of(row: dict[str, Any]) -> tuple[str, int]:
    """Name what a run is the same by as another, whose place it takes."""
    return row["jack"], row["frames"]


def as_table(runs: Sequence[dict[str, Any]]) -> str:
    """Give a row for each mode and period of JACK, and where it was measured."""
    keys = [
        "jack",
        "frames",
        "minutes",
        "bars",
        "late_bars",
        "messages",
        "lost",
        "not_in_their_frame",
    ]
    titles = ["JACK", "frames", "minutes", "bars", "late bars", "notes on and off", "lost"]
    titles += ["not in their frame"]
    keys += ["standstills", "longest_standstill_ms", "load_average_after"]
    titles += ["the machine stood still", "longest, ms", "load average in the end"]
    rows = [titles, ["---"] * len(titles)]
    rows += [[str(row.get(key, "")) for key in keys] for row in runs]
    table = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    machine = ", ".join(f"{key} {value}" for key, value in runs[-1]["machine"].items())
    commands = "; ".join(f"`{row['command']}`" for row in runs)
    return f"{table}\n{commands}; {machine}.\n"


if __name__ == "__main__":
    main()
