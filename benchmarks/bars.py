"""How long every shipped model takes to make a bar, on one core.

    python benchmarks/bars.py [--bars N]

Bars are drawn as a jam draws them: 4/4, temperature 1, codec and grammar included. BLAS has one
thread. The first bars, while caches fill, are not counted. Writes results/bars.json and
results/bars.md.
"""

from __future__ import annotations

import argparse
import statistics
import time

from machine import describe
from record import record

from daw_bridge.config.files import find, names
from daw_bridge.config.jam import JamFile
from daw_bridge.daemon.source import bars_of
from daw_bridge.policies.load import load

TARGET_MS = 25.0
WARM_UP = 20


def measure(model: str, count: int) -> dict[str, object]:
    """Time bars of a model, in milliseconds."""
    folder = find("models", model)
    begin = time.perf_counter()
    policy = load(folder)
    loaded = time.perf_counter() - begin
    source = bars_of(policy, JamFile(model=model))
    times = []
    for number in range(count + WARM_UP):
        begin = time.perf_counter()
        source.next_bar()
        if number >= WARM_UP:
            times.append(1000 * (time.perf_counter() - begin))
    times.sort()
    return {
        "model": model,
        "load_ms": round(1000 * loaded, 1),
        "median_ms": round(statistics.median(times), 2),
        "p99_ms": round(times[int(0.99 * (len(times) - 1))], 2),
        "megabytes": round(sum(p.stat().st_size for p in [folder / "model.safetensors"]) / 1e6, 2),
    }


def table(rows: list[dict[str, object]]) -> str:
    """Give the rows as Markdown."""
    lines = [
        f"One bar of 4/4 at temperature 1, one core; to reach: {TARGET_MS:g} ms.",
        "",
        "| model | median ms | p99 ms | load ms | weights MB |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        cells = (row[k] for k in ("model", "median_ms", "p99_ms", "load_ms", "megabytes"))
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join([*lines, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bars", type=int, default=200)
    given = parser.parse_args()
    rows = [measure(name, given.bars) for name in names("models")]
    facts = {"machine": describe("daw-bridge", "numpy"), "rows": rows}
    record("bars", facts, table(rows))


if __name__ == "__main__":
    main()
