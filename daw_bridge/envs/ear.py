"""What an agent hears of a sound: mel spectrograms, fine in pitch and fine in time."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

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


def _joined(frames: int, joined: int) -> Floats:
    """Return of how much of which frame each moment is the mean [frame, moment]."""
    moments = frames // joined
    out = np.zeros((frames, moments), np.float32)
    for i in range(moments):
        out[i * joined : (i + 1) * joined, i] = 1 / joined
    return out
