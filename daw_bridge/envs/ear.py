"""What an agent hears of a sound: mel spectrograms, fine in pitch and fine in time."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from daw_bridge.envs.scratch import of_this_thread
from daw_bridge.envs.spectra import SIZES, Floats, Frames
from daw_bridge.render.mel import mel_bank


class Ear:
    """Hears sounds of one length; in each size of frames it has other bands and other moments."""

    WIDEST: ClassVar = 32.0
    """No two of the logarithms to 2 that are heard are further apart than this."""

    LOUDEST: ClassVar = 1e6

    BANDS: ClassVar = (48, 12)
    """Of mel, for long frames and short ones."""

    JOINED: ClassVar = (1, 8)
    """Frames that are heard as one moment."""

    def __init__(self, length: int, rate: int) -> None:
        self._length = length
        self._banks = [
            mel_bank(size, bands, rate) for size, bands in zip(SIZES, self.BANDS, strict=True)
        ]
        self._moments = [
            _joined(of_this_thread(Frames, size, length).count, joined)
            for size, joined in zip(SIZES, self.JOINED, strict=True)
        ]
        counts = [moments.shape[1] for moments in self._moments]
        self._bins = [np.repeat(_bins(b), n) for b, n in zip(self._banks, counts, strict=True)]
        self.size = len(self.hear(np.zeros(length, np.float32)))

    def hear(self, sound: Floats) -> Floats:
        """Return the logarithms to 2 of the bands of all moments, one after another."""
        for size in SIZES:
            of_this_thread(Frames, size, self._length).magnitudes(sound)
        return self.last()

    def last(self) -> Floats:
        """Return the same of the sound of that length that this thread has transformed last."""
        heard = []
        for size, bank, moments in zip(SIZES, self._banks, self._moments, strict=True):
            bands = bank @ of_this_thread(Frames, size, self._length).last @ moments
            heard.append(np.log2(np.minimum(bands, self.LOUDEST)).reshape(-1))
        return np.concatenate(heard)

    def apart(self, heard: Floats, wanted: Floats) -> NDArray[np.floating]:
        """Return about how far what is heard of sounds [sound, band and moment] is from another.

        It is what `distances.Spectral` measures, with a band's loudness in place of its bins'.
        """
        total, begin = np.zeros(len(heard)), 0
        for bins in self._bins:
            part = slice(begin, begin + len(bins))
            logs, log, begin = heard[:, part], wanted[part], begin + len(bins)
            whole = np.exp2(log)
            total += np.abs(logs - log) @ (bins / bins.sum())
            total += np.abs(np.exp2(logs) - whole) @ (bins / (whole @ bins))
        apart: NDArray[np.floating] = total / len(self._bins)
        return apart


def _bins(bank: Floats) -> Floats:
    """Return how many bins each band stands for: one that several hear is shared by them."""
    shared: Floats = (bank / np.maximum(bank.sum(axis=0), 1e-9)).sum(axis=1)
    return shared


def _joined(frames: int, joined: int) -> Floats:
    """Return of how much of which frame each moment is the mean [frame, moment]."""
    moments = frames // joined
    out = np.zeros((frames, moments), np.float32)
    for i in range(moments):
        out[i * joined : (i + 1) * joined, i] = 1 / joined
    return out
