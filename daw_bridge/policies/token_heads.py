"""The small network over the tokens of a step: from what the LSTM gives to how likely each is."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from daw_bridge.policies.activations import softmax
from daw_bridge.policies.layout import Layout
from daw_bridge.policies.lstm import Weights
from daw_bridge.policies.observe_tokens import N_FEATURES
from daw_bridge.policies.recall_tokens import Sight, Step

Array = NDArray[np.float32]

LEAST = np.float32(-60)
"""No token has a lower logit, so that what a grammar forces can always be drawn."""


class Opened(NamedTuple):
    """Hold what is the same for all tokens of a step, worked out when it was opened.

    `sources` may be copied, `places` are their numbers among all there could be, and `features`
    [m, 5] say how well they agree; the last of these hangs on what was drawn of the step. `attend`
    [m] is how they are looked at but for that, and `by_alike` what that adds. `inside` [head] is
    the part of the small network's first layer that the LSTM has in it.
    """

    sources: list[Step]
    places: NDArray[np.int64]
    features: Array
    attend: Array
    by_alike: float
    inside: Array


class Drawn(NamedTuple):
    """Hold what was drawn of the open step: its tokens, as many as are kept, and the last one.

    `rank` is that of the last, and `inside` [head] what the small network makes of the others.
    """

    inside: Array
    last: int
    rank: int = -1
    tokens: tuple[int, ...] = ()


class TokenHead:
    """Tell how likely every token of a step is, mixed with copies of earlier steps.

    A token only rises in rank, so the rows of the output stand in that order: what is too low
    already is not worked out. The first layer reads tokens, which are few: it is a table.
    """

    def __init__(self, weights: Weights, layout: Layout) -> None:
        attend, head, gate = (weights[f"{name}.weight"] for name in ("attend", "head", "gate"))
        hidden = attend.shape[1]
        self._layout = layout
        self._step = np.concatenate((attend, head[:, :hidden]))
        self._step_bias = np.concatenate((weights["attend.bias"], weights["head.bias"]))
        tables = np.split(head[:, hidden:], 3, axis=1)
        self._last, self._others, self._copied = (weights["tokens"] @ each.T for each in tables)
        ranks = layout.tokens.rank
        order = np.argsort(ranks, kind="stable")[np.count_nonzero(ranks < 0) :]
        self._token_out = np.concatenate((weights["output.weight"][order], gate))
        self._token_bias = np.concatenate((weights["output.bias"][order], weights["gate.bias"]))
        self._n_gate = len(gate)
        self._n_tokens = len(order)
        self._least = np.full(self._n_tokens + 1, LEAST)
        beyond = np.searchsorted(ranks[order], np.arange(-1, ranks.max() + 1), side="right")
        self._beyond: list[int] = beyond.tolist()
        self.places = np.full(layout.vocab_size + 1, self._n_tokens)
        """Of each token, its place among the logits; the last is for those that no step holds."""
        self.places[order] = np.arange(self._n_tokens)
        self._place_of: list[int] = self.places.tolist()

    def open(self, hidden: Array, sight: Sight) -> Opened:
        """Return what the tokens of a step share."""
        n = self._layout.n_copied
        out = self._step.dot(hidden)
        out += self._step_bias
        attend, inside = out[: n + N_FEATURES + 1], out[n + N_FEATURES + 1 :]
        places = np.array([k for k, each in enumerate(sight.sources) if each.tokens], np.int64)
        features = np.zeros((len(places), N_FEATURES + 1), np.float32)
        features[:, :-1] = sight.features[places]
        scores = attend[:n][places] + features.dot(attend[n:])
        sources = [sight.sources[k] for k in places]
        return Opened(sources, places, features, scores, float(attend[-1]), inside)

    def begin(self, opened: Opened) -> Drawn:
        """Return a step of which nothing was drawn."""
        return Drawn(opened.inside, self._layout.nothing)

    def take(self, token: int, drawn: Drawn) -> Drawn:
        """Return a step with one more token."""
        rank = int(self._layout.tokens.rank[token])
        if len(drawn.tokens) == self._layout.kept:
            return drawn._replace(last=token, rank=rank)
        return Drawn(drawn.inside + self._others[token], token, rank, (*drawn.tokens, token))

    def logits(self, opened: Opened, drawn: Drawn) -> Array:
        """Return the logits of the next token, by `places`: [n + 1]."""
        next_ones = [each.after(drawn.rank) for each in opened.sources]
        opened, next_ones = _found(opened, next_ones)
        alike = np.array([each.begins_with(drawn.tokens) for each in opened.sources], np.float32)
        inside = drawn.inside + self._last[drawn.last]
        if next_ones:
            looked = softmax(opened.attend + alike * np.float32(opened.by_alike))
            inside += looked.dot(self._copied[next_ones])
        np.maximum(inside, 0, out=inside)
        first = self._beyond[drawn.rank + 1]
        scores = self._token_out[first:].dot(inside)
        scores += self._token_bias[first:]
        logits = self._least.copy()
        copies = [self._place_of[token] - first for token in next_ones]
        gate = scores[-self._n_gate :]
        np.log(
            self._mixed(scores[: -self._n_gate], gate, opened, alike, copies),
            out=logits[first : self._n_tokens],
        )
        return logits

    def _mixed(
        self, scores: Array, gate: Array, opened: Opened, alike: Array, copies: list[int]
    ) -> Array:
        """Return the chances of tokens of these scores, mixed with `copies`."""
        scores = scores - scores.max()
        chances: Array = np.exp(scores)
        total = chances.sum()
        n = self._layout.n_copied
        features = opened.features.copy()
        features[:, -1] = alike
        new = scores[copies] - np.log(total)
        choice = np.empty(len(copies) + 1, np.float32)
        choice[0] = gate[0]
        choice[1:] = gate[2 : 2 + n][opened.places] + features.dot(gate[2 + n :])
        choice[1:] += gate[1] * new / 4
        choice = softmax(choice)
        chances *= choice[0] / total
        np.add.at(chances, copies, choice[1:])
        return np.maximum(chances, _LEAST_CHANCE)


_LEAST_CHANCE = np.float32(math.exp(LEAST))


def _found(opened: Opened, next_ones: list[int]) -> tuple[Opened, list[int]]:
    """Leave out the sources that hold no next token: steps with more tokens than are kept."""
    if -1 not in next_ones:
        return opened, next_ones
    which = [k for k, token in enumerate(next_ones) if token >= 0]
    found = opened._replace(
        sources=[opened.sources[k] for k in which],
        places=opened.places[which],
        features=opened.features[which],
        attend=opened.attend[which],
    )
    return found, [next_ones[k] for k in which]
