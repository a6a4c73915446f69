"""Piano rolls as benchmarks have them: the pitches of a frame downwards, then the end of the frame.

A frame is a bar of one quarter. There are no durations and no ties: a pitch that stays is in both
frames. The product of the chances of a frame's tokens is the chance of its chord, so that nats per
frame compare with models that predict 88 keys at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding.codec import Token, Tokens, TokenTable, mask_of
from daw_bridge.encoding.kind import Kind
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import PPQ, Meter, Ticks

LOWEST, N_KEYS = 21, 88
END_OF_FRAME = N_KEYS
"""Ends a frame; it also stands before the first frame of a piece."""
VOCAB_SIZE = END_OF_FRAME + 1
FRAME = Meter(1, 4)
VELOCITY = 90


@dataclass(frozen=True, slots=True)
class Frames:
    """Chords, each bar one frame of them."""

    kind: ClassVar[Kind] = "frames"
    meter: ClassVar[Meter] = FRAME

    @property
    def name(self) -> str:
        """The name under which cards ask for this codec."""
        return "frames"

    @property
    def vocab_size(self) -> int:
        """The count of tokens."""
        return VOCAB_SIZE

    @property
    def start_token(self) -> int:
        """The token that stands before the first bar of a piece."""
        return END_OF_FRAME

    @property
    def tokens(self) -> TokenTable:
        """What each token is and does."""
        return _tokens()

    def quantise(self, bar: Bar) -> Bar:
        """Keep which keys of a piano sound in the bar; the meter becomes 1/4."""
        return _bar({note.pitch for note in bar.notes})

    def encode(self, bar: Bar) -> Tokens:
        """Return the keys of a frame downwards, and its end."""
        keys = sorted({note.pitch - LOWEST for note in self.quantise(bar).notes}, reverse=True)
        return np.array([*keys, END_OF_FRAME], np.int64)

    def decode(self, tokens: Iterable[int]) -> Bar:
        """Return the bar of a frame.

        Raises:
            ValueError: the tokens are not those of one whole frame.
        """
        *keys, end = [int(token) for token in tokens] or [-1]
        falling = all(a > b for a, b in pairwise(keys))
        if end != END_OF_FRAME or not falling or not all(0 <= key < N_KEYS for key in keys):
            raise ValueError("expected falling keys, then the end of the frame")
        return _bar({key + LOWEST for key in keys})

    def grammar(self, meter: Meter) -> FrameGrammar:
        """Start following a new frame; frames know no meter but their own."""
        del meter
        return FrameGrammar(self)


@cache
def _tokens() -> TokenTable:
    a_key = Token("", strikes=1)
    keys = (
        a_key._replace(name=f"NOTE_{key + LOWEST}", pitch=key + LOWEST, rank=N_KEYS - 1 - key)
        for key in range(N_KEYS)
    )
    return TokenTable.of([*keys, Token("END_OF_FRAME", rank=N_KEYS, ends_step=True)], 1)


class FrameGrammar:
    """What may come in one frame: keys fall."""

    def __init__(self, codec: Frames) -> None:
        self._codec = codec
        self._pushed: list[int] = []
        self._below = N_KEYS

    def allowed(self) -> NDArray[np.bool_] | None:
        """Return a mask [vocab_size] of what may come next; None when the frame is complete."""
        if self._below < 0:
            return None
        return mask_of(VOCAB_SIZE, (0, self._below), (END_OF_FRAME, END_OF_FRAME + 1))

    def push(self, token: int) -> None:
        """Take the token that was drawn."""
        self._pushed.append(token)
        self._below = -1 if token == END_OF_FRAME else token

    def bar(self) -> Bar:
        """Return the bar of all that was pushed."""
        return self._codec.decode(self._pushed)


def _bar(pitches: set[int]) -> Bar:
    keys = sorted(pitch for pitch in pitches if LOWEST <= pitch < LOWEST + N_KEYS)
    return Bar.of((Note(Ticks(0), pitch, Ticks(PPQ), VELOCITY) for pitch in keys), FRAME)
