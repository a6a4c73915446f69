"""How soon `daw-bridge jam` is heard, and what it weighs.

    python benchmarks/start.py [--runs N]

From starting the command to the first note-on in a second client of a JACK server (the one that
runs, else one of its own: dummy driver, 48 kHz, 128 frames), the resident memory of both of its
processes together while it plays, and how long `daw-bridge --help` takes. Writes results/start.json
and results/start.md.
"""

from __future__ import annotations

import argparse
import contextlib
import queue
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import jack
from machine import describe
from record import record

TARGETS = {"first_note_s": 1.0, "rss_mb": 150.0, "help_s": 0.2}
PATIENCE_S = 30.0
COMMAND = [sys.executable, "-m", "daw_bridge.cli.main"]


@contextlib.contextmanager
def server() -> Iterator[None]:
    """Give a JACK server: the one that runs, or one of our own that goes when we go."""
    jack.set_error_function(lambda _text: None)
    found = subprocess.run(["jack_wait", "-c"], capture_output=True, check=False)
    if found.stdout.strip() == b"running":  # it ends with 0 either way
        yield
        return
    command = ["jackd", "-r", "-d", "dummy", "-r", "48000", "-p", "128"]
    own = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        subprocess.run(["jack_wait", "-w", "-t", "20"], check=True, capture_output=True)
        yield
    finally:
        own.terminate()
        own.wait()


def first_note(arguments: list[str]) -> dict[str, float]:
    """Start one jam; give the seconds to its first note-on, and the memory of its processes."""
    heard: queue.SimpleQueue[float] = queue.SimpleQueue()
    client = jack.Client("start-receiver", no_start_server=True)
    port = client.midi_inports.register("in")

    @client.set_process_callback
    def process(_frames: int) -> None:
        for _, data in port.incoming_midi_events():
            if bytes(data)[0] & 0xF0 == 0x90:
                heard.put(time.monotonic())

    with client:
        begun = time.monotonic()
        jam = subprocess.Popen(
            [*COMMAND, "jam", "--backend", "jack", "--port", port.name, *arguments],
            stdout=subprocess.DEVNULL,
        )
        try:
            first = heard.get(timeout=PATIENCE_S)
            for _ in range(20):  # the memory of a jam that plays, not of one that begins
                heard.get(timeout=PATIENCE_S)
            sizes = memory(jam.pid)
        finally:
            jam.send_signal(signal.SIGINT)
            jam.wait()
    return {"first_note_s": first - begun, **sizes}


def memory(pid: int) -> dict[str, float]:
    """Give what a process and its children hold resident, in MB.

    RSS counts pages once for each process; PSS divides them among all processes that share them.
    The JACK server maps its own memory into every client; `rss_mb` is without it.
    """
    threads = Path(f"/proc/{pid}/task").glob("*/children")  # a child is listed by who started it
    children = [child for each in threads for child in each.read_text().split()]
    sizes = {"rss_mb": 0.0, "rss_all_mb": 0.0, "pss_all_mb": 0.0}
    for each in (str(pid), *children):
        of_jack = False
        for line in Path(f"/proc/{each}/smaps").read_text().splitlines():
            key, *rest = line.split()
            if not key.endswith(":"):
                of_jack = "/dev/shm/jack" in line  # noqa: S108  # its name, not a file of ours
            elif key == "Rss:":
                sizes["rss_all_mb"] += int(rest[0]) / 1000
                sizes["rss_mb"] += 0 if of_jack else int(rest[0]) / 1000
            elif key == "Pss:":
                sizes["pss_all_mb"] += int(rest[0]) / 1000
    return sizes


def help_seconds() -> float:
    """Time `daw-bridge --help` once, as installed where it is."""
    command = [shutil.which("daw-bridge", path=str(Path(sys.executable).parent))]
    begun = time.perf_counter()
    subprocess.run(
        [*(command if command[0] else COMMAND), "--help"], stdout=subprocess.DEVNULL, check=True
    )
    return time.perf_counter() - begun


def main() -> None:
    """Measure, print, and write the results down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=11)
    parser.add_argument("jam", nargs="*", help="arguments for `daw-bridge jam`")
    asked = parser.parse_args()
    with server():
        jams = [first_note(asked.jam) for _ in range(asked.runs)]
    helps = [help_seconds() for _ in range(2 * asked.runs)]
    figures = {name: [each[name] for each in jams] for name in jams[0]}
    figures["help_s"] = helps
    packages = ("daw-bridge", "numpy", "click", "pydantic", "JACK-Client")
    result = {
        "command": "python benchmarks/start.py",
        "machine": describe(*packages),
        "runs": {name: [round(value, 4) for value in values] for name, values in figures.items()},
        "medians": {name: round(statistics.median(each), 4) for name, each in figures.items()},
    }
    record("start", result, as_table(figures))


def as_table(figures: dict[str, list[float]]) -> str:
    """Give the table that the README shows."""
    names = {
        "first_note_s": "`daw-bridge jam` to the first note-on at a second JACK client, s",
        "rss_mb": "resident memory of both processes, RSS, MB",
        "rss_all_mb": "the same with the JACK server's memory, mapped into each of its clients, MB",
        "pss_all_mb": "the same, shared pages divided among those who share them (PSS), MB",
        "help_s": "`daw-bridge --help`, s",
    }
    rows = ["| | median | worst | target |", "|---|---|---|---|"]
    for name, values in figures.items():
        target = f"under {TARGETS[name]:g}" if name in TARGETS else ""
        digits = 2 if name.endswith("_s") else 0
        median, worst = (f"{f(values):.{digits}f}" for f in (statistics.median, max))
        rows.append(f"| {names[name]} | {median} | {worst} | {target} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    main()
