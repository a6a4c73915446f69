"""Bars of several voices as a picture: time across, pitch upwards, a colour for each voice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from daw_bridge.files import whole
from daw_bridge.music.gm_drums import DRUM_CLASSES
from daw_bridge.music.keys import TONICS
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import PPQ

PAPER, INK, GREY, FAINT = "#fbfaf7", "#22252b", "#a9a69d", "#e4e1d9"
COLOURS = ("#b5402a", "#2f6f8f", "#6a8f2f", "#7a4f9a")
"""Voices are told apart by colour, and in grey by lightness and by where they lie."""

_BLACK = (1, 3, 6, 8, 10)


def draw(
    bars: Sequence[Bar], path: Path, *, title: str, voices: Sequence[str] = (), drums: int = -1
) -> None:
    """Draw bars as a PNG file, whole or not at all; `drums` is the voice that plays drums, if any.

    Drums have rows of their own under the pitches. Tied notes are joined to what they continue.

    Raises:
        UserError: the file cannot be written.
    """
    pitched = [n.pitch for bar in bars for n in bar.notes if n.voice != drums]
    low, high = (min(pitched) - 2, max(pitched) + 2) if pitched else (58, 74)
    struck = {n.pitch for bar in bars for n in bar.notes if n.voice == drums}
    used = [each.pitch for each in DRUM_CLASSES if each.pitch in struck]
    rows = {pitch: low - 2 - place for place, pitch in enumerate(used)}
    bottom = low - 2 - len(rows) if rows else low
    figure = Figure(figsize=(13, 1.6 + 0.085 * (high - bottom)), dpi=110, facecolor=PAPER)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.06, 0.16, 0.925, 0.70))
    _grid(axes, bars, low, high)
    _notes(axes, bars, rows, drums)
    names = {each.pitch: each.name for each in DRUM_CLASSES}
    ticks = {p: f"{p} {TONICS[p % 12]}" for p in range(low, high + 1) if p % 12 in (0, 7)}
    ticks |= {row: names[pitch] for pitch, row in rows.items()}
    axes.set_yticks(list(ticks), list(ticks.values()), fontsize=7, color=INK)
    axes.set_ylim(bottom - 0.8, high + 0.8)
    axes.set_title(title, loc="left", fontsize=13, weight="bold", color=INK)
    if voices:
        for place, name in enumerate(voices):
            figure.text(0.06 + 0.1 * place, 0.04, name, fontsize=9, color=COLOURS[place % 4])
    with whole(path) as temporary:
        figure.savefig(temporary, facecolor=PAPER, metadata={"Software": None})


def _grid(axes: Any, bars: Sequence[Bar], low: int, high: int) -> None:
    for pitch in range(low, high + 1):
        if pitch % 12 in _BLACK:
            axes.axhspan(pitch - 0.5, pitch + 0.5, color=FAINT, alpha=0.45, linewidth=0)
    tick = 0
    beginnings = []
    for bar in bars:
        beginnings.append(tick)
        for beat in range(0, bar.meter.bar_length(), 4 * PPQ // bar.meter.denominator):
            axes.axvline(tick + beat, color=FAINT, linewidth=0.7, zorder=0)
        axes.axvline(tick, color=GREY, linewidth=1.3, zorder=0)
        tick += bar.meter.bar_length()
    axes.set_xlim(0, max(tick, 1))
    axes.set_xticks(beginnings, [str(n) for n in range(1, len(bars) + 1)], ha="left", fontsize=9)
    axes.tick_params(length=0, colors=INK)
    axes.set_facecolor(PAPER)
    for side in axes.spines.values():
        side.set_visible(False)


def _notes(axes: Any, bars: Sequence[Bar], rows: dict[int, int], drums: int) -> None:
    tick = 0
    for bar in bars:
        for note in bar.notes:
            row = rows.get(note.pitch) if note.voice == drums else note.pitch
            if row is None:
                continue
            gap = 0 if note.tied else 14
            shape = Rectangle(
                (tick + note.start + gap, row - 0.42),
                max(note.duration - gap, 20),
                0.84,
                facecolor=COLOURS[note.voice % len(COLOURS)],
                alpha=0.45 + 0.55 * note.velocity / 127,
                linewidth=0,
            )
            axes.add_patch(shape)
        tick += bar.meter.bar_length()
