"""A running jam: bars in, timed messages out, commands obeyed. No clock, thread or device."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

from daw_bridge.jam.bars import Feed
from daw_bridge.jam.clock_out import ClockOut
from daw_bridge.jam.commands import (
    Command,
    Heard,
    Keep,
    Panic,
    SetDrumMap,
    SetMeter,
    SetTempo,
    Stop,
    When,
    name_of,
)
from daw_bridge.jam.conductor import CLOSE_S, DRAFT_S, LAST_S, Conductor, Times
from daw_bridge.jam.events import Changed, Moved, Placed, Refused, Watcher, nobody
from daw_bridge.jam.lately import Lately, Put
from daw_bridge.jam.margins import Margins
from daw_bridge.jam.metronome import clicks
from daw_bridge.jam.modes import Interplay, Name
from daw_bridge.jam.outgoing import Outgoing
from daw_bridge.jam.place import Place
from daw_bridge.jam.plan import Plan
from daw_bridge.jam.prepared import Turn, Value
from daw_bridge.jam.schedule import ANTICIPATION, Route
from daw_bridge.jam.shadow import Harmony, Shadow
from daw_bridge.jam.song import Loop, Song
from daw_bridge.jam.succession import Succession
from daw_bridge.midi.messages import TimedMessage
from daw_bridge.music.drum_map import DrumMap
from daw_bridge.music.notes import Bar
from daw_bridge.music.position import Position
from daw_bridge.music.time import Meter, Seconds, Ticks, Transport


class Session:
    """What turns bars into messages, shortly before they sound.

    Bars are placed on bar lines and turned into seconds only `LOOKAHEAD_S` before they are
    heard, so a change of tempo or map and a panic are heard at once. All seconds are those of the
    ports' clock. What happens goes to `tell`; a `clock` runs with the bars. Not thread-safe: one
    loop calls it.

    Once it follows a DAW, bars belong to places of the DAW's song. Its own ticks only rise all the
    same: wherever the DAW goes, a new segment begins with the next bar line. A loop that the DAW
    has gone round once is gone round with it, without a break.
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
        self.plan = plan
        self.bars_played = 0
        self.late_bars = 0
        self._tell = tell
        self._margins = margins or Margins()
        self._outgoing = Outgoing(transport, routes, tell, clock)
        self._feed = feed
        self._made = Succession(feed)
        self._song: Song | None = None
        self._place = Place(plan.meter)
        self._next_bar = transport.origin_tick
        self._lately = Lately()
        self._last_bar = Bar(meter=plan.meter)
        self._stopped = False
        self._kit: DrumMap | None = None
        self._harmony = harmony
        self._interplay, self._next_interplay = interplay, interplay
        self._conductor: Conductor | None = None
        self._shadow: Shadow | None = None
        self._be_together()
        self._want_ahead()

    @property
    def transport(self) -> Transport:
        """The time that its ticks are in."""
        return self._outgoing.transport

    def ready(self) -> bool:
        """Whether the next bar is made.

        Raises:
            Exception: whatever the bar source raised.
        """
        if self._conductor is not None:
            return self._conductor.ready(self.plan.meter)
        return self._made.ready(self.plan.meter)

    def hear(self, heard: Heard, now_s: Seconds) -> list[TimedMessage]:
        """Take what a player plays; return what sounds or ends with it at once."""
        tick = self.transport.tick_at(heard.time_s)
        if self._conductor is not None:
            self._conductor.hear(tick, heard.data)
        if self._shadow is None or self._stopped or self._place.stands:
            return []
        sent = self._shadow.take(tick, heard.data, self._outgoing.score.routes)
        return self._outgoing.at_once(now_s, sent)

    def begin(self, at_s: Seconds) -> None:
        """Put the first bar line at a second."""
        self._outgoing.begin(at_s)

    @property
    def follows(self) -> bool:
        """Whether it is where a DAW is, and not on its own."""
        return self._song is not None

    def position(self, now_s: Seconds) -> Position | None:
        """Return where the DAW's song is at a second; None where none is followed."""
        return self._place.at(now_s, self.transport)

    @property
    def _bars_left(self) -> bool:
        return self.plan.bars is None or self.bars_played < self.plan.bars

    def next_wake_s(self) -> Seconds | None:
        """Return the moment at which `advance` has something to do; None once all is committed.

        That of one whose DAW stands is infinitely far.
        """
        if self._stopped:
            return None
        if self._place.stands:
            return Seconds(math.inf)
        if self._shadow is not None and (tick := self._shadow.next_tick()) is not None:
            return min(self.transport.seconds_at(tick), self._wake_s() or Seconds(math.inf))
        return self._wake_s()

    def _wake_s(self) -> Seconds | None:
        """Return when a bar is to be placed, or something of one committed; None: never again."""
        conductor, line = self._conductor, self._next_bar
        if not self._bars_left or conductor is None or not conductor.hears:
            return self._outgoing.next_wake_s(
                Ticks(line - ANTICIPATION) if self._bars_left else None
            )
        turn_s = self.transport.seconds_at(conductor.next_tick(self._times(line)))
        out_s = self._outgoing.next_wake_s(None)
        return turn_s if out_s is None else min(turn_s, out_s)

    def advance(self, now_s: Seconds) -> list[TimedMessage]:
        """Commit everything that is due within `LOOKAHEAD_S`, in order.

        What is overdue is committed as well, but for notes that would begin `STALE_S` too late.

        Raises:
            Exception: whatever the bar source raised.
        """
        if self._stopped or self._place.stands:
            return []
        self._outgoing.settle(now_s)
        self.pass_time(now_s)
        if self._shadow is not None:
            self._shadow.pass_time(self.transport.tick_at(now_s))
        messages = self._commit(now_s)
        while self._outgoing.pass_change():
            messages += self._commit(now_s)
        self._lately.pass_time(self.transport.tick_at(now_s))
        return messages

    def _commit(self, now_s: Seconds) -> list[TimedMessage]:
        """Place bars and take out messages up to the horizon, or to the next change of tempo."""
        horizon = self._outgoing.horizon(now_s)
        while self._bars_left and self._place_next(now_s, horizon):
            pass
        return self._outgoing.commit(now_s, None if self._bars_left else self._next_bar)

    def pass_time(self, now_s: Seconds) -> None:
        """Tell of what has sounded by now."""
        self._outgoing.pass_time(now_s)

    def apply(self, command: Command, now_s: Seconds) -> bool:
        """Obey a command; tell whether the ports must now drop what they hold and end all notes."""
        match command:
            case Stop():
                self._stopped = True
                self._outgoing.fall_silent(now_s)
            case Panic():
                self._outgoing.fall_silent(now_s)
                if self._shadow is not None:
                    self._shadow.fall_silent()
                self._place_again(now_s)
                self._changed("panic", self._next_bar)
            case SetTempo() if self.follows:
                pass  # the DAW has it, and who has the DAW
            case SetTempo(tempo_qpm, at):
                self._set_tempo(tempo_qpm, self._line_to_come if at == "bar" else None)
            case SetDrumMap(drum_map, at):
                self._set_drum_map(drum_map, at)
            case SetMeter(meter):
                self._set_meter(meter)
                self._changed("meter", self._next_bar, str(meter))
            case Keep():
                self.plan = replace(self.plan, loop=Loop.REPEAT)
                if self._conductor is not None:
                    self._conductor.keep()
                    self._want_ahead()
                if self._song is not None:
                    self._song.keep()
            case _:
                self._tell(Refused(name_of(command), "not while a jam plays"))
        return isinstance(command, Stop | Panic)

    @property
    def next_line(self) -> Ticks:
        """The bar line of the next bar that is placed."""
        return self._next_bar

    def heard(self, now_s: Seconds) -> tuple[Put, tuple[Bar, ...]] | None:
        """Return the bar that is heard, and those before it; None before the first one."""
        return self._lately.heard(self.transport.tick_at(now_s))

    def make_anew(self, song_bar: int | None = None) -> None:
        """Have bars that a DAW's song remembers made anew: that of one place, or all."""
        if self._song is not None:
            self._song.wear(*([] if song_bar is None else [song_bar]))
            self._want_ahead()

    def turn(
        self,
        turn: Turn,
        changed: Mapping[str, Value],
        harmony: Callable[[], Harmony] | None = None,
    ) -> None:
        """Have other settings from the next bar on that is placed; tell of them by their names.

        A drum map that was set is that of another model as well. `harmony` is what the next player
        is followed with.
        """
        routes = dict(turn.routes)
        self._harmony = harmony or self._harmony
        if turn.all_routes:
            self._kit = None if "drum_map" in changed else self._kit
            if self._kit is not None:
                routes = {voice: route.through(self._kit) for voice, route in routes.items()}
            self._last_bar = Bar(meter=self.plan.meter)  # it is of other voices
            if self._song is not None:
                self._song.forget()
        if routes:
            kept = {} if turn.all_routes else self._routes
            self._outgoing.score.routes = {**kept, **routes}
        if turn.meter is not None and not self.follows:
            self.plan = replace(self.plan, meter=turn.meter)
        if turn.loop is not None:
            self.plan = replace(self.plan, loop=turn.loop)
            if self._song is not None:
                self._song.loop = turn.loop
        if turn.tempo_qpm is not None and not self.follows:
            self._set_tempo(turn.tempo_qpm, self._next_bar)
        if turn.interplay is not None:
            self._next_interplay = turn.interplay
        for name, value in changed.items():
            self._changed(name, self._next_bar, value)

    def follow(self, position: Position, now_s: Seconds) -> bool:
        """Be where the DAW is; tell whether the ports must now drop what they hold and end all.

        What the DAW's clock is off by a little bends the time of what is not yet committed. Where
        it goes elsewhere, what sounds ends, and the bar that belongs there is played from there.
        """
        place = self._place
        before, rolled = place.position, place.rolls
        place.position = position
        meter = position.meter is not None and place.lines.change(position.tick, position.meter)
        song = self._song = self._song or self._song_from_here(anew=meter)
        at = self.transport.tick_at(position.time_s)
        if position.rolling and rolled and not meter and self._goes_on(before, position, at):
            self._outgoing.bend(position, Ticks(position.tick + place.offset))
            return False
        place.learn_loop(position, at, rolled=rolled)
        if not (position.rolling or rolled or meter) and before and before.tick == position.tick:
            return False
        ends = not place.stands
        if ends:
            self._cut(now_s)
        place.stands = not position.rolling
        there = place.lines.at(position.tick)
        if rolled and position.rolling and there.bar < place.line.bar:
            song.begin_round(there.bar, place.line.bar)
        place.line = there
        song.want(place.lines_ahead(self._margins.ahead), alone=True)
        if position.rolling:
            self._roll(position)
        at = Ticks(self._next_bar + position.tick - place.line.tick)
        self._tell(Moved(at, position.tick, position.rolling))
        return ends

    def _song_from_here(self, *, anew: bool) -> Song:
        """Return a song whose first bars are those that are made already, unless they are anew."""
        made = self._made
        if anew:
            made.drop()
        return Song(self._feed, made.number, made.in_hand, self.plan.loop)

    def _goes_on(self, before: Position | None, position: Position, at: Ticks) -> bool:
        """Whether a DAW is where it was to be at a tick of ours, perhaps round its loop."""
        line = self._place.has_gone_round(position, at)
        if line is not None:
            self._tell(Moved(line, Ticks(line - self._place.offset), rolling=True))
            return True
        return before is not None and self._place.goes_on(before, position, at)

    def _cut(self, now_s: Seconds) -> None:
        """End what sounds, and let what is to come begin with the next bar line."""
        if self._shadow is not None:
            self._shadow.leave()
        if self._conductor is not None:
            self._conductor.begin_again()
        now = self._outgoing.fall_silent(now_s)
        self._outgoing.leave_tempos()
        lines = (put.line for put in self._lately.to_come(now))
        self._next_bar = min(lines, default=self._next_bar)
        self._lately.leave_to_come(now)
        self._place.leave_round()

    def _roll(self, position: Position) -> None:
        """Begin a segment where the DAW is, and leave out what of its bar has passed."""
        line = self._place.line
        length = line.meter.bar_length()
        self._next_bar = Ticks(self._next_bar - min(0, position.tick // length) * length)
        at = Ticks(self._next_bar + position.tick - line.tick)
        self._place.offset = Ticks(at - position.tick)
        self._outgoing.begin_segment(position, at)

    def _set_meter(self, meter: Meter) -> None:
        """Have another meter from the next bar on that is not placed."""
        if self._song is not None:
            self._place.set_meter(meter)
        elif meter != self.plan.meter:
            self._place = Place(meter)
            self._made.drop()
        self.plan = replace(self.plan, meter=meter)
        self._want_ahead()

    @property
    def _meter(self) -> Meter:
        """The meter of the next bar."""
        return self.plan.meter if self._song is None else self._place.line.meter

    @property
    def _routes(self) -> dict[int, Route]:
        return self._outgoing.score.routes

    def _set_drum_map(self, drum_map: DrumMap, at: When) -> None:
        """Have another kit: for all notes that are to start, or for bars that are not placed."""
        self._kit, score = drum_map, self._outgoing.score
        if at == "bar":
            score.routes = {v: route.through(drum_map) for v, route in score.routes.items()}
        else:
            score.through(drum_map)
        line = self._next_bar if at == "bar" else self._outgoing.committed
        self._changed("drum_map", line, drum_map.name)

    @property
    def _line_to_come(self) -> Ticks:
        """The first bar line before which not all is committed."""
        lines = (put.line for put in self._lately.to_come(Ticks(self._outgoing.committed - 1)))
        return min(lines, default=self._next_bar)

    def _set_tempo(self, tempo_qpm: float, at: Ticks | None) -> None:
        """Go on at a tempo from a tick; None: from the first that is not committed."""
        self.plan = replace(self.plan, tempos=())
        if at is None:
            self._outgoing.set_tempo(tempo_qpm)
        else:
            self._outgoing.set_tempo_at(at, tempo_qpm)
        self._changed("tempo", self._outgoing.committed if at is None else at, tempo_qpm)

    def _changed(self, what: str, tick: Ticks, value: Value = None) -> None:
        self._tell(Changed(what, tick, value))

    def _place_again(self, now_s: Seconds) -> None:
        """Put bars down again that were placed and have not begun: they were dropped as well."""
        now = self.transport.tick_at(now_s)
        for put in self._lately.to_come(now):
            notes = put.bar.notes
            left = tuple(n for n in notes if put.line + max(n.start, -ANTICIPATION) >= now)
            self._outgoing.score.place(Bar(left, put.bar.meter), put.line, put.routes)

    def _place_bar(self) -> None:
        """Put the next bar on its line, or what stands in for it."""
        place, line = self._place, self._next_bar
        place.go_round(line, self.transport.seconds_at(line))
        number = self._made.number if self._song is None else self._song.number(place.line)
        made = self._next_made() if self._song is None else self._song.take(place.line)
        self._measure(number, made)
        bar = self._stand_in() if made is None else made
        self.late_bars += made is None
        song_bar = place.line.bar if self.follows else None
        self._tell(Placed(self.bars_played, line, bar, made is None, song_bar))
        self._outgoing.score.place(bar, line)
        self._lately.add(Put(line, bar, self._routes, number if made else None, song_bar))
        self.bars_played += 1
        if self._song is None:
            self._next_bar = Ticks(line + bar.meter.bar_length())
        else:
            self._next_bar = Ticks(line + place.line.meter.bar_length())
            self._last_bar = bar
            if place.line.bar in place.loop:  # to be another one in the next round
                self._song.begin_round(place.line.bar, place.line.bar)
            place.pass_line()
        if self._next_interplay != self._interplay:
            self._be_together()
        self._want_ahead()

    def _be_together(self) -> None:
        """Begin with the next bar to play with a player as is wished, or alone."""
        self._interplay = interplay = self._next_interplay
        conductor, made = self._conductor, self._made
        if interplay.with_a_player and conductor is not None:
            conductor.change(interplay.made())
        elif interplay.with_a_player:
            number = made.number if self._song is None else self._song.leave()
            made.drop()
            self._conductor = Conductor(interplay.made(), self._feed, self._tell, number)
        elif conductor is not None:
            self._conductor, self._made = None, Succession(self._feed, conductor.leave())
            if self._song is not None:
                self._song = self._song_from_here(anew=False)
        follows = interplay.mode is Name.FOLLOW and self._harmony is not None
        if self._harmony is not None and follows:
            self._shadow = Shadow(self._harmony(), self._tell)
        else:
            self._shadow = None

    def _place_next(self, now_s: Seconds, horizon: Ticks) -> bool:
        """Put the next bar on its line, if it is time for that; tell whether it was."""
        due, conductor = self._next_bar - ANTICIPATION < horizon, self._conductor
        if conductor is not None:
            return (due or conductor.hears) and self._place_turn(conductor, now_s)
        if due:
            self._place_bar()
        return due

    def _place_turn(self, conductor: Conductor, now_s: Seconds) -> bool:
        """Put the next bar on its line, whosever it is; tell whether it was time for that."""
        place, line = self._place, self._next_bar
        meter = self._meter
        now = self.transport.tick_at(now_s)
        made = conductor.advance(now, line, meter, self._times(line))
        if made is None:
            return False
        late = made.bar is None
        bar = self._stand_in() if made.bar is None else made.bar
        score = self._outgoing.score
        if made.at_last:
            score.begin = line  # what is before the line would be late
        self.late_bars += late
        song_bar = place.line.bar if self.follows else None
        self._tell(Placed(self.bars_played, line, bar, late, song_bar))
        score.place(bar, line)
        if self._shadow is not None:
            self._shadow.place(line, meter)
        if self._interplay.clicks.sound_in(made.turn):
            score.place(clicks(meter), line)
        self._lately.add(Put(line, bar, self._routes, made.number, song_bar))
        self.bars_played += 1
        self._next_bar = Ticks(line + meter.bar_length())
        if made.turn.plays:
            self._last_bar = bar
        if self._song is not None:
            place.pass_line()
        if self._next_interplay != self._interplay:
            self._be_together()
            self._want_ahead()
        return True

    def _times(self, line: Ticks) -> Times:
        """Return when the bar at a line is seen to."""
        line_s, tick_at = self.transport.seconds_at(line), self.transport.tick_at
        draft, close, last = (tick_at(Seconds(line_s - s)) for s in (DRAFT_S, CLOSE_S, LAST_S))
        return Times(draft, close, last)

    def _measure(self, number: int | None, bar: Bar | None) -> None:
        """Tell how long before it was due a bar was ready; the first one was waited for.

        Of one that is remembered the number is None.
        """
        if not self.bars_played or number is None:
            return
        line = self._next_bar
        due_s = self._outgoing.due_s(Ticks(line - ANTICIPATION))
        if bar is None:
            self._margins.late(number, due_s)
            return
        end_s = self.transport.seconds_at(Ticks(line + bar.meter.bar_length()))
        margin = self._margins.placed(number, due_s, end_s - self.transport.seconds_at(line))
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
                    (Ticks(self._next_bar + at), tempo) for at, tempo in changes
                )
        return bar

    def _want_ahead(self) -> None:
        ahead = self._margins.ahead
        if self._conductor is not None:
            self._conductor.want_ahead(self._meter)
        elif self._song is None:
            self._made.want(ahead, self.plan.meter)
        else:
            self._song.want(self._place.lines_ahead(ahead))

    def _stand_in(self) -> Bar:
        bar = self.plan.stand_in(self._last_bar)
        return bar if self._song is None else _cut_to(bar, self._place.line.meter)


def _cut_to(bar: Bar, meter: Meter) -> Bar:
    """Return what of a bar begins within one of a meter."""
    length = meter.bar_length()
    return Bar(tuple(note for note in bar.notes if note.start < length), meter)
