"""The functions between the layers of a network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def sigmoid(x: Array) -> Array:
    """Give 1 / (1 + exp(-x)), through tanh, which cannot overflow."""
    y: Array = np.tanh(x * np.float32(0.5))
    y += 1
    y *= np.float32(0.5)
    return y


def softmax(x: Array) -> Array:
    """Give the chances [n] of scores [n]."""
    y: Array = np.exp(x - x.max())
    y /= y.sum()
    return y


def log_softmax(x: Array) -> Array:
    """Give the logarithms of the chances [n] of scores [n]."""
    y: Array = x - x.max()
    y -= np.log(np.exp(y).sum())
    return y
