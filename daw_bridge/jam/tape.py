"""What a session has committed and has not sounded yet."""

from __future__ import annotations

from collections import deque

from daw_bridge.jam.events import Sounded, Watcher
from daw_bridge.midi.sounding import SoundingNotes
from daw_bridge.music.time import Ticks


class Tape:
    """Messages, in order of their ticks, until they have sounded and are told of.

    It is cut where something stops, so that what is told is what was heard and not what was
    planned. It never holds more than what is committed ahead. `at` is the tick of what was told
    last.
    """

    def __init__(self, tell: Watcher) -> None:
        self._tell = tell
        self._ahead: deque[Sounded] = deque()
        self._sounding = SoundingNotes()
        self.at = Ticks(0)

    def add(self, tick: Ticks, port: str, data: bytes) -> None:
        """Take down a message that was committed, which may sound before others that were."""
        place = len(self._ahead)
        while place and self._ahead[place - 1].tick > tick:
            place -= 1
        self._ahead.insert(place, Sounded(tick, port, data))

    def run(self, now: Ticks) -> None:
        """Tell of what was to sound before a tick."""
        while self._ahead and self._ahead[0].tick < now:
            heard = self._ahead.popleft()
            self.at = heard.tick
            self._sounding.sent(heard.port, heard.data)
            self._tell(heard)

    def run_out(self) -> None:
        """Tell of all that was committed: it has sounded."""
        if self._ahead:
            self.run(Ticks(self._ahead[-1].tick + 1))

    def take_back(self, tick: Ticks) -> None:
        """Forget what was to sound at a tick or later."""
        while self._ahead and self._ahead[-1].tick >= tick:
            self._ahead.pop()

    def cut(self, now: Ticks) -> None:
        """Drop what was to sound at a tick or later, and end there what is sounding."""
        self.run(now)
        self._ahead.clear()
        # A tempo that changed within what was committed moves the cut by a few milliseconds.
        at = max(now, self.at)
        for port, data in self._sounding.end_all():
            self._tell(Sounded(at, port, data))
