"""How far notes are from where their master was: pure arithmetic on frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from daw_bridge.music.time import SIXTEENTH
from tests.clock_master import RATE, Stretch

SIXTEENTHS = 16
BAR = SIXTEENTHS * SIXTEENTH
NAMES = 128 * 127
"""How many sixteenths have names of their own."""

Heard = tuple[int, bytes]
"""A message and its frame."""


def named(place: int) -> tuple[int, int]:
    """Name a sixteenth of the song by a pitch and a velocity."""
    return place % 128, 1 + place // 128 % 127


def place_of(pitch: int, velocity: int) -> int:
    """Return which sixteenth is named so, of the first `NAMES`."""
    return pitch + 128 * (velocity - 1)


@dataclass(frozen=True, slots=True)
class Visit:
    """A sixteenth that the master passed, when, and after which jump, counted from 0.

    Where it stopped there, or jumped, `ends`: a follower may have begun to play it.
    """

    place: int
    frame: float
    stretch: int
    ticks_since: float
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    """Phase errors in ms of notes that are where they belong, and how many are not.

    `errors_ms` are of those more than a bar after a start or jump, `first_ms` of those before.
    """

    errors_ms: tuple[float, ...]
    first_ms: tuple[float, ...]
    missing: int
    elsewhere: int


def visits(stretches: Sequence[Stretch]) -> list[Visit]:
    """List every sixteenth that was passed."""
    found = []
    for number, stretch in enumerate(stretches):
        place = -(-stretch.first_tick // SIXTEENTH)
        while (frame := stretch.frame_of(place * SIXTEENTH)) is not None:
            since = place * SIXTEENTH - stretch.first_tick
            found.append(Visit(place % NAMES, frame, number, since))
            place += 1
        since = stretch.last_tick - stretch.first_tick
        if stretch.last_tick == place * SIXTEENTH:
            found.append(Visit(place % NAMES, stretch.frames[-1], number, since, ends=True))
    return found


def score(heard: Sequence[Heard], passed: Sequence[Visit]) -> Score:
    """Give each note to the visit of its place that is nearest, within half a sixteenth."""
    by_place: dict[int, list[Visit]] = {}
    for visit in passed:
        by_place.setdefault(visit.place, []).append(visit)
    taken: dict[tuple[int, float], float] = {}
    elsewhere = 0
    limit = _half(passed)
    for frame, data in heard:
        if data[0] & 0xF0 != 0x90 or not data[2]:
            continue
        there = by_place.get(place_of(data[1], data[2]), [])
        nearest = min(there, key=lambda visit: abs(visit.frame - frame), default=None)
        if nearest is None or abs(nearest.frame - frame) > limit:
            elsewhere += 1
            continue
        taken[nearest.place, nearest.frame] = (frame - nearest.frame) * 1000 / RATE
    near, far = [], []
    to_be_heard = [visit for visit in passed if not visit.ends]
    for visit in to_be_heard:
        error = taken.get((visit.place, visit.frame))
        if error is not None:
            (near if visit.ticks_since < BAR else far).append(error)
    missing = len(to_be_heard) - len(near) - len(far)
    return Score(tuple(far), tuple(near), missing, elsewhere)


def _half(passed: Sequence[Visit]) -> float:
    gaps = [b.frame - a.frame for a, b in pairwise(passed) if a.stretch == b.stretch]
    return max(gaps) / 2


def at(values: Sequence[float], part: float) -> float:
    """Return the size below which a part of the values lies, whatever their sign."""
    sizes = sorted(map(abs, values))
    return sizes[min(len(sizes) - 1, int(part * len(sizes)))] if sizes else float("nan")
