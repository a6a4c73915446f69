"""The network over tokens that looks back, in numpy: plays `training.token_network`'s weights.

The LSTM runs once a step. Within a step tokens are drawn one at a time from a small network on
top. What it looks back at, the last bars, is part of its state.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding.codec import Codec
from daw_bridge.policies.activations import log_softmax, softmax, with_copies
from daw_bridge.policies.card import Card
from daw_bridge.policies.layout import Layout, layout_of
from daw_bridge.policies.lstm import Layers, LayerState, Shapes, Weights
from daw_bridge.policies.observe_tokens import (
    N_FEATURES,
    N_PLACE,
    Sources,
    Steps,
    candidates,
    identify,
    look,
    place_features,
    seen_tokens,
    sources,
)
from daw_bridge.policies.policy import Logits

Array = NDArray[np.float32]

LEAST = np.float32(-60)
"""No token has a lower logit, so that what a grammar forces can always be drawn."""

KEY_WIDTH = 12
"""Numbers that stand for a key."""


class Opened(NamedTuple):
    """Hold what is the same for all tokens of a step, worked out when it was opened.

    `there` is what may be copied, `features` how well it agrees, `attend` how it is looked at, and
    `head` the part of the small network's first layer that the LSTM has in it.
    """

    there: Sources
    features: Array
    attend: Array
    head: Array


@dataclass(frozen=True, slots=True)
class TokenState:
    """Hold everything between two tokens.

    `steps` are the last ones that were closed; `place` is the number in the bar of the open one,
    and `played` are its tokens, `last` the last of them and `rank` its order. All tokens are
    kept moved by `shift` semitones, to where `key` has its tonic on C: when the key changes, what
    was played goes with it.
    """

    layers: tuple[LayerState, ...]
    last: int
    steps: Steps
    opened: Opened | None = None
    played: tuple[int, ...] = ()
    rank: int = -1
    place: int = 0
    n_steps: int = 1
    key: int = 0
    shift: int = 0
    begun: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Move:
    """Move tokens to where the network hears them, and its logits back.

    At the ends of an encoding's range two tokens may come to lie on one: they share its chance.
    """

    tokens: NDArray[np.int64]
    shared: Array

    @classmethod
    def by(cls, shift: int, layout: Layout) -> _Move:
        tokens = layout.moved(shift)
        shared = np.log(np.bincount(tokens)[tokens[:-1]]).astype(np.float32)
        return cls(tokens, shared)

    def back(self, logits: Logits) -> Logits:
        """Give the logits of the tokens as they are played: [vocab_size]."""
        out: Logits = logits[self.tokens[:-1]] - self.shared
        return out


@cache
def _place(place: int, n_steps: int) -> Array:
    features: Array = place_features(np.array([place]), np.array([n_steps]))[0]
    return features


class TokenLookBackPolicy:
    """Play a network that looks back over the tokens of a pitched encoding.

    Safe to share between threads: it holds weights alone.
    """

    def __init__(self, card: Card, codec: Codec, weights: Weights) -> None:
        self.card = card
        self._layout: Layout = layout_of(codec)
        self._weights = {name: np.ascontiguousarray(array) for name, array in weights.items()}
        self._layers = Layers(weights, card.network_shape["layers"])
        # What the small network makes of the LSTM's output is the same for all tokens of a step.
        head, n_hidden = self._weights.pop("head.weight"), card.network_shape["hidden"]
        self._weights["head.step"] = np.ascontiguousarray(head[:, :n_hidden])
        self._weights["head.token"] = np.ascontiguousarray(head[:, n_hidden:])
        self._n_copied = self._layout.n_copied
        self._shifts: list[int] = self._layout.home().tolist()
        self._moves = {shift: _Move.by(shift, self._layout) for shift in set(self._shifts)}
        self._waiting = np.full(card.vocab_size, LEAST, np.float32)

    @staticmethod
    def shapes(
        *,
        vocab_size: int,
        hidden: int,
        layers: int,
        embedding: int,
        looked: int,
        head: int,
        seen: int,
        copied: int,
        keys: int,
    ) -> Shapes:
        """Give the name and shape of every tensor in the weights file.

        `looked` is the width of what is seen of one earlier step, `head` that of the network over
        tokens; `seen` and `copied` count earlier steps, `keys` the keys with "any".
        """
        width = seen * looked + copied * N_FEATURES + N_PLACE + KEY_WIDTH
        linear = {
            "attend": (copied + N_FEATURES + 1, hidden),
            "head": (head, hidden + 3 * embedding),
            "gate": (copied + N_FEATURES + 3, head),
            "output": (vocab_size, head),
        }
        return {
            "tokens": (vocab_size + 1, embedding),
            "looked": (vocab_size + 1, looked),
            "key": (keys, KEY_WIDTH),
            **Layers.shapes(width, hidden, layers),
            **{f"{name}.weight": shape for name, shape in linear.items()},
            **{f"{name}.bias": shape[:1] for name, shape in linear.items()},
        }

    def initial_state(self) -> TokenState:
        """Give the state before a piece."""
        none = Steps(np.zeros((0, self._layout.kept), np.int64), np.zeros(0, np.int64))
        return TokenState(self._layers.initial_state(), self._layout.nothing, none)

    def step(self, token: int, state: TokenState) -> tuple[Logits, TokenState]:
        """Take a token; give the logits [vocab_size] of the one after it, and the new state.

        Between bars, where the tokens of meter and key are forced, all logits are equal.
        """
        layout = self._layout
        first_key, end_key = layout.keys
        if state.begun and layout.tokens.rank[token] >= 0:
            return self._take(int(self._moves[state.shift].tokens[token]), state)
        if first_key <= token < end_key:
            shift = self._shifts[token - first_key]
            key = int(self._moves[shift].tokens[token]) - first_key
            return self._open(replace(state, key=key, shift=shift))
        if layout.tokens.bar_steps[token]:
            state = replace(state, n_steps=int(layout.tokens.bar_steps[token]), place=0)
        state = replace(state, begun=True)
        # Without bars there is nothing to wait for: the start token opens the first step.
        return (self._waiting, state) if end_key else self._open(state)

    def _take(self, token: int, state: TokenState) -> tuple[Logits, TokenState]:
        """Take a token that falls on a step."""
        if self._layout.tokens.ends_step[token]:
            state = self._close(token, state)
            ends_bar = self._layout.keys[1] and state.place == state.n_steps
            return (self._waiting, state) if ends_bar else self._open(state)
        played = (*state.played, token)[: self._layout.kept]
        rank = int(self._layout.tokens.rank[token])
        return self._draw(replace(state, last=token, rank=rank, played=played))

    def _close(self, token: int, state: TokenState) -> TokenState:
        layout = self._layout
        row = self._row((*state.played, token)[: self._layout.kept])
        keep = max(len(state.steps.ids) + 1 - layout.reach(max(state.n_steps, 16)), 0)
        steps = Steps(
            np.concatenate((state.steps.tokens[keep:], row)),
            np.concatenate((state.steps.ids[keep:], identify(row, layout))),
        )
        place = state.place + 1 if layout.keys[1] else 0
        return replace(state, steps=steps, played=(), last=layout.nothing, rank=-1, place=place)

    def _open(self, state: TokenState) -> tuple[Logits, TokenState]:
        """Look back and run the LSTM for the step to come."""
        layout, weights = self._layout, self._weights
        steps = state.steps if len(state.steps.ids) else Steps(self._row(()), np.zeros(1, np.int64))
        at, n_steps = np.array([len(state.steps.ids)]), np.array([state.n_steps])
        sight = look(steps.ids, at, n_steps, layout)
        seen = seen_tokens(steps, sight.seen, layout)[0]
        inputs = np.concatenate(
            (
                weights["looked"][seen].sum(1).ravel(),
                sight.features[0].ravel(),
                _place(state.place, state.n_steps),
                weights["key"][state.key],
            )
        )
        hidden, layers = self._layers.step(inputs, state.layers)
        opened = Opened(
            sources(steps, sight.source, layout),
            sight.features[0],
            self._linear("attend", hidden),
            weights["head.step"] @ hidden + weights["head.bias"],
        )
        return self._draw(replace(state, layers=layers, opened=opened))

    def _draw(self, state: TokenState) -> tuple[Logits, TokenState]:
        """Give the logits of the next token of the open step, mixed with copies of earlier bars."""
        layout, weights = self._layout, self._weights
        tokens = weights["tokens"]
        played = self._row(state.played)
        opened = state.opened
        assert opened is not None  # noqa: S101  # tokens fall on steps that were opened
        found, alike = candidates(opened.there, np.array([state.rank]), played, layout)
        known = found[0] != layout.nothing
        copies = found[0][known]
        features = np.concatenate((opened.features, alike[0, :, None]), 1)[known]
        n, attend = self._n_copied, opened.attend
        mean = np.zeros(tokens.shape[1], np.float32)
        if copies.size:
            mean = softmax(attend[:n][known] + features @ attend[n:]) @ tokens[copies]
        so_far = tokens[list(state.played)].sum(0) if state.played else np.zeros_like(mean)
        inside = np.concatenate((tokens[state.last], so_far, mean))
        head = np.maximum(opened.head + weights["head.token"] @ inside, 0)
        scores = self._linear("output", head)
        scores[layout.tokens.rank <= state.rank] = LEAST * 2
        new = log_softmax(scores)
        gate = self._linear("gate", head)
        scores = gate[2 : 2 + n][known] + features @ gate[2 + n :] + gate[1] * new[copies] / 4
        chances = with_copies(new, gate[:1], scores, copies)
        logits: Logits = np.maximum(np.log(np.maximum(chances, np.float32(1e-30))), LEAST)
        return self._moves[state.shift].back(logits), state

    def _row(self, tokens: tuple[int, ...]) -> NDArray[np.int64]:
        row = np.full((1, self._layout.kept), self._layout.nothing)
        row[0, : len(tokens)] = tokens
        return row

    def _linear(self, name: str, inputs: Array) -> Array:
        out: Array = self._weights[f"{name}.weight"] @ inputs + self._weights[f"{name}.bias"]
        return out
