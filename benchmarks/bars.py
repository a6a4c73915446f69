"""How long every shipped model takes to make a bar, on one core.

    python benchmarks/bars.py [--bars N] [--against REVISION]

Each model is drawn from in 4/4, at temperature 1, and as its preset has it: codec, grammar and
limits included. With --against, a git revision or a folder with another checkout makes the same
bars in a process of its own, a few bars at a time in turn with ours, so that whatever else the
machine does meets both; it is said whether both played the same. BLAS has one thread. The first
bars, while caches fill, are not counted. Writes results/bars.json and results/bars.md.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from machine import describe
from record import record

from daw_bridge.config.files import find, names
from daw_bridge.config.jam import load_jam, played_alone

ROOT = Path(__file__).parents[1]
TARGET_MS = 25.0
TARGET_RATIO = 0.5
WARM_UP = 20
IN_TURN = 5
"""How many bars one side makes before the other has its turn."""


class Side:
    """Have bars made by a checkout, in a process of its own."""

    def __init__(self, checkout: Path) -> None:
        threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("bars_driver.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **threads, "PYTHONPATH": str(checkout)},
        )
        self._asks: Any = self._process.stdin
        self._answers: Any = self._process.stdout

    def make(self, model: str, jam: str | None, bars: int) -> dict[str, Any]:
        """Make the next bars; give how long each took, and a hash of what they play."""
        print(json.dumps({"model": model, "jam": jam, "bars": bars}), file=self._asks, flush=True)
        answer: dict[str, Any] = json.loads(self._answers.readline())
        return answer

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


@contextlib.contextmanager
def checkout(against: str) -> Iterator[Path]:
    """Give a folder with the code of a revision, or the folder that is named."""
    if Path(against).is_dir():
        yield Path(against).resolve()
        return
    command = ["git", "-C", str(ROOT), "archive", against]
    packed = subprocess.run(command, capture_output=True, check=True).stdout
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(folder, filter="data")
        yield Path(folder)


def measure(sides: dict[str, Side], model: str, jam: str | None, count: int) -> dict[str, Any]:
    """Time bars of all sides in turn, in milliseconds."""
    answers: dict[str, list[dict[str, Any]]] = {name: [] for name in sides}
    for name, side in sides.items():
        answers[name].append(side.make(model, jam, WARM_UP))
    for _ in range(0, count, IN_TURN):
        for name, side in sides.items():
            answers[name].append(side.make(model, jam, IN_TURN))
    row: dict[str, Any] = {"model": model, "played": jam or "temperature 1"}
    for name, given in answers.items():
        row |= {f"{name}{key}": value for key, value in _figures(given).items()}
    if len(sides) > 1:
        row["ratio"] = round(row["median_ms"] / row["before_median_ms"], 3)
        row["cpu_ratio"] = round(row["cpu_median_ms"] / row["before_cpu_median_ms"], 3)
        played = [[each["played"] for each in given] for given in answers.values()]
        row["same_bars"] = played[0] == played[1]
    size = (find("models", model) / "model.safetensors").stat().st_size
    return row | {"megabytes": round(size / 1e6, 2)}


def _figures(answers: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Give the figures of one side; the first answer is the warm-up."""
    wall = sorted(ms for each in answers[1:] for ms in each["wall_ms"])
    cpu = [ms for each in answers[1:] for ms in each["cpu_ms"]]
    return {
        "load_ms": round(answers[0]["load_ms"], 1),
        "median_ms": round(statistics.median(wall), 2),
        "p99_ms": round(wall[int(0.99 * (len(wall) - 1))], 2),
        "cpu_median_ms": round(statistics.median(cpu), 2),
    }


def table(rows: list[dict[str, Any]], against: str | None) -> str:
    """Give the rows as Markdown."""
    columns = {
        "model": "model",
        "played": "played at",
        "median_ms": "median ms",
        "p99_ms": "p99 ms",
    }
    goal = f"to reach: {TARGET_MS:g} ms"
    if against:
        columns |= {"before_median_ms": f"median ms of {against}", "ratio": "ratio"}
        goal += f", and {TARGET_RATIO:g} of {against}"
    columns |= {"load_ms": "load ms", "megabytes": "weights MB"}
    lines = [
        f"One bar of 4/4, one core; {goal}.",
        "",
        "| " + " | ".join(columns.values()) + " |",
        "|" + "---|" * len(columns),
    ]
    lines += ["| " + " | ".join(str(row[name]) for name in columns) + " |" for row in rows]
    return "\n".join([*lines, ""])


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bars", type=int, default=200)
    parser.add_argument("--against", metavar="REVISION", help="a git revision, or a folder")
    parser.add_argument("--model", action="append", help="only this one; may be given again")
    parser.add_argument("--dry", action="store_true", help="write no results")
    given = parser.parse_args()
    presets: dict[str, list[str]] = {}
    for jam in played_alone():
        presets.setdefault(load_jam(jam).model, []).append(jam)
    with contextlib.ExitStack() as stack:
        sides = {"": Side(ROOT)}
        if given.against:
            sides["before_"] = Side(stack.enter_context(checkout(given.against)))
        for side in sides.values():
            stack.callback(side.close)
        rows = [
            measure(sides, model, jam, given.bars)
            for model in given.model or names("models")
            for jam in (None, *presets.get(model, ()))
        ]
    if given.dry:
        print(json.dumps(rows, indent=1))
        return
    command = f"python benchmarks/bars.py --bars {given.bars}"
    command += f" --against {given.against}" if given.against else ""
    facts = {"command": command, "machine": describe("daw-bridge", "numpy"), "rows": rows}
    record("bars", facts, table(rows, given.against))


if __name__ == "__main__":
    main()
