"""What a network observes of where in its bar a step is, and in which group of beats.

Groups are what carries over from meter to meter: what was learnt in the twos of 4/4 and the threes
of 6/8 holds for those of 7/8, in whatever order they come.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding.codec import TokenTable
from daw_bridge.music.time import PPQ, Meter, Ticks

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

_GROUPS = 8
"""How many groups of a bar are told apart; what comes after is as the last."""

N_PLACE = 4 + 4 + _GROUPS + 6 + 4 + 2


@lru_cache(maxsize=256)
def place_rows(meter: Meter | None, step: Ticks) -> Floats:
    """Return where in a bar each of its steps is: [n_steps, N_PLACE]; without bars there is one.

    First what lies within the group: the step, by four, and the group's number in the bar. Then
    waves that go round once, twice and four times a bar; the group's length, whether it has three
    beats, and how many groups are left; the steps of the bar, and those that are left.
    """
    if meter is None:
        return np.zeros((1, N_PLACE), np.float32)
    lines, beats = np.array(meter.group_lines), np.array(meter.groups)
    n_steps = meter.steps(step)
    place = np.arange(n_steps)
    group = np.searchsorted(lines, place * step, side="right") - 1
    inside = (place * step - lines[group]) // step
    length, left = np.diff(lines)[group] / step, len(beats) - group
    angle = 2 * np.pi * place / n_steps
    waves = [wave(angle * k) for k in (1, 2, 4) for wave in (np.sin, np.cos)]
    sizes = [length / 8, beats[group] == 3, left / _GROUPS, left == 1]
    bar = [np.full(n_steps, n_steps / 16), (n_steps - place) / 16]
    inside_by_fours = np.eye(4)[np.minimum(inside // 4, 3)]
    numbers = np.eye(_GROUPS)[np.minimum(group, _GROUPS - 1)]
    columns = np.stack([*waves, *sizes, *bar], 1)
    parts = [np.eye(4)[inside % 4], inside_by_fours, numbers, columns]
    return np.concatenate(parts, 1, dtype=np.float32)


class Places(NamedTuple):
    """Where steps are, for all bars that tokens open, in their usual groups.

    `rows` [m, N_PLACE] are those of `place_rows`, one meter's after the other's; `first` [vocab]
    says of each token which is that of the first step. The first is for music without bars.
    """

    rows: Floats
    first: Ints


@lru_cache(maxsize=8)
def places_of(tokens: TokenTable) -> Places:
    """Return the places of a vocabulary."""
    step = Ticks(PPQ // max(tokens.steps_per_quarter, 1))
    tables = [place_rows(meter, step)[: None if meter else 0] for meter in tokens.meters]
    ends = 1 + np.cumsum([len(table) for table in tables])
    first = np.where(tokens.bar_steps > 0, ends - tokens.bar_steps, 0)
    return Places(np.concatenate([place_rows(None, step), *tables]), first)


def counted(said: Meter, told: Meter | None) -> Meter:
    """Return the meter that a token says, in the groups that were told, if of the same beats."""
    return told if told is not None and told.usual == said else said
