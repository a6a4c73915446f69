"""What is placed, on its way to the ports: ticks become seconds shortly before they sound."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from daw_bridge.jam.clock_out import ClockOut
from daw_bridge.jam.events import Tempo, Watcher
from daw_bridge.jam.schedule import Route, Score
from daw_bridge.jam.tape import Tape
from daw_bridge.midi.messages import STALE_S, TimedMessage, rank_of, starts_note
from daw_bridge.music.position import Position
from daw_bridge.music.time import PPQ, Seconds, Ticks, Transport

LOOKAHEAD_S = 0.1
"""How long before it sounds a message is committed, in seconds."""

START_S, SETTLED_S = 0.03, 0.15
"""How long before it sounds a message is committed where a DAW has just been started, and may be in
another tempo than it was; and how long it is just started: until some clocks, if they are not
even, agree on a tempo."""

AT_ONCE_S = 0.004
"""How long it takes until something sounds: the way to the ports, and a cycle of theirs."""

TAKE_BACK_S = 0.01
"""How long before it is due what was committed can be taken back: the way to the ports, and some
cycles of theirs."""

APART_S = 1e-4
"""What two ticks are apart at least, whatever the tempo becomes: more than a frame, in which the
end of a note would go before its beginning."""

NEWS_QPM, NEWS = 0.05, Ticks(PPQ // 4)
"""By how much, and how long after the last one, a tempo that is followed is told as another."""


@dataclass(frozen=True, slots=True)
class _Sent:
    """A tick that was committed: the first serial of its messages, and what was due before it."""

    tick: Ticks
    serial: int
    due_s: Seconds
    due_tick: Ticks


class Outgoing:
    """A score, the time that it is in, and what was committed of it.

    All is committed in order, and once, unless it is taken back; a `clock` runs beside the notes.
    What has sounded is told, and each tempo from its tick on. `serial` is the number of the last
    message.
    """

    def __init__(
        self,
        transport: Transport,
        routes: Mapping[int, Route],
        tell: Watcher,
        clock: ClockOut | None = None,
    ) -> None:
        self.transport = transport
        self.score = Score(routes)
        self.committed = transport.origin_tick
        self._tell = tell
        self._clock = clock
        self._tape = Tape(tell)
        self._changes: deque[tuple[Ticks, float]] = deque()
        self._told = Tempo(transport.origin_tick, transport.tempo_qpm)
        self._settles_s = Seconds(-math.inf)
        self._ahead_s = LOOKAHEAD_S
        self._due_s, self._due_tick = Seconds(-math.inf), transport.origin_tick
        self.serial = 0
        self._sent: deque[_Sent] = deque()
        self._fixed = transport.origin_tick
        self._taken_back: int | None = None

    def begin(self, at_s: Seconds) -> None:
        """Put the first tick at a second."""
        self.transport = replace(self.transport, origin_s=at_s)
        self._tell_tempo(self.transport.origin_tick)
        if self._clock is not None:
            self._clock.start(self.transport.origin_tick, Ticks(0))

    def next_wake_s(self, next_bar: Ticks | None) -> Seconds | None:
        """Return when something is to be committed, or a bar placed; None: never again."""
        ticks = [self.score.next_tick(), next_bar]
        if self._changes:
            ticks.append(self._changes[0][0])
        if self._clock is not None:
            ticks.append(self._clock.next_tick())
        first = min((tick for tick in ticks if tick is not None), default=None)
        if first is None:
            return None
        # One tick more, since what falls on the horizon itself is not yet committed.
        return Seconds(self.transport.seconds_at(Ticks(first + 1)) - self._ahead_s)

    def settle(self, now_s: Seconds) -> None:
        """Commit as far ahead as usual again, where a DAW was started some time ago."""
        if now_s >= self._settles_s:
            self._ahead_s = LOOKAHEAD_S

    def horizon(self, now_s: Seconds) -> Ticks:
        """Return the tick up to which all is to be committed now."""
        return self.transport.tick_at(Seconds(now_s + self._ahead_s))

    def due_s(self, tick: Ticks) -> Seconds:
        """Return when what sounds at a tick has to be there, to be committed in time."""
        return Seconds(self.transport.seconds_at(tick) - LOOKAHEAD_S)

    def commit(self, now_s: Seconds, end: Ticks | None) -> list[TimedMessage]:
        """Take out what is due up to the horizon, or to the next change of tempo.

        The music is over at the tick `end`, where that is known, and the clock with it. Notes that
        would begin `STALE_S` too late are left out.
        """
        horizon = self.horizon(now_s)
        change = self._changes[0][0] if self._changes else horizon
        self.committed = max(self.committed, min(horizon, change))
        stale = self.transport.tick_at(Seconds(now_s - STALE_S))
        ticks = self.committed if end is None else min(self.committed, end)
        messages: list[TimedMessage] = []
        while (tick := self._next_tick(ticks)) is not None:
            self._keep(tick)
            after = Ticks(tick + 1)
            messages += [
                self._timed(at, port, data)
                for at, port, data in self.score.until(after)
                if at >= stale or not starts_note(data)
            ]
            if self._clock is not None:
                messages += self._clocks(self._clock, min(after, ticks))
        if self._clock is None:
            return messages
        if end is not None and self.committed >= end and (said := self._clock.stop()):
            self._fixed = self.committed
            end_s = self.transport.seconds_at(end)
            messages += [self._message(end_s, self._clock.port, data) for data in said]
        return sorted(messages)

    def take_back(self, now_s: Seconds, least: Ticks = Ticks(0)) -> Ticks:
        """Have what was committed still to come, from the first tick on at which it can be.

        Return that tick; none before `least` is. The ports are to drop it too: see `taken_back`.
        """
        first = self.transport.tick_at(Seconds(now_s + TAKE_BACK_S))
        first = max(first, least, self._fixed)
        if first >= self.committed:
            return max(self.committed, least)
        self.committed = first
        self.score.put_back(first)
        self._tape.take_back(first)
        if self._clock is not None:
            self._clock.go_back(first)
        while self._sent and self._sent[-1].tick >= first:
            sent = self._sent.pop()
            self._due_s, self._due_tick = sent.due_s, sent.due_tick
            self._taken_back = min(sent.serial, self._taken_back or sent.serial)
        return first

    def taken_back(self) -> int | None:
        """Return the serial from which on messages were taken back since the last call, if any."""
        serial, self._taken_back = self._taken_back, None
        return serial

    def at_once(self, now_s: Seconds, sent: Sequence[tuple[str, bytes]]) -> list[TimedMessage]:
        """Return messages, each of a port, that sound as soon as they can."""
        due_s = Seconds(now_s + AT_ONCE_S)
        tick = self.transport.tick_at(due_s)
        for port, data in sent:
            self._tape.add(tick, port, data)
        return [TimedMessage(due_s, rank_of(data), 0, port, data) for port, data in sent]

    def change_tempos(self, changes: Iterable[tuple[Ticks, float]]) -> None:
        """Have other tempos from later ticks on."""
        self._changes += changes

    def pass_change(self) -> bool:
        """Go on at the next tempo, if all before it is committed; tell whether that is so."""
        if not self._changes or self._changes[0][0] != self.committed:
            return False
        self._go_on_at(self._changes.popleft()[1])
        return True

    def set_tempo(self, tick: Ticks, tempo_qpm: float) -> None:
        """Go on at a tempo from a tick that is not committed, and at no other after it."""
        before = [each for each in self._changes if each[0] < tick]
        self._changes = deque([*before, (tick, tempo_qpm)])
        self.pass_change()

    def bend(self, position: Position, at: Ticks) -> None:
        """Let what is not yet committed fall where a DAW is: at a tick of ours."""
        self.transport = Transport(position.tempo_qpm, at, position.time_s)
        change = abs(position.tempo_qpm - self._told.tempo_qpm)
        if change > NEWS_QPM and at >= self._told.tick + NEWS:
            self._tell_tempo(at)

    def begin_segment(self, position: Position, at: Ticks) -> None:
        """Begin anew where a DAW is: at a tick of ours, before which nothing sounds."""
        self.transport = Transport(position.tempo_qpm, at, position.time_s)
        self.committed = self.score.begin = self._fixed = at
        self._due_s, self._due_tick, self._ahead_s = Seconds(-math.inf), at, START_S
        self._settles_s = Seconds(position.time_s + SETTLED_S)
        self._tell_tempo(at)

    def fall_silent(self, now_s: Seconds) -> Ticks:
        """Forget all that is to sound, and end what sounds; return the tick of that."""
        self.score.drop()
        self._sent.clear()
        now = self.transport.tick_at(now_s)
        self._tape.cut(now)
        return max(now, self._tape.at)

    def run_out(self) -> None:
        """Tell of all that was committed, which has sounded, whatever tempo comes after it."""
        self._tape.run_out()

    def leave_tempos(self) -> None:
        """Forget the tempos that are to come."""
        self._changes.clear()

    def pass_time(self, now_s: Seconds) -> None:
        """Tell of what has sounded by now."""
        now = self.transport.tick_at(now_s)
        self._tape.run(now)
        self.score.pass_time(now)
        while self._sent and self._sent[0].tick < now:
            self._sent.popleft()

    def _go_on_at(self, tempo_qpm: float) -> None:
        self._fixed = self.committed
        self.transport = self.transport.with_tempo(tempo_qpm, self.committed)
        self._tell_tempo(self.committed)

    def _tell_tempo(self, tick: Ticks) -> None:
        self._told = Tempo(tick, self.transport.tempo_qpm)
        self._tell(self._told)

    def _next_tick(self, end: Ticks) -> Ticks | None:
        """Return the next tick that is to be committed; the clock goes on to `end`."""
        clock = None if self._clock is None else self._clock.next_tick()
        bounds = (self.score.next_tick(), self.committed), (clock, end)
        return min((at for at, before in bounds if at is not None and at < before), default=None)

    def _keep(self, tick: Ticks) -> None:
        """Keep what is to be known where a tick is taken back."""
        if not self._sent or self._sent[-1].tick < tick:
            sent = _Sent(tick, self.serial + 1, self._due_s, self._due_tick)
            self._sent.append(sent)

    def _clocks(self, clock: ClockOut, end: Ticks) -> list[TimedMessage]:
        """Take out the clock before a tick."""
        seconds_at = self.transport.seconds_at
        said = clock.until(end)
        return [self._message(seconds_at(tick), clock.port, data) for tick, data in said]

    def _timed(self, tick: Ticks, port: str, data: bytes) -> TimedMessage:
        self._tape.add(tick, port, data)
        # A DAW that is followed may turn out to be faster: what comes later never sounds before.
        apart_s = APART_S if tick > self._due_tick else 0.0
        self._due_s = Seconds(max(self._due_s + apart_s, self.transport.seconds_at(tick)))
        self._due_tick = tick
        return self._message(self._due_s, port, data)

    def _message(self, due_s: Seconds, port: str, data: bytes) -> TimedMessage:
        self.serial += 1
        return TimedMessage(due_s, rank_of(data), self.serial, port, data)
