"""Where bars come from, and how a session gets them."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from typing import Protocol

from daw_bridge.jam.ask import Ask
from daw_bridge.music.form import FARTHEST
from daw_bridge.music.notes import Bar


class BarSource(Protocol):
    """A maker of bars. Called by one thread at a time (the worker's).

    A copy goes on from where it is, and leaves the one that it is of untouched.
    """

    def bar(self, ask: Ask) -> Bar:
        """Make the bar that is asked for.

        Numbers are asked for as they rise; a source can go back over the last few of them, and
        then makes the same bars again.
        """

    def hear(self, number: int, bar: Bar | None) -> None:
        """Learn that the bar of a number was another one: the next comes after that.

        None: one of which this source can hear nothing.
        """


MOST_HEARD = 2 * FARTHEST
"""So much of what a source is to hear is kept for it; more only where it makes no bars any more."""


@dataclass(frozen=True, slots=True, eq=False)
class Left:
    """Where a source is as its session has it: after the bar that was taken last.

    `at` is a copy of it there, which is never changed, and `heard` is what it is to hear since.
    What is made ahead changes nothing of it.
    """

    at: BarSource
    heard: tuple[Ask, ...] = ()

    def hearing(self, ask: Ask) -> Left:
        """Return the same place after a bar that came from elsewhere, and is only heard."""
        return Left(self.at, (*self.heard, ask)[-MOST_HEARD:])

    def source(self) -> BarSource:
        """Return a source that goes on from here; in any thread."""
        source = copy(self.at)
        for ask in self.heard:
            if ask.ours:
                source.hear(ask.number, ask.heard)
            else:
                source.bar(ask)
        return source


class Feed(Protocol):
    """Bars at hand, without ever waiting. One thread calls it.

    `failed` says what the policy raised that plays no more; "" where it plays. `left` is where the
    source is, however far it has gone ahead; None before a bar was taken: nothing goes on from it.
    """

    @property
    def failed(self) -> str:
        """What the policy raised that plays no more; "" where it plays."""

    @property
    def left(self) -> Left | None:
        """Where the source is, however far it has gone ahead; None before a bar was taken."""

    def want(self, ask: Ask) -> None:
        """Have a bar made ahead; asked for twice, it is made once."""

    def take(self, ask: Ask) -> Bar | None:
        """Return the bar that was wanted under a number; None where it is not ready.

        Raises:
            Exception: whatever the source raised instead of making it.
        """

    def ahead(self) -> Mapping[int, Bar]:
        """Return the bars that are made and were not taken, by their numbers."""

    def drop(self) -> None:
        """Forget all that is wanted or made and was not taken: its numbers are wanted anew."""

    def hear(self, number: int, bar: Bar) -> None:
        """Learn that the bar of a number came from elsewhere; what was wanted is dropped."""

    def hear_player(self, ask: Ask) -> None:
        """Learn what a player's bar was in the end, as one that hears; what was wanted is dropped.

        Its voices are channels, which the source alone can tell: it hears the bar as it is asked.
        """

    def close(self, timeout_s: float = 1.0) -> None:
        """Have no more bars made; wait so long at most for the one that is being made."""


class InlineFeed:
    """A feed that makes each bar when it is taken: for virtual time, where none can be late.

    It is made as it was wanted, as one that is made ahead is. What the source raises ends the jam,
    so that it has never `failed`.
    """

    failed = ""

    def __init__(self, source: BarSource) -> None:
        self.source = source
        self._begun = False
        self._wanted: dict[int, Ask] = {}

    @property
    def left(self) -> Left | None:
        """Where the source is; None before a bar was taken."""
        return Left(copy(self.source)) if self._begun else None

    def want(self, ask: Ask) -> None:
        """Remember how a bar was asked for."""
        self._wanted.setdefault(ask.number, ask)

    def take(self, ask: Ask) -> Bar | None:
        """Make a bar in the calling thread; it is never None."""
        bar = self.source.bar(self._wanted.pop(ask.number, ask))
        self._begun = True
        return bar

    def ahead(self) -> Mapping[int, Bar]:
        """Return none."""
        return {}

    def drop(self) -> None:
        """Forget what is wanted."""
        self._wanted.clear()

    def hear(self, number: int, bar: Bar) -> None:
        """Learn that the bar of a number came from elsewhere; what was wanted is dropped."""
        self.drop()
        self.source.hear(number, bar)

    def hear_player(self, ask: Ask) -> None:
        """Learn what a player's bar was in the end; what was wanted is dropped."""
        self.drop()
        self.source.bar(ask)

    def close(self, timeout_s: float = 1.0) -> None:
        """Do nothing: nothing is made ahead."""
