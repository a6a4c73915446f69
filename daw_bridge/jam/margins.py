"""How long before they are due bars are ready, and how far ahead they are made for that."""

from __future__ import annotations

from bisect import insort
from collections import deque
from queue import SimpleQueue

from daw_bridge.jam.events import Margin
from daw_bridge.music.time import Seconds

AHEAD = 2
"""How many bars are made before they are needed, to begin with."""

MOST_AHEAD = 6
"""How many bars are made before they are needed, at most: a source can go back over so many."""

KEPT = 1000
"""The percentile is one of so many bars, the last ones."""

SHARE = 0.05
"""This share of the bars had less time than the percentile that is told."""


class Margins:
    """The time between a bar's being ready and its being due, of one bar after the other.

    Where it is less than half a bar, bars are made further `ahead` from then on, up to
    `MOST_AHEAD`. Seconds are those of the ports' clock. `ready` is for the thread that makes bars,
    the rest for the loop of the session.
    """

    def __init__(self) -> None:
        self.ahead = AHEAD
        self.last: Margin | None = None
        self._made: SimpleQueue[tuple[int, Seconds]] = SimpleQueue()
        self._ready_s: dict[int, Seconds] = {}
        self._overdue: tuple[int, Seconds] | None = None
        self._order: deque[float] = deque()
        self._sorted: list[float] = []

    def ready(self, number: int, at_s: Seconds) -> None:
        """Learn when a bar was made, by the number that it was asked for under."""
        self._made.put((number, at_s))

    def late(self, number: int, due_s: Seconds) -> None:
        """Learn that a bar was not ready when it was due: the first time counts."""
        if self._overdue is None or self._overdue[0] != number:
            self._overdue = number, due_s

    def placed(self, number: int, due_s: Seconds, bar_s: float) -> Margin | None:
        """Learn that a bar of `bar_s` was due and ready; return how long before: late is negative.

        None: it is not known when it was made, as in virtual time.
        """
        while not self._made.empty():
            made, at_s = self._made.get()
            self._ready_s[made] = at_s
        ready_s = self._ready_s.get(number)
        self._ready_s = {each: at_s for each, at_s in self._ready_s.items() if each > number}
        if self._overdue is not None and self._overdue[0] == number:
            due_s = self._overdue[1]
        return None if ready_s is None else self._taken(due_s - ready_s, bar_s)

    def _taken(self, margin_s: float, bar_s: float) -> Margin:
        if len(self._order) == KEPT:
            self._sorted.remove(self._order.popleft())
        self._order.append(margin_s)
        insort(self._sorted, margin_s)
        if margin_s < bar_s / 2:
            self.ahead = min(self.ahead + 1, MOST_AHEAD)
        self.last = Margin(margin_s, self._sorted[int(SHARE * len(self._sorted))])
        return self.last
