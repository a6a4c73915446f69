"""What is heard of a sound: how loud it is in each band of mel, moment by moment."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

LOWEST_HZ, HIGHEST_HZ = 30.0, 16_000.0

FLOOR = np.float32(1e-3)
"""Of full scale: what is 60 dB below it is as good as silence."""


def mel_of(sound: Floats, rate: int, *, hop: int, size: int = 1024, bands: int = 48) -> Floats:
    """Return the mel spectrogram [frame, band] of a sound, a frame each `hop` samples.

    Values are logarithms to 2 of mean magnitudes over `FLOOR`: 0 is silence, and no band has
    more than 10. A frame is `size` samples, about the middle of its hop.
    """
    count = len(sound) // hop
    before = (size - hop) // 2
    padded = np.zeros(max(before, 0) + count * hop + size, np.float32)
    padded[before : before + len(sound)] = sound[: len(padded) - before]
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[: count * hop : hop]
    magnitudes = np.abs(np.fft.rfft(frames * _window(size)))
    heard: Floats = np.log2(magnitudes @ mel_bank(size, bands, rate).T / FLOOR + 1)
    return heard.astype(np.float32)


@lru_cache(maxsize=8)
def mel_bank(size: int, bands: int, rate: int) -> Floats:
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


@lru_cache(maxsize=8)
def _window(size: int) -> Floats:
    """Return a window under which a sine of full scale has a magnitude of 1."""
    window: Floats = (np.hanning(size + 1)[:-1] * 4 / size).astype(np.float32)
    return window


def _mel(hz: float) -> float:
    return float(2_595 * np.log10(1 + hz / 700))


def _hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return 700 * (10 ** (mel / 2_595) - 1)
