"""Drums as text: one nine-bit word a step, `BAR` after each bar, no feel.

The encoding is that of LSTMetallica and of the text files of the Groove data: the leftmost bit
is the kick. Velocity and microtiming are not kept; `drum_grid` keeps them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding.codec import Token, Tokens, TokenTable, mask_of
from daw_bridge.encoding.drum_classes import (
    N_CLASSES,
    N_WORDS,
    PITCHES,
    bit,
    classes_of,
    word_tokens,
)
from daw_bridge.encoding.kind import Kind
from daw_bridge.errors import UserError
from daw_bridge.music.gm_drums import CLASS_OF
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import PPQ, Meter, Ticks

BAR = N_WORDS
"""The token that ends a bar; it also stands before the first bar of a piece."""

VELOCITY = 100
"""What every decoded hit is struck with: text holds no velocity."""

_COMMON_TIME = Meter()


@dataclass(frozen=True, slots=True)
class DrumText:
    """Drums as words of text, at a resolution.

    `resolution` is 16 or 32 steps a whole note. Text does not say what the meter is; bars with as
    many steps as `meter` has are read in it, others in quarters, or eighths, or finer beats.

    Raises:
        ValueError: the resolution is neither 16 nor 32.
    """

    resolution: int = 16
    meter: Meter = _COMMON_TIME

    kind: ClassVar[Kind] = "drums"

    def __post_init__(self) -> None:
        if self.resolution not in (16, 32):
            raise ValueError(f"expected a resolution of 16 or 32, found {self.resolution}")

    @property
    def name(self) -> str:
        """The name under which cards ask for this codec."""
        return "drum-text"

    @property
    def vocab_size(self) -> int:
        """The count of tokens: 512 words and `BAR`."""
        return N_WORDS + 1

    @property
    def start_token(self) -> int:
        """The token that stands before the first bar of a piece."""
        return BAR

    @property
    def tokens(self) -> TokenTable:
        """What each token is and does."""
        return _tokens(self.resolution // 4)

    @property
    def step(self) -> Ticks:
        """The length of one step in ticks."""
        return Ticks(4 * PPQ // self.resolution)

    def quantise(self, bar: Bar) -> Bar:
        """Move every hit to the nearest step; fold pitches to classes; drop what is no drum."""
        return self.decode(self.encode(bar))

    def encode(self, bar: Bar) -> Tokens:
        """Return one word a step, then `BAR`: int64 [n_steps + 1].

        Halves go to the even step, as `numpy.round` does it and as the text files were made.
        """
        n_steps = bar.meter.steps(self.step)
        words = np.zeros(n_steps + 1, np.int64)
        words[-1] = BAR
        for note in bar.notes:
            if (drum := CLASS_OF.get(note.pitch)) is not None:
                words[min(max(round(note.start / self.step), 0), n_steps - 1)] |= bit(drum)
        return words

    def decode(self, tokens: Iterable[int]) -> Bar:
        """Return the bar of words followed by `BAR`; every hit has the same velocity.

        Raises:
            ValueError: the tokens are not those of one whole bar.
        """
        *words, last = [int(token) for token in tokens] or [BAR]
        if last != BAR or not words or not all(0 <= word < N_WORDS for word in words):
            raise ValueError("expected words of 0..511 and one BAR after them")
        duration = Ticks(self.step // 2)
        notes = (
            Note(Ticks(place * self.step), PITCHES[drum], duration, VELOCITY)
            for place, word in enumerate(words)
            for drum in classes_of(word)
        )
        return Bar.of(notes, self._meter_of(len(words)))

    def grammar(self, meter: Meter) -> TextGrammar:
        """Start following a new bar of a meter: as many words as it has steps, then `BAR`."""
        return TextGrammar(self, meter.steps(self.step))

    def _meter_of(self, n_steps: int) -> Meter:
        if n_steps == self.meter.steps(self.step):
            return self.meter
        for denominator in (4, 8, 16, 32):
            numerator, rest = divmod(n_steps * denominator, self.resolution)
            if not rest:
                return Meter(numerator, denominator)
        raise ValueError(f"expected a bar of whole 32nds, found {n_steps} steps")


@cache
def _tokens(steps_per_quarter: int) -> TokenTable:
    return TokenTable.of([*word_tokens(), Token("BAR")], steps_per_quarter)


class TextGrammar:
    """What may come in one bar of words."""

    def __init__(self, codec: DrumText, n_steps: int) -> None:
        self._codec, self._n_steps = codec, n_steps
        self._pushed: list[int] = []

    def allowed(self) -> NDArray[np.bool_] | None:
        """Return a mask [513] of what may come next; None when the bar is complete."""
        if len(self._pushed) > self._n_steps:
            return None
        ended = len(self._pushed) == self._n_steps
        return mask_of(N_WORDS + 1, (BAR, BAR + 1) if ended else (0, N_WORDS))

    def push(self, token: int) -> None:
        """Take the token that was drawn."""
        self._pushed.append(token)

    def bar(self) -> Bar:
        """Return the bar of all that was pushed."""
        return self._codec.decode(self._pushed)


def to_text(tokens: Iterable[int]) -> str:
    """Write tokens as text: `0b100010000 ... BAR`, separated by single spaces."""
    return " ".join("BAR" if token == BAR else f"0b{token:0{N_CLASSES}b}" for token in tokens)


def from_text(text: str) -> list[Tokens]:
    """Read text: the tokens of each bar, `BAR` at the end of each.

    Text that begins with `BAR` is read as if each `BAR` opened a bar. White space of any kind
    separates words.

    Raises:
        UserError: something is no word, a bar is empty, or the last one is not ended.
    """
    bars: list[list[int]] = [[]]
    for place, token in tokens_of(text):
        if token != BAR:
            bars[-1].append(token)
        elif bars[-1] or place == 1:
            bars.append([])
        else:
            raise UserError("words before each BAR", f"none before word {place}", "mend the text")
    opens = not bars[0]
    if bars[-1] and not opens:
        raise UserError("BAR at the end", f"{len(bars[-1])} words after the last", "add it")
    return [np.array([*bar, BAR], np.int64) for bar in bars if bar]


def tokens_of(text: str) -> Iterator[tuple[int, int]]:
    """Read words: the place of each from 1, and its token.

    Raises:
        UserError: something is no word.
    """
    for place, word in enumerate(text.split(), 1):
        digits = word.removeprefix("0b")
        if word == "BAR":
            yield place, BAR
        elif len(word) == N_CLASSES + 2 and len(digits) == N_CLASSES and set(digits) <= {"0", "1"}:
            yield place, int(digits, 2)
        else:
            raise UserError(
                "words of 0b and nine bits, or BAR",
                f"{word[:20]!r} as word {place}",
                "mend the text",
            )
