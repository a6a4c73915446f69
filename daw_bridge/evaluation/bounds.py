"""What real music does in its windows, and how far jams stay within that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from daw_bridge.evaluation.bar_table import BarTable
from daw_bridge.evaluation.windows import Floats, figures, longest_run

PERCENTILES = (5, 50, 95)
Row = tuple[float, float, float]
"""The percentiles of a figure."""


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What some music is like: figure to its value in every window, and the longest run of all."""

    figures: Mapping[str, Floats]
    longest_run: int

    @classmethod
    def of(cls, tables: Sequence[BarTable], *, drums: bool) -> Heard:
        """Measure the windows of pieces, or of jams."""
        every = [figures(table, drums=drums) for table in tables]
        joined = {name: np.concatenate([each[name] for each in every]) for name in every[0]}
        return cls(joined, max(longest_run(table) for table in tables))

    @property
    def n_windows(self) -> int:
        """Count the windows."""
        return len(next(iter(self.figures.values())))

    def rows(self) -> dict[str, Row]:
        """Return the percentiles of every figure."""
        return {name: _row(values) for name, values in self.figures.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """The percentiles of real music by figure, the longest run in it, and of how many windows."""

    rows: Mapping[str, Row]
    longest_run: int
    n_windows: int

    @classmethod
    def of(cls, heard: Heard) -> Bounds:
        """Return the bounds of real music."""
        return cls(heard.rows(), heard.longest_run, heard.n_windows)

    @classmethod
    def of_plain(cls, data: Mapping[str, Any]) -> Bounds:
        """Read what `plain` wrote."""
        rows = {name: tuple(row) for name, row in data["percentiles"].items()}
        return cls(rows, data["longest_run"], data["windows"])

    def plain(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "windows": self.n_windows,
            "longest_run": self.longest_run,
            "percentiles": {name: list(row) for name, row in self.rows.items()},
        }

    def judge(self, heard: Heard) -> dict[str, Any]:
        """Return what a jam is like, figure by figure: how much is within, how much far below.

        `within` is the share of windows from the 5th to the 95th percentile, but that no bars are
        too different; `far_below` counts those below half the 5th, in all those of any figure.
        """
        found = {}
        far_below = np.zeros(heard.n_windows, np.bool_)
        for name, values in heard.figures.items():
            low, _, high = self.rows[name]
            inside = (values >= low) & ((values <= high) | (name == "different_bars"))
            found[name] = {
                "percentiles": list(_row(values)),
                "within": round(float(inside.mean()), 4),
                "far_below": int((values < low / 2).sum()),
            }
            far_below |= values < low / 2
        return {
            "windows": heard.n_windows,
            "longest_run": heard.longest_run,
            "far_below": int(far_below.sum()),
            "figures": found,
        }

    def drift(self, first: Heard, last: Heard) -> dict[str, float]:
        """Return how much each figure's mean has moved, in spans from the 5th to the 95th."""
        moved = {}
        for name, (low, _, high) in self.rows.items():
            change = float(last.figures[name].mean() - first.figures[name].mean())
            moved[name] = round(change / (high - low), 3) if high > low else 0.0
        return moved


def _row(values: Floats) -> Row:
    low, middle, high = np.percentile(values, PERCENTILES).tolist() if len(values) else (0, 0, 0)
    return round(low, 4), round(middle, 4), round(high, 4)
