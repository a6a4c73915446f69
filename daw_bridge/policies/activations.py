"""The functions between the layers of a network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Ints = NDArray[np.int64]


def softmax(x: Array) -> Array:
    """Return the chances [n] of scores [n]."""
    y: Array = x - np.maximum.reduce(x)
    np.exp(y, out=y)
    y /= np.add.reduce(y)
    return y


def with_copies(scores: Array, gate: Array, copies: Ints, asked: Array) -> Array:
    """Return the chances [k] of tokens of some scores, mixed with copies of what was played.

    `copies` [m] are numbers of tokens, among the scores, that may be copied. `gate` [2 + n] says
    how likely a new one is, what a copy's own log chance adds, and what n things that are known of
    it do: they are the rows of `asked` [1 + m, 2 + n], as `rows_to_ask` has them.
    """
    scores = scores - np.maximum.reduce(scores)
    chances: Array = np.exp(scores)
    total = np.add.reduce(chances)
    choice = asked.dot(gate)
    choice[1:] += gate[1] / 4 * (scores[copies] - np.log(total))
    choice = softmax(choice)
    chances *= choice[0] / total
    np.add.at(chances, copies, choice[1:])
    return chances


def rows_to_ask(places: int, features: int) -> Array:
    """Return rows of what is known of a new token, and of a copy from each place.

    Of a copy it is its place and its features, which are still to be written.
    """
    rows = np.zeros((1 + places, 2 + places + features), np.float32)
    rows[0, 0] = 1
    rows[1:, 2 : 2 + places] = np.eye(places)
    return rows
