"""A codec that is another one, but for the grammar of its bars."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass

from daw_bridge.encoding.codec import Codec, Grammar, Kind, Tokens, TokenTable
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter


@dataclass(frozen=True, slots=True)
class Wrapped(ABC):
    """Be the codec within in all that is not overridden."""

    codec: Codec

    @property
    def name(self) -> str:
        """Give the name under which cards ask for this codec."""
        return self.codec.name

    @property
    def vocab_size(self) -> int:
        """Count the tokens."""
        return self.codec.vocab_size

    @property
    def start_token(self) -> int:
        """Give the token that stands before the first bar of a piece."""
        return self.codec.start_token

    @property
    def kind(self) -> Kind:
        """What it holds."""
        return self.codec.kind

    @property
    def tokens(self) -> TokenTable:
        """What each token is and does."""
        return self.codec.tokens

    @property
    def meter(self) -> Meter | None:
        """The meter of every bar; None where tokens say it, or may."""
        return self.codec.meter

    def quantise(self, bar: Bar) -> Bar:
        """Give the nearest bar that the codec can hold exactly."""
        return self.codec.quantise(bar)

    def encode(self, bar: Bar) -> Tokens:
        """Give the tokens [n_tokens] of a bar."""
        return self.codec.encode(bar)

    def decode(self, tokens: Iterable[int]) -> Bar:
        """Give the bar of tokens."""
        return self.codec.decode(tokens)

    def after(self, bar: Bar | None) -> Codec:
        """Give the same for the bar that comes after one, or after none."""
        del bar
        return self

    @abstractmethod
    def grammar(self, meter: Meter) -> Grammar:
        """Start following a new bar of a meter."""
