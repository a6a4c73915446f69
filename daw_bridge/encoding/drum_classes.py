"""The nine drums of a drum word: its bits and their pitches."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from daw_bridge.encoding.codec import Token
from daw_bridge.music.gm_drums import DRUM_CLASSES

N_CLASSES = len(DRUM_CLASSES)
N_WORDS = 1 << N_CLASSES

PITCHES = tuple(drum.pitch for drum in DRUM_CLASSES)
"""The canonical (General MIDI) pitch of each class, in the order of the word's bits."""


def bit(drum: int) -> int:
    """Return the bit of a class in a word: class 0, the kick, is the leftmost."""
    return 1 << (N_CLASSES - 1 - drum)


@cache
def classes_of(word: int) -> tuple[int, ...]:
    """Name the classes of a word, from the leftmost bit."""
    return tuple(drum for drum in range(N_CLASSES) if word & bit(drum))


def word_tokens() -> Iterator[Token]:
    """Describe the tokens of all words: each is a step whole, and strikes its drums."""
    for word in range(N_WORDS):
        name = f"0b{word:0{N_CLASSES}b}"
        yield Token(name, rank=0, ends_step=True, strikes=word.bit_count(), drums=word)
