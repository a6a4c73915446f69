"""The contract of every encoding: bars to integers and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter

Tokens = NDArray[np.int64]


class Grammar(Protocol):
    """Follow the tokens of one bar as they are drawn, and tell which may come next."""

    def allowed(self) -> NDArray[np.bool_] | None:
        """Give a mask [vocab_size] of what may come next; None when the bar is complete."""

    def push(self, token: int) -> None:
        """Take the token that was drawn."""


class Codec(Protocol):
    """Turn a bar into tokens and tokens into a bar.

    For every bar, `decode(encode(quantise(bar))) == quantise(bar)`, and encoding twice gives the
    same tokens. A codec is frozen, pure and safe to share between threads.
    """

    @property
    def name(self) -> str:
        """Give the name under which cards ask for this codec."""

    @property
    def vocab_size(self) -> int:
        """Count the tokens: every token is in 0..vocab_size-1."""

    @property
    def start_token(self) -> int:
        """Give the token that stands before the first bar of a piece."""

    def quantise(self, bar: Bar) -> Bar:
        """Give the nearest bar that the codec can hold exactly."""

    def encode(self, bar: Bar) -> Tokens:
        """Give the tokens [n_tokens] of a bar."""

    def decode(self, tokens: Iterable[int]) -> Bar:
        """Give the bar of tokens that `encode` or a policy wrote.

        Raises:
            ValueError: the tokens are not those of one whole bar.
        """

    def grammar(self, meter: Meter) -> Grammar:
        """Start following a new bar of a meter."""
