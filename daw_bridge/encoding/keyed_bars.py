"""What the encodings of pitched music share: each bar opens with its meter and its key."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding.codec import Tokens, TokenTable, mask_of
from daw_bridge.encoding.kind import Kind
from daw_bridge.encoding.meters import (
    N_KEYS,
    N_METERS,
    key_number,
    meter_at,
    meter_number,
    step_ticks,
)
from daw_bridge.errors import UserError
from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter

N_OPENING = 2
"""The tokens that open a bar: its meter, its key."""


@dataclass(frozen=True, slots=True)
class KeyedBars(ABC):
    """Bars on a grid, in the key that `encode` writes and `grammar` forces; None is any.

    A codec states its `name` and `kind`, its tokens around a piece, and `first_meter`: the tokens
    of all meters stand there, and those of all keys end the vocabulary; with `triplets` another
    token follows, which stands before a quarter's first step and puts its steps on thirds.

    Raises:
        UserError: the grid does not divide a quarter note, the key is neither major nor minor, or
            there are to be triplets on another grid than 16ths.
    """

    key: Key | None = None
    steps_per_quarter: int = 4
    triplets: bool = False

    name: ClassVar[str]
    """The name under which cards ask for this codec."""
    kind: ClassVar[Kind]
    meter: ClassVar[None] = None
    """Every bar says its own."""
    start_token: ClassVar[int]
    """Stands before the first bar of a piece."""
    first_meter: ClassVar[int]
    n_key_tokens: ClassVar[int] = N_KEYS

    def __post_init__(self) -> None:
        step_ticks(self.steps_per_quarter)
        key_number(self.key)
        if self.triplets and self.steps_per_quarter != 4:
            what = "4 steps a quarter where there are triplets"
            raise UserError(what, str(self.steps_per_quarter), "leave one of them out")

    @property
    def vocab_size(self) -> int:
        """The count of tokens."""
        return self.end_key + self.triplets

    @property
    def end_key(self) -> int:
        """The token after those of keys: that of thirds, where there is one."""
        return self.first_key + self.n_key_tokens

    @property
    def first_key(self) -> int:
        """The token of any key; those of the others follow."""
        return self.first_meter + N_METERS

    def conditions(self, meter: Meter) -> tuple[int, int]:
        """Return the tokens that open a bar: meter, key."""
        return self.first_meter + meter_number(meter), self.first_key + key_number(self.key)

    @property
    @abstractmethod
    def tokens(self) -> TokenTable:
        """What each token is and does."""

    @abstractmethod
    def quantise(self, bar: Bar) -> Bar:
        """Return the nearest bar that the codec can hold exactly."""

    @abstractmethod
    def encode(self, bar: Bar) -> Tokens:
        """Return the tokens [n_tokens] of a bar in the key of this codec."""

    @abstractmethod
    def follow(self, meter: Meter, conditions: tuple[int, ...]) -> KeyedGrammar:
        """Start following a bar whose first tokens are these conditions; the others are free."""

    def decode(self, tokens: Iterable[int]) -> Bar:
        """Return the bar of tokens; its key is not part of it.

        Raises:
            ValueError: the tokens are not those of one whole bar.
        """
        drawn = [int(token) for token in tokens]
        if not drawn or not 0 <= drawn[0] - self.first_meter < N_METERS:
            raise ValueError(f"expected a meter first, found {drawn[:1]}")
        grammar = self.follow(meter_at(drawn[0] - self.first_meter), (drawn[0],))
        for token in drawn:
            mask = grammar.allowed()
            if mask is None or not (0 <= token < len(mask) and mask[token]):
                raise ValueError(f"expected another token than {token} in a bar of this encoding")
            grammar.push(token)
        if grammar.allowed() is not None:
            raise ValueError("expected the tokens of one whole bar")
        return grammar.bar()

    def grammar(self, meter: Meter) -> KeyedGrammar:
        """Start following a new bar: its meter and the key of this codec come first."""
        return self.follow(meter, self.conditions(meter))


class KeyedGrammar(ABC):
    """What may come next in one bar of a codec.

    `conditions` are the condition tokens that are forced, from the first; the others are free.
    """

    def __init__(self, codec: KeyedBars, meter: Meter, conditions: tuple[int, ...]) -> None:
        self._meter = meter
        self._step = step_ticks(codec.steps_per_quarter)
        self._n_steps = self._meter.steps(self._step)
        self._forced = conditions
        self._n_opened = 0
        self._vocab_size = codec.vocab_size
        self._keys = codec.first_key, codec.end_key
        self._ends_step = codec.tokens.ends_step
        self._has_thirds = codec.triplets and meter.denominator <= 4
        self._thirds = set[int]()
        self._n_closed, self._fresh = 0, True

    def allowed(self) -> NDArray[np.bool_] | None:
        """Return a mask [vocab_size] of what may come next; None when the bar is complete."""
        if self._n_opened == N_OPENING:
            mask = self._allowed_in_bar()
            return self._with_thirds(mask) if self._has_thirds and mask is not None else mask
        if self._n_opened < len(self._forced):
            forced = self._forced[self._n_opened]
            return mask_of(self._vocab_size, (forced, forced + 1))
        return mask_of(self._vocab_size, self._keys)

    def push(self, token: int) -> None:
        """Take the token that was drawn."""
        if self._n_opened < N_OPENING:
            self._n_opened += 1
        elif token == self._keys[1]:
            self._thirds.add(self._n_closed // 4)
            self._fresh = False
        else:
            self._fresh = bool(self._ends_step[token])
            self._n_closed += self._fresh
            self._push_in_bar(token)

    def _with_thirds(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Allow a quarter's steps on thirds, before the first of a whole one."""
        whole = self._n_closed + 4 <= self._n_steps
        if not self._fresh or self._n_closed % 4 or not whole:
            return mask
        out: NDArray[np.bool_] = mask | mask_of(self._vocab_size, (self._keys[1], self._vocab_size))
        return out

    @abstractmethod
    def bar(self) -> Bar:
        """Return the bar of all that was pushed."""

    @abstractmethod
    def _allowed_in_bar(self) -> NDArray[np.bool_] | None: ...

    @abstractmethod
    def _push_in_bar(self, token: int) -> None: ...
