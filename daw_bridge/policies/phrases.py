"""How loud each phrase of a jam is where nobody says so: one follows the other as in real music."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daw_bridge.music.form import PHRASE
from daw_bridge.music.loudness import Loudness
from daw_bridge.policies.sampling import generator, sample

_BRANCH = 1 << 17
"""Of a phrase's numbers, which are none of a bar's."""


class Phrases:
    """The loudness of each phrase of eight bars, drawn by a seed.

    `logits` [7, 6] are of each loudness after each; the last row is of the first phrase.
    """

    def __init__(self, logits: NDArray[np.float32], seed: int) -> None:
        self._logits, self._seed = logits, seed
        self._drawn: list[int] = []

    def of(self, number: int) -> Loudness:
        """Return how loud a bar is, by its number."""
        phrase = number // PHRASE
        while len(self._drawn) <= phrase:
            logits = self._logits[self._drawn[-1] if self._drawn else -1]
            rng = generator(self._seed, len(self._drawn), _BRANCH)
            self._drawn.append(sample(logits, rng=rng))
        return Loudness(self._drawn[phrase])
