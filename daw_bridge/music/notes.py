"""Notes and bars: what policies write and sessions play."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from daw_bridge.music.keys import TONICS
from daw_bridge.music.time import Meter, Ticks


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """One note of a bar.

    `start` counts from the note's own bar and may be negative: a hit that rushes the downbeat
    belongs to the bar it announces. `pitch` is a MIDI note number 0..127, for drums the
    canonical one (General MIDI); `velocity` is 1..127. `voice` numbers the parts of a band from 0;
    it is not a MIDI channel, which the preset chooses.

    A note that is held over a bar line is written as in a score: a bar's note ends at its bar line
    at the latest, and the next bar begins with a `tied` note of the same pitch and voice, which
    goes on sounding and is not struck again. So a bar never depends on one that is not yet made. A
    tie with nothing before it is struck.

    Raises:
        ValueError: a number is out of its range, or a tied note does not start its bar.
    """

    start: Ticks
    pitch: int
    duration: Ticks
    velocity: int
    voice: int = 0
    tied: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.pitch <= 127:
            raise ValueError(f"expected a pitch in 0..127, found {self.pitch}")
        if not 1 <= self.velocity <= 127:
            raise ValueError(f"expected a velocity in 1..127, found {self.velocity}")
        if self.duration < 1:
            raise ValueError(f"expected a duration of 1 tick or more, found {self.duration}")
        if self.tied and self.start != 0:
            raise ValueError(f"expected a tied note at the bar line, found it at {self.start}")


@dataclass(frozen=True, slots=True)
class Bar:
    """The notes of one bar, sorted by start, then pitch."""

    notes: tuple[Note, ...] = ()
    meter: Meter = Meter()

    @classmethod
    def of(cls, notes: Iterable[Note], meter: Meter | None = None) -> Bar:
        """Build a bar from notes in any order."""
        return cls(tuple(sorted(notes)), meter or Meter())

    def __post_init__(self) -> None:
        if list(self.notes) != sorted(self.notes):
            raise ValueError("expected the notes of a bar in order: build it with Bar.of")


def note_name(pitch: int) -> str:
    """Name a pitch as both DAWs do, never without its number: `60 (C4 REAPER, C3 Live)`."""
    name = TONICS[pitch % 12]
    return f"{pitch} ({name}{pitch // 12 - 1} REAPER, {name}{pitch // 12 - 2} Live)"
