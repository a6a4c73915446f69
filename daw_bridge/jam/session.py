"""A running jam: bars in, timed messages out, commands obeyed. No clock, thread or device."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from daw_bridge.jam.ask import Ask
from daw_bridge.jam.bars import Feed
from daw_bridge.jam.clock_out import ClockOut
from daw_bridge.jam.commands import (
    Command,
    Keep,
    Panic,
    SetDrumMap,
    SetMeter,
    SetTempo,
    Stop,
    name_of,
)
from daw_bridge.jam.events import Moved, Placed, Refused, Tempo, Watcher, nobody
from daw_bridge.jam.margins import Margins
from daw_bridge.jam.schedule import ANTICIPATION, Route, Score
from daw_bridge.jam.song import Loop, Song
from daw_bridge.jam.tape import Tape
from daw_bridge.midi.messages import STALE_S, TimedMessage, rank_of, starts_note
from daw_bridge.music.bar_lines import BarLine, BarLines
from daw_bridge.music.notes import Bar
from daw_bridge.music.position import Position
from daw_bridge.music.time import PPQ, Meter, Seconds, TempoChanges, Ticks, Transport

LOOKAHEAD_S = 0.1
"""How long before it sounds a message is committed, in seconds."""

START_S, SETTLED_S = 0.03, 0.15
"""How long before it sounds a message is committed where a DAW has just been started, and may be in
another tempo than it was; and how long it is just started, unless it says where it is again."""

APART_S = 1e-4
"""What two ticks are apart at least, whatever the tempo becomes: more than a frame, in which the
end of a note would go before its beginning."""

JUMP = Ticks(PPQ // 8)
"""By how much a DAW is elsewhere, rather than a little early or late."""

LATELY_S = 1.5
"""For how long a tempo that is told now may have been that of a DAW, whatever it said before: for
some clocks of the slowest."""

FRESH_S = 0.6
"""How old the place of a DAW may be before a bar line, for it to be expected to go round its loop:
where it does not, it is to tell so at once."""

NEWS_QPM, NEWS = 0.05, Ticks(PPQ // 4)
"""By how much, and how long after the last one, a tempo that is followed is told as another."""


class Late(StrEnum):
    """What sounds where a bar is not ready at its time."""

    REPEAT = "repeat"
    REST = "rest"
    FILL = "fill"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a session is to play: fixed when it starts.

    `bars` counts the bars to play, None for no end; `fill` is the bar that `Late.FILL` plays.
    `tempos` are changes of tempo within the first bars that are made, a tuple of each. `loop` says
    what the rounds of a DAW's loop play.
    """

    meter: Meter = Meter()
    bars: int | None = None
    late: Late = Late.REPEAT
    fill: Bar = Bar()
    tempos: tuple[TempoChanges, ...] = ()
    loop: Loop = Loop.REPEAT


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
    ) -> None:
        self.plan = plan
        self.transport = transport
        self.bars_played = 0
        self.late_bars = 0
        self._tell = tell
        self._margins = margins or Margins()
        self._tape = Tape(tell)
        self._clock = clock
        self._feed = feed
        self._score = Score(routes)
        self._next_bar = transport.origin_tick
        self._tempos: deque[tuple[Ticks, float]] = deque()
        self._ahead: list[tuple[Ticks, Bar]] = []
        self._committed = transport.origin_tick
        self._last_bar = Bar(meter=plan.meter)
        self._bars_made = 0
        self._in_hand: Bar | None = None
        self._serial = 0
        self._stopped = False
        self._ahead_s = LOOKAHEAD_S
        self._due_s, self._due_tick = Seconds(-math.inf), transport.origin_tick
        self._told = Tempo(transport.origin_tick, transport.tempo_qpm)
        self._song: Song | None = None
        self._lines = BarLines(plan.meter)
        self._line = self._lines.of(0)
        self._position: Position | None = None
        self._offset = Ticks(0)
        self._stands = False
        self._loop = range(0)
        self._round: tuple[Ticks, Ticks] | None = None
        self._want_ahead()

    def ready(self) -> bool:
        """Whether the next bar is made.

        Raises:
            Exception: whatever the bar source raised.
        """
        if self._in_hand is None:
            self._in_hand = self._feed.take(self._ask(self._bars_made))
        return self._in_hand is not None

    def begin(self, at_s: Seconds) -> None:
        """Put the first bar line at a second."""
        self.transport = replace(self.transport, origin_s=at_s)
        self._tell_tempo(self.transport.origin_tick)
        if self._clock is not None:
            self._clock.start(self.transport.origin_tick, Ticks(0))

    @property
    def follows(self) -> bool:
        """Whether it is where a DAW is, and not on its own."""
        return self._song is not None

    def position(self, now_s: Seconds) -> Position | None:
        """Return where the DAW's song is at a second; None where none is followed."""
        if self._position is None or self._stands:
            return self._position
        tick = Ticks(self.transport.tick_at(now_s) - self._offset)
        return Position(now_s, tick, self.transport.tempo_qpm, rolling=True)

    @property
    def _bars_left(self) -> bool:
        return self.plan.bars is None or self.bars_played < self.plan.bars

    def next_wake_s(self) -> Seconds | None:
        """Return the moment at which `advance` has something to do; None once all is committed.

        That of one whose DAW stands is infinitely far.
        """
        if self._stands and not self._stopped:
            return Seconds(math.inf)
        ticks = [self._score.next_tick()]
        if self._bars_left:
            ticks.append(Ticks(self._next_bar - ANTICIPATION))
        if self._tempos:
            ticks.append(self._tempos[0][0])
        if self._clock is not None:
            ticks.append(self._clock.next_tick())
        first = min((tick for tick in ticks if tick is not None), default=None)
        if self._stopped or first is None:
            return None
        # One tick more, since what falls on the horizon itself is not yet committed.
        return Seconds(self.transport.seconds_at(Ticks(first + 1)) - self._ahead_s)

    def advance(self, now_s: Seconds) -> list[TimedMessage]:
        """Commit everything that is due within `LOOKAHEAD_S`, in order.

        What is overdue is committed as well, but for notes that would begin `STALE_S` too late.

        Raises:
            Exception: whatever the bar source raised.
        """
        if self._stopped or self._stands:
            return []
        if self._position is not None and now_s >= self._position.time_s + SETTLED_S:
            self._ahead_s = LOOKAHEAD_S
        self.pass_time(now_s)
        messages = self._commit(now_s)
        while self._tempos and self._tempos[0][0] == self._committed:
            self._set_tempo(self._tempos.popleft()[1])
            messages += self._commit(now_s)
        now = self.transport.tick_at(now_s)
        self._ahead = [(line, bar) for line, bar in self._ahead if line > now]
        return messages

    def _commit(self, now_s: Seconds) -> list[TimedMessage]:
        """Place bars and take out messages up to the horizon, or to the next change of tempo."""
        horizon = self.transport.tick_at(Seconds(now_s + self._ahead_s))
        while self._bars_left and self._next_bar - ANTICIPATION < horizon:
            self._place_bar()
        change = self._tempos[0][0] if self._tempos else horizon
        self._committed = max(self._committed, min(horizon, change))
        stale = self.transport.tick_at(Seconds(now_s - STALE_S))
        messages = [
            self._timed(tick, port, data)
            for tick, port, data in self._score.until(self._committed)
            if tick >= stale or not starts_note(data)
        ]
        return messages if self._clock is None else sorted([*messages, *self._clocks(self._clock)])

    def _clocks(self, clock: ClockOut) -> list[TimedMessage]:
        """Take out the clock as far as the notes, and its stop where the last bar ends."""
        over = not self._bars_left and self._committed >= self._next_bar
        said = clock.until(self._next_bar if over else self._committed)
        said += [(self._next_bar, data) for data in clock.stop()] if over else []
        seconds_at = self.transport.seconds_at
        return [self._message(seconds_at(tick), clock.port, data) for tick, data in said]

    def _set_tempo(self, tempo_qpm: float) -> None:
        """Go on at another tempo from the first tick that is not committed."""
        self.transport = self.transport.with_tempo(tempo_qpm, self._committed)
        self._tell_tempo(self._committed)

    def _tell_tempo(self, tick: Ticks) -> None:
        self._told = Tempo(tick, self.transport.tempo_qpm)
        self._tell(self._told)

    def pass_time(self, now_s: Seconds) -> None:
        """Tell of what has sounded by now."""
        self._tape.run(self.transport.tick_at(now_s))

    def apply(self, command: Command, now_s: Seconds) -> bool:
        """Obey a command; tell whether the ports must now drop what they hold and end all notes."""
        match command:
            case Stop():
                self._stopped = True
                self._fall_silent(now_s)
            case Panic():
                self._fall_silent(now_s)
                self._place_again(now_s)
            case SetTempo() if self.follows:
                pass  # the DAW has it
            case SetTempo(tempo_qpm):
                self._tempos.clear()
                self.plan = replace(self.plan, tempos=())
                self._set_tempo(tempo_qpm)
            case SetDrumMap(drum_map):
                routes = self._score.routes
                self._score.routes = {v: route.through(drum_map) for v, route in routes.items()}
            case SetMeter(meter):
                self._set_meter(meter)
            case Keep():
                self.plan = replace(self.plan, loop=Loop.REPEAT)
                if self._song is not None:
                    self._song.keep()
            case _:
                self._tell(Refused(name_of(command), "not while a jam plays"))
        return isinstance(command, Stop | Panic)

    def follow(self, position: Position, now_s: Seconds) -> bool:
        """Be where the DAW is; tell whether the ports must now drop what they hold and end all.

        What the DAW's clock is off by a little bends the time of what is not yet committed. Where
        it goes elsewhere, what sounds ends, and the bar that belongs there is played from there.
        """
        before, self._position = self._position, position
        meter = position.meter is not None and self._lines.change(position.tick, position.meter)
        song = self._song = self._song or self._song_from_here(anew=meter)
        rolled = before is not None and not self._stands
        if position.rolling and rolled and not meter and self._goes_on(before, position):
            self._bend(position)
            return False
        self._learn_loop(position, rolled=rolled)
        if not (position.rolling or rolled or meter) and before and before.tick == position.tick:
            return False
        ends = not self._stands
        if ends:
            self._cut(now_s)
        self._stands = not position.rolling
        there = self._lines.at(position.tick)
        if rolled and position.rolling and there.bar < self._line.bar:
            song.begin_round(there.bar, self._line.bar)
        self._line = there
        song.want(self._lines_ahead(), alone=True)
        if position.rolling:
            self._roll(position)
        at = self._next_bar + position.tick - self._line.tick
        self._tell(Moved(Ticks(at), position.tick, position.rolling))
        return ends

    def _fall_silent(self, now_s: Seconds) -> None:
        self._score.drop()
        self._tape.cut(self.transport.tick_at(now_s))

    def _song_from_here(self, *, anew: bool) -> Song:
        """Return a song whose first bars are those that are made already, unless they are anew."""
        if anew:
            self._make_again()
        song = Song(self._feed, self._bars_made, self._in_hand, self.plan.loop)
        self._in_hand = None
        return song

    def _goes_on(self, before: Position | None, position: Position) -> bool:
        """Whether a DAW is where it was to be: by our time, or by what it says itself."""
        assert before is not None  # noqa: S101  # it rolled
        at = self.transport.tick_at(position.time_s)
        if self._round is not None:
            line, offset = self._round
            if abs(position.tick - (at - offset)) <= JUMP:
                self._offset, self._round = offset, None
                self._tell(Moved(line, Ticks(line - offset), rolling=True))
                return True
            if at > line + JUMP:
                return False
        ours = at - self._offset
        since_s = position.time_s - before.time_s
        its = before.tick + since_s * position.tempo_qpm * PPQ / 60
        lately = since_s <= LATELY_S and abs(position.tick - its) <= JUMP
        return lately or abs(position.tick - ours) <= JUMP

    def _learn_loop(self, position: Position, *, rolled: bool) -> None:
        """Learn that a DAW went from the end of a bar back to the beginning of one, or did not."""
        ours = self.transport.tick_at(position.time_s) - self._offset
        begin, end = self._lines.at(position.tick), self._lines.at(Ticks(ours + JUMP))
        on_lines = abs(end.tick - ours) <= JUMP and begin.tick == position.tick
        self._loop = range(begin.bar, end.bar if rolled and position.rolling and on_lines else 0)

    def _go_round(self) -> None:
        """Let the first bar of the loop come after its last one, where the DAW is in it."""
        position, begin = self._position, self._loop.start
        if position is None or self._round is not None or self._line.bar != self._loop.stop:
            return
        if self._loop and self.transport.seconds_at(self._next_bar) - position.time_s < FRESH_S:
            self._line = self._lines.of(begin)
            self._round = self._next_bar, Ticks(self._next_bar - self._line.tick)

    def _bend(self, position: Position) -> None:
        """Let what is not yet committed fall where the DAW has it now."""
        at = Ticks(position.tick + self._offset)
        self.transport = Transport(position.tempo_qpm, at, position.time_s)
        self._ahead_s = LOOKAHEAD_S
        change = abs(position.tempo_qpm - self._told.tempo_qpm)
        if change > NEWS_QPM and at >= self._told.tick + NEWS:
            self._tell_tempo(at)

    def _cut(self, now_s: Seconds) -> None:
        """End what sounds, and let what is to come begin with the next bar line."""
        self._fall_silent(now_s)
        now = max(self.transport.tick_at(now_s), self._tape.at)
        self._next_bar = min(
            (line for line, _ in self._ahead if line > now), default=self._next_bar
        )
        self._ahead.clear()
        self._tempos.clear()
        self._round = None

    def _roll(self, position: Position) -> None:
        """Begin a segment where the DAW is, and leave out what of its bar has passed."""
        length = self._line.meter.bar_length()
        self._next_bar = Ticks(self._next_bar - min(0, position.tick // length) * length)
        at = Ticks(self._next_bar + position.tick - self._line.tick)
        self._offset = Ticks(at - position.tick)
        self.transport = Transport(position.tempo_qpm, at, position.time_s)
        self._committed = self._score.begin = at
        self._due_s, self._due_tick, self._ahead_s = Seconds(-math.inf), at, START_S
        self._tell_tempo(at)

    def _set_meter(self, meter: Meter) -> None:
        """Have another meter from the next bar on that is not placed."""
        if self._song is not None:
            self._lines.change(self._line.tick, meter)
            self._line = self._lines.of(self._line.bar)
        elif meter != self.plan.meter:
            self._lines = BarLines(meter)
            self._make_again()
        self.plan = replace(self.plan, meter=meter)
        self._want_ahead()

    def _make_again(self) -> None:
        """Forget what was made, or is being made, and is not placed."""
        self._in_hand = None
        self._feed.drop()

    def _place_again(self, now_s: Seconds) -> None:
        """Put bars down again that were placed and have not begun: they were dropped as well."""
        now = self.transport.tick_at(now_s)
        for line, bar in self._ahead:
            if line > now:
                notes = tuple(n for n in bar.notes if line + max(n.start, -ANTICIPATION) >= now)
                self._score.place(Bar(notes, bar.meter), line)

    def _timed(self, tick: Ticks, port: str, data: bytes) -> TimedMessage:
        self._tape.add(tick, port, data)
        # A DAW that is followed may turn out to be faster: what comes later never sounds before.
        apart_s = APART_S if tick > self._due_tick else 0.0
        self._due_s = Seconds(max(self._due_s + apart_s, self.transport.seconds_at(tick)))
        self._due_tick = tick
        return self._message(self._due_s, port, data)

    def _message(self, due_s: Seconds, port: str, data: bytes) -> TimedMessage:
        self._serial += 1
        return TimedMessage(due_s, rank_of(data), self._serial, port, data)

    def _place_bar(self) -> None:
        self._go_round()
        number = self._bars_made if self._song is None else self._song.number(self._line)
        made = self._next_made() if self._song is None else self._song.take(self._line)
        self._measure(number, made)
        bar = self._stand_in() if made is None else made
        self.late_bars += made is None
        song_bar = self._line.bar if self.follows else None
        self._tell(Placed(self.bars_played, self._next_bar, bar, made is None, song_bar))
        self._score.place(bar, self._next_bar)
        self._ahead.append((self._next_bar, bar))
        self.bars_played += 1
        if self._song is not None:
            self._next_bar = Ticks(self._next_bar + self._line.meter.bar_length())
            self._last_bar = bar if made is None else made
            if self._line.bar in self._loop:  # to be another one in the next round
                self._song.begin_round(self._line.bar, self._line.bar)
            self._line = self._lines.of(self._line.bar + 1)
            self._want_ahead()
            return
        if made is not None and self._bars_made <= len(self.plan.tempos):
            changes = self.plan.tempos[self._bars_made - 1]
            self._tempos += ((Ticks(self._next_bar + at), tempo) for at, tempo in changes)
        self._next_bar = Ticks(self._next_bar + bar.meter.bar_length())

    def _measure(self, number: int | None, bar: Bar | None) -> None:
        """Tell how long before it was due a bar was ready; the first one was waited for.

        Of one that is remembered the number is None.
        """
        if not self.bars_played or number is None:
            return
        line = self._next_bar
        due_s = Seconds(self.transport.seconds_at(Ticks(line - ANTICIPATION)) - LOOKAHEAD_S)
        if bar is None:
            self._margins.late(number, due_s)
            return
        end_s = self.transport.seconds_at(Ticks(line + bar.meter.bar_length()))
        margin = self._margins.placed(number, due_s, end_s - self.transport.seconds_at(line))
        if margin is not None:
            self._tell(margin)

    def _next_made(self) -> Bar | None:
        """Return the next bar if it is made, and want another; a late one is played when it is."""
        if not self.ready() or self._in_hand is None:
            return None
        self._last_bar, self._in_hand = self._in_hand, None
        self._bars_made += 1
        self._want_ahead()
        return self._last_bar

    def _want_ahead(self) -> None:
        if self._song is not None:
            self._song.want(self._lines_ahead())
            return
        for number in range(self._bars_made, self._bars_made + self._margins.ahead):
            self._feed.want(self._ask(number))

    def _lines_ahead(self) -> list[BarLine]:
        bars = [self._line.bar + each for each in range(self._margins.ahead)]
        loop = self._loop
        if loop and loop.start <= bars[0] <= loop.stop:
            bars = [loop[(bar - loop.start) % len(loop)] for bar in bars]
        return [self._lines.of(bar) for bar in dict.fromkeys(bars)]

    def _ask(self, number: int) -> Ask:
        return Ask(number, meter=self.plan.meter)

    def _stand_in(self) -> Bar:
        match self.plan.late:
            case Late.REPEAT:
                bar = self._last_bar
            case Late.FILL:
                bar = self.plan.fill
            case Late.REST:
                bar = Bar(meter=self.plan.meter)
        return bar if self._song is None else _cut_to(bar, self._line.meter)


def _cut_to(bar: Bar, meter: Meter) -> Bar:
    """Return what of a bar begins within one of a meter."""
    length = meter.bar_length()
    return Bar(tuple(note for note in bar.notes if note.start < length), meter)
