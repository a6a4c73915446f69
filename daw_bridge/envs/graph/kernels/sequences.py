"""What sequences compute."""

from __future__ import annotations

import numpy as np

from daw_bridge.envs.graph.kernels.filters import BLOCK
from daw_bridge.envs.graph.kernels.sources import ZERO, F, compiled, hash_noise

BAR_S = 2.0
"""Four beats at Glicol's 120 beats a minute."""

CHOICE_SEED = 42


@compiled
def seq(rows, here, x, refs, numbers, state, at, rate):
    """Factor of a note to the frequency of 60, at the sample it begins at, else 0.

    `numbers` are the place of each note, as a part of the bar, then all their pitches; `refs` has
    a row for each note whose pitch is a signal. What comes in, if anything does, is the speed.
    """
    out, n = rows[here], len(numbers) // 2
    speed = np.float64(rows[x, 0]) if x >= 0 else 1.0
    bar = BAR_S * rate / speed
    length, step = np.int64(bar), np.int64(state[0])
    out[:] = ZERO
    for k in range(n):
        place = np.int64(np.float64(numbers[k]) * bar)
        for i in range((place - step) % length, out.size, length):
            pitch = numbers[n + k] if refs[k] < 0 else rows[refs[k], i]
            out[i] = F(2.0 ** np.float64((pitch - F(60)) / F(12))) if pitch != ZERO else ZERO
    state[0] = step + out.size


@compiled
def choose(rows, here, x, refs, numbers, state, at, rate):
    """One of some numbers, drawn anew for each block, the same each time."""
    out, n = rows[here], len(numbers)
    for i in range(out.size):
        if i == 0 or (at + i) % BLOCK == 0:
            drawn = np.int64((hash_noise(CHOICE_SEED + (at + i) // BLOCK) * 0.5 + 0.5) * n)
            value = numbers[drawn if drawn < n else 0]
        out[i] = value
