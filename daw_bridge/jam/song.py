"""A song that remembers its bars: at the same place sounds the same bar again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum

from daw_bridge.jam.ask import Ask
from daw_bridge.jam.bars import Feed
from daw_bridge.music.bar_lines import BarLine
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter

REMEMBERED = 2_000
"""How many bars are remembered, an hour of 4/4 at 120; what was heard longest ago goes first."""

BEHIND = 2
"""How many bars that were late may still be made, for when the DAW comes back to them."""


class Loop(StrEnum):
    """What a round of the DAW's loop plays: the bars of the round before, or new ones."""

    REPEAT = "repeat"
    VARY = "vary"


class Song:
    """The bars of a DAW's song, by their place in it: each is made once, and comes again.

    `number` is the first that its feed has not handed out; `in_hand` is the bar of that number,
    where it was taken already. Of a round that varies, a bar is played as it was where the new one
    is not ready.
    """

    def __init__(
        self,
        feed: Feed,
        number: int = 0,
        in_hand: Bar | None = None,
        loop: Loop = Loop.REPEAT,
    ) -> None:
        self.loop = loop
        self._feed = feed
        self._next = number
        self._in_hand = {} if in_hand is None else {number: in_hand}
        self._bars: OrderedDict[int, tuple[Meter, Bar]] = OrderedDict()
        self._asked: dict[int, Ask] = {}
        self._worn: set[int] = set()
        self._again: int | None = None

    def want(self, lines: Collection[BarLine], *, alone: bool = False) -> None:
        """Have the bars of these places made, where they are not there.

        They come after those that were wanted before, unless they are wanted `alone`.
        """
        others = self._asked.keys() - {line.bar for line in lines}
        if others and (alone or len(others) > BEHIND):
            self._leave()
        for line in lines:
            asked = self._asked.get(line.bar)
            if asked is not None and asked.meter != line.meter:
                self._leave()
                asked = None
            if asked is None and (self._bar(line) is None or line.bar in self._worn):
                ask = self._asked[line.bar] = Ask(self._next, line.bar, line.meter)
                self._next += 1
                self._feed.want(ask)

    def take(self, line: BarLine) -> Bar | None:
        """Return the bar of a place; None where it is not ready.

        Raises:
            Exception: whatever the source raised instead of making it.
        """
        while line.bar in self._asked and self._take_ready():
            pass
        return self._bar(line)

    def ahead(self, lines: Iterable[BarLine]) -> Iterator[Bar]:
        """Give the bars of these places that are remembered or made, up to one that is not."""
        made = {**self._feed.ahead(), **self._in_hand}
        for line in lines:
            meter, bar = self._bars.get(line.bar, (None, None))
            asked = self._asked.get(line.bar)
            new = None if asked is None else made.get(asked.number)
            bar = new if new is not None else bar if meter == line.meter else None
            if bar is None:
                return
            yield bar

    def number(self, line: BarLine) -> int | None:
        """Return the number under which the bar of a place is being made; None: it is there."""
        asked = self._asked.get(line.bar)
        return None if asked is None else asked.number

    def measure(self, line: BarLine, bar: Bar) -> None:
        """Remember the bar of a place as one in another meter, where one is remembered there."""
        if line.bar in self._bars:
            self._bars[line.bar] = line.meter, bar

    def begin_round(self, first: int, last: int) -> None:
        """Learn that the DAW goes through these places once more, from the first to the last."""
        if self.loop is Loop.VARY:
            self._worn |= {place for place in self._bars if first <= place <= last}

    def wear(self, *places: int) -> None:
        """Have the bars of these places made anew, of all where none is named, as it comes there.

        Where the new one is not ready, it is played as it was.
        """
        self._leave()
        self._worn |= self._bars.keys() & (set(places) or self._bars.keys())

    def come_again(self, place: int | None) -> bool:
        """Learn which place is to be filled once more, before all others; tell whether that is new.

        What is asked for is to be asked for anew then, the bar of that place first. None: none is.
        """
        if place == self._again:
            return False
        self._again = place
        self._worn |= self._bars.keys() & {place}
        if self._asked and next(iter(self._asked)) != place:
            self._make_no_more()
        return True

    def forget(self) -> None:
        """Forget all bars: they are of other voices."""
        self._bars.clear()
        self._worn.clear()

    def keep(self) -> None:
        """Keep the bars as they are: rounds vary no more."""
        self._leave()
        self.loop = Loop.REPEAT
        self._worn.clear()

    def leave(self) -> int:
        """Have nothing made any more; return the number of the bar that comes next."""
        self._leave()
        return self._next

    def _bar(self, line: BarLine) -> Bar | None:
        """Return a bar that is remembered, if its place still has the same meter."""
        meter, bar = self._bars.get(line.bar, (None, None))
        if meter != line.meter:
            return None
        self._bars.move_to_end(line.bar)
        return bar

    def _take_ready(self) -> bool:
        """Remember the bar that was asked for first, if it is ready; tell whether it is."""
        place, ask = next(iter(self._asked.items()))
        if ask.number not in self._in_hand:
            bar = self._feed.take(ask)
            if bar is None:
                return False
            self._in_hand[ask.number] = bar
        del self._asked[place]
        self._bars[place] = ask.meter, self._in_hand.pop(ask.number)
        self._worn.discard(place)
        self._again = None if place == self._again else self._again
        while len(self._bars) > REMEMBERED:
            self._worn.discard(self._bars.popitem(last=False)[0])
        return True

    def _leave(self) -> None:
        """Remember what is ready of what was asked for, and have the rest made no more."""
        while self._asked and self._take_ready():
            pass
        if self._asked:
            self._make_no_more()

    def _make_no_more(self) -> None:
        """Have nothing made of what was asked for, whose numbers are given again."""
        self._next = next(iter(self._asked.values())).number
        self._asked.clear()
        self._feed.drop()
