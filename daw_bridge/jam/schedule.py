"""Notes on their way to messages: routes, and the score of what is still to come."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace

from daw_bridge.midi.messages import DRUM_CHANNEL, note_off, note_on, rank_of
from daw_bridge.midi.sounding import Key
from daw_bridge.music.drum_map import DrumMap
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import SIXTEENTH, Ticks

ANTICIPATION = SIXTEENTH
"""How far before its bar line a note of a bar may start."""

EARLY = Ticks(SIXTEENTH // 4)
"""How far before a place inside a bar a note may start that belongs to it."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where a voice goes: a port, a channel 0..15 and, for drums, the map of the kit."""

    port: str = "notes"
    channel: int = DRUM_CHANNEL
    drum_map: DrumMap | None = None

    def device_pitch(self, pitch: int) -> int | None:
        """Return the pitch to send for a note; None where the kit has no pad for it."""
        return pitch if self.drum_map is None else self.drum_map.to_device(pitch)

    def through(self, drum_map: DrumMap) -> Route:
        """Return the same route with another kit; a pitched route stays as it is."""
        return self if self.drum_map is None else replace(self, drum_map=drum_map)


_Start = tuple[Ticks, int, int, Note, dict[int, Route], Ticks]
"""A note that is to start: its tick, how soft it is, its number, its routes and its bar line."""

PLACED_AHEAD = 8
"""More bars than are ever placed before they begin."""


