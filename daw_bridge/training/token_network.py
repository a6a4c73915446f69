"""A network over the tokens of pitched music that looks back; `policies` plays it in numpy."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from daw_bridge.encoding.codec import Codec
from daw_bridge.encoding.token_context import (
    N_FEATURES,
    N_PLACE,
    layout_of,
    observe,
    place_features,
)
from daw_bridge.errors import UserError
from daw_bridge.training.batches import Example
from daw_bridge.training.network import Batch, Loss, lstm_tensors

MOST_MOVED = 6
"""Semitones that a piece is moved up (one less than that) or down, at most."""

State = tuple[Tensor, ...]
NO = -1e4


class TokenLookBack(nn.Module):
    """An LSTM over tokens that sees earlier steps and may copy what comes next in them.

    While it learns, each piece of a batch is moved by some semitones: every token it is shown or
    asked for is replaced by the one of the moved pitch. A key is hidden half of the time, so that
    the network plays with and without.
    """

    def __init__(
        self,
        codec: Codec,
        *,
        hidden: int = 256,
        layers: int = 2,
        embedding: int = 64,
        looked: int = 24,
        seen: int | None = None,
        copied: int | None = None,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        layout = layout_of(codec)
        self.seen, self.copied = layout.n_seen, len(layout.copied)
        if (seen or self.seen, copied or self.copied) != (self.seen, self.copied):
            raise UserError(
                f"seen {self.seen} and copied {self.copied} for {codec.name}",
                f"{seen} and {copied}",
                "mend the preset's network",
            )
        size = layout.vocab_size
        moves = np.stack([layout.moved(k) for k in range(-MOST_MOVED, MOST_MOVED)])
        self.register_buffer("moves", torch.from_numpy(moves), persistent=False)
        order = np.append(layout.order, -1)
        self.register_buffer("order", torch.from_numpy(order), persistent=False)
        self.first_key, self.end_key = layout.keys
        self.tokens = nn.Embedding(size + 1, embedding)
        self.looked = nn.EmbeddingBag(size + 1, looked, mode="sum", padding_idx=size)
        width = embedding + self.seen * looked + self.copied * N_FEATURES + N_PLACE
        self.lstm = nn.LSTM(width, hidden, layers, dropout=dropout if layers > 1 else 0.0)
        self.drop_seen = nn.Dropout(dropout / 2)
        self.drop = nn.Dropout(dropout)
        self.attend = nn.Linear(hidden, self.copied + N_FEATURES)
        self.mix = nn.Linear(hidden + embedding, hidden)
        self.output = nn.Linear(hidden, size)
        self.gate = nn.Linear(hidden, self.copied + N_FEATURES + 2)
        nn.init.normal_(self.tokens.weight, std=0.1)
        nn.init.normal_(self.looked.weight, std=0.1)
        with torch.no_grad():
            self.looked.weight[size] = 0

    def loss(self, batch: Batch, state: State | None) -> tuple[Loss, State]:
        """Take arrays of `token_context.Observation`, time first, with `token` before `target`.

        `low` and `high` [T, B] say how many semitones a piece may be moved, `learnt` [T, B] which
        targets count.
        """
        carried = self._moves(batch, state)
        table = self.table(carried)
        nats, inner = self._nats(batch, table, None if state is None else (state[0], state[1]))
        weight = batch["weight"] * batch["learnt"]
        loss = Loss({"token": (nats * weight).sum()}, {"token": weight.sum()})
        return loss, (*inner, carried)

    def nats(self, batch: Batch, table: Tensor | None = None) -> Tensor:
        """Give the nats [T, B] of every target of a batch that begins pieces.

        They are moved as `table` says, or not at all.
        """
        if table is None:
            table = self.table(self._moves(batch, None))
        return self._nats(batch, table, None)[0]

    def _nats(self, batch: Batch, table: Tensor, state: State | None) -> tuple[Tensor, State]:
        names = ("token", "target", "seen", "copies", "last")
        moved = {name: _moved(table, batch[name]) for name in names}
        new, choice, inner = self(moved, batch, state)
        target = moved["target"][..., None]
        drawn = new.gather(-1, target) + choice[..., :1]
        copied = choice[..., 1:].masked_fill(moved["copies"] != target, NO)
        return -torch.cat([drawn, copied], -1).logsumexp(-1), inner

    def _moves(self, batch: Batch, state: State | None) -> Tensor:
        """Draw for each piece by how much it is moved and whether its key is hidden: [1, 2, B]."""
        lanes = batch["token"].shape[1]
        if state is not None:
            return state[2]
        if self.training:
            low, high = batch["low"][0], batch["high"][0]
            drawn = torch.rand(2, lanes, device=low.device)
            shift = low + (drawn[0] * (high - low + 1)).long()
            return torch.stack([shift, (drawn[1] < 0.5).long()])[None]
        return torch.zeros(1, 2, lanes, dtype=torch.long, device=self.moves.device)

    def table(self, moves: Tensor) -> Tensor:
        """Give the token that each becomes in each piece [B, vocab + 1], for moves [1, 2, B]."""
        shift, hidden = moves[0]
        table = self.moves[shift + MOST_MOVED].clone()
        if self.end_key:
            keys = torch.arange(self.first_key, self.end_key, device=table.device)
            shown = table[:, self.first_key : self.end_key]
            table[:, keys] = torch.where(hidden[:, None].bool(), self.first_key, shown)
        return table

    def forward(
        self, tokens: Batch, batch: Batch, state: State | None
    ) -> tuple[Tensor, Tensor, State]:
        """Give log chances of what is new [T, B, vocab], of new and each copy, and the state."""
        steps, lanes = tokens["token"].shape
        looked = self.looked(tokens["seen"].flatten(0, 2)).view(steps, lanes, -1)
        place = _place(batch["place"], batch["n_steps"])
        features = batch["features"]
        inputs = [
            self.drop_seen(self.tokens(tokens["token"])),
            self.drop_seen(looked),
            features.flatten(2),
            place,
        ]
        out, inner = self.lstm(torch.cat(inputs, 2), state)
        hidden = self.drop(out)
        copies = tokens["copies"]
        missing = copies == self.tokens.num_embeddings - 1
        scores = self.attend(hidden)
        scores = scores[..., : self.copied] + _dot(features, scores[..., self.copied :])
        weights = scores.masked_fill(missing, NO).softmax(-1) * ~missing.all(-1, keepdim=True)
        mean = (weights[..., None] * self.tokens(copies)).sum(-2)
        mixed = hidden + torch.tanh(self.mix(torch.cat([hidden, mean], -1)))
        closed = self.order[:-1] <= self.order[tokens["last"]][..., None]
        new = self.output(mixed).float().masked_fill(closed, NO).log_softmax(-1)
        gate = self.gate(hidden).float()
        own = new.gather(-1, copies.clamp(max=new.shape[-1] - 1))
        scores = gate[..., 2 : 2 + self.copied] + _dot(features, gate[..., 2 + self.copied :])
        scores = (scores + gate[..., 1:2] * own / 4).masked_fill(missing, NO)
        return new, torch.cat([gate[..., :1], scores], -1).log_softmax(-1), inner

    def tensors(self) -> dict[str, Tensor]:
        """Give the weights under the names that `policies.token_look_back` knows."""
        plain = {
            f"{name}.{part}": getattr(getattr(self, name), part)
            for name in ("attend", "mix", "gate", "output")
            for part in ("weight", "bias")
        }
        tables = {"tokens": self.tokens.weight, "looked": self.looked.weight}
        return {**tables, **lstm_tensors(self.lstm), **plain}


def example_of_tokens(
    name: str, tokens: np.ndarray, codec: Codec, reach: tuple[int, int]
) -> Example:
    """Give a piece's tokens as an example; `reach` is how far it may be moved down and up."""
    layout = layout_of(codec)
    seen = observe(tokens.astype(np.int64), layout)
    n = len(tokens)
    low, high = max(reach[0], -MOST_MOVED), min(reach[1], MOST_MOVED - 1)
    return Example(
        name,
        {
            "token": np.concatenate([[codec.start_token], tokens[:-1]]).astype(np.int16),
            "target": tokens.astype(np.int16),
            "seen": seen.seen.astype(np.int16),
            "copies": seen.copies.astype(np.int16),
            "features": seen.features.astype(np.float16),
            "last": seen.last.astype(np.int16),
            "place": seen.place.astype(np.int16),
            "n_steps": seen.n_steps.astype(np.int16),
            "learnt": layout.learnt[tokens].astype(np.float16),
            "low": np.full(n, low, np.int8),
            "high": np.full(n, high, np.int8),
        },
        padding={
            "n_steps": 1,
            "copies": layout.nothing,
            "seen": layout.nothing,
            "last": layout.nothing,
        },
    )


def _place(place: Tensor, n_steps: Tensor) -> Tensor:
    """Give `place_features` of [T, B] places: [T, B, N_PLACE]."""
    rows = place_features(place.cpu().numpy().ravel(), n_steps.cpu().numpy().ravel())
    return torch.from_numpy(rows).view(*place.shape, N_PLACE).to(place.device)


def _moved(table: Tensor, tokens: Tensor) -> Tensor:
    """Replace tokens [T, B, ...] by those of a table for each lane [B, vocab + 1]."""
    lanes = torch.arange(table.shape[0], device=table.device)
    shape = [1, -1] + [1] * (tokens.dim() - 2)
    return table[lanes.view(shape), tokens]


def _dot(features: Tensor, weights: Tensor) -> Tensor:
    return (features * weights[..., None, :]).sum(-1)
