"""What is played to a jam: notes as they come, the bars that they make, and what these are like."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from daw_bridge.midi.messages import ALL_NOTES_OFF, CONTROL_CHANGE, RESET, ends_note, starts_note
from daw_bridge.music import loudness
from daw_bridge.music.keys import Key, estimate
from daw_bridge.music.loudness import Loudness
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.swing import swing_of
from daw_bridge.music.time import SIXTEENTH, Meter, Ticks

RUSH = Ticks(SIXTEENTH // 2)
"""A note that begins this much before a bar line, or less, belongs to the bar that it announces."""

MOST_NOTES = 4_096
"""So many notes are remembered, more than are played in 16 bars; the oldest go first."""


@dataclass(slots=True)
class _Played:
    """A note that was struck, and where it ended; None while it sounds."""

    start: Ticks
    channel: int
    pitch: int
    velocity: int
    end: Ticks | None = None


class Ear:
    """What was played, by the ticks of the session, which only rise.

    The voice of a note is the channel on which it came: whoever plays it on knows what it is.
    """

    def __init__(self) -> None:
        self._notes: deque[_Played] = deque(maxlen=MOST_NOTES)
        self._held: dict[tuple[int, int], _Played] = {}
        self._quiet_since: Ticks | None = None

    def take(self, tick: Ticks, data: bytes) -> None:
        """Take a message that came at a tick; what is of no note says nothing."""
        key = (data[0] & 0x0F, data[1]) if len(data) > 1 else (0, 0)
        if starts_note(data):
            self._end(tick, key)
            note = self._held[key] = _Played(tick, *key, data[2])
            self._notes.append(note)
        elif ends_note(data):
            self._end(tick, key)
        elif data[0] == RESET or (data[0] & 0xF0, key[1]) == (CONTROL_CHANGE, ALL_NOTES_OFF):
            for each in [*self._held]:
                self._end(tick, each)

    def quiet(self, tick: Ticks) -> Ticks | None:
        """Return for how long nothing has sounded at a tick; None where nothing ever did."""
        if self._held:
            return Ticks(0)
        return None if self._quiet_since is None else Ticks(max(tick - self._quiet_since, 0))

    def bar(self, line: Ticks, meter: Meter, until: Ticks | None = None) -> Bar:
        """Return what was played in the bar at a line, up to a tick where it is not over.

        What was held over its bar line is tied, and what sounds on ends with the bar.
        """
        over = Ticks(line + meter.bar_length())
        now = over if until is None else min(until, over)
        notes = (_in_bar(each, line, over, now) for each in self._notes)
        return Bar.of((note for note in notes if note is not None), meter)

    def forget(self, before: Ticks) -> None:
        """Forget what ended before a tick."""
        while self._notes and (end := self._notes[0].end) is not None and end < before:
            self._notes.popleft()

    def _end(self, tick: Ticks, key: tuple[int, int]) -> None:
        note = self._held.pop(key, None)
        if note is not None:
            note.end = max(tick, Ticks(note.start + 1))
            self._quiet_since = note.end


def _in_bar(note: _Played, line: Ticks, over: Ticks, now: Ticks) -> Note | None:
    """Return what of a note sounds in a bar, as far as it is heard `now`; None: nothing."""
    tied = note.start < line - RUSH
    start = line if tied else note.start
    end = now if note.end is None else min(note.end, over)
    if note.start >= min(over - RUSH, now) or end - start < (RUSH if tied else 1):
        return None
    return Note(
        Ticks(start - line), note.pitch, Ticks(end - start), note.velocity, note.channel, tied
    )


@dataclass(frozen=True, slots=True)
class Found:
    """What some bars are like, as a player's were; what their notes do not tell is None.

    `density` is the notes that are struck in a bar, `low` and `high` are the lowest and the highest
    of them. `swing` is the place of the eighths off the beat in their quarter (see `music.swing`).
    `paused` where the last half of the last bar, or more, is silent.
    """

    key: Key | None = None
    density: float = 0.0
    low: int | None = None
    high: int | None = None
    swing: float | None = None
    loudness: Loudness | None = None
    paused: bool = True

    def __str__(self) -> str:
        """Say it in a few words, for a line of status."""
        if self.low is None:
            return "nothing"
        key = "" if self.key is None else f"{self.key}, "
        swing = "" if self.swing is None else f", swing {self.swing:.2f}"
        loudness = "" if self.loudness is None else f", {self.loudness.name.lower()}"
        notes = f"{self.density:.3g} notes a bar in {self.low}-{self.high}"
        return f"{key}{notes}{swing}{loudness}"


NOTHING_HEARD = Found()


def found_in(bars: Sequence[Bar]) -> Found:
    """Return what bars are like: their key is that whose profile fits best (see `music.keys`)."""
    notes = [note for bar in bars for note in bar.notes]
    if not notes:
        return NOTHING_HEARD
    sounds = [0.0] * 12
    for note in notes:
        sounds[note.pitch % 12] += note.duration
    struck = [note for note in notes if not note.tied]
    velocities = [note.velocity for note in struck]
    last = bars[-1]
    half = last.meter.bar_length() // 2
    return Found(
        key=estimate(sounds),
        density=len(struck) / len(bars),
        low=min(note.pitch for note in notes),
        high=max(note.pitch for note in notes),
        swing=swing_of(bars),
        loudness=loudness.nearest(sum(velocities) / len(velocities)) if velocities else None,
        paused=all(note.start + note.duration <= half for note in last.notes),
    )
