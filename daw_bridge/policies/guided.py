"""What leads a policy over tokens: what it is told, away from what it would play without."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from daw_bridge.encoding.codec import TokenTable
from daw_bridge.errors import UserError
from daw_bridge.policies.policy import Logits


@dataclass(frozen=True, slots=True)
class Lead:
    """A policy that is led hears the music twice, told and untold, at once.

    `untold` is of each token the one that names the same key and nothing else; most are their own.
    With `by` 0 it plays as it has learnt, with 1 twice as far from where it is told no more than
    the key. The method is classifier-free guidance (Ho and Salimans, 2022), on logits of tokens.
    """

    untold: tuple[int, ...]
    by: np.float32

    @classmethod
    def of(cls, tokens: TokenTable, guidance: float, name: str) -> Lead:
        """Return what leads the model of a `name`; a guidance of 1 is no lead.

        Of tokens that name a key the first tells no more than that, as codecs have them.

        Raises:
            UserError: there is nothing but a key that it could be told.
        """
        keys = tokens.key.tolist()
        untold = tuple(keys.index(key) if key >= 0 else i for i, key in enumerate(keys))
        if untold == tuple(range(len(keys))):
            what = "a model that is told a style, or of drums, for guidance"
            raise UserError(what, name, "leave it out")
        return cls(untold, np.float32(guidance - 1))

    def heard(self, token: int) -> tuple[int, int]:
        """Return how a token is heard, told and untold."""
        return token, self.untold[token]

    def __call__(self, both: Iterable[Logits]) -> Logits:
        """Return the logits that lead, of those told and untold."""
        led, free = both
        logits: Logits = led + self.by * (led - free)
        return logits
