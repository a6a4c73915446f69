"""How a drum jam without a past begins: on the one, with a kick."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding.codec import Grammar
from daw_bridge.encoding.drum_classes import N_WORDS, bit
from daw_bridge.encoding.wrapped import Wrapped
from daw_bridge.music.time import Meter

KICK = 0
"""The class of the kick."""

_WITH_KICK = np.arange(N_WORDS) & bit(KICK) != 0


@dataclass(frozen=True, slots=True)
class OnTheOne(Wrapped):
    """Be a codec of drum words whose bars have a kick in their first step; all else is its own."""

    def grammar(self, meter: Meter) -> Opening:
        """Start following a bar that begins with a kick."""
        return Opening(self.codec.grammar(meter))


class Opening:
    """Follow the tokens of a bar whose first word has a kick, wherever such a word may come."""

    def __init__(self, inner: Grammar) -> None:
        self._inner = inner
        self._begun = False

    def allowed(self) -> NDArray[np.bool_] | None:
        """Give a mask [vocab_size] of what may come next; None when the bar is complete."""
        mask = self._inner.allowed()
        if mask is None or self._begun or not (mask[:N_WORDS] & _WITH_KICK).any():
            return mask
        mask = mask.copy()
        mask[:N_WORDS] &= _WITH_KICK
        return mask

    def push(self, token: int) -> None:
        """Take the token that was drawn."""
        self._begun = self._begun or token < N_WORDS
        self._inner.push(token)
