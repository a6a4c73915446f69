"""A melody as its steps, and the rules of RL Tuner for it: literally, and on struck notes.

The rules are those of Jaques and others, "Sequence Tutor" (2017), as the code of their RL Tuner
computes them. There a note that is held is an event like any other, so a literal rule against
repeats is one against long notes: beside it stands the same rule on struck notes, to tune by. All
figures are rates, of steps or of notes: a sum over notes pays for notes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import SIXTEENTH
from daw_bridge.policies.observe_leap import BACK, LEAP_BACK, NO_LEAP, ON

Ints = NDArray[np.int64]

GOES_ON, OFF = 0, 1
"""A step in which nothing happens, and one in which a note ends; all other steps are a pitch."""

BAR = 16
"""Steps of a bar of 4/4: the window of a motif."""

FAR = 6
"""A leap back that comes within so many steps resolves nothing."""

OFTEN = 5
"""The so manyth note on end of one pitch is a repeat."""

MOTIF = 3
"""Different pitches that make a motif."""

_LOWEST = 46
"""What RL Tuner takes off a pitch: its tokens are numbers from 2."""


def steps_of(bars: Sequence[Bar]) -> Ints:
    """Return what happens in each 16th of a melody: a pitch, `OFF`, or nothing.

    Of notes that begin together the highest counts; a tied one goes on.
    """
    parts = []
    for bar in bars:
        steps = np.full(bar.meter.steps(SIXTEENTH), GOES_ON, np.int64)
        for note in sorted(bar.notes, key=lambda note: (note.start, note.pitch)):
            first = min(round(note.start / SIXTEENTH), len(steps) - 1)
            end = max(round((note.start + note.duration) / SIXTEENTH), first + 1)
            if end < len(steps):
                steps[end] = OFF
            if not note.tied:
                steps[first] = note.pitch
        parts.append(steps)
    return _ended(parts, bars)


def _ended(parts: list[Ints], bars: Sequence[Bar]) -> Ints:
    """End at the bar line what is not tied over it, and join the bars."""
    sounding = False
    for steps, bar in zip(parts, bars, strict=True):
        tied = any(note.tied for note in bar.notes)
        if sounding and not tied and len(steps) and steps[0] == GOES_ON:
            steps[0] = OFF
        events = steps[steps != GOES_ON]
        sounding = bool(events[-1] > OFF) if len(events) else tied
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def struck(steps: Ints) -> Ints:
    """Return the pitches of the notes, in order."""
    return steps[steps > OFF]


def excessive_repeats(steps: Ints) -> float:
    """Return the share of steps that repeat those before them too often, as RL Tuner counts."""
    tokens = steps.tolist()
    return _mean([_is_excessive(tokens, at) for at in range(len(tokens))])


def _is_excessive(tokens: list[int], at: int) -> bool:
    token, count, between = tokens[at], 0, False
    for before in reversed(tokens[:at]):
        if before == token:
            count += 1
        elif before in (GOES_ON, OFF):
            between = True
        else:
            break
    if token == OFF and count > 1:
        return True
    return count > (6 if between else 4)


def repeats(steps: Ints) -> float:
    """Return the share of notes that are the fifth or later on end of their pitch."""
    run, found, last = 0, [], -1
    for pitch in struck(steps).tolist():
        run, last = (run + 1 if pitch == last else 1), pitch
        found.append(run >= OFTEN)
    return _mean(found)


def literally_out_of_key(steps: Ints, key: Key) -> float:
    """Return the share of steps that strike a note which is none of the key's seven."""
    inside = [*key.pitch_classes()]
    return _mean((steps > OFF) & ~np.isin(steps % 12, inside))


def out_of_key(steps: Ints, key: Key) -> float:
    """Return the share of notes out of the key; in minor the raised sixth and seventh are in."""
    inside = set(key.pitch_classes())
    if key.scale == "minor":
        inside |= {(key.tonic + 9) % 12, (key.tonic + 11) % 12}
    return _mean(~np.isin(struck(steps) % 12, [*inside]))


def literally_in_motif(steps: Ints, window: int = BAR) -> float:
    """Return the share of steps up to which a bar holds a motif; none does before a bar is full."""
    return _mean(_motifs(steps, window))


def _motifs(steps: Ints, window: int) -> list[bool]:
    full = [_pitches(steps[at + 1 - window : at + 1]) for at in range(window - 1, len(steps))]
    early = min(window - 1, len(steps))
    return [False] * early + [n >= MOTIF for n in full]


