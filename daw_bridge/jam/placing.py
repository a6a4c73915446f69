"""Bars on their bar lines: whose turn each is, which one belongs there, and what stands in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from daw_bridge.jam.again import Again, again_of
from daw_bridge.jam.bars import Feed
from daw_bridge.jam.conductor import Conductor, Times
from daw_bridge.jam.events import Changed, Placed, Watcher
from daw_bridge.jam.lately import Lately, Put
from daw_bridge.jam.margins import Margins
from daw_bridge.jam.metronome import clicks
from daw_bridge.jam.modes import PLAY, Interplay, Name, Past, Turn
from daw_bridge.jam.outgoing import Outgoing
from daw_bridge.jam.place import Place
from daw_bridge.jam.plan import Plan, fitted
from daw_bridge.jam.prepared import Value
from daw_bridge.jam.schedule import ANTICIPATION
from daw_bridge.jam.shadow import Harmony, Shadow
from daw_bridge.jam.song import Loop, Song
from daw_bridge.jam.succession import Succession
from daw_bridge.music.bar_lines import BarLine
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import PPQ, Meter, Seconds, Ticks


class Placing:
    """The bars of a session, put on their lines one after another.

    On its own they come one after another out of `made`; where a DAW is followed they are those of
    its `song`, at its `place`; with a player the `conductor` has them, and where each of his notes
    gets its chord the `shadow` adds them. `next_bar` is the line of the next one, in the session's
    ticks. `next_interplay` is how that one is played, with a player or alone, and `entering` are
    the settings that say so, to be told as it begins. `again` is the bar
    before it, where that may still become another one.
    """

    def __init__(
        self,
        feed: Feed,
        outgoing: Outgoing,
        plan: Plan,
        tell: Watcher,
        margins: Margins,
        interplay: Interplay,
        harmony: Callable[[], Harmony] | None,
    ) -> None:
        self.plan = plan
        self.bars_played = 0
        self.late_bars = 0
        self.song: Song | None = None
        self.place = Place(plan.meter)
        self.lately = Lately()
        self.conductor: Conductor | None = None
        self.shadow: Shadow | None = None
        self.harmony = harmony
        self._then = interplay if plan.led_in else None
        alone = Interplay(clicks=interplay.clicks)
        self.next_interplay = alone if plan.led_in else interplay
        self.entering: tuple[tuple[str, Value], ...] = ()
        self.next_bar = outgoing.transport.origin_tick
        self.margins = margins
        self._feed = feed
        self._outgoing = outgoing
        self._tell = tell
        self._made = Succession(feed)
        self.again: Again | None = None
        self._again_up_to = self._first = Ticks(-PPQ)
        self._last_bar = Bar(meter=plan.meter)
        self._interplay = self.next_interplay
        self._be_together()
        self.want_ahead()

    @property
    def bars_left(self) -> bool:
        """Whether there is another bar to be placed."""
        return self.plan.bars is None or self.bars_played < self.plan.bars

    @property
    def plays_alone(self) -> bool:
        """Whether there is another bar to be placed, and no player to be waited for."""
        return self.bars_left and self.conductor is None

    def ready(self) -> bool:
        """Whether the next bar is made.

        Raises:
            Exception: whatever the bar source raised.
        """
        if self.conductor is not None:
            return self.conductor.ready(self.plan.meter)
        return self._made.ready(self.plan.meter)

    def next_tick(self) -> Ticks | None:
        """Return the tick by which the next bar is to be placed; None: with what else is due."""
        if not self.bars_left or self.conductor is None or not self.conductor.hears:
            return None
        return self.conductor.next_tick(self._times(self.next_bar))

    def place_next(self, now_s: Seconds, horizon: Ticks) -> bool:
        """Put the next bar on its line, if there is one and it is time; tell whether it was."""
        due, conductor = self.next_bar - ANTICIPATION < horizon, self.conductor
        if not self.bars_left or not (due or (conductor is not None and conductor.hears)):
            return False
        if conductor is not None:
            return self._place_turn(conductor, now_s)
        self._place_bar()
        return True

    def _place_bar(self) -> None:
        """Put the next bar on its line, or what stands in for it."""
        place, song, line = self.place, self.song, self.next_bar
        if self._then is not None and self.bars_played >= self.plan.led_in:
            self.go_over_to(self._then)
        place.go_round(line, self._outgoing.transport.seconds_at(line))
        number = self._made.number if song is None else song.number(place.line)
        made = self._next_made() if song is None else song.take(place.line)
        if self.enters and not self._first_turn.plays:
            if made is not None and song is None:
                self._made.go_back()
            self._be_together()
            return
        self._measure(number, made)
        bar = self._filling(self.plan.stand_in(self._last_bar) if made is None else made)
        if song is not None:
            self._last_bar = bar
            if place.line.bar in place.loop:  # to be another one in the next round
                song.begin_round(place.line.bar, place.line.bar)
        self._put(PLAY, bar, number if made else None, late=made is None)
        if self.enters:
            self._be_together(bar)
        self.want_ahead()

    def _place_turn(self, conductor: Conductor, now_s: Seconds) -> bool:
        """Put the next bar on its line, whosever it is; tell whether it was time for that."""
        line, meter = self.next_bar, self.meter
        now = self._outgoing.transport.tick_at(now_s)
        number = conductor.number
        made = conductor.advance(now, line, meter, self._times(line))
        enters = self.enters
        if made is None or (enters and not self._first_turn.plays):
            if made is not None:
                conductor.go_back(number)
            if enters:
                self._be_together()
                self.want_ahead()
            return made is not None
        score = self._outgoing.score
        if made.at_last:
            score.begin = line  # what is before the line would be late
        bar = self._filling(self.plan.stand_in(self._last_bar) if made.bar is None else made.bar)
        self._put(made.turn, bar, made.number, late=made.bar is None)
        if self.shadow is not None:
            self.shadow.place(line, bar.meter)
        if made.turn.plays:
            self._last_bar = bar
        if enters:
            self._be_together(None if made.number is None else bar)  # what stood in is no first bar
            self.want_ahead()
        return True

    def _put(self, turn: Turn, bar: Bar, number: int | None, *, late: bool) -> None:
        """Put a bar on the next line, with clicks where they sound, and go on to the next one."""
        line, score, self.again = self.next_bar, self._outgoing.score, None
        song_bar = None if self.song is None else self.place.line.bar
        self.late_bars += late
        self._tell(Placed(self.bars_played, line, bar, late, song_bar))
        struck = clicks(bar.meter) if self.next_interplay.clicks.sound_in(turn) else Bar()
        put = Put(line, bar, score.routes, number, song_bar, struck, late)
        score.place(put.left(self._first, ANTICIPATION), line)
        self.lately.add(put)
        self.bars_played += 1
        self.next_bar = Ticks(line + bar.meter.bar_length())
        if self.song is not None:
            self.place.pass_line()

    def place_again(self, now: Ticks, first: Ticks) -> None:
        """Put bars down again that begin after a tick and were dropped, from a tick on."""
        for put in self.lately.to_come(now):
            self._outgoing.score.place(put.left(first, ANTICIPATION), put.line, put.routes)

    def may_come_again(self, said: Ticks, first: Ticks, *, whole: bool) -> Again | None:
        """Find the bar that is placed and may become another one, from a tick on that is `first`.

        It is that of the first line after what was `said`, until it begins, and half-way on where
        it need not be `whole`; or else the one that is to begin. One that hangs on more than the
        feed stays: of a primer with tempos.
        """
        found = (
            self._comes_again(said, first, begun=not whole),
            self._comes_again(first, first, begun=False),
        )
        self.again = next((each for each in found if each is not None), None)
        if self.song is not None and self.conductor is None:
            place = None if self.again is None else self.lately.last.song_bar
            if self.song.come_again(place):
                self.want_ahead()
        return self.again

    def _comes_again(self, after: Ticks, first: Ticks, *, begun: bool) -> Again | None:
        """Return the one bar on a line after a tick, if it may become another one."""
        puts, tempos = self.lately.after(after), self.plan.tempos
        if len(puts) != 1 or (tempos and self._made.number <= len(tempos)):
            return None
        (put,) = puts
        if first > (self._half_way(put.line) if begun else put.line):
            return None
        number, in_song = self._made.number, self.song is not None
        return again_of(put, self.conductor, number, in_song=in_song)

    def _half_way(self, line: Ticks) -> Ticks:
        """Return a tick from which the next bar can be made in the time that this one took."""
        due_s = self._outgoing.due_s(Ticks(self.next_bar - ANTICIPATION))
        return Ticks((line + self._outgoing.transport.tick_at(due_s)) // 2)

    def come_again(self, now_s: Seconds) -> None:
        """Have the bar that may become another one still to come, as far as it can be changed."""
        again = self.again
        if again is None:
            return
        self._first = self._outgoing.take_back(now_s, Ticks(again.line - ANTICIPATION))
        self._outgoing.score.leave(again.line)
        put = self.lately.take_off()
        self.bars_played -= 1
        self.late_bars -= put.late
        self._again_up_to, self.next_bar, self.again = self.next_bar, again.line, None
        if self.conductor is not None and self.conductor.before is not None:
            self.conductor = self.conductor.before
            if not again.made:
                self._feed.drop()
            self.conductor.want_again()
        elif again.back:
            self._made.go_back()
        if put.song_bar is not None:
            self.place.line = self.place.lines.of(put.song_bar)

    @property
    def acts_from(self) -> Ticks:
        """The tick from which on what is set now acts."""
        return max(self.next_bar, self._first)

    def line_after(self, tick: Ticks) -> Ticks:
        """Return the first bar line after a tick, though its bar may have begun."""
        return min((put.line for put in self.lately.after(tick)), default=self.next_bar)

    def line_to_come(self, now: Ticks) -> Ticks:
        """Return the first bar line after a tick."""
        return min((put.line for put in self.lately.to_come(now)), default=self.next_bar)

    def measure_again(self, there: BarLine) -> bool:
        """Let the bar that a DAW is in have another meter; tell whether that can be.

        It goes on, and is the bar of that place from now on. It cannot where what comes after it is
        committed.
        """
        first, line = self._outgoing.committed, Ticks(there.tick + self.place.offset)
        end = Ticks(line + there.meter.bar_length())
        put, song = self.lately.last_at(line), self.song
        if put is None or song is None or self.conductor is not None:
            return False
        if min(end, self.next_bar) - ANTICIPATION < first:
            return False
        struck = clicks(there.meter) if put.clicks.notes else Bar()
        put = replace(put, bar=fitted(put.bar, there.meter), clicks=struck)
        self.lately.put_last(put)
        song.measure(there, put.bar)
        self._outgoing.score.leave(line)
        self._outgoing.score.place(put.left(first, ANTICIPATION), line, put.routes)
        self._tell(Placed(self.bars_played - 1, line, put.bar, late=False, song_bar=there.bar))
        self.next_bar = end
        self.place.line = self.place.lines.of(there.bar + 1)
        self.want_ahead()
        return True

    def cut(self, now: Ticks) -> None:
        """Let what is to come begin with the next bar line: what sounds was ended."""
        if self.shadow is not None:
            self.shadow.leave()
        if self.conductor is not None:
            self.conductor.begin_again()
        lines = (put.line for put in self.lately.to_come(now))
        self.next_bar = min(lines, default=self.next_bar)
        self.lately.leave_to_come(now)
        self.place.leave_round()
        self.again = None

    def enter_song(self, *, anew: bool) -> Song:
        """Have bars belong to places of a DAW's song from now on, where they do not yet.

        Its first ones are those that are made already, unless they are to be `anew`.
        """
        if self.song is None:
            if anew:
                self._made.drop()
            self.song = self._song_from_here()
        return self.song

    def set_meter(self, meter: Meter) -> None:
        """Have another meter from the next bar on."""
        if self.song is not None:
            self.place.set_meter(meter)
        elif meter != self.plan.meter:
            self.place = Place(meter)
            self._made.drop()
        self.plan = replace(self.plan, meter=meter)
        self.want_ahead()

    def set_loop(self, loop: Loop) -> None:
        """Have rounds of the DAW's loop repeat bars, or vary them."""
        self.plan = replace(self.plan, loop=loop)
        if self.song is not None:
            self.song.loop = loop

    def keep(self) -> None:
        """Keep bars as they are: what comes round varies no more."""
        self.plan = replace(self.plan, loop=Loop.REPEAT)
        if self.conductor is not None:
            self.conductor.keep()
            self.want_ahead()
        if self.song is not None:
            self.song.keep()

    def make_anew(self, song_bar: int | None) -> None:
        """Have bars that a DAW's song remembers made anew: that of one place, or all."""
        if self.song is not None:
            self.song.wear(*([] if song_bar is None else [song_bar]))
            self.want_ahead()

    def ahead(self) -> tuple[Bar, ...]:
        """Return the next bars, as far as they are made; what is said or played may change them."""
        if self.conductor is not None:
            return tuple(self.conductor.ahead())
        if self.song is not None:
            return tuple(self.song.ahead(self.place.lines_ahead(self.margins.ahead)))
        return tuple(self._made.ahead())

    def forget(self) -> None:
        """Forget the bars that were made: they are of other voices."""
        self._last_bar = Bar(meter=self.plan.meter)
        if self.song is not None:
            self.song.forget()

    def want_ahead(self) -> None:
        """Have the next bars made."""
        ahead = self.margins.ahead
        if self.conductor is not None:
            self.conductor.want_ahead(self.meter)
        elif self.song is None:
            self._made.want(ahead, self.plan.meter)
        else:
            lines = self.place.lines_ahead(ahead)
            if self.again is not None and (before := self.lately.last.song_bar) is not None:
                lines = [self.place.lines.of(before), *lines]
            self.song.want(lines)

    @property
    def meter(self) -> Meter:
        """The meter of the next bar."""
        return self.plan.meter if self.song is None else self.place.line.meter

    def _song_from_here(self) -> Song:
        """Return a song whose first bars are those that are made already."""
        return Song(self._feed, self._made.number, self._made.in_hand, self.plan.loop)

    def go_over_to(self, interplay: Interplay) -> None:
        """Have the next bars played with a player, or alone, as is wished from here on."""
        self.next_interplay, self._then = interplay, None

    @property
    def enters(self) -> bool:
        """Whether another mode is to begin."""
        clicks = self._interplay.clicks  # they come and go within a mode
        return replace(self.next_interplay, clicks=clicks) != self._interplay

    @property
    def _first_turn(self) -> Turn:
        """The first turn of the mode that is to begin."""
        return self.next_interplay.made().turn(Past())

    def _be_together(self, bar: Bar | None = None) -> None:
        """Begin with the next bar to play with a player as is wished, or alone.

        Where a `bar` is given, which is the one that was placed last, it is the first of the mode.
        """
        self._interplay = interplay = self.next_interplay
        self.again = None
        conductor, made = self.conductor, self._made
        if interplay.with_a_player and conductor is not None:
            conductor.change(interplay.made())
        elif interplay.with_a_player:
            number = made.number if self.song is None else self.song.leave()
            made.drop()
            self.conductor = Conductor(interplay.made(), self._feed, self._tell, number)
        elif conductor is not None:
            self.conductor, self._made = None, Succession(self._feed, conductor.leave())
            if self.song is not None:
                self.song = self._song_from_here()
        line = self.next_bar
        if bar is not None:
            line = self.lately.last.line
            if self.conductor is not None:
                self.conductor.begin_with(bar, line, bar.meter)
        for name, value in self.entering:
            self._tell(Changed(name, max(line, self._first), value))
        self.entering = ()
        if interplay.mode is not Name.FOLLOW:
            self.shadow = None
        elif self.shadow is None and self.harmony is not None:
            self.shadow = Shadow(self.harmony(), self._tell, again=interplay.again)

    def _times(self, line: Ticks) -> Times:
        """Return when the bar at a line is seen to."""
        return Times.before(line, self._outgoing.transport)

    def _measure(self, number: int | None, bar: Bar | None) -> None:
        """Tell how long before it was due a bar was ready; the first one was waited for.

        Of one that is remembered the number is None; one that comes again was due long ago.
        """
        line = self.next_bar
        if not self.bars_played or number is None or line < self._again_up_to:
            return
        due_s = self._outgoing.due_s(Ticks(line - ANTICIPATION))
        if bar is None:
            self.margins.late(number, due_s)
            return
        end_s = self._outgoing.transport.seconds_at(Ticks(line + bar.meter.bar_length()))
        margin = self.margins.placed(
            number, due_s, end_s - self._outgoing.transport.seconds_at(line)
        )
        if margin is not None:
            self._tell(margin)

    def _next_made(self) -> Bar | None:
        """Return the next bar if it is made; the tempos within it are those from its line on."""
        bar = self._made.take(self.plan.meter)
        if bar is not None:
            self._last_bar = bar
            if self._made.number <= len(self.plan.tempos):
                changes = self.plan.tempos[self._made.number - 1]
                self._outgoing.change_tempos(
                    (Ticks(self.next_bar + at), tempo) for at, tempo in changes
                )
        return bar

    def _filling(self, bar: Bar) -> Bar:
        """Return a bar that fills its place in the song, of whatever meter it was asked for."""
        meter = bar.meter if self.song is None else self.place.line.meter
        return bar if bar.meter == meter else fitted(bar, meter)
