"""Where bars come from, and how a session gets them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from daw_bridge.jam.ask import Ask
from daw_bridge.music.notes import Bar


class BarSource(Protocol):
    """A maker of bars. Called by one thread at a time (the worker's)."""

    def bar(self, ask: Ask) -> Bar:
        """Make the bar that is asked for.

        Numbers are asked for as they rise; a source can go back over the last few of them, and
        then makes the same bars again.
        """

    def hear(self, number: int, bar: Bar | None) -> None:
        """Learn that the bar of a number was another one: the next comes after that.

        None: one of which this source can hear nothing.
        """


class Feed(Protocol):
    """Bars at hand, without ever waiting. One thread calls it.

    `failed` says what the policy raised that plays no more; "" where it plays.
    """

    @property
    def failed(self) -> str:
        """What the policy raised that plays no more; "" where it plays."""

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

    def close(self, timeout_s: float = 1.0) -> None:
        """Have no more bars made; wait so long at most for the one that is being made."""


class InlineFeed:
    """A feed that makes each bar when it is taken: for virtual time, where none can be late.

    What the source raises ends the jam, so that it has never `failed`.
    """

    failed = ""

    def __init__(self, source: BarSource) -> None:
        self._source = source

    def want(self, ask: Ask) -> None:
        """Do nothing yet."""

    def take(self, ask: Ask) -> Bar:
        """Make a bar in the calling thread."""
        return self._source.bar(ask)

    def ahead(self) -> Mapping[int, Bar]:
        """Return none."""
        return {}

    def drop(self) -> None:
        """Do nothing: nothing is made ahead."""

    def hear(self, number: int, bar: Bar) -> None:
        """Learn that the bar of a number came from elsewhere."""
        self._source.hear(number, bar)

    def close(self, timeout_s: float = 1.0) -> None:
        """Do nothing: nothing is made ahead."""
