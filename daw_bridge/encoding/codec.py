"""The contract of every encoding: bars to integers and back, and what each integer means."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeGuard

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding.kind import IN_BARS, Kind
from daw_bridge.errors import UserError
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import PPQ, Meter, Ticks

if TYPE_CHECKING:
    from daw_bridge.jam.ask import Ask

Tokens = NDArray[np.int64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Token(NamedTuple):
    """One token of a vocabulary, as its codec describes it; `TokenTable` says what is what."""

    name: str
    pitch: int = -1
    voice: int = -1
    rank: int = -1
    ends_step: bool = False
    strikes: int = 0
    drums: int = 0
    ends_voice: int = -1
    ties: bool = False
    bar_steps: int = 0
    key: int = -1
    thirds: bool = False
    meter: Meter | None = None


_COLUMNS = Token._fields[1:-1]
"""What of a token is a number, as its table has it."""


@dataclass(frozen=True, slots=True, eq=False)
class TokenTable:
    """All tokens of a vocabulary; arrays are by token [vocab_size], and are not written to.

    `steps_per_quarter` is the grid of all steps; 0: time is told otherwise.

    `names` are for people. `pitch` is the MIDI note, -1 where there is none, as for drums. `voice`
    plays one note at a time; -1 where notes of one kind sound together. `rank` orders the tokens
    of a step, in which it only rises; -1 stands between steps. `ends_step` closes one. `strikes`
    counts the notes that begin, `drums` has the bits of those that are drums. `ends_voice` is the
    voice whose note ends, else -1. `ties` make of the next note one that goes on from the bar
    before. `bar_steps` are the steps of the bar that a token opens, 0 where it opens none; `key` is
    the number of the key that it names (0 for any), else -1. `thirds` puts a quarter's steps on its
    thirds; `meters` are those of bars.
    """

    steps_per_quarter: int
    names: tuple[str, ...]
    pitch: Ints
    voice: Ints
    rank: Ints
    ends_step: Bools
    strikes: Ints
    drums: Ints
    ends_voice: Ints
    ties: Bools
    bar_steps: Ints
    key: Ints
    thirds: Bools
    meters: tuple[Meter | None, ...]

    @classmethod
    def of(cls, tokens: Iterable[Token], steps_per_quarter: int) -> TokenTable:
        """Put tokens into columns, in the order of their numbers."""
        names, *rest, meters = zip(*tokens, strict=True)
        columns = {name: np.array(column) for name, column in zip(_COLUMNS, rest, strict=True)}
        for column in columns.values():
            column.flags.writeable = False
        return cls(steps_per_quarter, names, **columns, meters=meters)

    def steps_in(self, meter: Meter) -> int:
        """Return how many steps a bar of a meter has."""
        return meter.steps(Ticks(PPQ // self.steps_per_quarter))


class Grammar(Protocol):
    """What may come next in one bar, token by token as they are drawn."""

    def allowed(self) -> NDArray[np.bool_] | None:
        """Return a mask [vocab_size] of what may come next; None when the bar is complete.

        The mask may be shared, and is not written to.
        """

    def push(self, token: int) -> None:
        """Take the token that was drawn."""


class BarGrammar(Grammar, Protocol):
    """A grammar that keeps the bar which it follows, as a codec's does."""

    def bar(self) -> Bar:
        """Return the bar of all that was pushed, once it is complete."""


Constraint = Callable[[Grammar, "Ask"], Grammar]
"""From the grammar of a bar, and what is known of the bar, to a grammar that allows less of it.

What it allows can always be gone on from. A bar is drawn under several, one around the other.
"""


class Vocabulary(Protocol):
    """Integers that stand for music. It is frozen, pure and safe to share between threads."""

    @property
    def name(self) -> str:
        """The name under which cards ask for this vocabulary."""

    @property
    def kind(self) -> Kind:
        """What it holds."""

    @property
    def vocab_size(self) -> int:
        """The count of tokens: every token is in 0..vocab_size-1."""

    @property
    def start_token(self) -> int:
        """The token that stands before the first bar of a piece."""

    @property
    def tokens(self) -> TokenTable:
        """What each token is and does; made once."""


class Codec(Vocabulary, Protocol):
    """What turns a bar into tokens, and tokens into a bar.

    For every bar, `decode(encode(quantise(bar))) == quantise(bar)`, and encoding twice gives the
    same tokens. Tokens do not say how beats are grouped: what is decoded has the usual groups.
    """

    @property
    def meter(self) -> Meter | None:
        """The meter of every bar; None where tokens say it, or may."""

    def quantise(self, bar: Bar) -> Bar:
        """Return the nearest bar that the codec can hold exactly."""

    def encode(self, bar: Bar) -> Tokens:
        """Return the tokens [n_tokens] of a bar."""

    def decode(self, tokens: Iterable[int]) -> Bar:
        """Return the bar of tokens that `encode` or a policy wrote.

        Raises:
            ValueError: the tokens are not those of one whole bar.
        """

    def grammar(self, meter: Meter) -> BarGrammar:
        """Start following a new bar of a meter, which keeps its groups."""


@cache
def mask_of(size: int, *ranges: tuple[int, int]) -> Bools:
    """Return a mask [size] of the tokens from each first to before each end, made once."""
    mask = np.zeros(size, np.bool_)
    for first, end in ranges:
        mask[first:end] = True
    mask.flags.writeable = False
    return mask


def holds(codec: Codec, meter: Meter) -> bool:
    """Whether bars of a meter are among those of a codec."""
    if codec.meter is not None:  # what does not say its meter has bars of one length
        return codec.meter.bar_length() == meter.bar_length()
    try:
        codec.encode(Bar((), meter))
    except UserError:
        return False
    return True


def has_bars(vocabulary: Vocabulary) -> TypeGuard[Codec]:
    """Whether a vocabulary is a codec: all are, but for events."""
    return vocabulary.kind in IN_BARS
