"""Drums: phrases that turn in their fourth bar, a hand that keeps time, toms, crashes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from daw_bridge.evaluation.bar_table import grid
from daw_bridge.evaluation.measures.take import Take, by_place, mean, ratio, share
from daw_bridge.music.gm_drums import DRUM_CLASSES

Grid = NDArray[np.bool_]
"""Which of the nine drums is struck in which 16th [n_steps, 9]."""

_NAMES = [each.name for each in DRUM_CLASSES]
_CRASH = _NAMES.index("crash")
_TOMS = [place for place, name in enumerate(_NAMES) if name.endswith("tom")]
_TIME_KEEPERS = [_NAMES.index(name) for name in ("closed-hat", "open-hat", "ride")]
_SNARE = _NAMES.index("snare")

_PAST = 8
"""Bars before a bar from which it may differ."""


def figures(takes: Sequence[Take]) -> dict[str, float]:
    """Return the figures of drums; bars count by their place in phrases of four."""
    grids = [[grid(bar) for bar in take.bars] for take in takes]
    every = [each for bars in grids for each in bars]
    crashes = [share(bool(each[0, _CRASH]) for each in place) for place in by_place(grids)]
    new = [
        mean(value for value in place if value >= 0)
        for place in by_place([novelties(bars) for bars in grids])
    ]
    return {
        "novelty_of_the_fourth_bar": ratio(new[-1], mean(new[:-1])),
        "bars_without_steady_time": share(not keeps_time(each) for each in every),
        "bars_with_a_backbeat": share(has_backbeat(each) for each in every),
        "toms_a_bar": mean(toms(each) for each in every),
        "bars_of_four_toms_or_more": share(toms(each) >= 4 for each in every),
        "crash_on_the_one_of_the_first_bar": ratio(crashes[0], mean(crashes[1:])),
    }


def novelties(grids: Sequence[Grid]) -> list[float]:
    """Return in how many hits each bar differs from those that most of the bars before have.

    The first one has none before it: -1.
    """
    out = [-1.0]
    for place, bar in enumerate(grids[1:], 1):
        usual = np.mean(grids[max(place - _PAST, 0) : place], axis=0) > 0.5
        out.append(float((usual != bar).sum()))
    return out


def keeps_time(bar: Grid) -> bool:
    """Whether one hand plays four or more hits of the closed hat, the open hat or the ride."""
    return bool((bar[:, _TIME_KEEPERS].sum(0) >= 4).any())


def has_backbeat(bar: Grid) -> bool:
    """Whether the snare is struck on the second and the fourth quarter."""
    return len(bar) == 16 and bool(bar[[4, 12], _SNARE].all())


def toms(bar: Grid) -> int:
    """Return the hits of the three toms."""
    return int(bar[:, _TOMS].sum())
