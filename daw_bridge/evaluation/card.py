"""Write what an evaluation found into the card of the model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import yaml

from daw_bridge.document import LARGEST_BYTES
from daw_bridge.evaluation.evaluate import Report
from daw_bridge.files import read_text, whole
from daw_bridge.policies.card import FILE_NAME

_HEADING = "## Evaluation"
_NOTES = "\n## Notes\n"
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
        if row.figures
    }
    measures = {
        row.name: {name: round(float(value), 4) for name, value in row.measures.items()}
        for row in report.rows
        if row.measures
    }
    front["evaluation"] = {"command": command, **report.about, "rows": rows, "heard": measures}
    matter = yaml.safe_dump(
        front, sort_keys=False, allow_unicode=True, width=98, default_flow_style=None
    )
    with whole(path) as temporary:
        temporary.write_text(f"---\n{matter}---\n{_replaced(prose, report, command)}", "utf-8")


def add_section(folder: Path, heading: str, text: str) -> None:
    """Put a section of prose into a card, before the notes, in place of one of that heading.

    Raises:
        UserError: the card cannot be read or written.
    """
    path = folder / FILE_NAME
    before, _, rest = read_text(path, LARGEST_BYTES, "a card").partition(f"\n## {heading}\n")
    _, mark, after = rest.partition("\n## ")
    before, notes, more = f"{before}{mark}{after}".partition(_NOTES)
    with whole(path) as temporary:
        temporary.write_text(f"{before}\n## {heading}\n\n{text}{notes}{more}", "utf-8")


def table(columns: Mapping[str, Mapping[str, float]]) -> str:
    """Return figures by source as a Markdown table, a row for each figure."""
    names = list(dict.fromkeys(name for figures in columns.values() for name in figures))
    lines = [f"| | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for name in names:
        cells = [figures.get(name) for figures in columns.values()]
        shown = " | ".join("" if cell is None else f"{cell:.3f}" for cell in cells)
        lines.append(f"| {name.replace('_', ' ')} | {shown} |")
    return "\n".join(lines)


def _replaced(prose: str, report: Report, command: str) -> str:
    """Put the section where the last one was, else before the notes, else at the end."""
    before, _, rest = prose.partition(f"\n{_HEADING}\n")
    old_end = rest.find("\n## ")
    after = rest[old_end:] if old_end >= 0 else ""
    if not rest:
        before, notes, more = prose.partition(_NOTES)
        after = notes + more
    about = report.about
    jam = f"the jam preset {about['jam']}: " if about["jam"] else ""
    words = (
        f"{about['pieces']} pieces, {about['bars']} bars of the split {about['split']}, foretold "
        f"with the meter told, and, where it says so, key, style and the like; "
        f"{about['excerpts']} excerpts of {about['bars_each']} bars each, under the conditions of "
        f"held-out ones, at {jam}temperature {about['temperature']:g}, top-p {about['top_p']:g}."
    )
    figures = table({row.name: row.figures for row in report.rows if row.figures})
    section = f"\n{_HEADING}\n\n{words}\n\n```\n{command}\n```\n\n{figures}\n"
    if heard := {row.name: row.measures for row in report.rows if row.measures}:
        section += f"\nWhat is heard in these excerpts:\n\n{table(heard)}\n"
    return before.rstrip("\n") + "\n" + section + after
