"""Put the results of the benchmarks into the README, so that no figure in it is typed.

    python benchmarks/readme.py [--check]

Between `<!-- results: NAME -->` and `<!-- end -->` stands the table results/NAME.md, and under it
the machine and versions of results/NAME.json. With --check, only tell whether that is so.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from record import RESULTS

ROOT = Path(__file__).parents[1]
PLACE = re.compile(r"<!-- results: (?P<name>[\w-]+) -->\n.*?<!-- end -->", re.DOTALL)


def filled(text: str) -> str:
    """Give the README's text with every table in its place."""
    return PLACE.sub(_table, text)


def _table(place: re.Match[str]) -> str:
    name = place["name"]
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


def main() -> None:
    """Fill the README in, or tell that it is out of date."""
    path = ROOT / "README.md"
    text = path.read_text(encoding="utf-8")
    if "--check" in sys.argv[1:]:
        sys.exit(None if filled(text) == text else "README.md: run python benchmarks/readme.py")
    path.write_text(filled(text), encoding="utf-8")


if __name__ == "__main__":
    main()
