"""Put the results of the benchmarks into the README and docs/benchmarks.md, so that none is typed.

    python benchmarks/readme.py [--check]

Between `<!-- results: NAME -->` and `<!-- end -->` stands the table results/NAME.md, and under it
the machine and versions of results/NAME.json; `in_short` are the lines of `in_short()`. With
--check, only tell whether that is so.
"""

from __future__ import annotations

import json
import re
import sys
from itertools import chain
from pathlib import Path
from textwrap import wrap
from typing import Any

from record import RESULTS

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "docs/benchmarks.md")
PLACE = re.compile(r"<!-- results: (?P<name>[\w-]+) -->\n.*?<!-- end -->", re.DOTALL)


def filled(text: str) -> str:
    """Return a page with every table in its place."""
    return PLACE.sub(_table, text)


def _table(place: re.Match[str]) -> str:
    name = place["name"]
    if name == "in_short":
        return f"<!-- results: in_short -->\n{in_short()}\n<!-- end -->"
    path = RESULTS / f"{name}.md"
    table = path.read_text() if path.is_file() else "Not measured yet.\n"
    return f"<!-- results: {name} -->\n{table.rstrip()}\n{_machine(name, table)}<!-- end -->"


def _machine(name: str, table: str) -> str:
    """Say how and where a table was measured, unless it says so itself."""
    path = RESULTS / f"{name}.json"
    if not path.is_file():
        return ""
    result = json.loads(path.read_text())
    facts = ", ".join(f"{key} {value}" for key, value in result.get("machine", {}).items())
    command = result.get("command", f"python benchmarks/{name}.py")
    if f"`{command}`" in table:
        return ""
    return f"\n`{command}`: {facts}.\n" if facts else ""


def in_short() -> str:
    """Return the most telling figures, a line each."""
    start = _result("start")["medians"]
    ours = _row("timing", sender="jack", server="asynchronous")
    other = _row("timing", sender="mido", generator=False)
    bar = _row("bars", model="groove-drums")
    step = _row("policy_step", size="512 x 3", network="daw-bridge, numpy")
    drums = _row("models", model="groove-drums")
    lines = (
        f"Heard {start['first_note_s']:.2f} s after `daw-bridge jam` was typed, in"
        f" {start['rss_mb']:.0f} MB.",
        f"Of {ours['events']:,} messages through JACK, while the network computes,"
        f" {ours['lost']} were lost, and the 99.9th percentile came {ours['p99_9_ms']:.3f} ms off;"
        f" `mido` playing a file, with nothing to compute: {other['lost']} lost,"
        f" {other['p99_9_ms']:.3f} ms off.",
        f"A bar of drums is made in {bar['median_ms']:.0f} ms on one core.",
        f"A step of three layers of 512 takes {step['of_nn_lstm']:.0%} of the time of torch's"
        " `nn.LSTM`.",
        f"Held-out grooves are foretold at {drums['ours']:.3f} nats a 16th; an n-gram that copies"
        f" bars needs {drums['n-gram that copies']:.3f}.",
    )
    wrapped = (wrap(f"* {line}", 105, subsequent_indent="  ") for line in lines)
    return "\n".join(chain.from_iterable(wrapped))


def _result(name: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text())
    return result


def _row(name: str, **wanted: object) -> dict[str, Any]:
    """Return the first run or row of results/NAME.json that has these values."""
    result = _result(name)
    rows: list[dict[str, Any]] = result["rows"] if "rows" in result else result["runs"]
    return next(row for row in rows if all(row[key] == value for key, value in wanted.items()))


def main() -> None:
    """Fill the pages in, or tell which is out of date."""
    stale = []
    for name in PAGES:
        path = ROOT / name
        text = path.read_text(encoding="utf-8")
        if filled(text) != text:
            stale.append(name)
            if "--check" not in sys.argv[1:]:
                path.write_text(filled(text), encoding="utf-8")
    if stale and "--check" in sys.argv[1:]:
        sys.exit(f"{' and '.join(stale)}: run python benchmarks/readme.py")


if __name__ == "__main__":
    main()
