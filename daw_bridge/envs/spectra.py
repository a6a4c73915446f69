"""Magnitudes of the frames of a sound, and how far two sounds differ in them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daw_bridge.envs.transform import (
    LANES,
    write_differences,
    write_logarithms,
    write_spectrum,
)

Floats = NDArray[np.float32]

SIZES = (2_048, 128)
"""Samples of a frame, for pitches and for moments: twice a power of four."""

FLOOR = np.float32(1e-3)
"""Of full scale: what is 60 dB below it is as good as silence."""


class Frames:
    """The frames of sounds of one length, in one size, and the memory to transform them in.

    One is used by one thread at a time.
    """

    def __init__(self, size: int, length: int) -> None:
        half = size // 2
        self.count, self.bins = -(-length // half) + 1, half + 1
        # Frames beyond the end are silent in every sound: no two differ in them.
        filled = -(-self.count // LANES) * LANES
        self._columns = np.zeros((half, filled + 1), np.float32)
        # A sine of full scale is to have a magnitude of 1.
        window = (np.hanning(size + 1)[:-1] * 2 / size).astype(np.float32)
        turns, halves = np.arange(half) / half, np.arange(half + 1) / size
        self._tables = (window, _circle(turns), _circle(halves))
        self._work = np.zeros((4, half * LANES), np.float32)
        self._out = np.zeros((half + 1, filled), np.float32)
        self._bits = self._out.view(np.int32).reshape(-1)

    def magnitudes(self, sound: Floats) -> Floats:
        """Return the magnitudes [bin, frame] of a sound; the next call overwrites it.

        A sine of full scale has one of 1; `FLOOR` is added to all.
        """
        self._written(sound)
        return self.last

    @property
    def last(self) -> Floats:
        """The magnitudes of the sound that was transformed last."""
        return self._out[:, : self.count]

    def spectrum(self, sound: Floats) -> tuple[Floats, Floats]:
        """Return all that `apart` compares: magnitudes, and their logarithms to 2."""
        magnitudes = self._written(sound).reshape(-1).copy()
        logarithms = np.empty_like(magnitudes)
        write_logarithms(self._bits, logarithms)
        return magnitudes, logarithms

    def apart(self, sounds: Floats, magnitudes: Floats, logarithms: Floats) -> NDArray[np.float64]:
        """Return the sums of the differences of sounds [lane, sample] to another one [lane, 2].

        They are those of magnitudes and of logarithms. It holds no lock.
        """
        sums = np.zeros((len(sounds), 2))
        write_differences(
            sounds, self._columns, self._tables, self._work, FLOOR, self._out, self._bits,
            magnitudes, logarithms, sums,
        )  # fmt: skip
        return sums

    def _written(self, sound: Floats) -> Floats:
        write_spectrum(sound, self._columns, self._tables, self._work, FLOOR, self._out)
        return self._out


def _circle(turns: NDArray[np.float64]) -> Floats:
    return np.stack([np.cos(2 * np.pi * turns), -np.sin(2 * np.pi * turns)]).astype(np.float32)
