"""A player followed note by note: what he plays is harmonised at once, and ends with it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Protocol

from daw_bridge.jam.events import HeardBar, Watcher
from daw_bridge.jam.listen import Ear, found_in
from daw_bridge.jam.schedule import Route
from daw_bridge.midi.messages import ends_note, note_off, note_on, starts_note
from daw_bridge.midi.sounding import Key as Place
from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter, Ticks

SOFTER = 0.85
"""How hard the other voices are struck, beside the one that is played."""

MELODY = 0
"""The voice that is played."""

KEY_OF = 4
"""The key is that of the last bars, so many."""

Sent = tuple[str, bytes]
"""A port, and what goes out of it at once."""


class Harmony(Protocol):
    """Chords under a melody, from whoever knows them; one thread calls it."""

    length: Ticks
    """How long the steps are in which it goes on with the time."""

    def begin_bar(self, meter: Meter, key: Key | None = None) -> None:
        """Begin a bar, in a key where it is known."""

    def pass_step(self) -> None:
        """Go on to the next step, which the last of a bar has none of."""

    def strike(self, pitch: int) -> Mapping[int, int]:
        """Return the pitches, by voice, that sound with a note that is struck now."""

    def release(self) -> None:
        """Learn that what sounds has ended."""


class Shadow:
    """What sounds under a player's notes, message by message.

    The note that was struck last is the melody; its chord ends with it, or where the next begins.
    Steps begin half a step early, so that a note which is a little early belongs to the step that
    it means. Ticks are the session's, and bars are told of before they begin. The melody sounds
    `again` with its chord, as the first voice, or not.
    """

    def __init__(self, harmony: Harmony, tell: Watcher, *, again: bool = False) -> None:
        self._harmony = harmony
        self._tell = tell
        self._again = again
        self._ear = Ear()
        self._heard: deque[Bar] = deque(maxlen=KEY_OF)
        self._bars: deque[tuple[Ticks, Meter]] = deque()
        self._open: tuple[Ticks, Meter] | None = None
        self._left = 0
        self._next: Ticks | None = None
        self._coming: tuple[Harmony, Ticks] | None = None
        self._melody: tuple[int, int] | None = None
        self._sounding: list[Place] = []

    def place(self, line: Ticks, meter: Meter) -> None:
        """Learn of the bar at a line."""
        self._bars.append((line, meter))
        if self._next is None:
            self._next = Ticks(line - self._harmony.length // 2)

    def change(self, harmony: Harmony, line: Ticks) -> None:
        """Have other chords, from the bar on whose line that is, or the next."""
        self._coming = harmony, line

    def next_tick(self) -> Ticks | None:
        """Return when the next step begins; None where no bar is known."""
        return self._next

    def pass_time(self, now: Ticks) -> None:
        """Go on to the step at a tick."""
        while self._next is not None and self._next <= now:
            if self._left:
                self._harmony.pass_step()
                self._left -= 1
            if not self._left and self._bars:
                self._begin_bar(*self._bars.popleft())
            elif not self._left:
                self._next = None
                return
            self._next = Ticks(self._next + self._harmony.length)

    def take(self, tick: Ticks, data: bytes, routes: Mapping[int, Route]) -> list[Sent]:
        """Take what is played at a tick; return what sounds or ends with it."""
        self.pass_time(tick)
        self._ear.take(tick, data)
        key = (data[0] & 0x0F, data[1]) if len(data) > 1 else None
        if ends_note(data) and key == self._melody:
            return self.fall_silent()
        if not starts_note(data) or not self._left:
            return []
        sent = self.fall_silent()
        self._melody = key
        softer = max(round(data[2] * SOFTER), 1)
        chord = self._harmony.strike(data[1])
        for voice, pitch in {**({MELODY: data[1]} if self._again else {}), **chord}.items():
            route, velocity = routes.get(voice), data[2] if voice == MELODY else softer
            if route is not None and (route.port, route.channel, pitch) not in self._sounding:
                self._sounding.append((route.port, route.channel, pitch))
                sent.append((route.port, note_on(route.channel, pitch, velocity)))
        return sent

    def fall_silent(self) -> list[Sent]:
        """End what sounds."""
        ends = [(port, note_off(channel, pitch)) for port, channel, pitch in self._sounding]
        self._sounding, self._melody = [], None
        self._harmony.release()
        return ends

    def leave(self) -> None:
        """Forget the bars that are to come, and what sounds: the DAW stands, or is elsewhere."""
        self._bars.clear()
        self.fall_silent()

    def _begin_bar(self, line: Ticks, meter: Meter) -> None:
        if self._coming is not None and line >= self._coming[1]:
            self._harmony, self._coming = self._coming[0], None
        if self._open is not None:
            before, length = self._open
            self._heard.append(self._ear.bar(before, length))
            found = found_in([*self._heard])
            self._tell(HeardBar(before, self._heard[-1], found))
            self._ear.forget(before)
            self._harmony.begin_bar(meter, found.key)
        else:
            self._harmony.begin_bar(meter)
        self._open, self._left = (line, meter), meter.steps(self._harmony.length)
        self._next = Ticks(line - self._harmony.length // 2)
