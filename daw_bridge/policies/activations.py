"""The functions between the layers of a network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def softmax(x: Array) -> Array:
    """Give the chances [n] of scores [n]."""
    y: Array = np.exp(x - x.max())
    y /= y.sum()
    return y


def with_copies(new: Array, gate: Array, scores: Array, copies: NDArray[np.int64]) -> Array:
    """Mix copies into tokens whose log chances are `new` [n]; give the chances [n] of all.

    `gate` [1] is the score of drawing a new one, `scores` [m] those of each of `copies` [m].
    """
    choice = log_softmax(np.concatenate((gate, scores)))
    chances: Array = np.exp(new + choice[0])
    np.add.at(chances, copies, np.exp(choice[1:]))
    return chances


def log_softmax(x: Array) -> Array:
    """Give the logarithms of the chances [n] of scores [n]."""
    y: Array = x - x.max()
    y -= np.log(np.exp(y).sum())
    return y
