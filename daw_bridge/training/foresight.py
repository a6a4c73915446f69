"""What a rule says of the very next note: it is known of all notes that may come, drawn or not.

So nothing has to be drawn, and paid later, to be learnt: what is learnt from is the chance of all
notes that would break the rule, or keep it, where each note came (Allen, Asadi and others, "Mean
Actor-Critic", 2017). The rule is RL Tuner's, that leaps are turned back and not doubled. What
stands in the way to a leap costs nothing, so that no leap is shunned.
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

TURNED = 0.2
"""A note that turns a leap back is worth so much of what one costs that doubles it: more do so."""


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
        """Return what the chances of a step cost to double a leap, or to turn it back.

        The pieces stand side by side in the batch.
        """
        at = batch["step"] * SIXTEENTHS // self._tokens.steps_per_quarter
        prices = priced(pieces, self._tokens)[batch["lane"], at]
        cost = (self._network.chances(batch) * prices).sum() / batch["weight"].sum()
        return self._weight * cost


def priced(pieces: Sequence[Bars], tokens: TokenTable) -> Tensor:
    """Return what each token costs by the rule in each 16th of pieces: [piece, 16th, vocab]."""
    strikes = (tokens.pitch >= 0) & (tokens.voice == 0)
    foreseen = (melody.foreseen(melody.steps_of(bars)) for bars in pieces)
    prices = [doubled - TURNED * turned for doubled, turned in foreseen]
    return torch.from_numpy((np.stack(prices)[..., tokens.pitch] * strikes).astype(np.float32))
