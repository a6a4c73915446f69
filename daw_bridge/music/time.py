"""Musical time: integer ticks at rest, seconds only on the way out.

Every conversion between the two is here. Float beats are not used anywhere: for triplets,
`start + duration` in floats differs from the next start often enough to put note-offs after
the note-ons that follow them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import accumulate
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

_GROUPS = r"[0-9]{1,9}(?:\+[0-9]{1,9}){0,254}"
_WRITTEN = re.compile(
    rf"([0-9]{{1,9}})[/-]([0-9]{{1,9}})(?:=({_GROUPS}))?|\(({_GROUPS})\)/([0-9]{{1,9}})"
)


@dataclass(frozen=True, slots=True)
class Meter:
    """A time signature, such as 4/4, and how its beats are grouped: 7/8 as 2+2+3.

    Where no groups are given they are the usual ones, so that 7/8 and 7/8 as 2+2+3 are the same
    meter, and 7/8 as 3+2+2 is another.

    Raises:
        ValueError: the numerator is outside 1..255, the denominator is not a power of two up to
            64, or the groups do not add up to the numerator.
    """

    numerator: int = 4
    denominator: int = 4
    groups: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.numerator <= _MOST_BEATS:
            raise ValueError(f"expected beats a bar in 1..{_MOST_BEATS}, found {self.numerator}")
        if self.denominator not in _UNITS:
            raise ValueError(f"expected a beat of 1, 2, 4, ... 64, found {self.denominator}")
        if not self.groups:
            # The one way to set a field of a frozen value while it is made.
            object.__setattr__(self, "groups", _usual_groups(self.numerator, self.denominator))
        if min(self.groups) < 1 or sum(self.groups) != self.numerator:
            said = "+".join(map(str, self.groups))
            raise ValueError(f"expected groups of {self.numerator} beats in all, found {said}")

    @classmethod
    def parse(cls, text: str) -> Meter:
        """Read "6/8" (or "6-8", as file names have it), "7/8 = 2+2+3" or "(2+2+3)/8".

        Raises:
            ValueError: the text is no meter, or its groups do not add up.
        """
        found = _WRITTEN.fullmatch(text.replace(" ", ""))
        if found is None:
            raise ValueError(f"expected a meter such as 4/4 or 7/8=2+2+3, found {text!r}")
        beats, unit, said, before, unit_after = found.groups()
        groups = tuple(map(int, (said or before or "0").split("+")))
        if beats is None:
            return cls(sum(groups), int(unit_after), groups)
        return cls(int(beats), int(unit), groups if said else ())

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
    def usual(self) -> Meter:
        """The same time signature in its usual groups, which files and tokens cannot say."""
        return Meter(self.numerator, self.denominator)

    @property
    def beat(self) -> Ticks:
        """The length of one of the beats that are counted and grouped."""
        return Ticks(4 * PPQ // self.denominator)

    @property
    def group_lines(self) -> tuple[Ticks, ...]:
        """Where the groups begin, in ticks from the bar line, and last the end of the bar."""
        return tuple(Ticks(n * self.beat) for n in accumulate(self.groups, initial=0))

    def __str__(self) -> str:
        said = "+".join(map(str, self.groups))
        return f"{self.numerator}/{self.denominator}" + f"={said}" * (self != self.usual)


def _usual_groups(beats: int, unit: int) -> tuple[int, ...]:
    """Group beats as they are played where nobody says how.

    Eighths and shorter ones: threes where these are all, else twos, of which the last is a three
    where one is left; 5 is 3+2. Longer beats: up to four, each by itself; beyond, threes where
    these are all, else fours and what is left, and 3+2 at the end rather than 4+1.
    """
    if unit >= 8 and beats != 5:  # five is 3+2 in all units
        if beats % 3 == 0:
            return (3,) * (beats // 3)
        odd = beats % 2
        return (2,) * (beats // 2 - odd) + (3,) * odd if beats > 1 else (1,)
    if beats <= 4:
        return (1,) * beats
    if beats % 3 == 0:
        return (3,) * (beats // 3)
    fours, left = divmod(beats, 4)
    if left == 1:
        return (*(4,) * (fours - 1), 3, 2)
    return (4,) * fours + (left,) * (left > 0)


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
