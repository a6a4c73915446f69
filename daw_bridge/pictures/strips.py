"""Bars as strips of colour: a bar that comes again has the colour of its first time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.colors import hsv_to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray

from daw_bridge.files import whole
from daw_bridge.pictures.roll import INK, PAPER

Ints = NDArray[np.int64]

_TURN = 0.618034
"""Of the circle of hues from one bar to the next: those near in time are far apart in colour."""

_DPI = 110


def draw(groups: Mapping[str, Mapping[str, Ints]], path: Path, *, title: str, bars: int) -> None:
    """Draw the first `bars` of each strip as a PNG file, in groups, whole or not at all.

    A strip [n] holds for each bar the number of the first bar that is the same; -1 is silence,
    which has the colour of the paper.

    Raises:
        UserError: the file cannot be written.
    """
    rows = sum(1 + len(strips) for strips in groups.values())
    height = 1.1 + 0.24 * rows
    figure = Figure(figsize=(13, height), dpi=_DPI, facecolor=PAPER)
    axes = figure.add_axes((0.2, 0.5 / height, 0.79, 1 - 0.95 / height))
    place, ticks = 0, {}
    for group, strips in groups.items():
        axes.text(0, place + 0.75, group, fontsize=9, color=INK, weight="bold")
        place += 1
        for name, strip in strips.items():
            cut = strip[:bars]
            axes.imshow(
                _colours(cut)[None], extent=(0, len(cut), place + 0.9, place), aspect="auto"
            )
            ticks[place + 0.45] = name[-34:]
            place += 1
    axes.set_xlim(0, bars)
    axes.set_ylim(place, 0)
    axes.set_yticks(list(ticks), list(ticks.values()), fontsize=7, color=INK)
    axes.set_xlabel("bars", fontsize=8, color=INK)
    axes.tick_params(length=0, labelsize=7, colors=INK)
    axes.set_facecolor(PAPER)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_title(title, loc="left", fontsize=13, weight="bold", color=INK)
    with whole(path) as temporary:
        figure.savefig(temporary, facecolor=PAPER, metadata={"Software": None})


def _colours(strip: Ints) -> NDArray[np.float64]:
    """Return a colour for each bar [n, 3], told apart in grey as well."""
    number = np.unique(strip, return_inverse=True)[1].astype(np.float64)
    hue = number * _TURN % 1
    value = 0.45 + 0.5 * (number * _TURN * _TURN % 1)
    out: NDArray[np.float64] = hsv_to_rgb(np.stack([hue, np.full(len(hue), 0.6), value], 1))
    out[strip < 0] = 1
    return out
