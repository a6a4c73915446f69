"""The tokens of `drum_grid` for a whole piece at once, without a `Note` on the way."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding.drum_classes import N_CLASSES, bit
from daw_bridge.encoding.drum_grid import (
    BAR,
    BIN_TICKS,
    BIN_VELOCITIES,
    N_OFFSETS,
    OFFSET_LAST,
    OFFSET_MORE,
    VELOCITY,
    DrumGrid,
)
from daw_bridge.music.gm_drums import CLASS_OF
from daw_bridge.music.time import SIXTEENTH, Meter

Ints = NDArray[np.int64]

_CLASSES = np.array([CLASS_OF.get(pitch, -1) for pitch in range(128)])
_BITS = np.array([bit(drum) for drum in range(N_CLASSES)])


def encode_hits(
    codec: DrumGrid, bar: Ints, start: Ints, pitch: Ints, velocity: Ints, meters: list[Meter]
) -> tuple[Ints, Ints]:
    """Return the tokens [n] of a piece, and where each of its bars begins in them [n_bars + 1].

    `bar`, `start`, `pitch` and `velocity` [n_hits] are columns: which bar a hit is in, its ticks
    from there, a canonical note, 1..127. `meters` has the meter of every bar.

    Raises:
        UserError: a meter has no token.
    """
    n_steps = np.array([meter.steps() for meter in meters], np.int64)
    first_step = np.concatenate([[0], np.cumsum(n_steps)])
    conditions = np.array([codec.conditions(meter) for meter in meters], np.int64).reshape(-1, 4)
    key, hit_velocity = _struck(bar, start, pitch, velocity, n_steps, first_step)
    step, rest = np.divmod(key, N_CLASSES * N_OFFSETS)
    drum, offset = np.divmod(rest, N_OFFSETS)
    # Flams are kept one by one, but a class is one bit of its word.
    is_first = np.append([True], (step[1:] != step[:-1]) | (drum[1:] != drum[:-1]))[: len(key)]
    is_last = np.append(is_first[1:], [True])[: len(key)]
    words = np.bincount(step[is_first], _BITS[drum[is_first]], first_step[-1]).astype(np.int64)
    n_hits = np.bincount(step, minlength=first_step[-1])
    # A bar is four conditions, its steps, `BAR`; a step is its word and two tokens for each hit.
    number = np.repeat(np.arange(len(meters)), n_steps)
    place = np.cumsum(1 + 2 * n_hits) - (1 + 2 * n_hits) + 5 * number + 4
    out = np.full(int((1 + 2 * n_hits).sum()) + 5 * len(meters), BAR, np.int64)
    out[place] = words
    in_step = np.arange(len(key)) - (np.cumsum(n_hits) - n_hits)[step]
    out[place[step] + 1 + 2 * in_step] = VELOCITY + hit_velocity
    out[place[step] + 2 + 2 * in_step] = np.where(is_last, OFFSET_LAST, OFFSET_MORE) + offset
    begins = (
        np.append(place[first_step[:-1]] - 4, len(out)) if len(meters) else np.zeros(1, np.int64)
    )
    out[begins[:-1, None] + np.arange(4)] = conditions
    return out, begins


def _struck(
    bar: Ints, start: Ints, pitch: Ints, velocity: Ints, n_steps: Ints, first_step: Ints
) -> tuple[Ints, Ints]:
    """Return each hit as one number (step, class, offset bin), rising, and its velocity bin.

    Of hits with the same number the loudest stays.
    """
    drum = _CLASSES[pitch]
    known = drum >= 0
    bar, start, drum, velocity = bar[known], start[known], drum[known], velocity[known]
    step = np.clip(np.rint(start / SIXTEENTH).astype(np.int64), 0, n_steps[bar] - 1)
    offset = np.rint((start - step * SIXTEENTH) / BIN_TICKS).astype(np.int64) + N_OFFSETS // 2
    odd = step % 2
    offset = np.clip(offset, odd, N_OFFSETS - 1 - odd)
    key = ((first_step[bar] + step) * N_CLASSES + drum) * N_OFFSETS + offset
    order = np.lexsort((velocity, key))
    key, velocity = key[order], velocity[order]
    loudest = np.append(key[1:] != key[:-1], [True])[: len(key)]
    return key[loudest], (velocity[loudest] - 1) // BIN_VELOCITIES
