"""How punctual MIDI is at a second, independent JACK client.

    python benchmarks/timing.py [--bars N] [--only SENDER ...]

Each sender plays 4,800 events 12.5 ms apart (30 bars): a jam of ours whose generator computes all
the while, through the backends jack and rtmidi; and mido.MidiFile.play and isobar, with and without
a generator in their process. The receiver is a process of its own and takes the frame of each event
from JACK. The server is one of our own (dummy driver, 48 kHz, 128 frames, real-time where allowed),
in JACK's usual asynchronous mode, and once more for our jam in its synchronous mode: where the
machine stalls, an asynchronous server goes on without the clients that are late, and what is sent
between any two of them is lost.

An event's error is how far it is from the ideal grid. The grid's origin is one for a whole run: the
median over all events, so a constant latency counts for nothing, for anyone. Meanwhile one process
per core, of high priority, sleeps a millisecond at a time: how late the machine itself wakes it is
reported beside. Writes results/timing.json and results/timing.md.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from jack_server import server
from machine import describe
from record import command, record

HERE = Path(__file__).parent
RECEIVER = HERE.parent / "tests" / "jack_receiver.py"
RATE, PERIOD, GRID = 48_000, 128, 600
SERVER = "daw-bridge-timing"
SENDERS = [
    ("jack", True, "timing:notes", "asynchronous"),
    ("rtmidi", True, "timing:notes", "asynchronous"),
    ("mido", False, ":timing-mido", "asynchronous"),
    ("mido", True, ":timing-mido", "asynchronous"),
    ("isobar", False, ":timing-isobar", "asynchronous"),
    ("isobar", True, ":timing-isobar", "asynchronous"),
    ("jack", True, "timing:notes", "synchronous"),
]
NAMES = {
    "jack": "`daw-bridge jam --backend jack`",
    "rtmidi": "`daw-bridge jam --backend rtmidi` (on JACK)",
    "mido": "`mido.MidiFile.play`",
    "isobar": "isobar `Timeline`",
}
NOTES_A_BAR = 80


def measure(sender: str, busy: bool, port: str, mode: str, bars: int) -> dict[str, object]:
    """Let one sender play to the receiver; give what was lost and how late the rest was."""
    with contextlib.ExitStack() as stack:
        how = ["-S", "-R"] if mode == "synchronous" else ["-R"]
        stack.enter_context(server(SERVER, RATE, PERIOD, how))
        receiver = stack.enter_context(_started(str(RECEIVER), port))
        _wait_for(receiver, "# ready")
        meters = [
            stack.enter_context(_started(__file__, "--meter", str(each))) for each in _cores()
        ]
        script = str(HERE / "timing_senders.py")
        playing = stack.enter_context(_started(script, sender, str(int(busy)), str(bars)))
        _wait_for(playing, "# opening")
        _wait_for(receiver, "# connected")
        playing.stdin.write("\n")
        counted = json.loads(playing.communicate()[0].splitlines()[-1])
        heard, end = _heard(receiver)
        stalls = [json.loads(meter.communicate()[0]) for meter in meters]
    return {
        "sender": sender,
        "generator": busy,
        "server": mode,
        **score(heard, bars * NOTES_A_BAR),
        **counted,
        "xruns_receiver": int(end.split()[2]),
        "machine_stalls_over_a_period": sum(each["long"] for each in stalls),
        "machine_stall_max_ms": max(each["max_ms"] for each in stalls),
        "load_average": round(os.getloadavg()[0], 2),
    }


def score(heard: list[tuple[int, bytes]], notes: int) -> dict[str, object]:
    """Match what was heard with what was due, by note and grid place.

    A note-on names its note by pitch and velocity. A note-off names only its pitch, which comes
    again after 128 notes (3.2 s); so it is matched where it is nearest to its place.
    """
    on_of = {bytes((pitch, velocity)): n for n in range(notes) for pitch, velocity in [name(n)]}
    notes_only = [(frame, data) for frame, data in heard if data[0] & 0xF0 in (0x80, 0x90)]
    starts = [data[0] & 0xF0 == 0x90 and data[2] > 0 for _, data in notes_only]
    ons = [
        (on_of.get(data[1:]), frame)
        for (frame, data), start in zip(notes_only, starts, strict=True)
        if start
    ]
    offs = [
        (data[1], frame)
        for (frame, data), start in zip(notes_only, starts, strict=True)
        if not start
    ]
    origin = statistics.median_low(frame - 2 * GRID * n for n, frame in ons if n is not None)
    frames: dict[int, int] = {}
    doubled = 0
    for n, frame in ons:
        doubled += 2 * n in frames
        frames.setdefault(2 * n, frame)
    for pitch, frame in offs:
        place = round(((frame - origin) / GRID - 1) / 2 - pitch) / 128
        n = 128 * round(place) + pitch
        if 0 <= n < notes:
            doubled += 2 * n + 1 in frames
            frames.setdefault(2 * n + 1, frame)
    raw = [frame - GRID * index for index, frame in frames.items()]
    origin = statistics.median_low(raw)
    errors = sorted(abs(each - origin) for each in raw)
    figures = {"p50": 0.5, "p99": 0.99, "p99_9": 0.999, "max": 1.0}
    at = {key: errors[min(len(errors) - 1, int(q * len(errors)))] for key, q in figures.items()}
    return {
        "events": 2 * notes,
        "lost": 2 * notes - len(frames),
        "doubled": doubled,
        **{f"{key}_frames": value for key, value in at.items()},
        **{f"{key}_ms": round(value * 1000 / RATE, 3) for key, value in at.items()},
    }


def name(index: int) -> tuple[int, int]:
    """Name a note as the senders do."""
    return index % 128, 1 + index // 128


def meter(core: int) -> None:
    """Sleep and wake on one core at high priority until told to end; print how late it woke."""
    os.sched_setaffinity(0, {core})
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))
    stop = []
    threading.Thread(target=lambda: stop.append(sys.stdin.read()), daemon=True).start()
    long = 0
    worst = 0.0
    while not stop:
        begun = time.monotonic()
        time.sleep(0.001)
        late = time.monotonic() - begun - 0.001
        worst = max(worst, late)
        long += late > PERIOD / RATE
    print(json.dumps({"long": long, "max_ms": round(worst * 1000, 3)}))


def _cores() -> list[int]:
    return sorted(os.sched_getaffinity(0))


@contextlib.contextmanager
def _started(script: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, script, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
        env={**os.environ, "PYTHONPATH": str(HERE.parent)},
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def _wait_for(process: subprocess.Popen[str], start: str) -> None:
    while not (line := process.stdout.readline()).startswith(start):
        if not line:
            raise SystemExit(f"{process.args} ended before it said {start!r}")


def _heard(receiver: subprocess.Popen[str]) -> tuple[list[tuple[int, bytes]], str]:
    lines = receiver.communicate()[0].splitlines()
    events = [line.split() for line in lines if not line.startswith("#")]
    return [(int(frame), bytes.fromhex(data)) for frame, data in events], lines[-1]


def main() -> None:
    """Measure, print, and write the results down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bars", type=int, default=30)
    parser.add_argument("--only", nargs="+", choices=sorted(NAMES), default=sorted(NAMES))
    parser.add_argument("--meter", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.meter is not None:
        meter(asked.meter)
        return
    runs = []
    for sender, *how in SENDERS:
        if sender in asked.only:
            runs.append(measure(sender, *how, asked.bars))
            print(runs[-1], flush=True)
    packages = ("daw-bridge", "numpy", "JACK-Client", "python-rtmidi", "mido", "isobar")
    jackd = subprocess.run(["jackd", "--version"], capture_output=True, text=True, check=False)
    result = {
        "command": command(),
        "machine": {
            **describe(*packages),
            "jackd": jackd.stdout.splitlines()[-1] if jackd.stdout else "unknown",
            "jack": f"-R, dummy, {RATE} Hz, {PERIOD} frames",
        },
        "runs": runs,
    }
    record("timing", result, as_table(runs) + as_words(result))


def as_table(runs: list[dict[str, object]]) -> str:
    """Give the table that the README shows."""
    titles = [
        "sender",
        "generator in its process",
        "server",
        "events",
        "lost",
        "p50",
        "p99",
        "p99.9",
        "max",
    ]
    titles += ["p99.9, ms", "stalls of the machine itself"]
    rows = [titles, ["---"] * len(titles)]
    for run in runs:
        frames = [f"{run[f'{key}_frames']:,}" for key in ("p50", "p99", "p99_9", "max")]
        busy = "computes" if run["generator"] else "none"
        head = [NAMES[run["sender"]], busy, run["server"], f"{run['events']:,}", str(run["lost"])]
        stalls = str(run["machine_stalls_over_a_period"])
        rows.append([*head, *frames, f"{run['p99_9_ms']:.3f}", stalls])
    note = (
        f"\nErrors in frames of 1/{RATE} s. A stall: a thread of high priority was woken more than "
        f"a period ({PERIOD} frames) late.\n"
    )
    return "".join(f"| {' | '.join(row)} |\n" for row in rows) + note


def as_words(result: dict[str, object]) -> str:
    """Name the command, the machine and the versions."""
    machine = ", ".join(f"{key} {value}" for key, value in result["machine"].items())
    loads = [run["load_average"] for run in result["runs"]]
    return f"\n`{result['command']}`; {machine}; load average {min(loads)} to {max(loads)}.\n"


if __name__ == "__main__":
    main()