@dataclass(frozen=True, slots=True)
class _Before:
    """What sounded before the messages of a tick were taken out, and which notes start in it."""

    tick: Ticks
    ends: tuple[tuple[Ticks, int, Key], ...]
    end_of: dict[int, Ticks]
    sounding: dict[Key, tuple[int, Ticks]]
    starts: list[_Start]


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What came last in each part before a bar was placed, and where its ties had ended."""

    line: Ticks
    last: dict[tuple[int, int], int]
    ends: dict[int, Ticks]


class Score:
    """The notes to come, whose messages are handed out in the order in which they sound.

    A bar keeps the routes that there were when it was placed. Drum maps are applied when a note
    starts, and its note-off repeats the pitch that was sent: a map that changes in between leaves
    nothing sounding. One key never sounds twice: a
    note that starts on a sounding key ends it first, and of two notes that start at one tick on
    one key the louder stays. A tied note makes the one before it longer.

    What was taken out of late can be put back, and a bar that was placed taken away again.

    Nothing starts before the tick `begin`: what would, shortly before, starts there, and what is
    earlier in a bar that begins inside is left out.
    """

    def __init__(self, routes: Mapping[int, Route]) -> None:
        self.routes = dict(routes)
        self.begin = Ticks(0)
        self._starts: list[_Start] = []
        self._ends: list[tuple[Ticks, int, Key]] = []
        self._end_of: dict[int, Ticks] = {}
        self._last: dict[tuple[int, int], int] = {}
        self._sounding: dict[Key, tuple[int, Ticks]] = {}
        self._serial = 0
        self._out: deque[_Before] = deque()
        self._placed: deque[_Ahead] = deque(maxlen=PLACED_AHEAD)

    def place(self, bar: Bar, at: Ticks, routes: dict[int, Route] | None = None) -> None:
        """Put the notes of a bar down, its bar line at a tick; None: with the routes of now."""
        routes = self.routes if routes is None else routes
        early = ANTICIPATION if at == self.begin else EARLY
        ahead = _Ahead(at, dict(self._last), {})
        self._placed.append(ahead)
        for note in bar.notes:
            start = Ticks(at + max(note.start, -ANTICIPATION))
            if start < self.begin - early:
                continue
            start = max(start, self.begin)
            end = Ticks(start + note.duration)
            part = note.voice, note.pitch
            if note.tied and self._end_of.get(self._last.get(part, 0)) == start:
                ahead.ends.setdefault(self._last[part], start)
                self._end_of[self._last[part]] = end
                continue
            self._serial += 1
            self._end_of[self._serial] = end
            self._last[part] = self._serial
            # The louder of two notes of one tick comes first, so it is the one that stays.
            heapq.heappush(self._starts, (start, -note.velocity, self._serial, note, routes, at))

    def leave(self, line: Ticks) -> None:
        """Take away what is to start of the bars that were placed last, from a line on."""
        while self._placed and self._placed[-1].line >= line:
            ahead = self._placed.pop()
            self._last = ahead.last
            self._end_of |= {each: end for each, end in ahead.ends.items() if each in self._end_of}
        left = [start for start in self._starts if start[-1] >= line]
        self._starts = [start for start in self._starts if start[-1] < line]
        heapq.heapify(self._starts)
        for start in left:
            del self._end_of[start[2]]

    def put_back(self, tick: Ticks) -> None:
        """Have what was taken out from a tick on still to come."""
        while self._out and self._out[-1].tick >= tick:
            before = self._out.pop()
            for start in before.starts:
                heapq.heappush(self._starts, start)
            self._ends, self._sounding = list(before.ends), before.sounding
            self._end_of = before.end_of | self._end_of

    def pass_time(self, tick: Ticks) -> None:
        """Learn that what was taken out before a tick is never put back."""
        while self._out and self._out[0].tick < tick:
            self._out.popleft()

    def through(self, drum_map: DrumMap) -> None:
        """Have another kit for all notes that are to start, also of bars that were placed."""
        placed = {id(routes): routes for *_, routes, _ in self._starts}
        for routes in {**placed, id(self.routes): self.routes}.values():
            routes.update({v: route.through(drum_map) for v, route in routes.items()})

    def next_tick(self) -> Ticks | None:
        """Return the tick before which nothing is to come; None where nothing is."""
        heads = [heap[0][0] for heap in (self._ends, self._starts) if heap]
        return min(heads) if heads else None

    def until(self, end: Ticks) -> list[tuple[Ticks, str, bytes]]:
        """Take out the messages before a tick, as (tick, port, bytes), in order."""
        messages: list[tuple[Ticks, str, bytes]] = []
        while (tick := self.next_tick()) is not None and tick < end:
            if not self._out or self._out[-1].tick < tick:
                self._out.append(self._before(tick))
            ends_first = self._ends and self._ends[0][0] == tick
            messages.extend(self._end() if ends_first else self._start())
        # An end that makes way for a new start was found after other starts of its tick.
        messages.sort(key=lambda message: (message[0], rank_of(message[2])))
        return messages

    def drop(self) -> None:
        """Forget all notes, those that sound as well: the caller ends them at the port."""
        for notes in (self._starts, self._ends, self._end_of, self._last, self._sounding):
            notes.clear()
        self._out.clear()
        self._placed.clear()

    def _before(self, tick: Ticks) -> _Before:
        return _Before(tick, tuple(self._ends), dict(self._end_of), dict(self._sounding), [])

    def _end(self) -> list[tuple[Ticks, str, bytes]]:
        tick, serial, key = heapq.heappop(self._ends)
        if self._sounding.get(key, (None,))[0] != serial:
            return []  # ended earlier, by a note that started on the same key
        if self._end_of[serial] > tick:  # a tie came while it sounded
            heapq.heappush(self._ends, (self._end_of[serial], serial, key))
            return []
        del self._sounding[key], self._end_of[serial]
        return [(tick, key[0], note_off(key[1], key[2]))]

    def _start(self) -> list[tuple[Ticks, str, bytes]]:
        start = heapq.heappop(self._starts)
        tick, _, serial, note, routes, _ = start
        before = self._out[-1]
        before.starts.append(start)
        before.end_of.setdefault(serial, self._end_of[serial])  # of a bar that was placed since
        route = routes.get(note.voice)
        pitch = None if route is None else route.device_pitch(note.pitch)
        if route is None or pitch is None:
            del self._end_of[serial]
            return []
        key = (route.port, route.channel, pitch)
        messages = []
        if key in self._sounding:
            if self._sounding[key][1] == tick:
                del self._end_of[serial]
                return []
            del self._end_of[self._sounding[key][0]]
            messages.append((tick, route.port, note_off(route.channel, pitch)))
        self._sounding[key] = (serial, tick)
        heapq.heappush(self._ends, (self._end_of[serial], serial, key))
        messages.append((tick, route.port, note_on(route.channel, pitch, note.velocity)))
        return messages
