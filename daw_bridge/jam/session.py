"""A running jam: bars in, timed messages out, commands obeyed. No clock, thread or device."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from daw_bridge.jam.ask import Ask
from daw_bridge.jam.bars import Feed
from daw_bridge.jam.clock_out import ClockOut
from daw_bridge.jam.commands import Command, Panic, SetDrumMap, SetTempo, Stop
from daw_bridge.jam.events import Placed, Tempo, Watcher, nobody
from daw_bridge.jam.margins import Margins
from daw_bridge.jam.schedule import ANTICIPATION, Route, Score
from daw_bridge.jam.tape import Tape
from daw_bridge.midi.messages import STALE_S, TimedMessage, rank_of, starts_note
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter, Seconds, TempoChanges, Ticks, Transport

LOOKAHEAD_S = 0.1
"""How long before it sounds a message is committed, in seconds."""


class Late(StrEnum):
    """What sounds where a bar is not ready at its time."""

    REPEAT = "repeat"
    REST = "rest"
    FILL = "fill"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a session is to play: fixed when it starts.

    `bars` counts the bars to play, None for no end; `fill` is the bar that `Late.FILL` plays.
    `tempos` are changes of tempo within the first bars that are made, a tuple of each.
    """

    meter: Meter = Meter()
    bars: int | None = None
    late: Late = Late.REPEAT
    fill: Bar = Bar()
    tempos: tuple[TempoChanges, ...] = ()


class Session:
    """What turns bars into messages, shortly before they sound.

    Bars are placed on bar lines and turned into seconds only `LOOKAHEAD_S` before they are
    heard, so a change of tempo or map and a panic are heard at once. All seconds are those of the
    ports' clock. What happens goes to `tell`; a `clock` runs with the bars. Not thread-safe: one
    loop calls it.
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
        self._tell(Tempo(self.transport.origin_tick, self.transport.tempo_qpm))
        if self._clock is not None:
            self._clock.start(self.transport.origin_tick, Ticks(0))

    @property
    def _bars_left(self) -> bool:
        return self.plan.bars is None or self.bars_played < self.plan.bars

    def next_wake_s(self) -> Seconds | None:
        """Return the moment at which `advance` has something to do; None once all is committed."""
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
        return Seconds(self.transport.seconds_at(Ticks(first + 1)) - LOOKAHEAD_S)

    def advance(self, now_s: Seconds) -> list[TimedMessage]:
        """Commit everything that is due within `LOOKAHEAD_S`, in order.

        What is overdue is committed as well, but for notes that would begin `STALE_S` too late.

        Raises:
            Exception: whatever the bar source raised.
        """
        if self._stopped:
            return []
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
        horizon = self.transport.tick_at(Seconds(now_s + LOOKAHEAD_S))
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
        return [self._message(tick, clock.port, data) for tick, data in said]

    def _set_tempo(self, tempo_qpm: float) -> None:
        """Go on at another tempo from the first tick that is not committed."""
        self.transport = self.transport.with_tempo(tempo_qpm, self._committed)
        self._tell(Tempo(self._committed, tempo_qpm))

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
            case SetTempo(tempo_qpm):
                self._tempos.clear()
                self.plan = replace(self.plan, tempos=())
                self._set_tempo(tempo_qpm)
            case SetDrumMap(drum_map):
                routes = self._score.routes
                self._score.routes = {v: route.through(drum_map) for v, route in routes.items()}
        return isinstance(command, Stop | Panic)

    def _fall_silent(self, now_s: Seconds) -> None:
        self._score.drop()
        self._tape.cut(self.transport.tick_at(now_s))

    def _place_again(self, now_s: Seconds) -> None:
        """Put bars down again that were placed and have not begun: they were dropped as well."""
        now = self.transport.tick_at(now_s)
        for line, bar in self._ahead:
            if line > now:
                notes = tuple(n for n in bar.notes if line + max(n.start, -ANTICIPATION) >= now)
                self._score.place(Bar(notes, bar.meter), line)

    def _timed(self, tick: Ticks, port: str, data: bytes) -> TimedMessage:
        self._tape.add(tick, port, data)
        return self._message(tick, port, data)

    def _message(self, tick: Ticks, port: str, data: bytes) -> TimedMessage:
        self._serial += 1
        due_s = self.transport.seconds_at(tick)
        return TimedMessage(due_s, rank_of(data), self._serial, port, data)

    def _place_bar(self) -> None:
        number = self._bars_made
        made = self._next_made()
        self._measure(number, made)
        bar = self._stand_in() if made is None else made
        self.late_bars += made is None
        self._tell(Placed(self.bars_played, self._next_bar, bar, late=made is None))
        self._score.place(bar, self._next_bar)
        self._ahead.append((self._next_bar, bar))
        if made is not None and self._bars_made <= len(self.plan.tempos):
            changes = self.plan.tempos[self._bars_made - 1]
            self._tempos += ((Ticks(self._next_bar + at), tempo) for at, tempo in changes)
        self._next_bar = Ticks(self._next_bar + bar.meter.bar_length())
        self.bars_played += 1

    def _measure(self, number: int, bar: Bar | None) -> None:
        """Tell how long before it was due a bar was ready; the first one was waited for."""
        if not self.bars_played:
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
        for number in range(self._bars_made, self._bars_made + self._margins.ahead):
            self._feed.want(self._ask(number))

    def _ask(self, number: int) -> Ask:
        return Ask(number, meter=self.plan.meter)

    def _stand_in(self) -> Bar:
        match self.plan.late:
            case Late.REPEAT:
                return self._last_bar
            case Late.FILL:
                return self.plan.fill
            case Late.REST:
                return Bar(meter=self.plan.meter)
