"""A network over the tokens of pitched music that looks back; `policies` plays it in numpy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from daw_bridge.config.training import LoopFile
from daw_bridge.corpora.pieces import Piece
from daw_bridge.encoding.codec import Vocabulary
from daw_bridge.encoding.meters import N_KEYS
from daw_bridge.errors import UserError
from daw_bridge.policies.layout import N_NOTES, layout_of
from daw_bridge.policies.observe_form import N_FORM
from daw_bridge.policies.observe_leap import N_WAYS, Leap, LeapTable
from daw_bridge.policies.observe_place import N_PLACE, places_of
from daw_bridge.policies.observe_tokens import N_FEATURES
from daw_bridge.policies.token_lookback import KEY_WIDTH
from daw_bridge.training.batches import Batch, Example
from daw_bridge.training.networks.network import (
    Loss,
    Network,
    State,
    hidden_form,
    lstm_parameters,
    lstm_tensors,
    take_parameters,
)
from daw_bridge.training.networks.token_lookback_examples import MOST_MOVED, examples_of

HIDDEN = 0.25
"""How often a key is hidden, so that the network plays without one as well; drums likewise."""

NO = -1e4


class TokenLookBack(Network):
    """An LSTM over steps that sees earlier steps, and a small network over the tokens of a step.

    A token's chance mixes a softmax over what may follow with copies of what came next at the same
    place of earlier bars. A piece whose key is known is moved to C before anything else, so that
    all keys teach one; every token that the network is shown or asked for is replaced by the one of
    the moved pitch. Now and then the key is hidden while it learns, and the piece moved anywhere.
    With `leaps` it is told which leap of a melody is open, and leans to notes that go on from it or
    turn it back, or away from them, as much as it has learnt to.
    """

    n_chances: ClassVar[int] = 2
    moves: Tensor
    home: Tensor
    order: Tensor
    places: Tensor

    def __init__(
        self,
        vocabulary: Vocabulary,
        *,
        hidden: int = 256,
        layers: int = 2,
        embedding: int = 64,
        looked: int = 32,
        head: int = 256,
        seen: int | None = None,
        copied: int | None = None,
        keys: int | None = None,
        voices: int | None = None,
        leaps: int = 0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        layout = layout_of(vocabulary)
        self.seen, self.copied = layout.n_seen, layout.n_copied
        self.told, self.voices = layout.told, layout.n_voices
        self.first_key, self.end_key = layout.keys
        n_keys = max(self.end_key - self.first_key, 1)
        self.tells_drums = n_keys > N_KEYS
        wanted = {
            "seen": self.seen,
            "copied": self.copied,
            "keys": n_keys,
            "voices": layout.n_voices,
        }
        stated = {"seen": seen, "copied": copied, "keys": keys, "voices": voices}
        if any(value not in (None, wanted[name]) for name, value in stated.items()):
            raise UserError(
                f"{wanted} for {vocabulary.name}", str(stated), "mend the preset's network"
            )
        self.shape = {
            "hidden": hidden,
            "layers": layers,
            "embedding": embedding,
            "looked": looked,
            "head": head,
            **wanted,
        } | ({"leaps": leaps} if leaps else {})
        self.leap_table = LeapTable(layout.tokens)
        if leaps and layout.n_voices != 1:
            what = "a melody of one voice, for a network that is told of its leaps"
            raise UserError(what, vocabulary.name, "leave out `leaps`")
        size = layout.vocab_size
        moves = np.stack([layout.moved(k) for k in range(-MOST_MOVED, MOST_MOVED)])
        self.register_buffer("moves", torch.from_numpy(moves), persistent=False)
        self.register_buffer("home", torch.from_numpy(layout.home()), persistent=False)
        places = torch.from_numpy(places_of(layout.tokens).rows)
        self.register_buffer("places", places, persistent=False)
        order = torch.from_numpy(np.append(layout.tokens.rank, -1))
        self.register_buffer("order", order, persistent=False)
        self.tokens = nn.Embedding(size + 1, embedding)
        self.looked = nn.EmbeddingBag(size + 1, looked, mode="sum", padding_idx=size)
        self.key = nn.Embedding(n_keys, KEY_WIDTH)
        width = self.seen * looked + self.copied * N_FEATURES + N_PLACE + KEY_WIDTH + N_FORM
        self.lstm = nn.LSTM(width, hidden, layers, dropout=dropout if layers > 1 else 0.0)
        self.drop_seen = nn.Dropout(dropout / 2)
        self.drop = nn.Dropout(dropout)
        self.attend = nn.Linear(hidden, self.copied + N_FEATURES + 1)
        self.head = nn.Linear(hidden + (4 if self.voices else 3) * embedding, head)
        self.gate = nn.Linear(head, self.copied + N_FEATURES + 3)
        self.output = nn.Linear(head, size)
        self.leap = nn.Linear(hidden, N_WAYS) if leaps else None
        if self.leap is not None:
            nn.init.zeros_(self.leap.weight)
            nn.init.zeros_(self.leap.bias)
        for table in (self.tokens, self.looked):
            nn.init.normal_(table.weight, std=0.1)
        with torch.no_grad():
            self.looked.weight[size] = 0

    @staticmethod
    def examples(
        pieces: Sequence[Piece], vocabulary: Vocabulary, *, transpose: bool
    ) -> list[Example | None]:
        """Return the steps and tokens of each piece, and how far it may be moved."""
        return examples_of(pieces, vocabulary, transpose=transpose)

    def hide(self, batch: Batch, chances: NDArray[np.float64], loop: LoopFile) -> Batch:
        """Hide what bars are told to be, and where they stand."""
        if not self.told:
            return batch
        told = torch.from_numpy(chances[:, 0] >= loop.hide_form)
        stands = torch.from_numpy(chances[:, 1] >= loop.hide_phrase)
        nothing, at = self.order.shape[0] - 1, -1 - (N_NOTES if self.voices else 0)
        seen, copies = batch["seen"].clone(), batch["copies"].clone()
        seen[:, :, at] = seen[:, :, at].where(told[None, :, None], nothing)
        lane = told[batch["lane"]]
        copies[:, -1] = copies[:, -1].where(lane, nothing)
        out = {**batch, "seen": seen, "copies": copies}
        for name, kept in (("features", told), ("agreed", lane)):
            out[name] = batch[name].clone()
            out[name][..., -1, :] *= kept[:, None]
        out["alike"] = batch["alike"].clone()
        out["alike"][:, -1] *= lane
        return out | {"form": hidden_form(batch["form"], told, stands)}

    def loss(self, batch: Batch, state: State | None) -> tuple[Loss, State]:
        """Take arrays of `observe_tokens.Observation`: rows of steps [T, B, ...], and of M tokens.

        `low` and `high` [T, B] say how many semitones a piece may be moved; `step` and `lane`
        [M] where each token is.
        """
        moves = self._moves(batch, state)
        nats, inner = self.nats(batch, moves, None if state is None else (state[0], state[1]))
        count = torch.tensor(float(len(nats)), device=nats.device)
        return Loss({"token": nats.sum()}, {"token": count}), (*inner, moves)

    def nats(self, batch: Batch, moves: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Return the nats [M] of every token of a batch whose pieces are moved, and the state."""
        table = self.moves[moves[0, 0] + MOST_MOVED]
        hidden, inner = self._steps(batch, table, moves[0, 1:], state)
        return self._nats(hidden, batch, table), inner

    def foretold(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the nats of each step's tokens, and what the LSTM gave before it."""
        moves = self._moves(batch, None)
        table = self.moves[moves[0, 0] + MOST_MOVED]
        hidden, _ = self._steps(batch, table, moves[0, 1:], None)
        nats, at = self._nats(hidden, batch, table), (batch["step"], batch["lane"])
        return torch.zeros_like(batch["weight"]).index_put(at, nats, accumulate=True), hidden

    def _mixed(self, parts: tuple[Tensor, Tensor, Tensor], table: Tensor, lane: Tensor) -> Tensor:
        """Return the chance [m, vocab] of each token as it is played; those moved to one share."""
        new, choice, copies = parts
        nothing = self.order.shape[0] - 1
        drawn, copied = (new + choice[:, :1]).exp(), choice[:, 1:].exp()
        mixed = drawn.scatter_add(1, copies.clamp(max=nothing - 1), copied)
        moved = table[:, :nothing]
        ones = torch.ones(moved.shape, device=moved.device)
        shared = torch.zeros_like(ones).scatter_add(1, moved, ones).gather(1, moved)
        return mixed.gather(1, moved[lane]) / shared[lane]

    def _leans(self, known: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return which m of the tokens came while a leap was open, and how it leans [m, vocab]."""
        assert self.leap is not None  # noqa: S101
        at = batch["leap"][:, 0].nonzero()[:, 0]
        leaps = (Leap(*row) for row in batch["leap"][at].tolist())
        ways = [self.leap_table.ways(leap) for leap in leaps]
        leans = nn.functional.pad(self.leap(known[at]), (1, 0))
        none = np.zeros((0, self.order.shape[0] - 1), np.int64)
        of_tokens = torch.from_numpy(np.stack(ways) if ways else none).to(leans.device)
        return at, leans.gather(1, of_tokens)

    def _nats(self, hidden: Tensor, batch: Batch, table: Tensor) -> Tensor:
        """Return the nats [M] of every token, by the outputs of the LSTM."""
        lane = batch["lane"]
        known = hidden[batch["step"], lane]
        new, choice, copies = self._tokens(known, batch, table[lane])
        target = table[lane, batch["target"]][:, None]
        drawn = new.gather(-1, target) + choice[:, :1]
        copied = choice[:, 1:].masked_fill(copies != target, NO)
        nats = -torch.cat([drawn, copied], -1).logsumexp(-1)
        if self.leap is None:
            return nats
        at, lean = self._leans(known, batch)
        chances = self._mixed((new[at], choice[at], copies[at]), table, lane[at])
        more = (chances * lean.exp()).sum(1) / chances.sum(1)
        leant = more.log() - lean.gather(1, batch["target"][at][:, None])[:, 0]
        return nats.index_add(0, at, leant)

    def _moves(self, batch: Batch, state: State | None) -> Tensor:
        """Draw for each piece how far it is moved, and if key and drums are hidden: [1, 3, B]."""
        if state is not None:
            return state[2]
        key = batch["key"][0]
        home = self.home[key]
        if not self.training:
            shown = torch.zeros_like(home)
            return torch.stack([home, shown, shown])[None]
        low, high = batch["low"][0], batch["high"][0]
        drawn = torch.rand(2, len(low), device=low.device)
        anywhere = low + (drawn[0] * (high - low + 1)).long()
        hidden = drawn[1] < HIDDEN
        shift = torch.where(hidden | (key % N_KEYS == 0), anywhere, home)
        drums = torch.zeros_like(hidden)
        if self.tells_drums:
            drums = torch.rand(len(low), device=low.device) < HIDDEN
        return torch.stack([shift, hidden.long(), drums.long()])[None]

    def _steps(
        self, batch: Batch, table: Tensor, hide: Tensor, state: State | None
    ) -> tuple[Tensor, State]:
        """Run the LSTM over steps: [T, B, hidden]."""
        n, lanes = batch["place"].shape
        lane = torch.arange(lanes, device=table.device)
        seen = table[lane[None, :, None, None], batch["seen"]]
        looked = self.looked(seen.flatten(0, 2)).view(n, lanes, -1)
        key = batch["key"]
        if self.end_key:
            moved = table[lane[None], self.first_key + key] - self.first_key
            drums = moved // N_KEYS * N_KEYS
            key = (moved - drums) * (1 - hide[0]) + drums * (1 - hide[1])
        inputs = [
            self.drop_seen(looked),
            batch["features"].flatten(2),
            self.places[batch["place"]],
            self.key(key),
            batch["form"],
        ]
        out, inner = self.lstm(torch.cat(inputs, 2), state)
        return self.drop(out), inner

    def _tokens(self, hidden: Tensor, batch: Batch, table: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return log chances of what is new [M, vocab] and of new and each copy, and the copies."""
        copies, played = table.gather(1, batch["copies"]), table.gather(1, batch["played"])
        last = table.gather(1, batch["last"][:, None])[:, 0]
        nothing = self.order.shape[0] - 1
        missing = copies == nothing
        features = torch.cat(
            [batch["agreed"], batch["alike"][..., None].to(batch["agreed"].dtype)], -1
        )
        scores = self.attend(hidden)
        scores = scores[:, : self.copied] + _dot(features, scores[:, self.copied :])
        weights = scores.masked_fill(missing, NO).softmax(-1) * ~missing.all(-1, keepdim=True)
        mean = (weights[..., None] * self.tokens(copies)).sum(1)
        known = [hidden, self.tokens(last), self._sum(played), mean]
        if self.voices:
            known.append(self._sum(table.gather(1, batch["notes"])))
        head = self.drop(self.head(torch.cat(known, -1)).relu())
        closed = self.order[:-1] <= self.order[last][:, None]
        new = self.output(head).float().masked_fill(closed, NO).log_softmax(-1)
        gate = self.gate(head).float()
        own = new.gather(-1, copies.clamp(max=nothing - 1))
        scores = gate[:, 2 : 2 + self.copied] + _dot(features, gate[:, 2 + self.copied :])
        scores = (scores + gate[:, 1:2] * own / 4).masked_fill(missing, NO)
        return new, torch.cat([gate[:, :1], scores], -1).log_softmax(-1), copies

    def _sum(self, tokens: Tensor) -> Tensor:
        """Return the sum of the embeddings of [M, n] tokens, of which some are none."""
        table = self.tokens.weight
        return nn.functional.embedding_bag(
            tokens, table, mode="sum", padding_idx=self.order.shape[0] - 1
        )

    def tensors(self) -> dict[str, Tensor]:
        """Return the weights under the names that `policies.token_lookback` knows."""
        plain = {
            f"{name}.{part}": getattr(getattr(self, name), part)
            for name in ("attend", "head", "gate", "output", *(["leap"] if self.leap else []))
            for part in ("weight", "bias")
        }
        tables = {name: getattr(self, name).weight for name in ("tokens", "looked", "key")}
        return {**tables, **lstm_tensors(self.lstm), **plain}

    def take(self, tensors: Mapping[str, Tensor]) -> None:
        """Play as these weights do."""
        tables = {f"{name}.weight": tensors[name] for name in ("tokens", "looked", "key")}
        take_parameters(self, {**tensors, **tables, **lstm_parameters(self.lstm, tensors)})


def _dot(features: Tensor, weights: Tensor) -> Tensor:
    return (features * weights[..., None, :]).sum(-1)
