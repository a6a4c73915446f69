"""A day of following a DAW, in virtual time: how far off notes are, and what memory it takes.

    python benchmarks/day.py [--hours 24] [--out FOLDER]

A session and its follower play in no time at all after a DAW that goes elsewhere each minute: by
its MIDI clock, and as JACK transport and Link tell of it. A note is off by how far it is from where
the DAW has its bar line. Memory is what the process holds at the end of an hour, as the system
counts it. Writes results/day.json and day.md.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from machine import describe
from record import RESULTS, command, record

from tests.daemon.test_long_following import furthest_off

PAGE = 4096


def resident_mib() -> float:
    """Return what of this process is in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 2**20


def follow(hours: int, *, by_clock: bool) -> dict[str, float | int | str]:
    """Follow for so long; return what was found."""
    memory: list[float] = []

    def look(minute: int) -> None:
        if minute % 60 == 59:
            memory.append(resident_mib())

    begun_s = time.monotonic()
    off_s, notes = furthest_off(60 * hours, by_clock=by_clock, pass_minute=look)
    return {
        "master": "MIDI clock" if by_clock else "positions",
        "hours": hours,
        "locates": 60 * hours,
        "notes": notes,
        "most_ms": off_s * 1000,
        "mib_after_1_hour": round(memory[0], 2),
        "mib_after_all": round(memory[-1], 2),
        "minutes_taken": round((time.monotonic() - begun_s) / 60, 1),
    }


def main() -> None:
    """Follow, and write it down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the results go")
    asked = parser.parse_args()
    runs = [follow(asked.hours, by_clock=by_clock) for by_clock in (False, True)]
    result = {"command": command(), "machine": describe("daw-bridge"), "runs": runs}
    record("day", result, as_table(runs), asked.out)


def as_table(runs: list[dict[str, float | int | str]]) -> str:
    """Give a row for each master."""
    titles = ["master", "hours", "locates", "notes", "furthest off, ms"]
    titles += ["MiB after an hour", "MiB in the end"]
    keys = ["master", "hours", "locates", "notes", "most_ms", "mib_after_1_hour", "mib_after_all"]
    shown = [{**run, "most_ms": f"{run['most_ms']:.6f}"} for run in runs]
    rows = [titles, ["---"] * len(titles), *([str(run[key]) for key in keys] for run in shown)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


if __name__ == "__main__":
    main()
