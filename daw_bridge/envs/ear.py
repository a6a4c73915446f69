"""What an agent hears of a sound: mel spectrograms, fine in pitch and fine in time."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from daw_bridge.envs.scratch import of_this_thread
from daw_bridge.envs.spectra import SIZES, Floats, Frames

LOWEST_HZ, HIGHEST_HZ = 30.0, 16_000.0


class Ear:
    """Hears sounds of one length; in each size of frames it has other bands and other moments."""

    WIDEST: ClassVar = 32.0
    """No two of the logarithms to 2 that are heard are further apart than this."""

    BANDS: ClassVar = (48, 12)
    """Of mel, for long frames and short ones."""

    JOINED: ClassVar = (1, 8)
    """Frames that are heard as one moment."""

    def __init__(self, length: int, rate: int) -> None:
        self._length = length
        self._banks = [
            _bank(size, bands, rate) for size, bands in zip(SIZES, self.BANDS, strict=True)
        ]
        self.size = len(self.hear(np.zeros(length, np.float32)))

    def hear(self, sound: Floats) -> Floats:
        """Return the logarithms to 2 of the bands of all moments, one after another."""
        heard = []
        for size, bank, joined in zip(SIZES, self._banks, self.JOINED, strict=True):
            magnitudes = of_this_thread(Frames, size, self._length).magnitudes(sound)
            whole = magnitudes.shape[1] // joined * joined
            moments = magnitudes[:, :whole].reshape(len(magnitudes), -1, joined).mean(axis=2)
            heard.append(np.log2(bank @ np.minimum(moments, 1e6)).reshape(-1))
        return np.concatenate(heard)


def _bank(size: int, bands: int, rate: int) -> Floats:
    """Return the share of each bin in each band [band, bin]: triangles, evenly spaced in mel."""
    edges = _hz(np.linspace(_mel(LOWEST_HZ), _mel(min(HIGHEST_HZ, 0.49 * rate)), bands + 2))
    bins = np.arange(size // 2 + 1) * rate / size
    low, middle, high = (edges[i : len(edges) - 2 + i, None] for i in range(3))
    rise, fall = (bins - low) / (middle - low), (high - bins) / (high - middle)
    bank = np.maximum(np.minimum(rise, fall), 0)
    # A band narrower than a bin hears the nearest one.
    nearest = np.abs(bins - middle).argmin(axis=1)
    empty = bank.sum(axis=1) == 0
    bank[empty, nearest[empty]] = 1
    whole: Floats = (bank / bank.sum(axis=1, keepdims=True)).astype(np.float32)
    return whole


def _mel(hz: float) -> float:
    return float(2_595 * np.log10(1 + hz / 700))


def _hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return 700 * (10 ** (mel / 2_595) - 1)
