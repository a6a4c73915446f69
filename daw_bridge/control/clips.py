"""Bars that are kept, as clips of a track of Live: a dialogue with AbletonOSC, without a socket.

Its addresses are those that its README documents; see https://github.com/ideoforms/AbletonOSC.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import PPQ

MOST_NOTES = 50
"""How many notes go in a message, which has a bound in Live."""

MOST_WAITING = 100
"""How many bars wait for Live at most: of more the first are left out."""

LAST_SLOT = 999
"""Where the search for an empty slot ends."""

Told = tuple[str, tuple[Any, ...]]
"""An address and its arguments."""

Pitch = Callable[[Note], int | None]
"""Return the pitch that a note has in the track; None where the kit has no pad for it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A bar, and what its clip is called."""

    bar: Bar
    name: str


class Clips:
    """Writes one bar after the other into the first empty slots of a track.

    Each method returns what to say to Live. Who it is not answered by, it says no more to.
    """

    def __init__(self, track: str, pitch: Pitch) -> None:
        self.trouble = ""
        self._track = track
        self._pitch = pitch
        self._waiting: deque[Kept] = deque(maxlen=MOST_WAITING)
        self._asked: tuple[int, int] | None = None

    def keep(self, kept: Kept) -> list[Told]:
        """Have a bar written; Live is asked for its tracks, which may be others by now."""
        self._waiting.append(kept)
        return [("/live/song/get/track_names", ())]

    def hear(self, address: str, arguments: tuple[Any, ...]) -> list[Told]:
        """Take what Live says."""
        if not self._waiting:
            return []
        if address == "/live/song/get/track_names":
            return self._find(arguments)
        if address == "/live/clip_slot/get/has_clip" and len(arguments) == 3:
            return self._look(*arguments)
        return []

    def _find(self, names: tuple[Any, ...]) -> list[Told]:
        tracks = [str(name) for name in names]
        if self._track not in tracks:
            listed = ", ".join(tracks) or "none"
            self.trouble = f"Live has no track named {self._track!r} (it has {listed})"
            self._waiting.clear()
            return []
        self.trouble = ""
        return [self._ask(tracks.index(self._track), 0)]

    def _ask(self, track: int, slot: int) -> Told:
        """Ask for one slot: of answers to other questions, which may cross, none counts."""
        self._asked = (track, slot)
        return "/live/clip_slot/get/has_clip", self._asked

    def _look(self, track: Any, slot: Any, there: Any) -> list[Told]:
        """Go on to the next slot, or write into this one."""
        if self._asked is None or (track, slot) != self._asked:
            return []
        if there and slot >= LAST_SLOT:
            self.trouble = f"the track {self._track!r} of Live is full"
            self._waiting.clear()
            return []
        told = [] if there else list(self._written(self._waiting.popleft(), self._asked))
        return [*told, self._ask(track, slot + 1)] if self._waiting else told

    def _written(self, kept: Kept, place: tuple[int, int]) -> Iterator[Told]:
        """Say what makes a clip of a bar; what rushes its bar line begins on it."""
        length = kept.bar.meter.bar_length()
        yield "/live/clip_slot/create_clip", (*place, length / PPQ)
        notes = list[Any]()
        for note in kept.bar.notes:
            pitch, start = self._pitch(note), max(0, note.start)
            if pitch is not None and start < length:
                ends = min(note.start + note.duration, length)
                notes += [pitch, start / PPQ, max(ends - start, 1) / PPQ, note.velocity, False]
        for first in range(0, len(notes), 5 * MOST_NOTES):
            yield "/live/clip/add/notes", (*place, *notes[first : first + 5 * MOST_NOTES])
        yield "/live/clip/set/name", (*place, kept.name)
