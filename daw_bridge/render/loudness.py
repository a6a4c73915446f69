"""How loud a sound is heard: integrated loudness after ITU-R BS.1770-4, in LUFS.

The standard weighs the sound by two filters and takes the mean square of blocks of 0.4 s that
overlap by three quarters. Here the filters' response weighs the spectrum of each tenth of a second
instead, and four of them are a block: by Parseval's theorem the same energy, but for what rings
from one tenth into the next, which is below 0.1 dB.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daw_bridge.render.wave import Block

STEP_S = 0.1
STEPS = 4
"""Of a block."""

ABSOLUTE_LUFS = -70.0
"""A block below does not count."""

RELATIVE_LU = -10.0
"""Nor does one so far below the mean of the others."""

_OFFSET = -0.691
"""Dubbed by the standard, so that a sine of 997 Hz at full scale in one channel is -3.01."""

_SHELF = (
    1.53512485958697,
    -2.69169618940638,
    1.19839281085285,
    -1.69065929318241,
    0.73248077421585,
)
_HIGH_PASS = (1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621)
"""Both filters as the standard prints them for 48 kHz: b0, b1, b2, a1, a2."""


class Loudness:
    """Takes a sound block by block, and tells how loud it was."""

    def __init__(self, rate: int) -> None:
        self._size = round(STEP_S * rate)
        hz = np.fft.rfftfreq(self._size, 1 / rate).astype(np.float64)
        weight = _response(hz) ** 2
        weight[1:-1] *= 2  # the half of the spectrum that is not computed
        if self._size % 2:
            weight[-1] *= 2
        self._weight = (weight / self._size**2).astype(np.float32)
        self._rest: Block | None = None
        self._energies: list[NDArray[np.float64]] = []

    def add(self, block: Block) -> None:
        """Take more of it: [sample, channel]."""
        if self._rest is not None:
            block = np.concatenate([self._rest, block])
        steps = len(block) // self._size
        self._rest = block[steps * self._size :].copy()
        if steps:
            cut = block[: steps * self._size].reshape(steps, self._size, -1)
            power = np.zeros((steps, len(self._weight)), np.float32)
            for channel in range(cut.shape[2]):
                spectrum = np.fft.rfft(cut[:, :, channel], axis=1)
                power += spectrum.real**2 + spectrum.imag**2
            self._energies.append((power @ self._weight).astype(np.float64))

    def lufs(self) -> float | None:
        """Return the loudness of all so far; None: it is silent, or shorter than a block."""
        energies = np.concatenate(self._energies) if self._energies else np.zeros(0)
        if len(energies) < STEPS:
            return None
        blocks = np.convolve(energies, np.ones(STEPS) / STEPS, "valid")
        loud = blocks[blocks > 10 ** ((ABSOLUTE_LUFS - _OFFSET) / 10)]
        if not len(loud):
            return None
        loud = loud[loud > loud.mean() * 10 ** (RELATIVE_LU / 10)]
        return float(_OFFSET + 10 * np.log10(loud.mean()))


def _response(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much both filters let through of each frequency, whatever the sample rate."""
    z = np.exp(-2j * np.pi * np.minimum(hz, 23_999) / 48_000)
    out = np.ones(len(hz))
    for b0, b1, b2, a1, a2 in (_SHELF, _HIGH_PASS):
        out *= np.abs((b0 + b1 * z + b2 * z**2) / (1 + a1 * z + a2 * z**2))
    return out
