"""What is heard in windows of bars: how many are different, and how much sounds in them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from daw_bridge.evaluation.bar_table import BarTable, Ints

Floats = NDArray[np.float64]

WINDOW = 32
"""Bars of a window; one begins at every bar."""

DRUM_FIGURES = (
    "different_bars",
    "equal_to_the_bar_before",
    "longest_run",
    "silent_bars",
    "notes_a_bar",
    "mean_velocity",
)
PITCHED_FIGURES = (*DRUM_FIGURES, "pitch_class_entropy", "in_the_key_told")


def figures(table: BarTable, *, drums: bool, length: int = WINDOW) -> Mapping[str, Floats]:
    """Return each figure of every window of `length` bars on end: name to [n_windows].

    Notes are those struck, entropy is in bits; what nothing sounds for is 0.
    """
    if len(table) < length:
        return {name: np.zeros(0) for name in (DRUM_FIGURES if drums else PITCHED_FIGURES)}
    first = sliding_window_view(table.first, length)
    notes = _sums(table.notes, length)
    out = {
        "different_bars": 1.0 + (np.diff(np.sort(first, 1), axis=1) != 0).sum(1),
        "equal_to_the_bar_before": (np.diff(first, axis=1) == 0).mean(1),
        "longest_run": longest_runs(first),
        "silent_bars": _sums(table.notes == 0, length),
        "notes_a_bar": notes / length,
        "mean_velocity": _sums(table.velocity, length) / np.maximum(notes, 1),
    }
    if not drums:
        classes = np.stack([_sums(column, length) for column in table.classes.T], 1)
        out["pitch_class_entropy"] = _entropy(classes)
        sounding = _sums(table.sounding, length)
        out["in_the_key_told"] = _sums(table.in_key, length) / np.maximum(sounding, 1)
    return out


def longest_run(table: BarTable) -> int:
    """Return the most bars on end that are the same."""
    return int(longest_runs(table.first[None])[0]) if len(table) else 0


def longest_runs(first: Ints) -> Floats:
    """Return the longest run of equal numbers in each row: [rows, n] to [rows]."""
    longest = run = np.ones(len(first))
    for equal in (np.diff(first, axis=1) == 0).T:
        run = np.where(equal, run + 1, 1)
        longest = np.maximum(longest, run)
    return longest


def _sums(column: NDArray[np.generic], length: int) -> Floats:
    sums: Floats = sliding_window_view(column.astype(np.float64), length).sum(1)
    return sums


def _entropy(counts: Floats) -> Floats:
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    bits: Floats = -(shares * np.log2(np.where(shares > 0, shares, 1))).sum(1)
    return bits
