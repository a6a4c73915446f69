"""The nine drums of a drum word: their bits, their pitches and what is folded into them."""

from __future__ import annotations

from collections.abc import Iterator

_FOLDS = (
    (36, 35),
    (38, 37, 40),
    (42, 22, 44, 54),
    (46, 26),
    (41, 43, 58),
    (45, 47),
    (48, 50),
    (51, 53, 59),
    (49, 52, 55, 57),
)

N_CLASSES = len(_FOLDS)
N_WORDS = 1 << N_CLASSES

PITCHES = tuple(fold[0] for fold in _FOLDS)
"""The canonical (General MIDI) pitch of each class, in the order of the word's bits."""

CLASS_OF = {pitch: place for place, fold in enumerate(_FOLDS) for pitch in fold}
"""The class of every pitch that has one."""


def bit(drum: int) -> int:
    """Give the bit of a class in a word: class 0, the kick, is the leftmost."""
    return 1 << (N_CLASSES - 1 - drum)


def classes_of(word: int) -> Iterator[int]:
    """Name the classes of a word, from the leftmost bit."""
    return (drum for drum in range(N_CLASSES) if word & bit(drum))
