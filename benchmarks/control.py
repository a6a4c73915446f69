"""How soon a command acts, from a socket, from OSC and from a controller.

    python benchmarks/control.py [--commands N]

A jam plays the preset `groove` at 120 into a JACK server of its own (dummy driver, 48 kHz, 128
frames). `now`: from saying `panic` to hearing, over the socket, that it acts. `bar`: a
temperature is said at random times: how many act on the next bar line, and of the others how long
before that line they were said, and how long after it they acted. A controller is a JACK client
of this process. Writes results/control.json and results/control.md.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import queue
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jack
from jack_server import server
from machine import describe
from record import record

from daw_bridge.control.client import Client
from daw_bridge.control.osc_packets import packet_of
from daw_bridge.errors import UserError

BAR, TICKS_A_SECOND = 1920, 960
"""Of 4/4 at 120."""

NOW_MS, EARLY_MS = 20.0, 100.0
PATIENCE_S = 60.0

PRESET = """model: groove-drums
bpm: 120
sync: internal
learn:
- {name: panic, cc: 64, channel: 1}
- {name: temperature, note: 36, channel: 1, value: 0.8}
- {name: temperature, note: 37, channel: 1, value: 0.9}
"""

Say = Callable[[str, float | None], None]
"""Say a name and a value."""


@contextlib.contextmanager
def jam(folder: Path, port: int) -> Iterator[None]:
    """Play until the block ends."""
    preset = folder / "bench.yaml"
    preset.write_text(PRESET)
    command = [sys.executable, "-m", "daw_bridge.cli.main", "jam", str(preset), "--name", "bench"]
    playing = subprocess.Popen([*command, "--osc", str(port)], stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        playing.terminate()
        playing.wait()


class Listener:
    """What the jam tells, each event with the time at which it came."""

    def __init__(self) -> None:
        self.client = connected()
        self.client.say({"ask": "watch", "only": ["changed", "sounded"]})
        self.changed: queue.SimpleQueue[tuple[float, dict[str, Any]]] = queue.SimpleQueue()
        self._zero_s: deque[float] = deque([math.inf], maxlen=64)
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        for event in self.client.events():
            now_s = time.monotonic()
            if event["event"] == "sounded":
                self._zero_s.append(now_s - event["tick"] / TICKS_A_SECOND)
            else:
                self.changed.put((now_s, event))

    def tick(self) -> float:
        """Return the jam's tick now, by what it told soonest after it sounded of late.

        The jam's time is JACK's: the dummy driver falls behind on a busy machine.
        """
        return (time.monotonic() - min(self._zero_s)) * TICKS_A_SECOND

    def wait_for(self, what: str) -> tuple[float, dict[str, Any]]:
        """Return when something changed, and what was told of it."""
        while True:
            at_s, event = self.changed.get(timeout=PATIENCE_S)
            if event["what"] == what:
                return at_s, event


def connected() -> Client:
    """Connect as soon as the jam is there."""
    end_s = time.monotonic() + PATIENCE_S
    while True:
        try:
            return Client("bench")
        except UserError:
            if time.monotonic() > end_s:
                raise
            time.sleep(0.1)


class Controller:
    """A JACK client with a pedal and two pads, connected to the jam's input."""

    def __init__(self) -> None:
        self._client = jack.Client("controller", no_start_server=True)
        self._out = self._client.midi_outports.register("out")
        self._queue: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._client.set_process_callback(self._process)
        self._client.activate()
        (target,) = [port for port in self._client.get_ports(is_midi=True) if _is_input(port.name)]
        self._client.connect(self._out, target)

    def _process(self, _frames: int) -> None:
        self._out.clear_buffer()
        while not self._queue.empty():
            self._out.write_midi_event(0, self._queue.get())

    def say(self, name: str, value: float | None) -> None:
        """Press the pedal, or the pad of a value."""
        if name == "panic":
            self._queue.put(bytes((0xB0, 64, 127)))
            self._queue.put(bytes((0xB0, 64, 0)))
        else:
            self._queue.put(bytes((0x90, 36 if value == 0.8 else 37, 100)))


