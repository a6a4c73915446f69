"""Draw docs/processes.png: which processes and threads a jam has, and what goes between them.

python docs/draw_processes.py
"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

OUT = Path(__file__).with_name("processes.png")

INK, SOFT = "#22303c", "#5d6d7a"
PROCESS, THREAD, OUTSIDE = "#eef2f5", "#ffffff", "#fdf3e1"


def box(
    axes: Axes, at: tuple[float, float], size: tuple[float, float], title: str, text: str, fill: str
) -> None:
    """Draw a box by its lower left corner, with a title and lines below it."""
    rounded = FancyBboxPatch(
        at, *size, boxstyle="round,pad=0,rounding_size=0.12", fc=fill, ec=INK, lw=1.0
    )
    axes.add_patch(rounded)
    left, top = at[0] + 0.14, at[1] + size[1] - 0.13
    axes.text(left, top, title, size=11, weight="bold", color=INK, va="top")
    axes.text(left, top - 0.36, text, size=9.5, color=INK, va="top", linespacing=1.35)


def arrow(axes: Axes, begin: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw an arrow."""
    axes.annotate("", end, begin, arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 1.4})


def note(axes: Axes, at: tuple[float, float], text: str, across: str = "left") -> None:
    """Write what an arrow carries."""
    axes.text(*at, text, size=9, color=SOFT, ha=across, va="center", linespacing=1.2)


def draw() -> Figure:
    """Return the picture."""
    figure = Figure(figsize=(11.0, 6.5), dpi=100, facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, 14), ylim=(-1.8, 6.5))
    axes.set_axis_off()

    box(axes, (0.2, -1.6), (5.6, 7.9), "daemon process", "daw-bridge jam", PROCESS)
    worker = (
        "an Ask becomes a Bar: policy, codec, constraints;\n"
        "two bars before it is heard. Nothing else computes\na network."
    )
    box(axes, (0.45, 3.95), (5.1, 1.4), "thread: bar worker", worker, THREAD)
    session = (
        "a Bar becomes timed messages, 0.1 s before they\n"
        "sound; late bars, commands, the tape. Sleeps until\nthe next one is due."
    )
    box(axes, (0.45, 1.9), (5.1, 1.4), "main thread: session", session, THREAD)
    reads = "reads what the port process reports"
    box(axes, (0.45, 0.45), (5.1, 0.85), "thread: ports", reads, THREAD)

    box(
        axes,
        (0.45, -1.35),
        (5.1, 0.85),
        "thread: sound, with --sound",
        "the same of that one",
        THREAD,
    )

    small = "small: no numpy, no torch, GC frozen"
    box(axes, (7.9, 0.2), (4.0, 6.1), "port process", small, PROCESS)
    callback = "\nsends each message at its frame,\nkeeps the ledger of open notes"
    title = "JACK's callback,\nor a thread of rtmidi"
    box(axes, (8.15, 3.95), (3.5, 1.4), title, callback, THREAD)
    fills = "fills Pending; ends all notes\nwhen the daemon is gone,\nor silent for 5 s"
    box(axes, (8.15, 1.9), (3.5, 1.4), "main thread", fills, THREAD)
    box(axes, (8.15, 0.45), (3.5, 0.85), "thread: reporter", "so that no callback waits", THREAD)
    mixes = "the same messages, on instruments\nof our own: numpy and pyo"
    box(axes, (7.9, -1.6), (4.0, 1.35), "sound process, with --sound", mixes, PROCESS)
    box(axes, (12.75, -1.6), (1.05, 1.35), "ears", "JACK,\nsystem", OUTSIDE)
    box(axes, (12.75, 3.95), (1.05, 1.4), "DAW", "takes it\nas input", OUTSIDE)

    arrow(axes, (4.2, 3.3), (4.2, 3.95))
    note(axes, (4.3, 3.62), "asks")
    arrow(axes, (2.0, 3.95), (2.0, 3.3))
    note(axes, (2.1, 3.62), "bars, by number")
    arrow(axes, (5.55, 2.6), (8.15, 2.6))
    note(axes, (6.86, 2.92), "pipe: send,\nsilence", "center")
    arrow(axes, (9.0, 3.3), (9.0, 3.95))
    note(axes, (9.1, 3.62), "Pending: no lock")
    arrow(axes, (8.15, 0.87), (5.55, 0.87))
    note(axes, (6.86, 1.28), "pipe: the clock each\n0.1 s, input, losses", "center")
    arrow(axes, (2.0, 1.3), (2.0, 1.9))
    note(axes, (2.1, 1.6), "the ports' clock, losses")
    arrow(axes, (11.65, 4.9), (12.75, 4.9))
    note(axes, (12.3, 5.07), "MIDI", "center")
    arrow(axes, (12.75, 4.35), (11.65, 4.35))
    arrow(axes, (5.55, -0.92), (7.9, -0.92))
    note(axes, (6.86, -0.6), "pipe, both ways", "center")
    arrow(axes, (11.9, -0.92), (12.75, -0.92))
    note(axes, (12.3, -0.75), "audio", "center")
    return figure


if __name__ == "__main__":
    with mpl.rc_context({"font.family": "DejaVu Sans"}):
        draw().savefig(OUT, metadata={"Software": None})
