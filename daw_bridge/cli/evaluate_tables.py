"""What an evaluation found, as tables for people."""

from __future__ import annotations

from rich.table import Table

from daw_bridge.evaluation.evaluate import Report, Row

_LAST = ("overlap", "divergence", "copied_bars", "vendi")
_DIGITS = {"quantised_mae_ms": 1, "vendi": 1}


def tables(report: Report) -> list[Table]:
    """Make three tables: figures, the means of the features of the samples, what is heard."""
    about = report.about
    title = (
        f"{report.model} on {about['pieces']} pieces, {about['bars']} bars (split {about['split']})"
    )
    names = list(dict.fromkeys(name for row in report.rows for name in row.figures))
    names = [name for name in names if name not in _LAST] + [n for n in _LAST if n in names]
    figures = Table(title=title, title_justify="left")
    figures.add_column("")
    rows = [row for row in report.rows if row.figures]
    for row in rows:
        figures.add_column(row.name, justify="right")
    for name in names:
        cells = [_shown(row.figures.get(name), name) for row in rows]
        figures.add_row(name.replace("_", " "), *cells)
    out = [figures]
    sampled = [row for row in report.rows if row.features]
    if sampled:
        out.append(_features(sampled, f"{about['excerpts']} excerpts of {about['bars_each']} bars"))
    measured = [row for row in report.rows if row.measures]
    if measured:
        out.append(_measures(measured, f"at the jam preset {about['jam']}" if about["jam"] else ""))
    return out


def _measures(rows: list[Row], where: str) -> Table:
    table = Table(title=f"What is heard {where}", title_justify="left")
    table.add_column("")
    for row in rows:
        table.add_column(row.name, justify="right")
    for name in dict.fromkeys(name for row in rows for name in row.measures):
        cells = [_shown(row.measures.get(name), name) for row in rows]
        table.add_row(name.replace("_", " "), *cells)
    return table


def _features(rows: list[Row], title: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("mean (overlapping area)")
    for row in rows:
        table.add_column(row.name, justify="right")
    for name in rows[0].features:
        cells = [f"{row.features[name]:.2f} ({row.overlap[name][0]:.2f})" for row in rows]
        table.add_row(name.replace("_", " "), *cells)
    return table


def _shown(value: float | None, name: str) -> str:
    return "" if value is None else f"{value:.{_DIGITS.get(name, 3)}f}"
