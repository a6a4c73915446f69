"""Where the DAW is that is followed: its place in the song, and the loop that it goes round."""

from __future__ import annotations

from daw_bridge.music.bar_lines import BarLine, BarLines
from daw_bridge.music.position import Position
from daw_bridge.music.time import PPQ, Meter, Seconds, Ticks, Transport

JUMP = Ticks(PPQ // 8)
"""By how much a DAW is elsewhere, rather than a little early or late."""

LATELY_S = 1.5
"""For how long a tempo that is told now may have been that of a DAW, whatever it said before: for
some clocks of the slowest."""

FRESH_S = 0.6
"""How old the place of a DAW may be before a bar line, for it to be expected to go round its loop:
where it does not, it is to tell so at once."""


class Place:
    """Where a DAW is, against the ticks of a session, which only rise.

    `offset` is how far the session's ticks are after the song's. `line` is the bar line of the song
    that is placed next. A loop that the DAW has gone round once is foretold from then on: the
    session's next bar is its first one, and the DAW goes on with it if it goes round in truth.
    """

    def __init__(self, meter: Meter) -> None:
        self.lines = BarLines(meter)
        self.line = self.lines.of(0)
        self.position: Position | None = None
        self.offset = Ticks(0)
        self.stands = False
        self.loop = range(0)
        self._round: tuple[Ticks, Ticks] | None = None

    @property
    def rolls(self) -> bool:
        """Whether there is a DAW, and it rolls."""
        return self.position is not None and not self.stands

    def at(self, now_s: Seconds, transport: Transport) -> Position | None:
        """Return where the DAW's song is at a second; None where none is followed."""
        if self.position is None or self.stands:
            return self.position
        tick = Ticks(transport.tick_at(now_s) - self.offset)
        return Position(now_s, tick, transport.tempo_qpm, rolling=True)

    def goes_on(self, before: Position, position: Position, at: Ticks) -> bool:
        """Whether a DAW is where it was to be: by our tick, or by what it says itself."""
        if self._round is not None and at > self._round[0] + JUMP:
            return False  # it was to go round, and has not
        ours = at - self.offset
        since_s = position.time_s - before.time_s
        its = before.tick + since_s * position.tempo_qpm * PPQ / 60
        lately = since_s <= LATELY_S and abs(position.tick - its) <= JUMP
        return lately or abs(position.tick - ours) <= JUMP

    def has_gone_round(self, position: Position, at: Ticks) -> Ticks | None:
        """Return the session's tick of the line at which a DAW went round its loop, as foretold."""
        if self._round is None:
            return None
        line, offset = self._round
        if abs(position.tick - (at - offset)) > JUMP:
            return None
        self.offset, self._round = offset, None
        return line

    def learn_loop(self, position: Position, at: Ticks, *, rolled: bool) -> None:
        """Learn that a DAW went from the end of a bar back to the beginning of one, or did not."""
        ours = at - self.offset
        begin, end = self.lines.at(position.tick), self.lines.at(Ticks(ours + JUMP))
        on_lines = abs(end.tick - ours) <= JUMP and begin.tick == position.tick
        self.loop = range(begin.bar, end.bar if rolled and position.rolling and on_lines else 0)

    def go_round(self, next_bar: Ticks, due_s: Seconds) -> None:
        """Let the first bar of the loop come after its last one, where the DAW is in it.

        `next_bar` is the session's tick of the next bar line, and `due_s` its second.
        """
        position, begin = self.position, self.loop.start
        if position is None or self._round is not None or self.line.bar != self.loop.stop:
            return
        if self.loop and due_s - position.time_s < FRESH_S:
            self.line = self.lines.of(begin)
            self._round = next_bar, Ticks(next_bar - self.line.tick)

    def pass_line(self) -> None:
        """Go on to the next bar line."""
        self.line = self.lines.of(self.line.bar + 1)

    def leave_round(self) -> None:
        """Expect no more that the DAW goes round: it went elsewhere."""
        self._round = None

    def set_meter(self, meter: Meter) -> None:
        """Have another meter from the next bar line on."""
        self.lines.change(self.line.tick, meter)
        self.line = self.lines.of(self.line.bar)

    def lines_ahead(self, bars: int) -> list[BarLine]:
        """Return the next bar lines, those of the loop where the DAW is in it."""
        ahead = [self.line.bar + each for each in range(bars)]
        loop = self.loop
        if loop and loop.start <= ahead[0] <= loop.stop:
            ahead = [loop[(bar - loop.start) % len(loop)] for bar in ahead]
        return [self.lines.of(bar) for bar in dict.fromkeys(ahead)]
