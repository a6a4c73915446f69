"""How hard notes are struck; `policies.touch` plays it in numpy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from daw_bridge.config.training import LoopFile
from daw_bridge.corpora.pieces import Piece
from daw_bridge.encoding.codec import Vocabulary
from daw_bridge.policies.observe_touch import BEFORE, FORM, LOUD, N_TOUCH, N_VELOCITIES
from daw_bridge.policies.touch import N_CHOICES
from daw_bridge.training.batches import Batch, Example
from daw_bridge.training.networks.network import Loss, Network, State, lstm_tensors
from daw_bridge.training.networks.touch_examples import example_of

_NEVER = -1e4
"""The logit of what cannot be."""


class Touch(Network):
    """Velocities before embedded, an LSTM over notes, and the chances of the next velocity.

    Beside its own chance a velocity has those of being that of the voice's last note again, of the
    last of all, or of the same place in the bar that returns.
    """

    n_chances = 2

    def __init__(
        self, vocabulary: Vocabulary, *, hidden: int = 64, embedding: int = 12, dropout: float = 0.0
    ) -> None:
        super().__init__()
        del vocabulary
        self.shape = {"hidden": hidden, "embedding": embedding}
        self.embedding = nn.Embedding(N_VELOCITIES, embedding)
        self.lstm = nn.LSTM(BEFORE * embedding + N_TOUCH, hidden)
        self.drop = nn.Dropout(dropout)
        self.output = nn.Linear(hidden, N_CHOICES)

    @staticmethod
    def examples(
        pieces: Sequence[Piece], vocabulary: Vocabulary, *, transpose: bool
    ) -> list[Example | None]:
        """Return the notes that are struck in each piece."""
        del transpose
        return [example_of(piece, vocabulary) for piece in pieces]

    def hide(self, batch: Batch, chances: NDArray[np.float64], loop: LoopFile) -> Batch:
        """Hide loudness and form of some pieces."""
        told = torch.from_numpy(chances >= [loop.hide_conditions, loop.hide_form]).float()
        features = batch["features"].clone()
        features[:, :, LOUD] *= told[None, :, :1]
        features[:, :, FORM] *= told[None, :, 1:]
        return {**batch, "features": features}

    def forward(
        self, before: Tensor, features: Tensor, state: State | None = None
    ) -> tuple[Tensor, State]:
        """Return the logits [T, B, N_CHOICES] of notes, of which `before` [T, B, BEFORE] were."""
        inputs = torch.cat([self.embedding(before).flatten(2), features], 2)
        out, state = self.lstm(inputs, state)
        return self.output(self.drop(out)), state

    def loss(self, batch: Batch, state: State | None) -> tuple[Loss, State]:
        """Take `before`, `features`, `velocity` int64 [T, B] and `weight` [T, B]."""
        before, velocity = batch["before"], batch["velocity"][:, :, None]
        logits, state = self(before, batch["features"], state)
        own, again = logits.split([N_VELOCITIES, BEFORE], 2)
        again = again.masked_fill(before == 0, _NEVER)
        every = torch.logaddexp(own.logsumexp(2), again.logsumexp(2))
        hits = torch.cat(
            [own.gather(2, velocity), again.masked_fill(before != velocity, _NEVER)], 2
        )
        nats = every - hits.logsumexp(2)
        weight = batch["weight"]
        return Loss({"velocity": (nats * weight).sum()}, {"velocity": weight.sum()}), state

    def tensors(self) -> dict[str, Tensor]:
        """Return the weights under the names that `policies.touch` knows."""
        return {
            "embedding": self.embedding.weight,
            **lstm_tensors(self.lstm),
            "output.weight": self.output.weight,
            "output.bias": self.output.bias,
        }
