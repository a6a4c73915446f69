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

    BANDS: ClassVar = (48, 12)
    """Of mel, for long frames and short ones."""

    JOINED: ClassVar = (1, 8)
    """Frames that are heard as one moment."""

    def __init__(self, length: int, rate: int) -> None:
        self._length = length
        self._banks = [
            mel_bank(size, bands, rate) for size, bands in zip(SIZES, self.BANDS, strict=True)
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
