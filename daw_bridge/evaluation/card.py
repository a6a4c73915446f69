"""Write what an evaluation found into the card of the model."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from daw_bridge.document import LARGEST_BYTES
from daw_bridge.evaluation.evaluate import Report
from daw_bridge.files import read_text, whole
from daw_bridge.policies.card import FILE_NAME

_HEADING = "## Evaluation"
_FENCE = re.compile(r"^---[ \t]*\n", re.MULTILINE)


def write(folder: Path, report: Report, command: str) -> None:
    """Put the figures into the front matter and a table into the prose, in place of older ones.

    Raises:
        UserError: the card cannot be read or written.
    """
    path = folder / FILE_NAME
    text = read_text(path, LARGEST_BYTES, "a card")
    _, matter, prose = _FENCE.split(text, 2)
    front = yaml.safe_load(matter)
    rows = {
        row.name: {name: round(float(value), 4) for name, value in row.figures.items()}
        for row in report.rows
    }
    front["evaluation"] = {"command": command, **report.about, "rows": rows}
    matter = yaml.safe_dump(
        front, sort_keys=False, allow_unicode=True, width=98, default_flow_style=None
    )
    with whole(path) as temporary:
        temporary.write_text(f"---\n{matter}---\n{_replaced(prose, report, command)}", "utf-8")


def table(report: Report) -> str:
    """Return the figures as a Markdown table, a row for each figure."""
    names = list(dict.fromkeys(name for row in report.rows for name in row.figures))
    head = " | ".join(row.name for row in report.rows)
    lines = [f"| | {head} |", "|---" * (len(report.rows) + 1) + "|"]
    for name in names:
        cells = [row.figures.get(name) for row in report.rows]
        shown = " | ".join("" if cell is None else f"{cell:.3f}" for cell in cells)
        lines.append(f"| {name.replace('_', ' ')} | {shown} |")
    return "\n".join(lines)


def _replaced(prose: str, report: Report, command: str) -> str:
    """Put the section where the last one was, else before the notes, else at the end."""
    before, _, rest = prose.partition(f"\n{_HEADING}\n")
    old_end = rest.find("\n## ")
    after = rest[old_end:] if old_end >= 0 else ""
    if not rest:
        before, notes, more = prose.partition("\n## Notes\n")
        after = notes + more
    about = report.about
    words = (
        f"{about['pieces']} pieces, {about['bars']} bars of the split {about['split']}; "
        f"{about['excerpts']} excerpts of {about['bars_each']} bars each at temperature "
        f"{about['temperature']:g}."
    )
    section = f"\n{_HEADING}\n\n{words}\n\n```\n{command}\n```\n\n{table(report)}\n"
    return before.rstrip("\n") + "\n" + section + after
