"""A running jam: bars in, timed messages out, commands obeyed. No clock, thread or device."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from daw_bridge.jam.again import Again
from daw_bridge.jam.bars import Feed
from daw_bridge.jam.chase import Chase
from daw_bridge.jam.clock_out import ClockOut
from daw_bridge.jam.commands import Command, Heard
from daw_bridge.jam.controls import Controls
from daw_bridge.jam.events import Watcher, nobody
from daw_bridge.jam.lately import Put
from daw_bridge.jam.margins import Margins
from daw_bridge.jam.modes import Interplay
from daw_bridge.jam.outgoing import TAKE_BACK_S, Outgoing
from daw_bridge.jam.placing import Placing
from daw_bridge.jam.plan import Plan
from daw_bridge.jam.prepared import Turn, Value
from daw_bridge.jam.schedule import ANTICIPATION, Route
from daw_bridge.jam.shadow import Harmony
from daw_bridge.midi.messages import TimedMessage
from daw_bridge.music.notes import Bar
from daw_bridge.music.position import Position
from daw_bridge.music.time import Meter, Seconds, Ticks, Transport


class Session:
    """What turns bars into messages, shortly before they sound.

    Bars are placed on bar lines (`placing`) and turned into seconds only `LOOKAHEAD_S` before they
    are heard (`outgoing`), so a change of tempo or map and a panic are heard at once (`controls`).
    All seconds are those of the ports' clock. What happens goes to `tell`; a `clock` runs with the
    bars. Not thread-safe: one loop calls it.

    Once it follows a DAW (`chase`), bars belong to places of the DAW's song. Its own ticks only
    rise all the same: wherever the DAW goes, a new segment begins with the next bar line. A loop
    that the DAW has gone round once is gone round with it, without a break.
    """

    def __init__(
        self,
        feed: Feed,
        transport: Transport,
        routes: Mapping[int, Route],
        plan: Plan,
        tell: Watcher = nobody,
        clock: ClockOut | None = None,
        margins: Margins | None = None,
        interplay: Interplay = Interplay(),
        harmony: Callable[[], Harmony] | None = None,
    ) -> None:
        self._outgoing = outgoing = Outgoing(transport, routes, tell, clock)
        self._placing = placing = Placing(
            feed, outgoing, plan, tell, margins or Margins(), interplay, harmony
        )
        self._controls = Controls(placing, outgoing, tell)
        self._chase = Chase(placing, outgoing, tell)

    @property
    def transport(self) -> Transport:
        """The time that its ticks are in."""
        return self._outgoing.transport

    @property
    def bars_played(self) -> int:
        """How many bars were placed."""
        return self._placing.bars_played

    @property
    def late_bars(self) -> int:
        """How many of them another one stood in for."""
        return self._placing.late_bars

    @property
    def acts_from(self) -> Ticks:
        """The tick from which on the next bar that is placed is heard: its line, or soon after."""
        return self._placing.acts_from

    @property
    def line_that_acts(self) -> Ticks:
        """The line of the next bar that is placed."""
        return self._placing.next_bar

    @property
    def follows(self) -> bool:
        """Whether it is where a DAW is, and not on its own."""
        return self._placing.song is not None

    @property
    def next_line(self) -> tuple[Ticks, Meter]:
        """The next bar's line in the DAW's song, 0 where none is followed, and its meter."""
        return self._placing.place.line.tick, self._placing.meter

    def ready(self) -> bool:
        """Whether the next bar is made.

        Raises:
            Exception: whatever the bar source raised.
        """
        return self._placing.ready()

    def begin(self, at_s: Seconds) -> None:
        """Put the first bar line at a second."""
        self._outgoing.begin(at_s)

    def position(self, now_s: Seconds) -> Position | None:
        """Return where the DAW's song is at a second; None where none is followed."""
        return self._placing.place.at(now_s, self.transport)

    def heard(self, now_s: Seconds) -> tuple[Put, tuple[Bar, ...]] | None:
        """Return the bar that is heard, and those before it; None before the first one."""
        return self._placing.lately.heard(self.transport.tick_at(now_s))

    def ahead(self) -> tuple[Bar, ...]:
        """Return the next bars, as far as they are made; what is said or played may change them."""
        return self._placing.ahead()

    def next_wake_s(self) -> Seconds | None:
        """Return the moment at which `advance` has something to do; None once all is committed.

        That of one whose DAW stands is infinitely far.
        """
        placing = self._placing
        if self._controls.stopped:
            return None
        if placing.place.stands:
            return Seconds(math.inf)
        turn, line = placing.next_tick(), Ticks(placing.next_bar - ANTICIPATION)
        out_s = self._outgoing.next_wake_s(line if placing.bars_left and turn is None else None)
        chord = None if placing.shadow is None else placing.shadow.next_tick()
        ticks = [tick for tick in (turn, chord) if tick is not None]
        at_s = [*([] if out_s is None else [out_s]), *map(self.transport.seconds_at, ticks)]
        return min(at_s, default=None)

    def advance(self, now_s: Seconds) -> list[TimedMessage]:
        """Commit everything that is due within `LOOKAHEAD_S`, in order.

        What is overdue is committed as well, but for notes that would begin `STALE_S` too late.

        Raises:
            Exception: whatever the bar source raised.
        """
        placing = self._placing
        if self._controls.stopped or placing.place.stands:
            return []
        self._outgoing.settle(now_s)
        self.pass_time(now_s)
        if placing.shadow is not None:
            placing.shadow.pass_time(self.transport.tick_at(now_s))
        messages = self._commit(now_s)
        while self._outgoing.pass_change():
            messages += self._commit(now_s)
        placing.lately.pass_time(self.transport.tick_at(now_s))
        return messages

    def _commit(self, now_s: Seconds) -> list[TimedMessage]:
        """Place bars and take out messages up to the horizon, or to the next change of tempo."""
        placing, horizon = self._placing, self._outgoing.horizon(now_s)
        while placing.place_next(now_s, horizon):
            pass
        return self._outgoing.commit(now_s, None if placing.bars_left else placing.next_bar)

    def taken_back(self) -> int | None:
        """Return the serial from which on the ports are to drop what they hold, where that is news.

        What takes its place is committed next.
        """
        return self._outgoing.taken_back()

    def routed(self) -> tuple[Seconds, dict[int, Route]] | None:
        """Return from when on voices go where, as far as is known, where that may be news."""
        if (tick := self._controls.routed()) is None:
            return None
        return self.transport.seconds_at(tick), self._outgoing.score.routes

    def pass_time(self, now_s: Seconds) -> None:
        """Tell of what has sounded by now."""
        self._outgoing.pass_time(now_s)

    def run_out(self) -> None:
        """Tell of all that was committed: it has sounded, and nothing comes after it."""
        self._outgoing.run_out()

    def hear(self, heard: Heard, now_s: Seconds) -> list[TimedMessage]:
        """Take what a player plays; return what sounds or ends with it at once."""
        placing, tick = self._placing, self.transport.tick_at(heard.time_s)
        if placing.conductor is not None:
            placing.conductor.hear(tick, heard.data)
        if placing.shadow is None or self._controls.stopped or placing.place.stands:
            return []
        sent = placing.shadow.take(tick, heard.data, self._outgoing.score.routes)
        return self._outgoing.at_once(now_s, sent)

    def follow(self, position: Position, now_s: Seconds) -> bool:
        """Be where the DAW is; tell whether the ports must now drop what they hold and end all."""
        return self._chase.follow(position, now_s)

    def cue(self) -> tuple[Position, list[TimedMessage]] | None:
        """Return what sounds first if the DAW starts where it stands, as `Chase.cue` tells."""
        return self._chase.cue()

    def apply(self, command: Command, now_s: Seconds) -> bool:
        """Obey a command; tell whether the ports must now drop what they hold and end all notes."""
        return self._controls.apply(command, now_s)

    def turn(
        self,
        turn: Turn,
        changed: Mapping[str, Value],
        harmony: Callable[[], Harmony] | None = None,
    ) -> None:
        """Have other settings from the next bar on that is placed, as `Controls` tells."""
        self._controls.turn(turn, changed, harmony)

    def line_after(self, said_s: Seconds) -> Ticks:
        """Return the first bar line after a second, though its bar may have begun."""
        return self._placing.line_after(self.transport.tick_at(said_s))

    def may_come_again(self, said_s: Seconds, now_s: Seconds, *, whole: bool) -> Again | None:
        """Find the bar that is placed and may still become another one, as was said at a second."""
        said, first = map(self.transport.tick_at, (said_s, Seconds(now_s + TAKE_BACK_S)))
        return self._placing.may_come_again(said, first, whole=whole)

    def come_again(self, now_s: Seconds) -> None:
        """Have that bar placed again: its feed has made another one."""
        self._placing.come_again(now_s)

    def make_anew(self, song_bar: int | None = None) -> None:
        """Have bars that a DAW's song remembers made anew: that of one place, or all."""
        self._placing.make_anew(song_bar)
