"""The small network over the tokens of a step: from what the LSTM gives to how likely each is."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from daw_bridge.policies.activations import OF_LOG_CHANCE, rows_to_ask, softmax, with_copies
from daw_bridge.policies.layout import Layout
from daw_bridge.policies.lstm import Weights, product
from daw_bridge.policies.observe_tokens import N_FEATURES
from daw_bridge.policies.recall_tokens import Sight, Step, after, begin_with

Array = NDArray[np.float32]
Ints = NDArray[np.int64]

LEAST = np.float32(-60)
"""No token has a lower logit, so that what a grammar forces can always be drawn."""


class Opened(NamedTuple):
    """What is the same for all tokens of a step, worked out when it was opened.

    There are m earlier steps that may be copied. `steps` are those that differ, and `which` [m]
    says which of them each is. `asked` [1 + m, f] is what is known of them, as `with_copies` has
    it; the last column, whether a step is alike so far, hangs on what was drawn of the open one.
    For each way in which the music is heard, `attend` [m] is how these steps are looked at but for
    that, with what that adds, and `inside` [head] the part of the small network's first layer that
    the LSTM has in it, and `leans` [4] how much likelier it holds what each way on from an open
    leap does to it, none first; of one that is not told of leaps nothing.
    """

    steps: list[Step]
    which: Ints
    asked: Array
    attend: tuple[tuple[Array, np.float32], ...]
    inside: tuple[Array, ...]
    leans: tuple[Array, ...]


class Drawn(NamedTuple):
    """What was drawn of the open step: its tokens, as many as are kept, and the last one.

    `rank` is that of the last, and `notes` are the last that each voice has begun. For each way in
    which the music is heard, `inside` [head] is what the small network makes of these and of the
    tokens but the last.
    """

    inside: tuple[Array, ...]
    last: int
    rank: int = -1
    tokens: tuple[int, ...] = ()
    notes: tuple[int, ...] = ()


class TokenHead:
    """How likely every token of a step is, mixed with copies of earlier steps.

    A token only rises in rank, so the rows of the output stand in that order: what is too low
    already is not worked out. The first layer reads tokens, which are few: it is a table.
    """

    def __init__(self, weights: Weights, layout: Layout) -> None:
        attend, head, gate = (weights[f"{name}.weight"] for name in ("attend", "head", "gate"))
        hidden = attend.shape[1]
        self._layout = layout
        parts, biases = [attend, head[:, :hidden]], [weights["attend.bias"], weights["head.bias"]]
        self._n_head = len(attend) + len(head)
        if "leap.weight" in weights:  # the way that does nothing is held for no likelier
            parts.append(np.pad(weights["leap.weight"], ((1, 0), (0, 0))))
            biases.append(np.pad(weights["leap.bias"], (1, 0)))
        self._step, self._step_bias = np.concatenate(parts), np.concatenate(biases)
        tables = np.split(head[:, hidden:], 4 if layout.n_voices else 3, axis=1)
        read = [weights["tokens"] @ each.T for each in tables]
        self._last, self._others, self._copied, *sounding = read
        self._sounding = sounding[0] if sounding else np.zeros_like(self._last)
        self._sounding[-1] = 0  # of a voice that has begun none
        ranks = layout.tokens.rank
        order = np.argsort(ranks, kind="stable")[np.count_nonzero(ranks < 0) :]
        self._token_out = np.concatenate((weights["output.weight"][order], gate))
        self._token_bias = np.concatenate((weights["output.bias"][order], weights["gate.bias"]))
        self._n_gate = len(gate)
        for rows in (self._token_out, self._token_bias):
            rows[1 - len(gate)] *= OF_LOG_CHANCE
        self._asked = rows_to_ask(layout.n_copied, N_FEATURES + 1)
        self._rank: list[int] = ranks.tolist()
        self._n_tokens = len(order)
        self._least = np.full(self._n_tokens + 1, LEAST)
        beyond = np.searchsorted(ranks[order], np.arange(-1, ranks.max() + 1), side="right")
        self._beyond: list[int] = beyond.tolist()
        self.places = np.full(layout.vocab_size + 1, self._n_tokens)
        """Of each token, its place among the logits; the last is for those that no step holds."""
        self.places[order] = np.arange(self._n_tokens)

    def open(self, hidden: Array, sight: Sight) -> Opened:
        """Return what the tokens of a step share."""
        out = product(self._step, hidden)
        out += self._step_bias
        n = self._asked.shape[1] - 2
        rows = out[np.newaxis] if out.ndim == 1 else out
        asked = self._asked.copy()
        asked[1:, -N_FEATURES - 1 : -1] = sight.features
        sources = [each for each in sight.sources if each.tokens]
        if len(sources) < len(sight.sources):
            known = [place for place, each in enumerate(sight.sources, 1) if each.tokens]
            asked = asked.take([0, *known], 0)
        differ = {each.tokens: each for each in sources}
        numbers = dict(zip(differ, range(len(differ)), strict=True))
        which = np.array([numbers[each.tokens] for each in sources], np.int64)
        attend = tuple((asked[1:, 2:].dot(row[:n]), row[n - 1]) for row in rows)
        inside = tuple(rows[:, n : self._n_head])
        leans = tuple(rows[:, self._n_head :])
        return Opened(list(differ.values()), which, asked, attend, inside, leans)

    def begin(self, opened: Opened, notes: tuple[int, ...]) -> Drawn:
        """Return a step of which nothing was drawn; `notes` are the last of each voice before."""
        inside = opened.inside
        if notes:
            sounding = self._sounding.take(notes, 0).sum(0)
            inside = tuple(each + sounding for each in inside)
        return Drawn(inside, self._layout.nothing, notes=notes)

    def take(self, token: int, drawn: Drawn) -> Drawn:
        """Return a step with one more token."""
        inside, tokens, notes = drawn.inside, drawn.tokens, drawn.notes
        if len(tokens) < self._layout.kept:
            inside = tuple(each + self._others[token] for each in inside)
            tokens = *tokens, token
        if notes and (voice := self._layout.begins[token]) >= 0:
            change = self._sounding[token] - self._sounding[notes[voice]]
            inside = tuple(each + change for each in inside)
            notes = (*notes[:voice], token, *notes[voice + 1 :])
        return Drawn(inside, token, self._rank[token], tokens, notes)

    def logits(self, opened: Opened, drawn: Drawn) -> list[Array]:
        """Return the logits [n + 1] of the next token, by `places`, for each way of hearing."""
        found = after(drawn.rank, opened.steps)
        next_ones = np.array(found, np.int64)
        if -1 in found:
            opened = _holding(opened, next_ones >= 0)
        copies = next_ones[opened.which]
        same = begin_with(drawn.tokens, opened.steps)
        alike = np.array(same, np.float32)[opened.which]
        copied, last = self._copied.take(copies, 0), self._last[drawn.last]
        first = self._beyond[drawn.rank + 1]
        out, bias, places = self._token_out[first:], self._token_bias[first:], self.places[copies]
        places -= first
        asked = opened.asked.copy()
        asked[1:, -1] = alike
        ways = []
        for before, (attend, by_alike) in zip(drawn.inside, opened.attend, strict=True):
            inside = before + last
            if len(copies):
                inside += softmax(attend + alike * by_alike).dot(copied)
            np.maximum(inside, 0, out=inside)
            scores = out.dot(inside)
            scores += bias
            gate = scores[-self._n_gate :]
            chances = with_copies(scores[: -self._n_gate], gate, places, asked)
            logits = self._least.copy()
            np.log(np.maximum(chances, _LEAST_CHANCE), out=logits[first : self._n_tokens])
            ways.append(logits)
        return ways


_LEAST_CHANCE = np.float32(math.exp(LEAST))


def _holding(opened: Opened, found: NDArray[np.bool_]) -> Opened:
    """Leave out steps that hold no next token: those with more tokens than are kept."""
    which = found[opened.which]
    return opened._replace(
        which=opened.which[which],
        asked=opened.asked[np.append(True, which)],
        attend=tuple((attend[which], by_alike) for attend, by_alike in opened.attend),
    )
