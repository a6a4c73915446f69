"""What a folder of music holds, as tables for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from rich.table import Table

from daw_bridge.corpora.contents import Contents
from daw_bridge.corpora.report import Counts, Values, spreads

_LISTED = 10
"""How many values of a row are named one by one."""


def tables(counts: Counts, contents: Contents, title: str) -> list[Table]:
    """Make the tables of a report: what there is, and what was dropped or could not be read."""
    table = Table("", "", title=title, title_justify="left", show_header=False)
    table.add_row("pieces", str(counts.pieces))
    table.add_row("bars", f"{counts.bars} ({counts.empty_bars} empty)")
    table.add_row("notes", str(counts.notes))
    table.add_row("splits", _listed(counts.splits))
    table.add_row("meters (bars)", _listed(counts.meters))
    for name, words in counts.conditions.items():
        table.add_row(name, _listed(words))
    for name, values in spreads(counts).items():
        table.add_row(name, _spread(values))
    if contents.notes_a_file:
        table.add_row("notes a file, all of them", _spread(np.array(contents.notes_a_file)))
        table.add_row("instruments (files)", _listed(contents.instruments))
        controls = {f"control {number}": n for number, n in contents.controls.items()}
        table.add_row("control changes", _listed(controls) or "none")
    if counts.unmapped:
        numbers = {f"note {number}": n for number, n in counts.unmapped.items()}
        table.add_row("drum notes that are no known drum", _listed(numbers))
    kinds = Counter(duplicate.kind for duplicate in counts.duplicates)
    table.add_row("duplicates", _listed(kinds) or "none")
    table.add_row("not readable, or empty", str(len(counts.skipped)))
    if counts.damaged:
        table.add_row("damaged, read in part", str(len(counts.damaged)))
    out = [table]
    if counts.duplicates:
        rows = [(d.dropped_name, d.kept_name, d.kind) for d in counts.duplicates]
        out.append(_long("Duplicates", ("would be dropped", "for", "likeness"), rows))
    if counts.skipped:
        out.append(_long("Skipped", ("source", "because"), counts.skipped))
    if counts.damaged:
        out.append(_long("Damaged", ("source", "found"), counts.damaged))
    return out


def _spread(values: Values) -> str:
    if not len(values):
        return "none"
    low, middle, high = np.percentile(values, [5, 50, 95])
    return f"{middle:.4g} (5 % below {low:.4g}, 5 % above {high:.4g}, spread {values.std():.3g})"


def _listed(counts: Mapping[str, int]) -> str:
    most = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    shown = [f"{name}: {n}" for name, n in most[:_LISTED]]
    more = len(most) - len(shown)
    return ", ".join([*shown, f"and {more} more"] if more > 0 else shown)


def _long(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Table:
    table = Table(*columns, title=f"{title}: {len(rows)}", title_justify="left")
    for row in rows:
        table.add_row(*row)
    return table
