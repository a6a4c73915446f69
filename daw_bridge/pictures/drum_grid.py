"""A drum grid as a picture: nine rows, bars and beats, velocity as shade, feel as displacement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PatchCollection
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from daw_bridge.files import whole
from daw_bridge.music.gm_drums import CLASS_OF, DRUM_CLASSES
from daw_bridge.music.time import SIXTEENTH, Meter, Ticks

PAPER, INK, GREY, FAINT = "#fbfaf7", "#22252b", "#a9a69d", "#e4e1d9"
SHADES = LinearSegmentedColormap.from_list("hit", ["#f3c9a5", "#e2703a", "#8c1c13"])
"""Soft hits are pale, loud ones dark, and lightness alone tells them apart, in grey as well."""

BARS_A_ROW = 4
ROW_ORDER = (8, 7, 3, 2, 6, 5, 4, 1, 0)
"""Cymbals above, kick below, as in a drummer's score."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """One hit: its tick from the start, canonical pitch and velocity."""

    tick: Ticks
    pitch: int
    velocity: int


def draw(
    strokes: Sequence[Stroke], path: Path, *, bars: int, meter: Meter, title: str, caption: str
) -> None:
    """Draw hits as a PNG file, four bars a row, whole or not at all.

    Each hit stands where it sounds, so that what rushes or drags lies beside its grid line. Hits
    of no drum class are left out. Same hits, same picture.

    Raises:
        UserError: the file cannot be written.
    """
    systems = -(-bars // BARS_A_ROW)
    figure = Figure(figsize=(13, 1.35 + 2.75 * systems), dpi=110, facecolor=PAPER)
    FigureCanvasAgg(figure)
    top = 1 - 0.72 / figure.get_figheight()
    bottom = 0.62 / figure.get_figheight()
    axes = figure.subplots(systems, 1, squeeze=False, gridspec_kw={"hspace": 0.22})[:, 0]
    figure.subplots_adjust(left=0.085, right=0.985, top=top, bottom=bottom)
    for system, axis in enumerate(axes):
        _grid(axis, system * BARS_A_ROW, bars, meter)
        _hits(axis, strokes, system * BARS_A_ROW, meter)
    height = figure.get_figheight()
    figure.text(0.093, 1 - 0.36 / height, title, size=15, weight="bold", color=INK, va="center")
    figure.text(0.093, 0.2 / height, caption, size=9.5, color=INK, va="center")
    with whole(path) as temporary:
        figure.savefig(temporary, format="png", metadata={"Software": "DAW Bridge"})


def _grid(axis: Any, first: int, bars: int, meter: Meter) -> None:
    """Draw rows, bar lines, beats and 16ths; ticks count from the first bar of the system."""
    length = meter.bar_length()
    beat = length // meter.numerator
    axis.set(xlim=(-SIXTEENTH * 0.7, BARS_A_ROW * length), ylim=(-0.6, len(ROW_ORDER) - 0.4))
    axis.set_facecolor(PAPER)
    for side in axis.spines.values():
        side.set_visible(False)
    names = [DRUM_CLASSES[drum].name.replace("-", " ").capitalize() for drum in ROW_ORDER]
    axis.set_yticks(range(len(names) - 1, -1, -1), names, size=9, color=INK)
    axis.tick_params(length=0)
    here = min(bars - first, BARS_A_ROW)
    axis.hlines(range(len(names)), 0, here * length, color=FAINT, lw=0.8, zorder=0)
    end = here * length
    for color, width, step in ((FAINT, 0.6, SIXTEENTH), (GREY, 0.9, beat), (INK, 1.3, length)):
        in_bars = (
            start + tick for start in range(0, end, length) for tick in range(0, length, step)
        )
        at = sorted({*in_bars, end})
        axis.vlines(at, -0.5, len(names) - 0.5, color=color, lw=width, zorder=1)
    places = [(bar, b) for bar in range(here) for b in range(meter.numerator)]
    axis.set_xticks(
        [bar * length + b * beat for bar, b in places],
        [f"bar {first + bar + 1}" if b == 0 else str(b + 1) for bar, b in places],
        size=8.5,
        color=INK,
    )


def _hits(axis: Any, strokes: Sequence[Stroke], first: int, meter: Meter) -> None:
    begin, rush = first * meter.bar_length(), SIXTEENTH // 2
    end = begin + BARS_A_ROW * meter.bar_length()
    row_of = {drum: len(ROW_ORDER) - 1 - row for row, drum in enumerate(ROW_ORDER)}
    boxes, loud = [], []
    for stroke in strokes:
        if stroke.pitch not in CLASS_OF or not begin <= stroke.tick + rush < end:
            continue
        tall = 0.34 + 0.5 * stroke.velocity / 127
        low = row_of[CLASS_OF[stroke.pitch]] - tall / 2
        boxes.append(Rectangle((stroke.tick - begin, low), SIXTEENTH * 0.62, tall))
        loud.append(stroke.velocity)
    patches = PatchCollection(boxes, cmap=SHADES, norm=Normalize(1, 127), zorder=2)
    patches.set(array=loud, edgecolor=PAPER, linewidth=0.6)
    axis.add_collection(patches)
