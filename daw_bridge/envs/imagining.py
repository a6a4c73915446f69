"""What an agent imagines that numbers sound like, as `FineEar` hears it; computed without torch.

Long frames, in which tones and their loudness are heard, are imagined at once. In short frames what
is heard hangs on where a wave just is; so how far waves have run is imagined first, by layers of
their own, and a few curves over time beside it. Of these the last layers make what is heard in each
short frame, the same layers in all.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

RUNNING = ("run_first", "run_inner", "run_deeper", "speed")
"""Layers that imagine how far waves have run. What they tell must be exact."""

HEARING = (
    *("hear_first", "hear_inner", "hear_deeper", "hear_last", "long", "curves"),
    *("frame_first", "frame_inner", "short"),
)
"""Layers that imagine what is heard."""

IMAGINING = (*RUNNING, *HEARING)

IMAGINING_FOLLOWING = (
    *(("run_first", "run_inner"), ("run_inner", "run_deeper"), ("run_deeper", "speed")),
    *(("hear_first", "hear_inner"), ("hear_inner", "hear_deeper"), ("hear_deeper", "hear_last")),
    *(("hear_last", "long"), ("hear_last", "curves")),
    *(("frame_first", "frame_inner"), ("frame_inner", "short")),
)
"""Layers of which the second takes what the first gives."""

WAYS = 24
"""How many cosines make up the logarithm of a wave's speed, as it changes over time."""

CURVES = 8

RUN = 6
"""Numbers of a frame that tell how far waves have run: four of their circle, two of their speed."""

AT_ONCE = 250
"""Ideas, for the sake of memory."""


def imagined(
    weights: Mapping[str, Floats], biases: Mapping[str, Floats], numbers: Floats
) -> Floats:
    """Return what is imagined of numbers [idea, number] in 0..1."""

    def layer(name: str, inner: Floats) -> Floats:
        out: Floats = inner @ weights[name].T + biases[name]
        return out

    def deep(name: str, numbers: Floats) -> Floats:
        inner = np.sin(layer(f"{name}_first", 2 * numbers - 1))
        for each in (f"{name}_inner", f"{name}_deeper"):
            inner = inner + _bent(layer(each, inner))
        return inner

    heard = []
    for begin in range(0, len(numbers), AT_ONCE):
        ideas = numbers[begin : begin + AT_ONCE]
        last = _bent(layer("hear_last", deep("hear", ideas)))
        curves = layer("curves", last).reshape(len(ideas), CURVES, -1)
        run = _run(layer("speed", deep("run", ideas)), curves.shape[2])
        frames = np.concatenate([run, curves], axis=1).swapaxes(1, 2)
        for name in ("frame_first", "frame_inner"):
            frames = _bent(layer(name, frames))
        short = layer("short", frames).swapaxes(1, 2).reshape(len(ideas), -1)
        heard.append(np.concatenate([layer("long", last), short], axis=1))
    return np.concatenate(heard, dtype=np.float32)


def _run(speed: Floats, frames: int) -> Floats:
    """Return where waves are in frames, and how fast [idea, one of `RUN`, frame]."""
    log = speed[:, 1:] @ cosines(frames)
    each = np.exp(np.clip(log, *SPEEDS))
    run = each.cumsum(axis=1) - each / 2 + speed[:, :1]
    more = np.diff(log, axis=1, append=log[:, -1:]) * MORE
    turns = (np.sin(run), np.cos(run), np.sin(2 * run), np.cos(2 * run))
    return np.stack([*turns, log, more], axis=1)


SPEEDS = (-6.0, 3.0)
"""Logarithms of radians a frame: no slower, no faster."""

MORE = 10.0
"""By which small changes of the speed are enlarged."""


@lru_cache(maxsize=8)
def cosines(frames: int) -> Floats:
    """Return the cosines [way, frame] that make up a curve: finer in the beginning."""
    at = np.sqrt((np.arange(frames) + 0.5) / frames)
    curves: Floats = np.cos(np.pi * np.arange(WAYS)[:, None] * at).astype(np.float32)
    return curves


def _bent(inner: Floats) -> Floats:
    """Return SiLU of it."""
    bent: Floats = inner / (1 + np.exp(np.minimum(-inner, 80)))
    return bent
