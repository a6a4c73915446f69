"""The chase of a DAW: a session is where the DAW is, and goes where it goes."""

from __future__ import annotations

from daw_bridge.jam.events import Moved, Watcher
from daw_bridge.jam.outgoing import START_S, Outgoing
from daw_bridge.jam.placing import Placing
from daw_bridge.jam.schedule import ANTICIPATION, Score
from daw_bridge.midi.messages import TimedMessage, rank_of
from daw_bridge.music.position import Position
from daw_bridge.music.time import Seconds, Ticks, Transport

SOON_S = 0.01
"""How far ahead a DAW's place may be that it has reached: that of a tick, or of a clock's middle.
One that is farther was announced: that of a start which Link's peers agreed on, on a bar line."""


class Chase:
    """What takes the bars that are placed, and the time that they are in, to where a DAW is."""

    def __init__(self, placing: Placing, outgoing: Outgoing, tell: Watcher) -> None:
        self._placing = placing
        self._outgoing = outgoing
        self._tell = tell

    def follow(self, position: Position, now_s: Seconds) -> bool:
        """Be where the DAW is; tell whether the ports must now drop what they hold and end all.

        What the DAW's clock is off by a little bends the time of what is not yet committed. Where
        it goes elsewhere, what sounds ends, and the bar that belongs there is played from there.
        """
        placing, place = self._placing, self._placing.place
        before, rolled = place.position, place.rolls
        place.position = position
        meter = position.meter is not None and place.lines.change(position.tick, position.meter)
        song = placing.enter_song(anew=meter)
        at = self._outgoing.transport.tick_at(position.time_s)
        if position.rolling and rolled and self._goes_on(before, position, at):
            self._outgoing.bend(position, Ticks(position.tick + place.offset))
            if not meter or placing.measure_again(place.lines.at(position.tick)):
                return False
        announced = position.time_s > now_s + SOON_S
        place.learn_loop(position, at, rolled=rolled and not announced)
        if not (position.rolling or rolled or meter) and before and before.tick == position.tick:
            return False
        ends = not place.stands
        if ends:
            placing.cut(self._outgoing.fall_silent(now_s))
            self._outgoing.leave_tempos()
        place.stands = not position.rolling
        there = place.lines.at(position.tick)
        if rolled and position.rolling and there.bar < place.line.bar:
            song.begin_round(there.bar, place.line.bar)
        place.line = there
        if placing.conductor is None:  # who asks for bars by himself
            song.want(place.lines_ahead(placing.margins.ahead), alone=True)
        if position.rolling:
            self._roll(position)
        at = Ticks(placing.next_bar + position.tick - place.line.tick)
        self._tell(Moved(at, position.tick, position.rolling))
        return ends

    def cue(self) -> tuple[Position, list[TimedMessage]] | None:
        """Return where a DAW stands, and what sounds first if it goes on from there.

        The messages are those that are then committed at once, due in seconds after that. None
        where the DAW does not stand, a bar is not made, or a player is waited for.
        """
        placing, place = self._placing, self._placing.place
        position, song, line = place.position, placing.song, place.line
        if position is None or song is None or not (place.stands and placing.plays_alone):
            return None
        transport = Transport(position.tempo_qpm, position.tick, Seconds(0.0))
        end = transport.tick_at(Seconds(START_S))
        score = Score(self._outgoing.score.routes)
        score.begin = position.tick
        while line.tick - ANTICIPATION < end:
            bar = song.take(line)
            if bar is None:
                return None
            score.place(bar, line.tick)
            line = place.lines.of(line.bar + 1)
        return position, [
            TimedMessage(transport.seconds_at(tick), rank_of(data), serial, port, data)
            for serial, (tick, port, data) in enumerate(score.until(end), self._outgoing.serial + 1)
        ]

    def _goes_on(self, before: Position | None, position: Position, at: Ticks) -> bool:
        """Whether a DAW is where it was to be at a tick of ours, perhaps round its loop."""
        place = self._placing.place
        line = place.has_gone_round(position, at)
        if line is not None:
            self._tell(Moved(line, Ticks(line - place.offset), rolling=True))
            return True
        return before is not None and place.goes_on(before, position, at)

    def _roll(self, position: Position) -> None:
        """Begin a segment where the DAW is, and leave out what of its bar has passed."""
        placing, place = self._placing, self._placing.place
        length = place.line.meter.bar_length()
        placing.next_bar = Ticks(placing.next_bar - min(0, position.tick // length) * length)
        at = Ticks(placing.next_bar + position.tick - place.line.tick)
        place.offset = Ticks(at - position.tick)
        self._outgoing.begin_segment(position, at)
