"""How exactly a jam follows a DAW: phase errors, to the frame, against real masters and our own.

    python benchmarks/sync.py [--only NAME ...]

Masters: a MIDI clock of our own whose bytes leave at exact frames, even or with jitter (normal, its
standard deviation is named); Ardour without a display, by its MIDI clock and by JACK transport;
Hydrogen, as JACK's timebase master; another peer of Ableton Link. The follower is a jam of ours in
processes of its own, whose source makes a note each sixteenth that is named by its place in the
song; isobar follows the same clocks beside it. A receiver of its own takes each note's frame from
JACK. A phase error is how far a note is from the frame at which the master is at that place: no
latency is taken out. "After a jump" are the notes of the first bar after a start, locate or loop.

The server is our own (dummy driver, 48 kHz, 128 frames, -R -P 70). Writes results/sync.json and
results/sync.md.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import jack
from jack_server import server
from machine import describe
from record import RESULTS, record
from sync_link import read
from sync_masters import (
    SCRIPTS,
    Take,
    follow_ardours_clock,
    follow_ardours_transport,
    follow_clock,
    follow_hydrogen,
)

from tests.clock_master import RATE, ClockMaster
from tests.places import at, score, visits
from tests.ports.player import Player
from tests.ports.receiver import Receiver
from tests.real.truth import CLOCK_FRAMES

HERE = Path(__file__).parent
ROOT = HERE.parent
PERIOD = 128
SERVER = f"daw-bridge-sync-{os.getpid()}"
CLIENT = "followed"
NOTES, SYNC, IN = (f"{CLIENT}:{role}" for role in ("notes", "sync", "in"))


@contextlib.contextmanager
def program(script: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a Python program that says `# open` once it is ready, and end it by its input's end."""
    process = subprocess.Popen(
        [sys.executable, str(script), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        while not (line := process.stdout.readline()).startswith("# open"):
            if not line:
                raise SystemExit(f"{script.name} ended")
        yield process
    finally:
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def jam(sync: str, *more: str) -> contextlib.AbstractContextManager[subprocess.Popen[str]]:
    """Run a jam of ours that follows."""
    return program(ROOT / "tests" / "followed_jam.py", CLIENT, sync, *more)


def connect(source: str) -> None:
    """Connect a port of a master to the jam's input for clocks."""
    client = jack.Client("connect", no_start_server=True)
    with contextlib.suppress(jack.JackError):
        client.connect(source, SYNC)
    client.close()


def figures(take: Take) -> dict[str, Any]:
    """Give the errors of a take."""
    found = score(take.heard, visits(take.stretches))
    return {
        "notes": len(found.errors_ms) + len(found.first_ms),
        "missing": found.missing,
        "elsewhere": found.elsewhere,
        "p50_ms": at(found.errors_ms, 0.5),
        "p95_ms": at(found.errors_ms, 0.95),
        "p99_ms": at(found.errors_ms, 0.99),
        "max_ms": at(found.errors_ms, 1.0),
        "after_jump_p95_ms": at(found.first_ms, 0.95),
        "after_jump_max_ms": at(found.first_ms, 1.0),
        "last_ms": found.errors_ms[-1] if found.errors_ms else None,
    }


def ours_on_clock(name: str, jitter_ms: float) -> dict[str, Any]:
    with jam("midi-clock"):
        return figures(follow_clock(SCRIPTS[name], jitter_ms, NOTES, SYNC))


def isobar_on_clock(name: str, jitter_ms: float) -> dict[str, Any]:
    with program(HERE / "sync_isobar.py"):
        return figures(follow_clock(SCRIPTS[name], jitter_ms, ":isobar-out", ":isobar-in"))


def in_a_home(follow: Callable[[Path], Take]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        return figures(follow(Path(home)))


def ours_on_ardours_clock() -> dict[str, Any]:
    """Follow Ardour's clock, and count what of it is uneven: after xruns it is off by periods."""
    with (
        jam("midi-clock", "places", "clock"),
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home,
    ):
        take = follow_ardours_clock(Path(home), NOTES, connect)
    gaps = [after - before for each in take.stretches for before, after in pairwise(each.frames)]
    uneven = sum(gap != CLOCK_FRAMES for gap in gaps)
    return {**figures(take), "clocks": len(gaps), "uneven_clocks": uneven}


def ours_on_ardours_transport() -> dict[str, Any]:
    with jam("jack"):
        return in_a_home(lambda home: follow_ardours_transport(home, NOTES))


def ours_on_hydrogen() -> dict[str, Any]:
    with jam("jack"):
        return in_a_home(lambda home: follow_hydrogen(home, NOTES))


def stop_to_silence(count: int = 200) -> dict[str, Any]:
    """Start and stop again and again, and see how long after a stop the last note ends.

    One may end at the beginning of the cycle in which the stop comes.
    """
    rng = random.Random(1)  # noqa: S311 -- no secret
    master = ClockMaster()
    stops = []
    master.wait(1.0)
    for _ in range(count):
        master.start()
        master.roll(rng.randint(20, 60), 150.0)
        master.frame += rng.uniform(0, 700)
        stops.append(round(master.frame))
        master.stop()
        master.wait(0.3)
    with jam("midi-clock", "held"):
        take = _played(master, NOTES, SYNC)
    late = []
    for before, stop, after in zip([0, *stops], stops, [*stops[1:], 1 << 60], strict=False):
        notes = [(f, data[0] & 0xF0) for f, data in take if before < f < after]
        begun = [f for f, kind in notes if kind == 0x90 and f <= stop + RATE // 5]
        last = max(begun, default=after)  # one of the old place that begins after it counts as well
        ends = [f for f, kind in notes if kind == 0x80 and f > max(last, stop - PERIOD)]
        late += [(f - stop) * 1000 / RATE for f in ends[:1]]
    return {**_spread("stops", late), "without_a_note": count - len(late)}


def thru(count: int = 1000) -> dict[str, Any]:
    """Play keys into the input, and see when they come out."""
    events = [
        (RATE // 2 + 1201 * n, bytes((0x90 if n % 2 == 0 else 0x80, 24 + n // 2 % 64, 100)))
        for n in range(count)
    ]
    with jam("midi-clock", "silent"):
        player = Player("keys", IN)
        with Receiver(NOTES) as ear:
            ear.wait_for("# connected")
            player.wait_for("# connected")
            begun = player.begin(events)
            player.wait_for("# done")
            time.sleep(0.5)
            ear.finish()
        player.close()
    came = [f for f, data in ear.events if data[0] & 0xE0 == 0x80 and 24 <= data[1] < 88]
    late = [(f - begun - at_f) * 1000 / RATE for f, (at_f, _) in zip(came, events, strict=False)]
    return {**_spread("keys", late), "lost": count - len(came)}


def _played(master: ClockMaster, notes: str, sync: str) -> list[tuple[int, bytes]]:
    player = Player("clock", sync)
    with Receiver(notes, limit_s=master.frame / RATE + 60) as ear:
        ear.wait_for("# connected")
        player.wait_for("# connected")
        begun = player.begin(master.events)
        player.wait_for("# done")
        time.sleep(1.0)
        ear.finish()
    player.close()
    return [(frame - begun, data) for frame, data in ear.events]


def _spread(what: str, values: list[float]) -> dict[str, Any]:
    parts = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99, "max_ms": 1.0}
    return {what: len(values), **{name: at(values, part) for name, part in parts.items()}}


def link() -> dict[str, Any]:
    """Follow another peer, which changes its tempo under way; before its start all is its own."""
    with jam("link"), Receiver(NOTES, limit_s=120) as ear:
        ear.wait_for("# connected")
        with program(HERE / "sync_link.py") as peer:
            lines = peer.stdout.readlines()
        ear.finish()
    way, change = read(lines)
    heard = [each for each in ear.events if way.frames[0] - RATE // 50 < each[0] < way.frames[-1]]
    found = score(heard, visits([way]))
    passed = [visit for visit in visits([way]) if visit.ticks_since >= change * 480]
    after = score(heard, passed)
    settled = next(
        (n / 4 for n in range(len(after.errors_ms)) if at(after.errors_ms[n:], 1.0) < 1.0), None
    )
    return {
        **figures(Take(heard, [way])),
        "start_ms": found.first_ms[0] if found.first_ms else None,
        "beats_after_tempo_change_until_under_1_ms": settled,
    }


RUNS: dict[str, Callable[[], dict[str, Any]]] = {
    **{
        f"our clock, jitter {jitter:g} ms: {name}": (
            lambda name=name, jitter=jitter: ours_on_clock(name, jitter)
        )
        for name in SCRIPTS
        for jitter in ((0.0,) if "1,000" in name else (0.0, 1.0, 3.0))
    },
    "Ardour's MIDI clock": ours_on_ardours_clock,
    "Ardour, JACK transport": ours_on_ardours_transport,
    "Hydrogen, JACK timebase": ours_on_hydrogen,
    "Ableton Link, another peer": link,
    **{
        f"isobar, jitter {jitter:g} ms: {name}": (
            lambda name=name, jitter=jitter: isobar_on_clock(name, jitter)
        )
        for name in SCRIPTS
        for jitter in (0.0, 1.0)
        if "1,000" not in name
    },
    "stop to silence": stop_to_silence,
    "thru": thru,
}


def main() -> None:
    """Measure, and keep what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--only", nargs="+", default=[""], help="parts of the names of runs; the others stay"
    )
    asked = parser.parse_args()
    runs = before() if asked.only != [""] else {}
    for name, run in RUNS.items():
        if not any(part in name for part in asked.only):
            continue
        with server(SERVER, RATE, PERIOD):
            runs[name] = {"run": name, **run(), "load_average": round(os.getloadavg()[0], 1)}
        print(runs[name], flush=True)
        write([runs[name] for name in RUNS if name in runs])


def before() -> dict[str, dict[str, Any]]:
    """Return what was measured last, by name: a run that is not asked for stays."""
    file = RESULTS / "sync.json"
    runs = json.loads(file.read_text())["runs"] if file.exists() else []
    return {run["run"]: run for run in runs}


def write(runs: list[dict[str, Any]]) -> None:
    """Write the results down."""
    result = {
        "command": "python benchmarks/sync.py",
        "machine": {
            **describe("daw-bridge", "JACK-Client", "isobar", "aalink", "mido", "python-rtmidi"),
            "jack": f"-R -P 70, dummy, {RATE} Hz, {PERIOD} frames",
            "Ardour": _version("ardour"),
            "Hydrogen": _version("hydrogen"),
        },
        "runs": runs,
    }
    record("sync", result, as_table(runs))


def _version(package: str) -> str:
    query = ["dpkg-query", "-W", "-f", "${Version}", package]
    return subprocess.run(query, capture_output=True, text=True, check=False).stdout


def as_table(runs: list[dict[str, Any]]) -> str:
    """Give the table of phase errors, and what else was measured under it."""
    titles = ["master", "notes", "missing", "elsewhere", "p50", "p95", "p99", "max"]
    titles += ["after a jump: p95", "max", "load"]
    keys = ["p50_ms", "p95_ms", "p99_ms", "max_ms", "after_jump_p95_ms", "after_jump_max_ms"]
    rows = [titles, ["---"] * len(titles)]
    for run in runs:
        if "elsewhere" in run:
            counts = [f"{run[key]:,}" for key in ("notes", "missing", "elsewhere")]
            load = f"{run['load_average']:.0f}"
            rows.append([run["run"], *counts, *(_ms(run[key]) for key in keys), load])
    text = "".join(f"| {' | '.join(row)} |\n" for row in rows) + "\nPhase errors in ms.\n\n"
    return text + "".join(f"* {line}\n" for line in _lines(runs))


def _ms(value: float) -> str:
    return "" if value != value else f"{value:.3f}"  # noqa: PLR0124  not a number: none was there


def _lines(runs: list[dict[str, Any]]) -> Iterator[str]:
    for run in runs:
        if run["run"] == "stop to silence":
            yield f"Stop to the last note-off, {run['stops']} stops: p99 {run['p99_ms']:.2f} ms."
        elif run["run"] == "thru":
            yield (f"Thru, {run['keys']} messages: p99 {run['p99_ms']:.2f} ms, {run['lost']} lost.")
        elif "1,000" in run["run"]:
            yield f"The last note of 1,000 bars: {run['last_ms']:.3f} ms off."
        elif "uneven_clocks" in run:
            yield f"Ardour's clocks: {run['uneven_clocks']} of {run['clocks']} not even."
        elif "Link" in run["run"]:
            beats = run["beats_after_tempo_change_until_under_1_ms"]
            yield f"A tempo changed over Link: under 1 ms off after {beats} beats."


if __name__ == "__main__":
    main()
