"""What may be drawn where some voices rest."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from daw_bridge.encoding.codec import Bools, Grammar, TokenTable


class Playing:
    """A grammar in which no voice begins a note but those that play; music of no voice may."""

    def __init__(self, inner: Grammar, tokens: TokenTable, voices: Iterable[int]) -> None:
        self._inner = inner
        may: Bools = np.isin(tokens.voice, [*voices, -1]) | (tokens.strikes == 0)
        self._may = may

    def allowed(self) -> Bools | None:
        """Return a mask [vocab_size] of what may come next; None when the bar is complete."""
        inner = self._inner.allowed()
        if inner is None:
            return None
        mask = inner & self._may
        return mask if mask.any() else inner

    def push(self, token: int) -> None:
        """Take the token that was drawn."""
        self._inner.push(token)
