"""A jam with a player: whose turn each bar is, what was heard, and the bars that come of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import NamedTuple

from daw_bridge.jam.ask import Ask
from daw_bridge.jam.bars import Feed
from daw_bridge.jam.events import HeardBar, Watcher
from daw_bridge.jam.listen import RUSH, Ear, found_in
from daw_bridge.jam.margins import AHEAD
from daw_bridge.jam.modes import LONGEST_PHRASE, SILENT, Loop, Mode, Past, Turn
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import PPQ, Meter, Seconds, Ticks, Transport

DRAFTS_S = (0.6, 0.3, 0.15)
"""How long before its line a bar is drafted that hangs on what is heard: a big model on a busy
machine has the first one in time, a small one the last one, which hears more."""

CLOSE_S, LAST_S = 0.045, 0.012
"""How long before its line all of that was heard, and when the bar must be placed: a few cycles of
the ports before it sounds."""

FOUND_IN = 2
"""A player is like his last bars, so many of them."""

KEPT = 64
"""Of how many bars back one may be played again: the longest loop."""

SILENCE = Ticks(PPQ // 2)
"""A player who has been silent for so long at a bar line has ended his phrase."""


class Stage(IntEnum):
    """How far a bar is that is heard: it is played, the next one was drafted, all was heard."""

    PLAYED = 0
    DRAFTED = 1
    HEARD = 2


class Times(NamedTuple):
    """When a bar is seen to that hangs on what is heard, by ticks.

    At each of `drafts` one of it is made with what was played so far, from `close` on it is made
    with all that was, and `last` it is placed, if need be as drafted last.
    """

    drafts: tuple[Ticks, ...]
    close: Ticks
    last: Ticks

    @staticmethod
    def before(line: Ticks, transport: Transport) -> Times:
        """Return those of a bar line."""
        line_s, before_s = transport.seconds_at(line), (*DRAFTS_S, CLOSE_S, LAST_S)
        *drafts, close, last = (transport.tick_at(Seconds(line_s - each_s)) for each_s in before_s)
        return Times(tuple(drafts), close, last)


@dataclass(frozen=True, slots=True)
class Made:
    """A bar to be placed, and the turn that it is; None: it was not ready in time.

    `at_last`: it hung on what was heard, so that it is placed shortly before its line. `number` is
    that under which it was asked for, None where it was not.
    """

    turn: Turn
    bar: Bar | None
    at_last: bool
    number: int | None = None


class Conductor:
    """What asks for bars as a mode has it: told of ticks and messages, it never waits.

    What a player plays goes to the source beat by beat, so that little is left to hear when his
    turn ends. A bar that hangs on it is asked for shortly before its bar line, again as more was
    played, and once more when all was; what is being made meanwhile is made first, so that one is
    ready, and the last one that is plays. `number` is that of the first bar which the source is
    asked for. `before` is what it was before it took the bar that was placed
    last.
    """

    def __init__(self, mode: Mode, feed: Feed, tell: Watcher, number: int = 0) -> None:
        self.mode = mode
        self._feed = feed
        self._tell = tell
        self._ear = Ear()
        self._past = Past()
        self._turn: Turn | None = None
        self._line, self._meter, self._beat = Ticks(0), Meter(), Ticks(0)
        self._number = self._unasked = number
        self._asked: deque[Ask] = deque()
        self._unheard = False
        self._stage, self._drafts, self._owed = Stage.PLAYED, 0, False
        self._next: Turn | None = None
        self._after, self._over = Past(), Bar()
        self._bar: Bar | None = None
        self._draft: Bar | None = None
        self._took: Ask | None = None
        self.before: Conductor | None = None
        self._heard: deque[Bar] = deque(maxlen=LONGEST_PHRASE)
        self._made: deque[Bar] = deque(maxlen=KEPT)

    def copy(self) -> Conductor:
        """Return one that knows as much, and goes on hearing the same player."""
        other = copy(self)
        other.before, other._asked = None, self._asked.copy()
        other._heard, other._made = self._heard.copy(), self._made.copy()
        return other

    @property
    def number(self) -> int:
        """The number of the bar that the source is asked for next."""
        return self._number

    @property
    def waits_for(self) -> int | None:
        """The number of the bar that the source is to give next; None where it has given all."""
        return self._asked[0].number if self._asked else None

    @property
    def hears(self) -> bool:
        """Whether the bar that is played now is heard."""
        return self._turn is not None and self._turn.hears

    @property
    def drafts(self) -> bool:
        """Whether it has begun to make the bar that hangs on the one that is heard."""
        return self._stage is not Stage.PLAYED

    def hear(self, tick: Ticks, data: bytes) -> None:
        """Take what a player plays, at its tick."""
        self._ear.take(tick, data)

    def keep(self, *, kept: bool = True) -> None:
        """Keep the loop that is played, or give it up again."""
        self._past = replace(self._past, kept=kept)
        self.make_again()

    def change(self, mode: Mode) -> None:
        """Go over to another mode with the next bar; a loop that was kept is so only as a loop."""
        if not (isinstance(self.mode, Loop) and isinstance(mode, Loop)):
            self._past = Past()
        self.mode, self.before = mode, None
        self.begin_again()

    def begin_with(self, bar: Bar, line: Ticks, meter: Meter) -> None:
        """Take the bar at a line, which was made already, for the first one of the mode."""
        self._next, self._bar = self.mode.turn(self._past), bar
        self.go_back(self._number - 1)
        self._took = self._ask(self._next, self._number, meter)
        self._placed(line, meter)

    def go_back(self, number: int) -> None:
        """Have bars from a number on still to come; what was asked for of them is forgotten."""
        self._number, self._unheard = number, False
        self._asked = deque(ask for ask in self._asked if ask.number < number)

    def want_again(self) -> None:
        """Ask once more for what is asked for: it may have been dropped since this was copied."""
        for ask in self._asked:
            self._feed.want(ask)
        self._unasked = self._asked[-1].number + 1 if self._asked else self._number

    def begin_again(self) -> None:
        """Begin the mode anew with the next bar: the DAW is elsewhere."""
        self._leave_turn()
        self._past, self._turn = Past(kept=self._past.kept, there=self._past.there), None
        self.make_again()

    def leave(self) -> int:
        """Let the source hear what it was to hear; return the number of the bar after that."""
        self._leave_turn()
        self.make_again()
        for ask in self._asked:
            if ask.ours:
                self._feed.hear(ask.number, ask.heard or Bar(meter=ask.meter))
            else:
                self._feed.hear_player(ask)
        return self._number

    def _leave_turn(self) -> None:
        """Have a bar of the player's, of which the source was told nothing yet, be none."""
        if self._unheard:
            self._number, self._unheard = self._number - 1, False

    def make_again(self) -> None:
        """Forget what was asked for and is not placed: the next bar is asked for anew."""
        self._asked = deque(ask for ask in self._asked if ask.hears)
        self._stage, self._drafts, self._owed = Stage.PLAYED, 0, False
        self._next, self._bar, self._draft = None, None, None
        self._drop()

    def next_tick(self, times: Times) -> Ticks:
        """Return the tick at which `advance` has something to do, while a bar is heard."""
        if self._stage is Stage.HEARD:
            return times.last
        due = [*times.drafts, times.close][self._drafts]
        return min(self._beat, due) if self._stage is Stage.PLAYED else due

    def want_ahead(self, meter: Meter) -> None:
        """Ask for the next bars as soon as they are known, so that none is made when it is due."""
        if not self.hears:
            self._decided(meter)

    def ahead(self) -> Iterator[Bar]:
        """Give the next bar, where it is made or drafted."""
        bar = self._bar or self._draft
        if bar is None and self._asked and not self._asked[0].hears:
            bar = self._feed.ahead().get(self._asked[0].number)
        if bar is not None:
            yield bar

    def ready(self, meter: Meter) -> bool:
        """Whether the first bar of all can be placed.

        Raises:
            Exception: whatever the bar source raised.
        """
        return not _is_made(self._decided(meter)) or self._take()

    def advance(self, now: Ticks, line: Ticks, meter: Meter, times: Times) -> Made | None:
        """Do what is due by now for the bar at a line; return it when it is to be placed.

        Raises:
            Exception: whatever the bar source raised.
        """
        if not self.hears:
            self._take_if_made(self._decided(meter))
            return self._placed(line, meter)
        if self._stage is Stage.PLAYED and self._beat <= now < times.drafts[0]:
            self._listen(now)
        if self._stage is not Stage.HEARD and self._pass_drafts(now, times):
            self._hear_to(now, line, meter)
            self._stage = Stage.DRAFTED
        if self._stage is Stage.DRAFTED and now >= times.close:
            self._hear_to(line, line, meter)
            self._stage = Stage.HEARD
            found = found_in([*self._heard, self._over][-FOUND_IN:])
            self._tell(HeardBar(self._line, self._over, found))
        if self._stage is not Stage.HEARD:
            return None
        if self._owed and self._take():
            self._want_it(meter)
        if not self._take_if_made(self._next) and now < times.last:
            return None
        self._past = self._after
        return self._placed(line, meter)

    def _decided(self, meter: Meter) -> Turn:
        """Return the turn of the next bar, where nothing hangs on what is heard; ask for it."""
        if self._next is None:
            self._next = self.mode.turn(self._past)
            self._want_ahead(meter)
        return self._next

    def _want_ahead(self, meter: Meter) -> None:
        """Ask for the next bars, as far as they are the jam's in any case."""
        past, number = self._past, self._number
        for _ in range(AHEAD):
            turn = self.mode.turn(past)
            if not _is_made(turn):
                return
            if number >= self._unasked:
                self._want([self._ask(turn, number, meter)])
            if turn.hears:
                return
            past, number = past.after(turn), number + 1

    def _listen(self, now: Ticks) -> None:
        """Let the source hear the player's bar as far as it was played."""
        self._beat = Ticks(self._beat + self._meter.beat)
        if self._turn is not None and not self._turn.plays:
            self._want([self._hearing(self._ear.bar(self._line, self._meter, now))])
            self._take()

    def _pass_drafts(self, now: Ticks, times: Times) -> bool:
        """Go past the drafts that are due by now, which are one; tell whether any was."""
        due = sum(now >= each for each in times.drafts)
        self._drafts, before = max(due, self._drafts), self._drafts
        return due > before

    def _hear_to(self, until: Ticks, line: Ticks, meter: Meter) -> None:
        """Take what was played up to a tick for all of the bar, and ask for what follows on it."""
        assert self._turn is not None  # noqa: S101  # it hears
        self._take()
        over, before = self._ear.bar(self._line, self._meter, until), (self._over, self._next)
        quiet = self._ear.quiet(line)
        self._over = over
        self._after = self._past.after(
            self._turn, played=bool(over.notes), quiet=quiet is None or quiet >= SILENCE
        )
        self._next = self.mode.turn(self._after)
        if self._stage is Stage.DRAFTED and self._next == before[1]:
            if over == before[0] and not self._owed:
                return  # the draft is the bar
            if self._bar is None and self._asked and _is_made(self._next):
                self._owed = True  # dropped while it is made, it would only hold up what follows
                return
        self._want_it(meter)

    def _want_it(self, meter: Meter) -> None:
        """Ask for the next bar with what was heard by now; that which is there is a draft."""
        assert self._turn is not None  # noqa: S101  # it hears
        assert self._next is not None  # noqa: S101  # it was decided
        self._draft, self._bar, self._owed = self._bar or self._draft, None, False
        asks = [] if self._turn.plays else [self._hearing(self._over)]
        if _is_made(self._next):
            asks.append(self._ask(self._next, self._number, meter, self._over))
        if asks:
            self._want(asks)

    def _hearing(self, bar: Bar) -> Ask:
        found = found_in([*self._heard, bar][-FOUND_IN:])
        return Ask(self._number - 1, meter=bar.meter, heard=bar, hears=True, found=found)

    def _ask(self, turn: Turn, number: int, meter: Meter, heard: Bar | None = None) -> Ask:
        bars = [*self._heard, *([] if heard is None else [heard])]
        around = bars[-turn.around] if 0 < turn.around <= len(bars) else None
        found = found_in(bars[-(turn.answers or FOUND_IN) :]) if bars else None
        return Ask(
            number,
            meter=meter,
            heard=around,
            found=found,
            accompanies=turn.hears and turn.around > 0,
            label=turn.label,
        )

    def _want(self, asks: Sequence[Ask]) -> None:
        """Ask for bars, in place of what was asked for under their numbers and later ones."""
        first = asks[0].number
        self._asked = deque(ask for ask in self._asked if ask.number < first)
        if first < self._unasked:
            self._drop()
        for ask in asks:
            self._asked.append(ask)
            self._feed.want(ask)
        self._unheard &= first == self._number
        self._unasked = asks[-1].number + 1

    def _drop(self) -> None:
        """Have nothing made but what is still asked for."""
        self._feed.drop()
        self.want_again()

    def _take_if_made(self, turn: Turn | None) -> bool:
        """Take what is ready; tell whether the next bar is, or needs not be made."""
        taken = self._take()
        return taken or turn is None or not _is_made(turn)

    def _take(self) -> bool:
        """Take what is ready, up to the next bar; tell whether that is."""
        while self._bar is None and self._asked and self._asked[0].number <= self._number:
            bar = self._feed.take(self._asked[0])
            if bar is None:
                break
            ask = self._asked.popleft()
            if not ask.hears:
                self._bar, self._took = bar, ask
            else:
                self._made[ask.number - self._number] = bar  # as the source has it
        return self._bar is not None

    def _untaken(self) -> Conductor:
        """Return what it was before it took the next bar, if it has."""
        other = self.copy()
        if self._bar is not None and self._took is not None:
            other._bar = None
            other._asked.appendleft(self._took)
        return other

    def _placed(self, line: Ticks, meter: Meter) -> Made:
        """Go over to the next bar; return it."""
        turn, bar, at_last = self._next, self._bar or self._draft, self.hears
        assert turn is not None  # noqa: S101  # it was decided
        self.before = self._untaken()
        if not turn.plays:
            bar = Bar(meter=meter)
        elif turn.again:
            bar = self._made[-turn.again] if turn.again <= len(self._made) else Bar(meter=meter)
        number = self._number if _is_made(turn) and bar is not None else None
        if bar is not None:
            self._made.append(bar)
            meter = bar.meter  # another one may have come with it
        if number is not None and self._bar is None:  # what sounds is the draft
            self._asked.clear()
            if at_last and self._turn is not None and not self._turn.plays:
                self._feed.hear_player(self._hearing(self._over))  # the draft lacked its end
            self._feed.hear(number, self._made[-1])
            self._unasked = number + 1
        if turn.again:  # the source hears it as well
            self._want([Ask(self._number, meter=meter, heard=bar, hears=True, ours=True)])
        elif turn == SILENT:  # it hears who is followed, as far as he has played
            played = self._ear.bar(self._line, self._meter) if self._turn else Bar(meter=meter)
            self._want([Ask(self._number, meter=played.meter, heard=played, hears=True)])
        if number is not None or not (_is_made(turn) or turn.counts_in):
            self._number += 1
        if at_last:  # only now: it may be asked for until it is placed, and is told along
            self._heard.append(self._over)
        self._unheard = turn.hears and not turn.plays
        self._turn, self._next, self._bar, self._draft = turn, None, None, None
        self._drafts, self._owed = 0, False
        self._ear.forget(Ticks(self._line - RUSH))  # the bar that is over may be asked for again
        self._line, self._meter = line, meter
        self._beat, self._stage = Ticks(line + meter.beat), Stage.PLAYED
        if not turn.hears:
            self._past = self._past.after(turn)
            self._decided(meter)
        return Made(turn, bar, at_last, number)


def _is_made(turn: Turn) -> bool:
    """Whether the bar of a turn is made anew."""
    return turn.plays and not turn.again
