"""The bars that were placed last: which one is heard, and which have not begun."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from daw_bridge.jam.schedule import PLACED_AHEAD, Route
from daw_bridge.music.form import FARTHEST
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Ticks


@dataclass(frozen=True, slots=True)
class Put:
    """A bar on its line, and where its voices go; with `clicks` of a metronome.

    `number` is that under which it was made; None where it is one that came before. `song_bar` is
    the bar of the DAW's song that it is. `late`: it stands in for one that was not ready.
    """

    line: Ticks
    bar: Bar
    routes: dict[int, Route]
    number: int | None = None
    song_bar: int | None = None
    clicks: Bar = Bar()
    late: bool = False

    def left(self, tick: Ticks, early: Ticks) -> Bar:
        """Return what of it starts at a tick or later; no note is earlier than `early`."""
        notes = (*self.bar.notes, *self.clicks.notes)
        if self.line - early < tick:
            notes = tuple(n for n in notes if self.line + max(n.start, -early) >= tick)
        return Bar.of(notes, self.bar.meter)


class Lately:
    """The bars that were placed last, in the order of their lines.

    One that has begun has begun, though a DAW that is followed may turn out to be slower.
    """

    def __init__(self) -> None:
        self._put: deque[Put] = deque(maxlen=FARTHEST + PLACED_AHEAD)
        self._begun = Ticks(-1)

    def add(self, put: Put) -> None:
        """Learn that a bar was placed."""
        self._put.append(put)

    def last_at(self, line: Ticks) -> Put | None:
        """Return the bar that was placed last, where it is that of a line."""
        return self._put[-1] if self._put and self._put[-1].line == line else None

    def put_last(self, put: Put) -> None:
        """Have another bar in place of the one that was placed last."""
        self._put[-1] = put

    def pass_time(self, now: Ticks) -> None:
        """Learn that what has its line up to a tick has begun."""
        self._begun = max(self._begun, now)

    def to_come(self, now: Ticks) -> list[Put]:
        """Return the bars that begin after a tick."""
        return [each for each in self._put if each.line > max(now, self._begun)]

    def through(self, routes: dict[int, Route], now: Ticks) -> None:
        """Have the bars that begin after a tick go elsewhere."""
        to_come = self.to_come(now)
        self.leave_to_come(now)
        self._put += (replace(put, routes=routes) for put in to_come)

    def after(self, tick: Ticks) -> list[Put]:
        """Return the bars whose lines are after a tick, though they may have begun."""
        return [each for each in self._put if each.line > tick]

    @property
    def last(self) -> Put:
        """The bar that was placed last."""
        return self._put[-1]

    def take_off(self) -> Put:
        """Forget the bar that was placed last, and return it."""
        return self._put.pop()

    def leave_to_come(self, now: Ticks) -> None:
        """Forget the bars that were to begin after a tick."""
        for _ in self.to_come(now):
            self._put.pop()

    def heard(self, now: Ticks) -> tuple[Put, tuple[Bar, ...]] | None:
        """Return the bar that is heard at a tick, and those before it; None where none was."""
        begun = [each for each in self._put if each.line <= max(now, self._begun)]
        if not begun:
            return None
        return begun[-1], tuple(each.bar for each in begun[:-1][-FARTHEST:])
