"""Connections as wishes: kept until the user drops them, whoever comes and goes meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import Enum, auto

Pair = tuple[str, str]
"""One of our roles, and the full name of another's port."""


class _State(Enum):
    OPEN = auto()  # to be made as soon as the other port is there
    MADE = auto()
    MISSED = auto()  # at one look, though both ends live


class Wishes:
    """Every connection that was asked for or made, and which are to be made now.

    The user drops one by disconnecting it while both ends live. It must be missed at two looks on
    end, since a server that ends takes down one connection after the other.
    """

    def __init__(self, pairs: Iterable[Pair] = ()) -> None:
        self._states = dict.fromkeys(pairs, _State.OPEN)

    def pairs(self) -> tuple[Pair, ...]:
        """List the wishes."""
        return tuple(self._states)

    def add(self, pair: Pair) -> None:
        """Wish for one more."""
        self._states[pair] = _State.OPEN

    def made(self, pair: Pair) -> None:
        """Learn that a connection is made."""
        self._states[pair] = _State.MADE

    def look(
        self, made: Collection[Pair], there: Collection[str], gone: Collection[str] = ()
    ) -> list[Pair]:
        """Look at the connections and ports of others that are there; return what is to be made.

        `gone` names ports that went away since the last look, though others of their names may be
        there by now, and what they were connected to may still be listed.
        """
        for pair in made:
            self.made(pair)
        for pair, state in list(self._states.items()):
            if pair[1] not in there or pair[1] in gone:
                self._states[pair] = _State.OPEN
            elif pair in made:
                continue
            elif state is _State.MADE:
                self._states[pair] = _State.MISSED
            elif state is _State.MISSED:
                del self._states[pair]
        missing = [pair for pair in self._states if pair not in made and pair[1] in there]
        return [pair for pair in missing if self._states[pair] is _State.OPEN]
