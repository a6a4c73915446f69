"""Bars one after another, as they are made: what a session plays that follows nobody."""

from __future__ import annotations

from collections.abc import Iterator

from daw_bridge.jam.ask import Ask
from daw_bridge.jam.bars import Feed
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter


class Succession:
    """The bars that a feed makes, in their order: one that is late is the next one all the same.

    `number` counts those that were taken; `in_hand` is the next one, where it is made.
    """

    def __init__(self, feed: Feed, number: int = 0) -> None:
        self.number = number
        self.in_hand: Bar | None = None
        self._feed = feed

    def want(self, ahead: int, meter: Meter) -> None:
        """Have so many bars made, all in one meter."""
        for number in range(self.number, self.number + ahead):
            self._feed.want(Ask(number, meter=meter))

    def ready(self, meter: Meter) -> bool:
        """Whether the next bar is made.

        Raises:
            Exception: whatever the bar source raised.
        """
        if self.in_hand is None:
            self.in_hand = self._feed.take(Ask(self.number, meter=meter))
        return self.in_hand is not None

    def take(self, meter: Meter) -> Bar | None:
        """Return the next bar; None where it is not made.

        Raises:
            Exception: whatever the bar source raised.
        """
        if not self.ready(meter):
            return None
        bar, self.in_hand = self.in_hand, None
        self.number += 1
        return bar

    def ahead(self) -> Iterator[Bar]:
        """Give the next bars that are made, in their order."""
        made, number = dict(self._feed.ahead()), self.number
        if self.in_hand is not None:
            made[number] = self.in_hand
        while number in made:
            yield made[number]
            number += 1

    def go_back(self) -> None:
        """Have the bar that was taken last still to come."""
        self.number -= 1

    def drop(self) -> None:
        """Forget what is made, or is being made, and was not taken."""
        self.in_hand = None
        self._feed.drop()
