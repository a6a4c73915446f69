"""The functions between the layers of a network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Ints = NDArray[np.int64]


OF_LOG_CHANCE = 0.25
"""What a gate says of the log chance of a copy counts a quarter."""


def softmax(x: Array) -> Array:
    """Return the chances [n] of scores [n]."""
    y: Array = x - x[x.argmax()]
    np.exp(y, out=y)
    y /= np.add.reduce(y)
    return y


def with_copies(scores: Array, gate: Array, copies: Ints, asked: Array) -> Array:
    """Return the chances [k] of tokens of some scores, mixed with copies of what was played.

    `copies` [m] are numbers of tokens, among the scores, that may be copied. `gate` [2 + n] says
    how likely a new one is, what a copy's own log chance adds, and what n things that are known of
    it do: they are the rows of `asked` [1 + m, 2 + n], as `rows_to_ask` has them, to which the log
    chances are written.
    """
    scores = scores - scores[scores.argmax()]
    chances: Array = np.exp(scores)
    total = np.add.reduce(chances)
    asked[1:, 1] = scores[copies] - np.log(total)
    choice = softmax(asked.dot(gate))
    chances *= choice[0] / total
    np.add.at(chances, copies, choice[1:])
    return chances


def rows_to_ask(places: int, features: int) -> Array:
    """Return rows of what is known of a new token, and of a copy from each place.

    Of a copy it is its log chance, its place and its features; but for the place they are still to
    be written.
    """
    rows = np.zeros((1 + places, 2 + places + features), np.float32)
    rows[0, 0] = 1
    rows[1:, 2 : 2 + places] = np.eye(places)
    return rows
