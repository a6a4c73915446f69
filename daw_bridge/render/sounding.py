"""A tone from its beginning to its end, in segments of one frequency and one level each.

The samples of any stretch of it can be asked for, in any order, and are the same: so a song is
rendered block by block, however long a note is, and memory stays flat.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from daw_bridge.render.chip_waves import TABLE_BITS, Floats, noise

_TURN = 2.0**32
"""A period, as phases count it: they are whole numbers of 32 bits and wrap by themselves."""


class Sounding(Protocol):
    """Something that sounds for `length` samples."""

    @property
    def length(self) -> int:
        """How many samples there are."""

    def samples(self, first: int, last: int) -> Floats:
        """Return the samples first..last-1, of those that there are."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a tone: how many samples, in which frequency, how loud, of which table."""

    count: int
    hz: float
    level: float
    table: int = 0


class Levels:
    """The level of each sample of a row of segments.

    A level is reached within `ramp` samples from the one before it (0 at the start), and at the end
    of all it falls to 0 in the same way, so the row is longer by `ramp`.
    """

    def __init__(self, counts: NDArray[np.int64], levels: Sequence[float], ramp: int) -> None:
        self._levels = np.array([0.0, *levels, 0.0], np.float32)
        self.starts = np.concatenate([[0], np.cumsum(counts)])
        self.length = int(self.starts[-1]) + ramp
        self._ramp = ramp
        self._rise = np.arange(1, ramp + 1, dtype=np.float32) / max(ramp, 1)

    def between(self, first: int, last: int) -> Floats:
        """Return the levels of samples first..last-1."""
        which, counts = spans(self.starts, first, last)
        out = np.repeat(self._levels[1 + which], counts)
        if self._ramp:
            steps = np.diff(self._levels)
            begins = self.starts - first
            changed = ((steps != 0) & (begins > -self._ramp) & (begins < last - first)).nonzero()[0]
            at = begins[changed, np.newaxis] + np.arange(self._ramp)
            levels = self._levels[changed, np.newaxis] + steps[changed, np.newaxis] * self._rise
            inside = (at >= 0) & (at < last - first)
            out[at[inside]] = levels[inside]
        return out


def spans(
    starts: NDArray[np.int64], first: int, last: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which segments lie between two samples, and how many samples of each."""
    low = int(np.searchsorted(starts, first, "right")) - 1
    high = int(np.searchsorted(starts, last, "left"))
    bounds = np.clip(np.append(starts[low:high], last), first, last)
    return np.arange(low, high), np.diff(bounds)


class Tone:
    """A wave read off tables of one period, its phase unbroken from segment to segment."""

    def __init__(
        self, segments: Sequence[Segment], tables: Sequence[Floats], rate: int, ramp: int
    ) -> None:
        counts = np.array([each.count for each in segments], np.int64)
        self._levels = Levels(counts, [each.level for each in segments], ramp)
        self._tables = tables
        self._which = np.array([each.table for each in segments])
        steps = np.round(np.array([each.hz for each in segments]) / rate * _TURN).astype(np.int64)
        self._steps = np.append(steps, steps[-1])
        # Phases are taken modulo a turn, so that sums of them stay small.
        self._phases = np.concatenate([[0], np.cumsum(steps * counts % int(_TURN))]) % int(_TURN)

    @property
    def length(self) -> int:
        """How many samples it sounds."""
        return self._levels.length

    def samples(self, first: int, last: int) -> Floats:
        """Return the samples first..last-1."""
        return self.wave(first, last) * self._levels.between(first, last)

    def wave(self, first: int, last: int) -> Floats:
        """Return the samples first..last-1 as they are at a level of 1."""
        starts = self._levels.starts
        which, counts = spans(starts, first, last)
        # phase = the segment's own + (sample - its start) * step, all modulo 2^32
        steps = self._steps[which].astype(np.uint32)
        at = (self._phases[which] - starts[which] * self._steps[which]) % int(_TURN)
        numbers = np.arange(first, last, dtype=np.uint32)
        if (steps == steps[0]).all() and (at == at[0]).all():
            phase = numbers * steps[0] + at.astype(np.uint32)[0]
        else:
            phase = numbers * np.repeat(steps, counts) + np.repeat(at.astype(np.uint32), counts)
        index = phase >> np.uint32(32 - TABLE_BITS)
        return self._read(index, which, counts)

    def _read(
        self, index: NDArray[np.uint32], which: NDArray[np.int64], counts: NDArray[np.int64]
    ) -> Floats:
        tables = self._which[np.minimum(which, len(self._which) - 1)]
        if (tables == tables[0]).all():
            return self._tables[int(tables[0])].take(index, mode="wrap")
        out, begin = np.empty(len(index), np.float32), 0
        for table, count in zip(tables.tolist(), counts.tolist(), strict=True):
            here = index[begin : begin + count]
            out[begin : begin + count] = self._tables[table].take(here, mode="wrap")
            begin += count
        return out


class Hiss:
    """The chip's noise, at so many bits a second as the `hz` of its segments say."""

    def __init__(self, segments: Sequence[Segment], rate: int, ramp: int, *, short: bool) -> None:
        counts = np.array([each.count for each in segments], np.int64)
        self._levels = Levels(counts, [each.level for each in segments], ramp)
        steps = np.array([each.hz for each in segments]) / rate
        self._steps = np.append(steps, steps[-1])
        self._at = np.concatenate([[0.0], np.cumsum(steps * counts)])
        self._short = short

    @property
    def length(self) -> int:
        """How many samples it sounds."""
        return self._levels.length

    def samples(self, first: int, last: int) -> Floats:
        """Return the samples first..last-1."""
        return self.wave(first, last) * self._levels.between(first, last)

    def wave(self, first: int, last: int) -> Floats:
        """Return the samples first..last-1 as they are at a level of 1."""
        starts = self._levels.starts
        out, begin = np.empty(last - first, np.float32), 0
        which, counts = spans(starts, first, last)
        for i, count in zip(which.tolist(), counts.tolist(), strict=True):
            step = float(self._steps[i])
            start = float(self._at[i]) + step * (first + begin - int(starts[i]))
            out[begin : begin + count] = noise(start, step, count, short=self._short)
            begin += count
        return out


@dataclass(frozen=True, slots=True)
class Shaped:
    """A wave that was made beforehand, under levels."""

    wave: Floats
    levels: Levels

    @property
    def length(self) -> int:
        """How many samples it sounds."""
        return self.levels.length

    def samples(self, first: int, last: int) -> Floats:
        """Return the samples first..last-1."""
        return self.wave[first:last] * self.levels.between(first, last)


@dataclass(frozen=True, slots=True)
class Together:
    """Several that begin at once."""

    parts: tuple[Sounding, ...]

    @property
    def length(self) -> int:
        """How many samples the longest sounds."""
        return max(each.length for each in self.parts)

    def samples(self, first: int, last: int) -> Floats:
        """Return the samples first..last-1."""
        out = np.zeros(last - first, np.float32)
        for each in self.parts:
            end = min(last, each.length)
            if first < end:
                out[: end - first] += each.samples(first, end)
        return out


@dataclass(frozen=True, slots=True)
class Sample:
    """What was made beforehand, played as loud as `gain` says."""

    sound: Floats
    gain: float

    @property
    def length(self) -> int:
        """How many samples there are."""
        return len(self.sound)

    def samples(self, first: int, last: int) -> Floats:
        """Return the samples first..last-1."""
        return self.sound[first:last] * np.float32(self.gain)
