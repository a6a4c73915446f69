"""Musical time: integer ticks at rest, seconds only on the way out.

Every conversion between the two is here. Float beats are not used anywhere: for triplets,
`start + duration` in floats differs from the next start often enough to put note-offs after
the note-ons that follow them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NewType

Ticks = NewType("Ticks", int)
"""Time in 1/480 of a quarter note, whatever the meter."""

Seconds = NewType("Seconds", float)
"""Time of one clock; never compared across clocks."""

TempoChanges = tuple[tuple[Ticks, float], ...]
"""Changes of tempo in a bar: ticks from its bar line, and quarter notes per minute."""

PPQ = 480
"""Ticks per quarter note."""

SIXTEENTH = Ticks(PPQ // 4)

LOWEST_QPM, HIGHEST_QPM = 5, 1000
"""What both DAWs' tempo fields reach, roughly; beyond, bars are no music."""

USUAL_QPM = 120.0
"""Where nothing says a tempo, as the standard of MIDI files has it."""

MOST_BARS = 100_000
"""More than two days of 4/4: what is longer is a mistake, and would fill the memory."""

_MOST_BEATS = 255
"""Of a bar: a MIDI file gives them one byte."""

_UNITS = (1, 2, 4, 8, 16, 32, 64)
"""What a beat may be, as a part of a whole note."""


@dataclass(frozen=True, slots=True)
class Meter:
    """A time signature, such as 4/4.

    Raises:
        ValueError: the numerator is outside 1..255, or the denominator is not a power of two up to
            64.
    """

    numerator: int = 4
    denominator: int = 4

    def __post_init__(self) -> None:
        if not 1 <= self.numerator <= _MOST_BEATS:
            raise ValueError(f"expected beats a bar in 1..{_MOST_BEATS}, found {self.numerator}")
        if self.denominator not in _UNITS:
            raise ValueError(f"expected a beat of 1, 2, 4, ... 64, found {self.denominator}")

    @classmethod
    def parse(cls, text: str) -> Meter:
        """Read "6/8" (or "6-8", as file names have it).

        Raises:
            ValueError: the text is no meter.
        """
        found = re.fullmatch(r"([0-9]{1,9})[/-]([0-9]{1,9})", text.strip())
        if found is None:
            raise ValueError(f"expected a meter such as 4/4, found {text!r}")
        return cls(int(found[1]), int(found[2]))

    def bar_length(self) -> Ticks:
        """Return the length of one bar in ticks."""
        return Ticks(self.numerator * 4 * PPQ // self.denominator)

    def cut_to(self, length: Ticks) -> Meter:
        """Return the meter of a bar of this one that ends early, if it can in the same beats.

        Where no meter has that length, it is the one that is longer by the least.
        """
        found = [
            Meter(beats, unit)
            for unit in _UNITS
            if (beats := -(-length * unit // (4 * PPQ))) <= _MOST_BEATS
        ]
        other = self.denominator
        return min(found, key=lambda m: (m.bar_length(), m.denominator != other, m.denominator))

    def steps(self, step: Ticks = SIXTEENTH) -> int:
        """Count the whole steps of `step` ticks in one bar, rounding a last partial step up."""
        return -(-self.bar_length() // step)

    @property
    def is_compound(self) -> bool:
        """Whether its beats are of three, as those of 6/8 are."""
        return self.denominator >= 8 and self.numerator % 3 == 0

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}"


@dataclass(frozen=True, slots=True)
class Transport:
    """One segment of constant tempo: ticks to seconds, and back.

    `tempo_qpm` is in quarter notes per minute, as both DAWs show it, whatever the meter.

    Raises:
        ValueError: the tempo is not a positive number.
    """

    tempo_qpm: float
    origin_tick: Ticks = Ticks(0)
    origin_s: Seconds = Seconds(0.0)

    def __post_init__(self) -> None:
        if not 0 < self.tempo_qpm < float("inf"):
            raise ValueError(f"expected a tempo above 0, found {self.tempo_qpm}")

    def seconds_at(self, tick: Ticks) -> Seconds:
        """Return the second at which a tick falls."""
        ticks = tick - self.origin_tick
        return Seconds(self.origin_s + ticks * 60.0 / (self.tempo_qpm * PPQ))

    def tick_at(self, time_s: Seconds) -> Ticks:
        """Return the tick that is nearest to a second: the inverse of `seconds_at`."""
        ticks = (time_s - self.origin_s) * self.tempo_qpm * PPQ / 60.0
        return Ticks(self.origin_tick + round(ticks))

    def with_tempo(self, tempo_qpm: float, at: Ticks) -> Transport:
        """Begin a segment of another tempo at a tick; what comes before it keeps its seconds."""
        return Transport(tempo_qpm, at, self.seconds_at(at))
