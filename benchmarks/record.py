"""Where measurements are kept, and how they are written there and shown."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


def command() -> str:
    """Return the command that was given, but for where its results go: that changes none."""
    words = [f"benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]]
    if "--out" in words:
        at = words.index("--out")
        del words[at : at + 2]
    return " ".join(["python", *words])


def record(name: str, result: Mapping[str, object], table: str, folder: Path = RESULTS) -> None:
    """Write results/NAME.json and its table, results/NAME.md, and print the table."""
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n")
    (folder / f"{name}.md").write_text(table)
    print(table)
