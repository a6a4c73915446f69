"""Sequences of all that a DAW, a user and a system can do, in virtual time: what still sounds.

    python benchmarks/stuck_notes.py [--sequences 10000] [--out FOLDER]

Hypothesis makes sequences of starts, stops, locates, loops, jumps of tempo, phase and meter,
commands, bars that are late, a worker that hangs and ports that go and return, as the tests do, and
the same ones each time. A note is stuck that sounds when all is over: in the ports, at who listens,
or in what is told. Writes results/stuck_notes.json and stuck_notes.md.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from machine import describe
from record import RESULTS, command, record

from daw_bridge.jam.events import Sounded
from daw_bridge.midi.messages import starts_note
from tests.jam.test_stuck_notes import SEQUENCE, STAGES, Stage, Steps, play


def main() -> None:
    """Play, and write it down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sequences", type=int, default=10_000)
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the results go")
    asked = parser.parse_args()
    done: Counter[str] = Counter()

    @settings(
        max_examples=asked.sequences,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(STAGES, SEQUENCE)
    def run(stage: Stage, sequence: Steps) -> None:
        done["sequences"] += 1
        done["steps"] += len(sequence)
        try:
            play(stage, sequence)
        except AssertionError as error:
            done["stuck"] += 1
            print(sequence, error, flush=True)
        done["notes"] += sum(
            isinstance(event, Sounded) and starts_note(event.data) for event in stage.told
        )

    begun_s = time.monotonic()
    run()
    result = {
        "command": command(),
        "machine": describe("daw-bridge", "hypothesis"),
        **{each: done[each] for each in ("sequences", "steps", "notes", "stuck")},
        "minutes": round((time.monotonic() - begun_s) / 60, 1),
    }
    record("stuck_notes", result, as_table(done), asked.out)


def as_table(done: Counter[str]) -> str:
    """Give the one row."""
    titles = ["sequences", "steps", "notes", "sequences with a stuck note"]
    counts = [f"{done[each]:,}" for each in ("sequences", "steps", "notes", "stuck")]
    rows = [titles, ["---"] * len(titles), counts]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


if __name__ == "__main__":
    main()