def _is_input(name: str) -> bool:
    return name.endswith(":in") and not name.startswith("controller")


def now(say: Say, listener: Listener, count: int) -> dict[str, Any]:
    """Measure commands that act at once, in milliseconds."""
    took_ms = []
    for _ in range(count):
        time.sleep(random.uniform(0.05, 0.2))  # noqa: S311  # no secret
        said_s = time.monotonic()
        say("panic", None)
        took_ms.append((listener.wait_for("panic")[0] - said_s) * 1000)
    took_ms.sort()
    return {
        "p50_ms": statistics.median(took_ms),
        "p99_ms": took_ms[int(0.99 * (count - 1))],
        "max_ms": took_ms[-1],
    }


def bar(say: Say, listener: Listener, count: int) -> dict[str, Any]:
    """Measure commands that act on the next bar line: how many do, and how near others were."""
    early, others_ms = 0, []
    for number in range(count):
        time.sleep(random.uniform(0.0, 2.0))  # noqa: S311  # no secret
        at = listener.tick()
        say("temperature", 0.8 if number % 2 else 0.9)
        tick = listener.wait_for("temperature")[1]["tick"]
        line = math.ceil(at / BAR) * BAR
        if tick > line:
            before_ms, after_ms = (
                each / TICKS_A_SECOND * 1000 for each in (line - at, tick - line)
            )
            others_ms.append((before_ms, after_ms))
    missed = sum(before_ms >= EARLY_MS for before_ms, _ in others_ms)
    return {
        "on_the_next": 1 - len(others_ms) / count,
        "on_the_next_of_early": 1 - missed / max(early, 1),
        "others_ms": sorted(others_ms),
    }


def measure(count: int) -> list[dict[str, Any]]:
    """Measure all ways."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind(("127.0.0.1", 0))
        port = peer.getsockname()[1]
    with (
        tempfile.TemporaryDirectory() as folder,
        server(f"daw-bridge-control-{os.getpid()}", 48_000, 128),
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer,
    ):
        os.environ["XDG_RUNTIME_DIR"] = folder
        with jam(Path(folder), port):
            listener, teller = Listener(), connected()
            time.sleep(5.0)  # some bars
            controller = Controller()

            def by_socket(name: str, value: float | None) -> None:
                teller.say({"do": name, "value": value})

            def by_osc(name: str, value: float | None) -> None:
                packet = packet_of(f"/{name}", *([] if value is None else [value]))
                peer.sendto(packet, ("127.0.0.1", port))

            ways: dict[str, Say] = {"socket": by_socket, "OSC": by_osc, "MIDI": controller.say}
            found = {way: bar(say, listener, count) for way, say in ways.items()}
            return [
                {"way": way, "commands": count, **found[way], **now(say, listener, count)}
                for way, say in ways.items()
            ]


def as_table(runs: list[dict[str, Any]]) -> str:
    """Write the runs as a table."""
    rows = [
        "| way | `now`, p50 | p99 | max | `bar`: on the next line "
        "| said 0.1 s before it, or sooner | others: so long before it, and after |"
    ]
    rows.append("|---|---|---|---|---|---|---|")
    rows += [
        f"| {run['way']} | {run['p50_ms']:.1f} ms | {run['p99_ms']:.1f} ms "
        f"| {run['max_ms']:.1f} ms | {run['on_the_next']:.1%} | {run['on_the_next_of_early']:.1%} "
        f"| {', '.join(f'{before:.0f}, {after:.0f} ms' for before, after in run['others_ms'])} |"
        for run in runs
    ]
    return "\n".join(rows) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--commands", type=int, default=200, help="of each kind, by each way")
    runs = measure(parser.parse_args().commands)
    target = {"now_ms": NOW_MS, "met": all(run["max_ms"] < NOW_MS for run in runs)}
    machine = describe("daw-bridge", "JACK-Client", "python-osc")
    record("control", {"machine": machine, "target": target, "runs": runs}, as_table(runs))


if __name__ == "__main__":
    main()
