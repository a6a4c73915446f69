"""What a rule says of the very next note: it is known of all notes that may come, drawn or not.

So nothing has to be drawn, and paid later, to be learnt: what is learnt from is the chance of all
notes that would break the rule, where each note came (Allen, Asadi and others, "Mean Actor-Critic",
2017). The rule is that no leap is doubled.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from daw_bridge.encoding.codec import TokenTable
from daw_bridge.envs import melody
from daw_bridge.errors import UserError
from daw_bridge.training.batches import Batch
from daw_bridge.training.networks.token_lookback import TokenLookBack
from daw_bridge.training.rounds import Bars, Start

SIXTEENTHS = 4
"""In a quarter: the steps in which a melody's rules see it."""


class Foresight:
    """How likely a network is to double leaps that it has made, and what that costs.

    Raises:
        UserError: the network is none that draws the notes of a melody.
    """

    def __init__(self, start: Start, weight: float) -> None:
        if not isinstance(start.network, TokenLookBack):
            what = "a network that draws the notes of a melody, to weigh its leaps"
            raise UserError(what, type(start.network).__name__, "leave out leaps_weight")
        self._network, self._tokens, self._weight = start.network, start.codec.tokens, weight

    def __call__(self, batch: Batch, pieces: Sequence[Bars]) -> Tensor:
        """Return what the chance of a step that a leap is doubled costs, in pieces side by side."""
        at = batch["step"] * SIXTEENTHS // self._tokens.steps_per_quarter
        broken = doubling(pieces, self._tokens)[batch["lane"], at]
        chance = (self._network.chances(batch) * broken).sum() / batch["weight"].sum()
        return self._weight * chance


def doubling(pieces: Sequence[Bars], tokens: TokenTable) -> Tensor:
    """Return which tokens would double a leap in each 16th of pieces: [piece, 16th, vocab]."""
    strikes = (tokens.pitch >= 0) & (tokens.voice == 0)
    found = np.stack([melody.doubling(melody.steps_of(bars)) for bars in pieces])
    return torch.from_numpy(found[..., tokens.pitch] & strikes)
