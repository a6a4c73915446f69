"""What the endurance of a model is, as tables for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from daw_bridge.evaluation.endurance import Endurance
from daw_bridge.evaluation.windows import WINDOW


def tables(found: Endurance) -> list[Table]:
    """Make two tables: the windows of the seeds beside real ones, and those of the long jams."""
    preset = f" at the preset {found.preset}" if found.preset else ""
    title = f"{found.model}{preset}: windows of {WINDOW} bars; 5th, 50th, 95th percentile"
    seeds = Table(title=title, title_justify="left")
    long = Table(title="The long jam: share of windows within; drift", title_justify="left")
    for table in (seeds, long):
        table.add_column("")
    seeds.add_column(f"held-out music ({found.bounds.n_windows} windows)", justify="right")
    for setting in found.settings:
        seeds.add_column(f"{setting} (within)", justify="right")
        long.add_column(setting, justify="right")
    every = list(found.settings.values())
    for name, row in found.bounds.rows.items():
        shown = name.replace("_", " ")
        own = [each["seeds"]["figures"][name] for each in every]
        cells = [f"{_three(each['percentiles'])} ({each['within']:.0%})" for each in own]
        seeds.add_row(shown, _three(row), *cells)
        within = [each["long"]["figures"][name]["within"] for each in every]
        moved = [each["drift"][name] for each in every]
        pairs = zip(within, moved, strict=True)
        long.add_row(shown, *(f"{share:.0%}; {drift:+.2f}" for share, drift in pairs))
    for table, kind in ((seeds, "seeds"), (long, "long")):
        real = [str(found.bounds.longest_run)] if table is seeds else []
        runs = [str(each[kind]["longest_run"]) for each in every]
        table.add_row("longest run of all", *real, *runs)
        blank = [""] if table is seeds else []
        far = [str(each[kind]["far_below"]) for each in every]
        table.add_row("windows below half the 5th percentile", *blank, *far)
    acted = [f"{each['drawn_again_in_100_bars']:.1f}" for each in every]
    seeds.add_row("drawn again, of 100 bars", "", *acted)
    return [seeds, long]


def _three(values: Sequence[float]) -> str:
    return " ".join(f"{value:.3g}" for value in values)
