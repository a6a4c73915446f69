"""How long it takes to read and encode all of a folder of drum takes, from cold.

    python benchmarks/data.py [--data ../shared/data/groove] [--turns N]

Each turn is a new process: it starts, imports, reads every take and encodes it with velocity and
microtiming, without a cache. "all" is from the start of the process to its end. Writes
results/data.json and results/data.md.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from machine import describe
from record import record

TARGET_S = 3.0


def turn(folder: Path) -> dict[str, float]:
    """Read and encode once in this process."""
    begin = time.perf_counter()
    from daw_bridge.corpora.dataset import read as read_music
    from daw_bridge.corpora.material import Reading
    from daw_bridge.corpora.tokens import encode
    from daw_bridge.encoding.drum_grid import DrumGrid

    imported = time.perf_counter()
    corpus = read_music([folder], Reading("drums"))
    read = time.perf_counter()
    encoded = encode(corpus.pieces, DrumGrid())
    done = time.perf_counter()
    return {
        "pieces": len(corpus.pieces),
        "bars": sum(piece.n_bars for piece in corpus.pieces),
        "tokens": sum(len(each.tokens) for each in encoded if each is not None),
        "import_s": imported - begin,
        "read_s": read - imported,
        "encode_s": done - read,
    }


def measure(folder: Path, turns: int) -> list[dict[str, float]]:
    """Take turns, each in a process of its own."""
    rows = []
    for _ in range(turns):
        begin = time.perf_counter()
        command = [sys.executable, __file__, "--data", str(folder), "--one"]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        rows.append({**json.loads(out), "all_s": time.perf_counter() - begin})
    return rows


def table(rows: list[dict[str, float]]) -> str:
    """Give the medians as Markdown."""
    first = rows[0]
    lines = [
        f"{int(first['pieces'])} takes, {int(first['bars'])} bars, {int(first['tokens'])} tokens, "
        f"no cache; median of {len(rows)} processes.",
        "",
        "| part | seconds |",
        "|---|---|",
    ]
    for name, words in (
        ("import_s", "import"),
        ("read_s", "read"),
        ("encode_s", "encode"),
        ("all_s", f"all, from the start of the process (to reach: {TARGET_S:g})"),
    ):
        lines.append(f"| {words} | {statistics.median(row[name] for row in rows):.2f} |")
    return "\n".join([*lines, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/groove"))
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--one", action="store_true")
    given = parser.parse_args()
    if given.one:
        print(json.dumps(turn(given.data)))
        return
    rows = measure(given.data, given.turns)
    facts = {"machine": describe("daw-bridge", "numpy"), "rows": rows}
    record("data", facts, table(rows))


if __name__ == "__main__":
    main()
