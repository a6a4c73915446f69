"""The network over tokens that looks back, in numpy: plays `training.token_network`'s weights."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding.codec import Codec
from daw_bridge.encoding.token_context import (
    N_COMPARED,
    N_FEATURES,
    N_KEPT,
    N_PLACE,
    Sight,
    Steps,
    candidates,
    identify,
    layout_of,
    look,
    place_features,
    seen_tokens,
)
from daw_bridge.policies.card import Card
from daw_bridge.policies.lstm import Layers, LayerState, Shapes, Weights
from daw_bridge.policies.policy import Logits

Array = NDArray[np.float32]

LEAST = np.float32(-60)
"""No token has a lower logit, so that what a grammar forces can always be drawn."""


@dataclass(frozen=True, slots=True)
class TokenState:
    """Hold everything between two tokens.

    `steps` are the last ones that were closed; `played` the tokens of the open one, `rank` the
    highest among them; `sight` was seen when it was opened, and `looked` embeds it.
    """

    layers: tuple[LayerState, ...]
    steps: Steps
    sight: Sight | None = None
    looked: Array = field(default_factory=lambda: np.zeros(0, np.float32))
    played: tuple[int, ...] = ()
    rank: int = -1
    place: int = 0
    n_steps: int = 1
    begun: bool = False


class TokenLookBackPolicy:
    """Play a network that looks back over the tokens of a pitched encoding.

    Safe to share between threads: it holds weights alone.
    """

    def __init__(self, card: Card, codec: Codec, weights: Weights) -> None:
        self.card = card
        self._layout = layout_of(codec)
        self._weights = {name: np.ascontiguousarray(array) for name, array in weights.items()}
        self._layers = Layers(weights, card.network_shape["layers"])
        names = ("attend", "gate")
        self._heads = np.concatenate([weights[f"{name}.weight"] for name in names])
        self._heads_bias = np.concatenate([weights[f"{name}.bias"] for name in names])
        self._n_copied = len(self._layout.copied)

    @staticmethod
    def shapes(
        *,
        vocab_size: int,
        hidden: int,
        layers: int,
        embedding: int,
        looked: int,
        seen: int,
        copied: int,
    ) -> Shapes:
        """Give the name and shape of every tensor in the weights file.

        `looked` is the width of what is seen of one earlier step; `seen` and `copied` count those
        steps.
        """
        width = embedding + seen * looked + copied * N_FEATURES + N_PLACE
        linear = {
            "attend": (copied + N_FEATURES, hidden),
            "gate": (copied + N_FEATURES + 2, hidden),
            "mix": (hidden, hidden + embedding),
            "output": (vocab_size, hidden),
        }
        return {
            "tokens": (vocab_size + 1, embedding),
            "looked": (vocab_size + 1, looked),
            **Layers.shapes(width, hidden, layers),
            **{f"{name}.weight": shape for name, shape in linear.items()},
            **{f"{name}.bias": shape[:1] for name, shape in linear.items()},
        }

    def initial_state(self) -> TokenState:
        """Give the state before a piece."""
        nothing = Steps(np.zeros((0, N_KEPT), np.int64), np.zeros(0, np.int64))
        return TokenState(self._layers.initial_state(), nothing)

    def step(self, token: int, state: TokenState) -> tuple[Logits, Any]:
        """Take a token; give the logits [vocab_size] of the one after it, and the new state."""
        state = self._heard(token, state) if state.begun else replace(state, begun=True)
        if state.sight is None:
            state = self._look(state)
        sight = state.sight
        assert sight is not None  # noqa: S101  # `_look` has just set it
        played = np.full((1, N_KEPT), self._layout.nothing)
        played[0, : len(state.played)] = state.played
        copies, alike = candidates(
            self._with_open_step(state),
            sight.source,
            np.array([state.rank]),
            played,
            self._layout,
        )
        features = np.concatenate((sight.features[0], alike[0, :, None]), 1)
        inputs = np.concatenate(
            (self._weights["tokens"][token], state.looked, features.ravel(), self._place(state))
        )
        hidden, layers = self._layers.step(inputs, state.layers)
        logits = self._logits(hidden, copies[0], features, state.rank)
        return logits, replace(state, layers=layers)

    def _heard(self, token: int, state: TokenState) -> TokenState:
        layout = self._layout
        order = int(layout.order[token])
        if layout.meters[token]:
            return replace(state, n_steps=int(layout.meters[token]), place=0, sight=None)
        if order < 0:
            return state
        played = (*state.played, token)[:N_KEPT]
        if not layout.closes[token]:
            return replace(state, played=played, rank=max(state.rank, order))
        row = np.full((1, N_KEPT), layout.nothing)
        row[0, : len(played)] = played
        longest = max(state.n_steps, 16) * layout.reach + N_COMPARED + max(layout.near)
        keep = max(len(state.steps.ids) + 1 - longest, 0)
        steps = Steps(
            np.concatenate((state.steps.tokens[keep:], row)),
            np.concatenate((state.steps.ids[keep:], identify(row))),
        )
        place = (state.place + 1) % state.n_steps
        return replace(state, steps=steps, played=(), rank=-1, place=place, sight=None)

    def _look(self, state: TokenState) -> TokenState:
        steps = self._with_open_step(state)
        at, n_steps = np.array([len(state.steps.ids)]), np.array([state.n_steps])
        sight = look(steps.ids, at, n_steps, self._layout)
        seen = seen_tokens(steps, sight.seen, self._layout)[0]
        return replace(state, sight=sight, looked=self._weights["looked"][seen].sum(1).ravel())

    def _with_open_step(self, state: TokenState) -> Steps:
        """Give the steps with a row for the open one, of which nothing is ever looked at."""
        if len(state.steps.ids):
            return state.steps
        row = np.full((1, N_KEPT), self._layout.nothing)
        return Steps(row, np.zeros(1, np.int64))

    def _place(self, state: TokenState) -> Array:
        row: Array = place_features(np.array([state.place]), np.array([state.n_steps]))[0]
        return row

    def _logits(
        self, hidden: Array, copies: NDArray[np.int64], features: Array, rank: int
    ) -> Logits:
        """Mix a softmax over what may follow with copies from earlier bars."""
        n = self._n_copied
        attend, gate = np.split(self._heads @ hidden + self._heads_bias, [n + N_FEATURES])
        known = copies != self._layout.nothing
        copies, features = copies[known], features[known]
        mean = np.zeros(self._weights["tokens"].shape[1], np.float32)
        if copies.size:
            scores = attend[:n][known] + features @ attend[n:]
            mean = _softmax(scores) @ self._weights["tokens"][copies]
        mixed = hidden + np.tanh(self._linear("mix", np.concatenate((hidden, mean))))
        scores = self._linear("output", mixed)
        scores[self._layout.order <= rank] = LEAST * 2
        new = _log_softmax(scores)
        scores = gate[2 : 2 + n][known] + features @ gate[2 + n :] + gate[1] * new[copies] / 4
        choice = _log_softmax(np.concatenate((gate[:1], scores)))
        chances = np.exp(new + choice[0])
        np.add.at(chances, copies, np.exp(choice[1:]))
        logits: Logits = np.maximum(np.log(np.maximum(chances, np.float32(1e-30))), LEAST)
        return logits

    def _linear(self, name: str, inputs: Array) -> Array:
        out: Array = self._weights[f"{name}.weight"] @ inputs + self._weights[f"{name}.bias"]
        return out


def _softmax(x: Array) -> Array:
    y: Array = np.exp(x - x.max())
    y /= y.sum()
    return y


def _log_softmax(x: Array) -> Array:
    y: Array = x - x.max()
    y -= np.log(np.exp(y).sum())
    return y
