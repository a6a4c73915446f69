"""Bars of one feed, and from a bar line on those of another: none is lost in between."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from daw_bridge.jam.ask import Ask
from daw_bridge.jam.bars import Feed, Left
from daw_bridge.jam.relief import SoFar
from daw_bridge.music.form import FARTHEST
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter

By = TypeVar("By")
Why = TypeVar("Why")

Begin = Callable[[SoFar], Feed]
"""Start a feed that goes on from the music so far; what it has to load, it loads by itself."""


@dataclass(frozen=True, slots=True)
class Made(Generic[By]):
    """A bar that was taken, what was played with it, and by whose settings it was made.

    One of a player's is `played`: as he played it, whatever a source has made of that.
    """

    number: int
    bar: Bar
    heard: Bar | None
    by: By
    played: Ask | None = None


@dataclass(slots=True)
class _Coming(Generic[By, Why]):
    """A feed that is to come: from its first bar on it plays by other settings, in this meter.

    That is the bar of the number `first`, which is `in_hand` once it is made. It `acts` already
    where that was told before it was gone over to.
    """

    begin: Begin
    feed: Feed
    by: By
    meter: Meter | None
    why: tuple[Why, ...]
    first: int
    in_hand: Bar | None = None
    acts: bool = False


class Handover(Generic[By, Why]):
    """A feed that goes over to another one with the first bar which that has in time.

    Until then the one before plays on, and the other hears what it plays, once that is to `stay`:
    before, the other may still make the bar that was taken, and `overtakes`: it is taken once more,
    where it has not begun. `over`
    is told why it was gone over, just before the first bar of the new one is returned; `refused` is
    told of one that fails before it has a bar, and of why. `by` are the settings of the one that
    plays.
    """

    def __init__(
        self,
        feed: Feed,
        by: By,
        *,
        over: Callable[[tuple[Why, ...]], None],
        refused: Callable[[tuple[Why, ...], Exception], None],
    ) -> None:
        self.by = by
        self._feed = feed
        self._over, self._refused = over, refused
        self._coming: _Coming[By, Why] | None = None
        self._undoes = 0
        self._wanted: dict[int, Ask] = {}
        self._taken: Ask | None = None
        self._made: deque[Made[By]] = deque(maxlen=2 * FARTHEST)

    @property
    def failed(self) -> str:
        """What the policy raised that plays no more; "" where it plays."""
        return self._feed.failed

    @property
    def left(self) -> Left | None:
        """Where the source is, however far it has gone ahead; None before a bar was taken."""
        return self._feed.left

    @property
    def number(self) -> int:
        """The number of the bar that is to be taken next."""
        return self._made[-1].number + 1 if self._made else 0

    def made(self, number: int) -> Made[By] | None:
        """Return one of the last bars; None: it was long ago."""
        return next((each for each in self._made if each.number == number), None)

    def go_over(
        self,
        begin: Begin,
        by: By,
        why: Why,
        *,
        meter: Meter | None = None,
        undo: int = 0,
        back: int = 0,
    ) -> None:
        """Have another feed begin, which is to play from the next bar on that it has in time.

        It comes in place of one that was to come, whose reasons and meter it takes along. It begins
        one bar `back`, with the one that was taken last, or none; the last ones before that,
        `undo`, are to be as if they had not been.
        """
        reasons: tuple[Why, ...] = (why,)
        if not back:
            self.stay()
        if (before := self._coming) is not None:
            before.feed.close(0.0)
            reasons = (why,) if before.acts else (*before.why, why)
            meter = meter or before.meter
        after = self.number - back
        first = min([after, *self._wanted])  # one that was taken may be asked for once more
        self._undoes = max((undo or self._undoes) - (after - first), 0)
        self._coming = _Coming(begin, self._begun(begin, first), by, meter, reasons, first)
        self._want_anew(self._coming)

    @property
    def _kept(self) -> int:
        """The number after the bars that are kept: what is wanted once more was only a draft."""
        return min([self.number, *self._wanted])

    @property
    def comes(self) -> bool:
        """Whether another feed is to come."""
        return self._coming is not None

    @property
    def begins(self) -> bool:
        """Whether the one to come is still making its first bar."""
        return self._coming is not None and bool(self._firsts()) and not self.overtakes()

    def overtakes(self) -> bool:
        """Whether the one to come has its first bar: where it was taken, it can be taken again."""
        coming, firsts = self._coming, self._firsts()
        return coming is not None and bool(firsts) and self._has_made(coming, firsts[0])

    @property
    def back(self) -> int:
        """How many of the bars that were taken the one to come makes once more."""
        return 0 if self._coming is None else self._kept - self._coming.first

    @property
    def acts(self) -> bool:
        """Whether it was told of the one to come that it acts."""
        return self._coming is not None and self._coming.acts

    def act(self) -> None:
        """Tell of the one to come before it has a bar: none is needed for the next bar line."""
        if (coming := self._coming) is not None:
            coming.acts = True
            self._over(coming.why)

    def stay(self) -> None:
        """Keep what was taken: the one to come hears it, and goes on from there."""
        coming, kept = self._coming, self._kept
        if coming is None or coming.first >= kept:
            return
        for each in self._made:
            if not coming.first <= each.number < kept:
                continue
            if each.played is None:
                coming.feed.hear(each.number, each.bar)
            else:
                coming.feed.hear_player(each.played)
        coming.first, coming.in_hand, self._undoes = kept, None, 0
        self._want_anew(coming)

    def want(self, ask: Ask) -> None:
        """Have a bar made ahead; asked for twice, it is that which was asked for first."""
        if ask.number in self._wanted:
            return
        self._wanted[ask.number] = ask
        self._feed.want(ask)
        if self._coming is not None:
            self._go_back(self._coming, ask.number)
            self._coming.feed.want(_for(self._coming, ask))

    def take(self, ask: Ask) -> Bar | None:
        """Return a bar if it is ready: of the feed to come, or else of the one that plays.

        It is the one that was wanted, which may have been asked for otherwise than now.

        Raises:
            Exception: whatever the one that plays raised instead of making it.
        """
        ask = self._wanted.get(ask.number, ask)
        coming = self._coming
        if coming is not None and ask.number > coming.first:
            self.stay()
        bar = None if coming is None else self._first_of(coming, ask)
        if bar is None:
            bar = self._feed.take(ask)
            if bar is None:
                return None
        played = ask if ask.hears and not ask.ours else None
        self._note(Made(ask.number, bar, ask.heard, self.by, played))
        self._taken = ask
        return bar

    def ahead(self) -> Mapping[int, Bar]:
        """Return the bars that are made and were not taken, by their numbers.

        They are those of the feed to come, where it has one: it is gone over to first.
        """
        coming = self._coming
        own = {} if coming is None else dict(coming.feed.ahead())
        if coming is not None and coming.in_hand is not None:
            own[coming.first] = coming.in_hand
        return own or self._feed.ahead()

    def drop(self) -> None:
        """Forget what is wanted or made."""
        self._wanted.clear()
        self._feed.drop()
        if self._coming is not None:
            self._coming.in_hand = None
            self._coming.feed.drop()
            self._want_anew(self._coming)  # what was taken may still be taken again

    def hear(self, number: int, bar: Bar) -> None:
        """Learn that the bar of a number came from elsewhere; what was wanted is dropped."""
        self._wanted.clear()
        self._feed.hear(number, bar)
        self._note(Made(number, bar, None, self.by))
        self.stay()

    def hear_player(self, ask: Ask) -> None:
        """Learn what a player's bar was in the end; what was wanted is dropped."""
        self._wanted.clear()
        self._feed.hear_player(ask)
        before = self.made(ask.number)  # as the source has it, so far as it has heard it
        bar = before.bar if before is not None else ask.heard or Bar(meter=ask.meter)
        self._note(Made(ask.number, bar, ask.heard, self.by, ask))
        self.stay()

    def close(self, timeout_s: float = 1.0) -> None:
        """Have no more bars made."""
        self._feed.close(timeout_s)
        if self._coming is not None:
            self._coming.feed.close(timeout_s)

    def _begun(self, begin: Begin, first: int) -> Feed:
        """Begin a feed with the bar of a number, after those before it that are not undone."""
        bars = [each.bar for each in self._made if each.number < first - self._undoes]
        return begin(SoFar(first, tuple(bars[-FARTHEST:]), self._undoes, self.left))

    def _go_back(self, coming: _Coming[By, Why], number: int) -> None:
        """Begin the one to come sooner, where a bar before its first is asked for once more.

        That was taken and never sounded: another turn came in its place.
        """
        if number >= coming.first:
            return
        coming.feed.close(0.0)
        self._undoes = max(self._undoes - (coming.first - number), 0)
        coming.first, coming.in_hand = number, None
        coming.feed = self._begun(coming.begin, number)

    def _note(self, made: Made[By]) -> None:
        """Learn that a bar is there."""
        while self._made and self._made[-1].number >= made.number:
            self._made.pop()
        self._made.append(made)
        self._wanted = {number: ask for number, ask in self._wanted.items() if number > made.number}
        if self._coming is not None:
            self._coming.first = min(self._coming.first, made.number)

    def _has_made(self, coming: _Coming[By, Why], ask: Ask) -> bool:
        """Whether a feed has its first bar; one that fails is given up."""
        try:
            coming.in_hand = coming.in_hand or coming.feed.take(_for(coming, ask))
        except Exception as error:  # noqa: BLE001 - whatever it is, the one before plays on
            coming.feed.close(0.0)
            self._coming, self._undoes = None, 0
            self._refused(coming.why, error)
            return False
        return coming.in_hand is not None

    def _first_of(self, coming: _Coming[By, Why], ask: Ask) -> Bar | None:
        """Return the first bar of a feed and go over to it; None where it has none yet."""
        if not self._has_made(coming, ask):
            return None
        bar = coming.in_hand
        self._wanted = {n: _for(coming, each) for n, each in self._wanted.items()}
        self._feed.close(0.0)
        self._feed, self.by = coming.feed, coming.by
        self._coming, self._undoes = None, 0
        if not coming.acts:
            self._over(coming.why)
        return bar

    def _want_anew(self, coming: _Coming[By, Why]) -> None:
        for ask in self._asks(coming):
            coming.feed.want(_for(coming, ask))

    def _firsts(self) -> list[Ask]:
        """Return how the first bar of the one to come is asked for, where it is."""
        coming = self._coming
        asks = [] if coming is None else self._asks(coming)
        return [ask for ask in asks if coming is not None and ask.number == coming.first]

    def _asks(self, coming: _Coming[By, Why]) -> list[Ask]:
        """Return what is asked for of a feed: what was taken since its first bar, and more."""
        wanted = [ask for _, ask in sorted(self._wanted.items())]  # as they are to be made
        taken = self._taken
        if taken is None or not coming.first <= taken.number < self._kept:
            return wanted
        return [taken, *wanted]


def _for(coming: _Coming[By, Why], ask: Ask) -> Ask:
    return ask if coming.meter is None else replace(ask, meter=coming.meter)
