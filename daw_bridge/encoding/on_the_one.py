"""How music without a past begins, and comes back after a silence: on the one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding.codec import Bools, Grammar
from daw_bridge.encoding.drum_classes import bit
from daw_bridge.encoding.wrapped import Wrapped
from daw_bridge.music.time import Meter

KICK = 0
"""The class of the kick."""


@dataclass(frozen=True, slots=True)
class OnTheOne(Wrapped):
    """Be a codec whose bars begin with a note in their first step, drums alone with a kick.

    All else is the codec's own, and where no note may be struck nothing changes.
    """

    def grammar(self, meter: Meter) -> Opening:
        """Start following a bar that begins on the one."""
        tokens = self.codec.tokens
        wanted = tokens.strikes > 0
        if self.codec.kind == "drums":
            wanted &= tokens.drums & bit(KICK) != 0
        return Opening(self.codec.grammar(meter), wanted, tokens.ends_step)


class Opening:
    """Follow the tokens of a bar in whose first step, where they may come, `wanted` tokens come."""

    def __init__(self, inner: Grammar, wanted: Bools, ends_step: Bools) -> None:
        self._inner = inner
        self._wanted = wanted
        self._ends_step = ends_step
        self._begun = False

    def allowed(self) -> NDArray[np.bool_] | None:
        """Give a mask [vocab_size] of what may come next; None when the bar is complete."""
        mask = self._inner.allowed()
        if mask is None or self._begun or not (mask & self._wanted).any():
            return mask
        return mask & self._wanted

    def push(self, token: int) -> None:
        """Take the token that was drawn."""
        self._begun = self._begun or bool(self._wanted[token] or self._ends_step[token])
        self._inner.push(token)
