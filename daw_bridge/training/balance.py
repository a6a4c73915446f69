"""How much it costs to leave what was begun with, and what being unlike the others is worth.

Both weights, and that of chance, are moved after each round by what was found in it: a weight rises
while its bound is overstepped and falls while there is room.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from daw_bridge.config.tuning import TuningFile
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Ticks
from daw_bridge.training.rounds import Judge, Round

WEIGHTS = "kl", "diversity", "entropy"

_RATE = 0.3
"""How fast weights move: at most so many parts in one round."""

_SLACK = 0.1
"""What oversteps a bound by so large a part moves its weight at full speed."""

_LEAST, _MOST = 1e-3, 10.0


def begun(preset: TuningFile) -> dict[str, float]:
    """Return the weights to begin with, and what diversity and chance were at first: not known."""
    weights = {"kl": preset.kl_weight, "diversity": preset.diversity_weight, "entropy": _LEAST}
    return {**weights, "first_diversity": 0.0, "first_entropy": 0.0}


def balanced(kept: Mapping[str, float], drawn: Round, preset: TuningFile) -> dict[str, float]:
    """Return the weights for the next round."""
    out = dict(kept)
    steps = sum(float(seen.batch["weight"].sum()) for seen in drawn.seen)
    entropy = sum(float(seen.nats.sum()) for seen in drawn.seen) / steps
    if drawn.number == 0:
        out |= {"first_diversity": drawn.row["diversity"], "first_entropy": entropy}
    lacks = {
        "kl": (drawn.row["kl"] / preset.aimed_kl - 1) / 4,
        "diversity": 1 - drawn.row["diversity"] / (preset.aimed_diversity * out["first_diversity"]),
        "entropy": 1 - entropy / (preset.least_entropy * out["first_entropy"]),
    }
    for name, lack in lacks.items():
        moved = out[name] * math.exp(_RATE * min(max(lack / _SLACK, -1.0), 1.0))
        out[name] = min(max(moved, _LEAST), _MOST)
    return out


def pays(judge: Judge, weight: float, some: Sequence[Sequence[Bar]]) -> NDArray[np.float64]:
    """Return what pieces are worth, and what being unlike the others adds, after each beat.

    [piece, beat]: a piece's beginning is worth what it would be paid alone, by its share of the
    whole. So the last is what the piece is paid, and what a beat has brought is told at once.
    """
    n = len(some[0]) * some[0][0].meter.numerator
    out = np.zeros((len(some), n))
    heard = out if judge.heard is None else judge.heard(some, n)
    reward = judge.ruled or judge.reward
    for k in range(1, n + 1):
        heads = [head(bars, k) for bars in some]
        paid = np.array([reward(each) for each in heads])
        out[:, k - 1] = k / n * (heard[:, k - 1] + paid + weight * judge.rareness(heads))
    return out


def head(bars: Sequence[Bar], beats: int) -> list[Bar]:
    """Return what has been heard of a piece after so many beats; what sounds on is cut off."""
    whole, left = divmod(beats, bars[0].meter.numerator)
    if not left:
        return [*bars[:whole]]
    bar = bars[whole]
    end = bar.meter.bar_length() * left // bar.meter.numerator
    there = (note for note in bar.notes if note.start < end)
    notes = (replace(n, duration=Ticks(min(n.duration, end - n.start))) for n in there)
    return [*bars[:whole], replace(bar, notes=tuple(notes))]
