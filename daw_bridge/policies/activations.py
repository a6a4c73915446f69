"""The functions between the layers of a network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Ints = NDArray[np.int64]


def softmax(x: Array) -> Array:
    """Return the chances [n] of scores [n]."""
    y: Array = np.exp(x - x.max())
    y /= y.sum()
    return y


def with_copies(scores: Array, gate: Array, copies: Ints, places: Ints, features: Array) -> Array:
    """Return the chances [k] of tokens of some scores, mixed with copies of what was played.

    Of n places m hold a token that may be copied: `copies` [m] are their numbers among the scores,
    and `features` [m, f] say how well they agree. `gate` [2 + n + f] are scores: of drawing a new
    one, then for a copy what its own log chance adds, what its place does, and what features do.
    """
    scores = scores - scores.max()
    chances: Array = np.exp(scores)
    total = chances.sum()
    n = len(gate) - features.shape[1]
    choice = np.empty(len(copies) + 1, np.float32)
    choice[0] = gate[0]
    choice[1:] = gate[2:n][places] + features.dot(gate[n:])
    choice[1:] += gate[1] / 4 * (scores[copies] - np.log(total))
    choice = softmax(choice)
    chances *= choice[0] / total
    np.add.at(chances, copies, choice[1:])
    return chances
