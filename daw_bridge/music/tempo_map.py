"""The seconds of a song whose tempo changes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from daw_bridge.music.time import Seconds, Ticks, Transport


class TempoMap:
    """From the ticks of a song to seconds from its start, and back.

    `tempos` are a tick and quarter notes per minute each, in order, the first at tick 0: as
    `midi.files.Score` has them.

    Raises:
        ValueError: a tempo is not a positive number, or there is none.
    """

    def __init__(self, tempos: Iterable[tuple[Ticks, float]]) -> None:
        changes = list(tempos)
        if not changes:
            raise ValueError("expected a tempo, found none")
        self._parts = [Transport(changes[0][1], changes[0][0])]
        for tick, tempo_qpm in changes[1:]:
            self._parts.append(self._parts[-1].with_tempo(tempo_qpm, tick))
        self._ticks = [part.origin_tick for part in self._parts]
        self._seconds = [part.origin_s for part in self._parts]

    def seconds_at(self, tick: Ticks) -> Seconds:
        """Return the second at which a tick falls."""
        return self._parts[max(0, bisect_right(self._ticks, tick) - 1)].seconds_at(tick)

    def tick_at(self, time_s: Seconds) -> Ticks:
        """Return the tick that is nearest to a second: the inverse of `seconds_at`."""
        return self._parts[max(0, bisect_right(self._seconds, time_s) - 1)].tick_at(time_s)
