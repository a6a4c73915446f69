"""How far the waves of a sound have run: what tells in which frame it crosses zero."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from daw_bridge.envs.spectra import SIZES, Floats

HEARD = 0.004
"""Of full scale: where a sound is softer, its waves tell nothing."""


def waves(sound: Floats, frames: int) -> tuple[Floats, NDArray[Any]]:
    """Return the radians that have run at the middle of each short frame, and if they are heard.

    They are those of the analytic signal; a sine begins with 0.
    """
    size = 1 << len(sound).bit_length()
    spectrum = np.zeros(size, np.complex64)
    spectrum[: size // 2] = 2 * np.fft.rfft(sound, size)[:-1]
    signal = np.fft.ifft(spectrum)[: len(sound)]
    run = np.unwrap(np.angle(signal)) + np.pi / 2
    at = np.minimum(np.arange(frames) * SIZES[-1] // 2, len(sound) - 1)
    return run[at].astype(np.float32), np.abs(signal[at]) > HEARD
