"""Charts of figures: how values are spread, sources side by side, losses over the epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from daw_bridge.files import whole

Values = NDArray[np.float64]

_DPI = 110


def histograms(panels: Mapping[str, Values], path: Path, title: str) -> None:
    """Draw how the values of each panel are spread, six panels at most; outliers are left out.

    Raises:
        UserError: the file cannot be written.
    """
    figure = Figure(figsize=(11, 6), layout="constrained")
    for axes, (name, values) in zip(_grid(figure, 2, 3), panels.items(), strict=False):
        low, high = np.percentile(values, [0.5, 99.5]) if len(values) else (0, 1)
        axes.hist(values, bins=50, range=(low, high if high > low else low + 1), color="C0")
        axes.set_title(name, fontsize=10)
        axes.set_yticks([])
    figure.suptitle(title)
    _write(figure, path)


def boxes(sources: Mapping[str, Mapping[str, Values]], path: Path) -> None:
    """Draw the values of every feature, a panel each, as a box for each source.

    Raises:
        UserError: the file cannot be written.
    """
    names = list(next(iter(sources.values()), {}))
    columns, rows = 4, max(-(-len(names) // 4), 1)
    figure = Figure(figsize=(3.2 * columns, 2.4 * rows), layout="constrained")
    panels = _grid(figure, rows, columns)
    for axes, name in zip(panels, names, strict=False):
        axes.boxplot([values[name] for values in sources.values()], showfliers=False)
        axes.set_title(name.replace("_", " "), fontsize=9)
        places = range(1, len(sources) + 1)
        axes.set_xticks(places, list(sources), rotation=30, ha="right", fontsize=7)
    for axes in panels[len(names) :]:
        axes.axis("off")
    _write(figure, path)


def losses(history: Sequence[Mapping[str, Any]], best: int, path: Path) -> None:
    """Draw the losses of training and validation over the epochs, a panel for each kind.

    Raises:
        UserError: the file cannot be written.
    """
    names = list(history[0]["train"])
    figure = Figure(figsize=(3.4 * len(names), 2.8), layout="constrained")
    epochs = [row["epoch"] for row in history]
    for axes, name in zip(_grid(figure, 1, len(names)), names, strict=True):
        for split, colour in (("train", "0.6"), ("valid", "C0")):
            axes.plot(epochs, [row[split][name] for row in history], color=colour, label=split)
        axes.axvline(best, color="0.8", zorder=0)
        axes.set(title=f"{name}, nats", xlabel="epoch")
    figure.axes[0].legend(frameon=False)
    _write(figure, path)


def rewards(history: Sequence[Mapping[str, float]], best: int, path: Path) -> None:
    """Draw what pieces were paid in each round, and beside it how diverse and how far they were.

    Raises:
        UserError: the file cannot be written.
    """
    figure = Figure(figsize=(10, 2.8), layout="constrained")
    rounds = [row["round"] for row in history]
    panels = {"reward": "reward of one draw", "diversity": "diversity (Vendi)", "kl": "KL, nats"}
    for axes, (name, title) in zip(_grid(figure, 1, 3), panels.items(), strict=True):
        axes.plot(rounds, [row[name] for row in history], color="C0", marker=".")
        axes.axvline(best, color="0.8", zorder=0)
        axes.set(title=title, xlabel="round")
    figure.axes[0].plot(rounds, [row["reward_kept"] for row in history], color="0.6", marker=".")
    _write(figure, path)


def reliability(
    said: Values, was: Values, count: Values, path: Path, title: str = "reliability"
) -> None:
    """Draw what share was real of those that were said to be real with each chance.

    The larger a dot, the more there were; a listener to be believed lies on the diagonal.

    Raises:
        UserError: the file cannot be written.
    """
    figure = Figure(figsize=(3.6, 3.6), layout="constrained")
    axes = _grid(figure, 1, 1)[0]
    axes.plot([0, 1], [0, 1], color="0.8", zorder=0)
    axes.plot(said, was, color="C0", linewidth=1)
    axes.scatter(said, was, s=300 * count / max(count.sum(), 1) + 4, color="C0")
    axes.set(title=title, xlabel="said to be real", ylabel="was real", xlim=(0, 1), ylim=(0, 1))
    _write(figure, path)


def _grid(figure: Figure, rows: int, columns: int) -> list[Any]:
    return list(np.atleast_1d(figure.subplots(rows, columns)).ravel())


def _write(figure: Figure, path: Path) -> None:
    with whole(path) as temporary:
        figure.savefig(temporary, dpi=_DPI, metadata={"Software": None})
