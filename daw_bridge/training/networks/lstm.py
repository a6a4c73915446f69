"""A plain LSTM over tokens; `policies.lstm` plays it in numpy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from torch import Tensor, nn

from daw_bridge.corpora.pieces import Piece
from daw_bridge.corpora.tokens import encode
from daw_bridge.encoding.codec import Vocabulary, has_bars
from daw_bridge.training.batches import Batch, Example
from daw_bridge.training.networks.network import (
    Loss,
    Network,
    State,
    lstm_parameters,
    lstm_tensors,
    take_parameters,
)


class Lstm(Network):
    """Tokens embedded, layers of LSTM, and the softmax of the next token."""

    def __init__(
        self, vocabulary: Vocabulary, *, hidden: int = 512, layers: int = 2, embedding: int = 128,
        dropout: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__()
        size = vocabulary.vocab_size
        self.shape = {"hidden": hidden, "layers": layers, "embedding": embedding}
        self.embedding = nn.Embedding(size, embedding)
        self.lstm = nn.LSTM(embedding, hidden, layers, dropout=dropout if layers > 1 else 0.0)
        self.drop = nn.Dropout(dropout)
        self.output = nn.Linear(hidden, size)

    @staticmethod
    def examples(
        pieces: Sequence[Piece], vocabulary: Vocabulary, *, transpose: bool
    ) -> list[Example | None]:
        """Return the tokens of each piece, and before each the one that it follows."""
        del transpose
        return [
            None if encoded is None else example_of(piece.name, encoded.tokens, vocabulary)
            for piece, encoded in zip(pieces, encode(pieces, vocabulary), strict=True)
        ]

    @staticmethod
    def grid(vocabulary: Vocabulary) -> int:
        """Return the tokens of a bar of drum text, which has as many in every bar; else 16."""
        if has_bars(vocabulary) and vocabulary.kind == "drums" and vocabulary.meter is not None:
            return vocabulary.tokens.steps_in(vocabulary.meter) + 1
        return 16

    def forward(self, tokens: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Return the logits [T, B, vocab_size] of the token after each of `tokens` [T, B]."""
        out, state = self.lstm(self.embedding(tokens), state)
        return self.output(self.drop(out)), state

    def loss(self, batch: Batch, state: State | None) -> tuple[Loss, State]:
        """Take `token` and `target` int64 [T, B] and `weight` [T, B]."""
        logits, state = self(batch["token"], state)
        nats = nn.functional.cross_entropy(
            logits.flatten(0, 1), batch["target"].flatten(), reduction="none"
        )
        weight = batch["weight"].flatten()
        return Loss({"token": (nats * weight).sum()}, {"token": weight.sum()}), state

    def foretold(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the nats of each token, and what the LSTM gave before it."""
        hidden, _ = self.lstm(self.embedding(batch["token"]))
        logits = self.output(self.drop(hidden))
        nats = nn.functional.cross_entropy(
            logits.flatten(0, 1), batch["target"].flatten(), reduction="none"
        )
        return nats.view_as(batch["weight"]) * batch["weight"], hidden

    def tensors(self) -> dict[str, Tensor]:
        """Return the weights under the names that `policies.lstm` knows."""
        return {
            "embedding": self.embedding.weight,
            **lstm_tensors(self.lstm),
            "output.weight": self.output.weight,
            "output.bias": self.output.bias,
        }

    def take(self, tensors: Mapping[str, Tensor]) -> None:
        """Play as these weights do."""
        found = {**tensors, "embedding.weight": tensors["embedding"]}
        take_parameters(self, found | lstm_parameters(self.lstm, tensors))


def example_of(name: str, tokens: np.ndarray, vocabulary: Vocabulary) -> Example:
    """Return tokens as an example: each, and the one before it."""
    target = tokens.astype(np.int64)
    before = np.concatenate([[vocabulary.start_token], target[:-1]])
    return Example(name, {"token": before, "target": target})