def _pitches(steps: Ints) -> int:
    return len(set(struck(steps).tolist()))


def in_repeated_motif(steps: Ints, window: int = BAR) -> float:
    """Return the share of steps up to which a motif stands that has stood before, all of it."""
    tokens, found = steps.tolist(), []
    for at, is_motif in enumerate(_motifs(steps, window)):
        now = tokens[at + 1 - window : at + 1]
        ends = range(window - 1, at - window + 1)
        found.append(is_motif and any(tokens[e + 1 - window : e + 1] == now for e in ends))
    return _mean(found)


def in_motif(steps: Ints, window: int = BAR) -> float:
    """Return the share of notes up to which a bar, with themselves, holds a motif.

    As with the literal rule, none does before a bar is full.
    """
    return _mean(np.array(_motifs(steps, window), np.bool_)[steps > OFF])


@dataclass(frozen=True, slots=True)
class Leaps:
    """How many leaps were made, and of them turned back, or followed by another the same way."""

    made: int = 0
    resolved: int = 0
    doubled: int = 0

    @property
    def decided(self) -> int:
        """Count those of which one can tell; half of a melody's leaps end with it, undecided."""
        return self.resolved + self.doubled


def leaps(steps: Ints) -> Leaps:
    """Count the leaps of a melody, as RL Tuner does."""
    made = resolved = doubled = since = 0
    leap = NO_LEAP
    for token in steps.tolist():
        if token <= OFF:
            since += 1
            continue
        way, is_leap = leap.way(token), leap.leads_to(token)
        made, doubled = made + is_leap, doubled + (way == ON)
        resolved += way == BACK or (way == LEAP_BACK and since > FAR)
        since = 0 if is_leap else since + 1
        leap = leap.after(token)
    return Leaps(made, resolved, doubled)


def begins_on_tonic(steps: Ints, key: Key) -> float:
    """Return 1 where the first step strikes the tonic."""
    return float(len(steps) > 0 and steps[0] > OFF and steps[0] % 12 == key.tonic)


def highest_once(steps: Ints) -> float:
    """Return 1 where the highest note is struck once."""
    return _once(steps, struck(steps).max(initial=-1))


def lowest_once(steps: Ints) -> float:
    """Return 1 where the lowest note is struck once."""
    return _once(steps, struck(steps).min(initial=1 << 30))


def _once(steps: Ints, pitch: int) -> float:
    return float(np.count_nonzero(steps == pitch) == 1)


def autocorrelation(steps: Ints, lag: int) -> float:
    """Return how the numbers of steps agree with those `lag` before, -1..1: those of RL Tuner."""
    numbers = np.where(steps > OFF, steps - _LOWEST, steps).astype(np.float64)
    numbers -= numbers.mean() if len(numbers) else 0.0
    power = float(numbers @ numbers)
    return float(numbers[:-lag] @ numbers[lag:]) / power if power else 0.0


def long_notes(steps: Ints) -> float:
    """Return the share of notes that last half a bar or more."""
    events = np.append(np.flatnonzero(steps != GOES_ON), len(steps))
    lengths = np.diff(events)[steps[events[:-1]] > OFF]
    return _mean(lengths >= BAR // 2)


def rests(steps: Ints) -> float:
    """Return the share of steps in which nothing sounds."""
    found, silent = [], True
    for event in steps.tolist():
        silent = silent if event == GOES_ON else event == OFF
        found.append(silent)
    return _mean(found)


def returns(bars: Sequence[Bar]) -> float:
    """Return the share of bars whose rhythm and contour are those of the bar 1, 2 or 4 before.

    Bars count from the second on, of two notes or more: their onsets are equal on 16ths, and so are
    the ways of their intervals.
    """
    shapes = [_shape(bar) for bar in bars]
    counted = [at for at in range(1, len(bars)) if len(shapes[at][0]) > 1]
    return _mean(
        [any(shapes[at] == shapes[at - b] for b in (1, 2, 4) if b <= at) for at in counted]
    )


def _shape(bar: Bar) -> tuple[list[int], list[int]]:
    notes = sorted((n.start, n.pitch) for n in bar.notes if not n.tied)
    pitches = [pitch for _, pitch in notes]
    return [round(start / SIXTEENTH) for start, _ in notes], np.sign(np.diff(pitches)).tolist()


def _mean(found: Sequence[bool] | NDArray[np.bool_]) -> float:
    return float(np.mean(found)) if len(found) else 0.0
