"""How loud music is, in the words of scores."""

from __future__ import annotations

from enum import IntEnum


class Loudness(IntEnum):
    """From pianissimo to fortissimo; where none is told, it is not known."""

    PP = 0
    P = 1
    MP = 2
    MF = 3
    F = 4
    FF = 5


ANY = "any"
"""The word for a loudness that is not told."""

NAMES = tuple(each.name.lower() for each in Loudness)

VELOCITIES = (33, 49, 64, 80, 96, 112)
"""What notation programs play of each."""


def named(word: str) -> Loudness | None:
    """Return the loudness of a word such as "mf"; None: any."""
    return None if word == ANY else Loudness(NAMES.index(word))


def nearest(velocity: float) -> Loudness:
    """Return the loudness whose velocity is the nearest."""
    return min(Loudness, key=lambda each: abs(VELOCITIES[each] - velocity))
