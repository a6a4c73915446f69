"""Meters, keys and steps as encodings write them: numbers, and what a step is worth."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Collection, Iterable

from daw_bridge.encoding.codec import Token
from daw_bridge.errors import UserError
from daw_bridge.music.keys import KEYS, Key
from daw_bridge.music.notes import Note
from daw_bridge.music.time import PPQ, SIXTEENTH, Meter, Ticks

_DENOMINATORS = (2, 4, 8, 16)
_MOST_BEATS = 16
N_METERS = len(_DENOMINATORS) * _MOST_BEATS

N_KEYS = 1 + len(KEYS)
"""The first key means "any"."""


def meter_number(meter: Meter) -> int:
    """Return the number of a meter, 0..N_METERS-1.

    Raises:
        UserError: it has over 16 beats, or beats that are no half, quarter, eighth or 16th.
    """
    if meter.numerator > _MOST_BEATS or meter.denominator not in _DENOMINATORS:
        raise UserError(
            "a meter of 1..16 halves, quarters, eighths or 16ths", str(meter), "choose such a one"
        )
    return _DENOMINATORS.index(meter.denominator) * _MOST_BEATS + meter.numerator - 1


def meter_at(number: int) -> Meter:
    """Return the meter of a number."""
    place, beats = divmod(number, _MOST_BEATS)
    return Meter(beats + 1, _DENOMINATORS[place])


def key_number(key: Key | None) -> int:
    """Return the number of a major or minor key, 0..N_KEYS-1; None is any.

    Raises:
        UserError: the scale is neither major nor minor.
    """
    if key is None:
        return 0
    if key not in KEYS:
        raise UserError("a major or minor key", str(key), "choose the nearer one")
    return 1 + KEYS.index(key)


def step_ticks(steps_per_quarter: int) -> Ticks:
    """Return the length of a step.

    Raises:
        UserError: a quarter note has no such steps.
    """
    if steps_per_quarter not in (1, 2, 3, 4, 6, 8, 12, 16, 24):
        raise UserError(
            "steps per quarter of 1, 2, 3, 4, 6, 8, 12, 16 or 24",
            str(steps_per_quarter),
            "choose one of them",
        )
    return Ticks(PPQ // steps_per_quarter)


def meter_tokens(steps_per_quarter: int) -> list[Token]:
    """Describe the tokens of all meters, by number."""
    meters = map(meter_at, range(N_METERS))
    step = step_ticks(steps_per_quarter)
    return [Token(f"METER_{meter}", bar_steps=meter.steps(step), meter=meter) for meter in meters]


def with_thirds(tokens: Iterable[Token]) -> list[Token]:
    """Describe tokens and, last, the one that puts a quarter on thirds, before all of its notes."""
    later = [each._replace(rank=each.rank + 1) if each.rank >= 0 else each for each in tokens]
    return [*later, Token("THIRDS", rank=0, thirds=True)]


def key_tokens(suffix: str = "") -> list[Token]:
    """Describe the tokens of any key and of all keys, by number."""
    names = ["any", *(str(key).replace(" ", "_") for key in KEYS)]
    return [Token(f"KEY_{name}{suffix}", key=number) for number, name in enumerate(names)]


def accent(start: int, meter: Meter) -> int:
    """Return the velocity of a note by where it falls in its bar.

    The corpora of written music hold no velocities. A bar that leans on the first beats of its
    groups, as players do, is nearer to them than one that leans on none.
    """
    if start <= 0:
        return 100
    lines = meter.group_lines
    group = min(bisect(lines, start), len(lines) - 1) - 1
    inside = start - lines[group]
    if inside == 0:
        return 92 if 2 * start == meter.bar_length() else 86
    # A beat that stands by itself is leant on in its middle, others inside a group where they fall.
    part = meter.beat // (2 if meter.groups[group] == 1 else 1)
    return 78 if inside % part == 0 else 72


THIRD = Ticks(PPQ // 3 - SIXTEENTH)
"""How much later the second step of a quarter of triplets is; the fourth is as much earlier."""


def tick_of(place: int, step: Ticks, thirds: Collection[int] = ()) -> int:
    """Return where a step begins; the quarters `thirds` have theirs at 0, 1/3, 1/2 and 2/3.

    So a quarter has as many steps as any other, and two may sound against three.
    """
    tick = place * step
    if place // 4 in thirds:
        tick += (0, THIRD, 0, -THIRD)[place % 4]
    return tick


def in_thirds(notes: Iterable[Note], meter: Meter) -> frozenset[int]:
    """Return the quarters of a bar in which notes begin nearer to thirds than to 16ths.

    None does in meters that count eighths or less: their beats do not fall on quarters.
    """
    nearer: dict[int, int] = {}
    for first, _, note in on_steps(notes, meter, SIXTEENTH):
        if first % 2:
            off = [abs(note.start - tick_of(first, SIXTEENTH, q)) for q in ((), (first // 4,))]
            nearer[first // 4] = nearer.get(first // 4, 0) + off[0] - off[1]
    whole = meter.bar_length() // PPQ if meter.denominator <= 4 else 0
    return frozenset(quarter for quarter, by in nearer.items() if by > 0 and quarter < whole)


def on_steps(notes: Iterable[Note], meter: Meter, step: Ticks) -> list[tuple[int, int, Note]]:
    """Put notes on the steps of their bar: (first step, step after the last, note), by start.

    Every note keeps one step at least. What begins before the bar line begins on it.
    """
    last, length = meter.steps(step), meter.bar_length()
    placed = []
    for note in notes:
        first = min(max(round(note.start / step), 0), last - 1)
        stop = note.start + note.duration
        # The last step of a bar may be a part of one; what fills the bar fills it.
        end = last if stop >= length else min(max(round(stop / step), first + 1), last)
        placed.append((first, end, note))
    return sorted(placed, key=lambda each: (each[0], each[2].pitch, not each[2].tied, each[1]))


def note_on_steps(
    first: int,
    end: int,
    pitch: int,
    meter: Meter,
    step: Ticks,
    *,
    voice: int = 0,
    tied: bool = False,
    thirds: Collection[int] = (),
) -> Note:
    """Build the note that lasts from one step to another; none outlasts its bar."""
    start = tick_of(first, step, thirds)
    stop = min(tick_of(end, step, thirds), meter.bar_length())
    velocity = accent(start, meter)
    return Note(Ticks(start), pitch, Ticks(stop - start), velocity, voice, tied)
