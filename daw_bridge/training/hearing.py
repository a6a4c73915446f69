"""What a listener hears of bars: the same codec, synth and tempo, whoever made them.

So real music is told from what was made by its notes, and not by what a codec cannot hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding.codec import Codec
from daw_bridge.files import whole
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import USUAL_QPM
from daw_bridge.policies.card import read
from daw_bridge.policies.load import codec_of
from daw_bridge.render.mel import mel_of
from daw_bridge.render.note_bank import Floats, NoteBank
from daw_bridge.render.wave import WaveWriter

FRAMES = 16
"""Moments of a quarter note that are heard, four of a 16th."""

Mels = NDArray[np.float32]
"""Mel spectrograms [piece, frame, band]."""


@dataclass(frozen=True, slots=True, eq=False)
class Hearing:
    """A codec, instruments for its voices, and a tempo."""

    codec: Codec
    bank: NoteBank
    tempo_qpm: float = USUAL_QPM

    @classmethod
    def of_model(cls, folder: Path, **conditions: Any) -> Self:
        """Hear as a model plays: in its codec, by the instruments that are named as its voices.

        Raises:
            UserError: there is no such model or condition.
        """
        card = read(folder)
        return cls(codec_of(card, **conditions), NoteBank.of_voices(card.voices or ("notes",)))

    def sound(self, bars: Sequence[Bar]) -> Floats:
        """Return the samples of bars, as the codec holds them."""
        held = [self.codec.decode(self.codec.encode(self.codec.quantise(bar))) for bar in bars]
        return self.bank.sound(held, self.tempo_qpm)

    def write(self, bars: Sequence[Bar], path: Path) -> None:
        """Write the sound of bars as a WAV file of one channel.

        Raises:
            UserError: the folder cannot be written to.
        """
        with whole(path) as temporary, WaveWriter(temporary, self.bank.rate, 1, bits=16) as file:
            file.write(self.sound(bars)[:, None])

    def __call__(self, bars: Sequence[Bar]) -> Floats:
        """Return the mel spectrogram of bars [frame, band]."""
        hop = round(self.bank.rate * 60 / self.tempo_qpm / FRAMES)
        return mel_of(self.sound(bars), self.bank.rate, hop=hop)

    def all(self, pieces: Sequence[Sequence[Bar]]) -> Mels:
        """Return the mel spectrograms of pieces of one length."""
        return np.stack([self(bars) for bars in pieces])
