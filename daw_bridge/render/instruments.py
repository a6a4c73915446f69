"""Instruments of our own: what a preset may say of one, and how it begins a note."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Annotated, ClassVar, Literal, TypeVar

import numpy as np
from pydantic import AfterValidator, Field

from daw_bridge.config.schema import Schema
from daw_bridge.render import chip_waves
from daw_bridge.render.chip_waves import NOISE_PERIODS, Floats
from daw_bridge.render.sounding import Hiss, Segment, Sounding, Tone

Value = TypeVar("Value")


def _duty(percent: float) -> float:
    if percent not in DUTIES:
        raise ValueError("expected a duty of 12.5, 25, 50 or 75 percent")
    return percent


DUTIES = (12.5, 25, 50, 75)
"""Shares of a pulse's period in percent, all that the chip has."""

FRAME_HZ = 60
"""How often a game writes the chip's registers: a level, a duty, a pitch at a time."""

RAMP_S = 0.001
"""In which a level is reached; the chip itself jumps, which is a louder click."""


def some(values: tuple[Value, ...]) -> tuple[Value, ...]:
    """Refuse an empty list; pydantic's own bound would count wrong values as lacking."""
    if not values:
        raise ValueError("expected at least one value, found none")
    return values


Some = Annotated[tuple[Value, ...], AfterValidator(some)]
Duty = Annotated[float, AfterValidator(_duty)]
Volume = Annotated[int, Field(ge=0, le=15)]
Decibels = Annotated[float, Field(ge=-60, le=12)]
Pan = Annotated[float, Field(ge=-1, le=1)]
Span = Annotated[float, Field(ge=0, le=10)]


@dataclass(frozen=True, slots=True)
class Note:
    """What an instrument is told: pitch and velocity, and for how many samples it is held."""

    pitch: int
    velocity: int
    held: int


class Instrument(Schema):
    """How loud an instrument is, and where between left (-1) and right (1)."""

    gain_db: Decibels = 0.0
    pan: Pan = 0.0

    @property
    def is_wide(self) -> bool:
        """Whether it sounds anywhere but in the middle."""
        return self.pan != 0

    def prepare(self, rate: int) -> None:
        """Make beforehand what takes long to make, so that no note waits for it."""
        for pitch in range(128):
            self.begin(Note(pitch, 127, rate), rate).samples(0, 1)

    def begin(self, note: Note, rate: int) -> Sounding:
        """Return a note as it sounds at a sample rate."""
        raise NotImplementedError

    def pan_of(self, pitch: int) -> float:
        """Return where a note is between left and right."""
        del pitch
        return self.pan

    def chokes(self, pitch: int) -> bool:
        """Whether a note ends those before it that are choked as well: hi-hats do."""
        del pitch
        return False


class Sweep(Schema):
    """The sweep of a pulse: each `period`+1 half frames its timer changes by itself >> `shift`."""

    period: int = Field(default=0, ge=0, le=7)
    shift: int = Field(default=1, ge=1, le=7)
    up: bool = False


class Vibrato(Schema):
    """A pitch that swings by `cents` both ways, `hz` times a second, after `delay` seconds."""

    cents: float = Field(default=0.0, ge=0, le=200)
    hz: float = Field(default=6.0, gt=0, le=20)
    delay: Span = 0.3


STILL = Vibrato()


class ChipVoice(Instrument):
    """A pulse or the triangle of the chip.

    `volume` is a level (0..15) for each 60th of a second that a note is held, `duty` a share in
    percent; the last one stays. `release` are levels after it. `authentic` takes the chip's whole
    timers, by which high notes are out of tune.
    """

    wave: Literal["pulse", "triangle"]
    duty: Some[Duty] = (50,)
    volume: Some[Volume] = (15,)
    release: tuple[Volume, ...] = ()
    vibrato: Vibrato = STILL
    sweep: Sweep | None = None
    authentic: bool = False

    LOUDNESS: ClassVar = {"pulse": 0.147, "triangle": 0.166}
    """Of a full level, such as they have on the chip's output beside each other."""

    def begin(self, note: Note, rate: int) -> Sounding:
        """Return the note as it sounds at a sample rate."""
        counts, levels = _framed(note, rate, self.volume, self.release)
        hz = self._hz(note.pitch, counts, rate)
        duties = sorted(set(self.duty))
        full = self.LOUDNESS[self.wave]
        heard = [level * full * (each > 0) for level, each in zip(levels, hz, strict=True)]
        tables = _lasting([duties.index(duty) for duty in self.duty], len(counts))
        most = chip_waves.harmonics_below(0.45 * rate, max(hz))
        waves = [self._table(duty, most) for duty in duties]
        return Tone(_joined(counts, hz, heard, tables), waves, rate, round(RAMP_S * rate))

    def _table(self, duty: float, harmonics: int) -> Floats:
        if self.wave == "triangle":
            return chip_waves.triangle(harmonics)
        return chip_waves.pulse(duty / 100, harmonics)

    def _hz(self, pitch: int, counts: list[int], rate: int) -> list[float]:
        exact = chip_waves.hz_of(pitch)
        if self.sweep is not None:
            return _swept(self.sweep, chip_waves.timer_of(exact, self.wave), self.wave, len(counts))
        hz = _swung(exact, self.vibrato, counts, rate)
        if not self.authentic:
            return hz
        timers = [chip_waves.timer_of(each, self.wave) for each in hz]
        return [chip_waves.hz_of_timer(timer, self.wave) for timer in timers]


class ChipNoise(Instrument):
    """The noise of the chip, higher with the pitch of a note; `short` is its metallic mode."""

    wave: Literal["noise"]
    short: bool = False
    volume: Some[Volume] = (15,)
    release: tuple[Volume, ...] = ()

    LOUDNESS: ClassVar = 0.097

    def begin(self, note: Note, rate: int) -> Sounding:
        """Return the note as it sounds at a sample rate."""
        counts, levels = _framed(note, rate, self.volume, self.release)
        hz = chip_waves.CPU_HZ / NOISE_PERIODS[15 - note.pitch % 16]
        heard = [level * self.LOUDNESS for level in levels]
        segments = _joined(counts, [hz] * len(counts), heard, [0] * len(counts))
        return Hiss(segments, rate, round(RAMP_S * rate), short=self.short)


class Partials(Instrument):
    """A tone of harmonics, under an envelope: an organ, strings, a lead.

    `partials` say how loud each harmonic is; `attack`, `decay` and `release` are in seconds.
    """

    wave: Literal["partials"]
    partials: Some[Annotated[float, Field(ge=-1, le=1)]] = (1.0,)
    attack: Span = 0.01
    decay: Span = 0.2
    sustain: float = Field(default=0.8, ge=0, le=1)
    release: Span = 0.1
    vibrato: Vibrato = STILL

    LOUDNESS: ClassVar = 0.16

    def begin(self, note: Note, rate: int) -> Sounding:
        """Return the note as it sounds at a sample rate."""
        step = max(round(rate * 0.005), 1)
        counts = _cut(note.held, step)
        times = (np.cumsum(counts) / rate).tolist()
        levels = [self._held(time) for time in times]
        fall = _cut(round(max(self.release, RAMP_S) * rate), step)
        levels += [levels[-1] * (1 - (i + 1) / len(fall)) ** 2 for i in range(len(fall))]
        hz = _swung(chip_waves.hz_of(note.pitch), self.vibrato, counts + fall, rate)
        full = self.LOUDNESS * (note.velocity / 127) ** 1.3
        segments = [
            Segment(count, each, level * full)
            for count, each, level in zip(counts + fall, hz, levels, strict=True)
        ]
        most = int(0.45 * rate / max(hz))
        return Tone(segments, [_of_partials(self.partials[: max(most, 0)])], rate, step)

    def _held(self, time_s: float) -> float:
        if time_s < self.attack:
            return time_s / self.attack
        if self.decay <= 0:
            return self.sustain
        part = min((time_s - self.attack) / self.decay, 1.0)
        return 1 + (self.sustain - 1) * part


@lru_cache(maxsize=32)
def _of_partials(partials: tuple[float, ...]) -> Floats:
    """Return one period of sines, the sum of their sizes 1."""
    size = sum(map(abs, partials)) or 1.0
    return chip_waves.series(np.array([each / 2j / size for each in partials], complex))


def level_of(volume: int, velocity: int) -> float:
    """Return a level in 15ths as a velocity leaves it: at least the lowest, where it is not 0."""
    return max(round(volume * velocity / 127), 1) / 15 if volume else 0.0


def _lasting(row: Sequence[Value], count: int) -> list[Value]:
    """Return so many values of a row, of which the last one stays."""
    return [*row[:count], *[row[-1]] * (count - len(row))]


def _framed(
    note: Note, rate: int, volume: Sequence[int], release: Sequence[int]
) -> tuple[list[int], list[float]]:
    """Return how many samples each frame of a note has, and its level.

    The last one in which it is held is shorter.
    """
    frame = round(rate / FRAME_HZ)
    held = _cut(note.held, frame)
    volumes = [*_lasting(volume, len(held)), *release]
    levels = {each: level_of(each, note.velocity) for each in set(volumes)}
    return held + [frame] * len(release), [levels[each] for each in volumes]


def _cut(samples: int, size: int) -> list[int]:
    whole, rest = divmod(max(samples, 1), size)
    return [size] * whole + [rest] * (rest > 0)


def _joined(
    counts: Iterable[int], hz: Iterable[float], levels: Iterable[float], tables: Iterable[int]
) -> list[Segment]:
    """Return segments; neighbours that differ in nothing are one."""
    rows = zip(hz, levels, tables, counts, strict=True)
    return [
        Segment(sum(count for *_, count in alike), *shape)
        for shape, alike in groupby(rows, itemgetter(0, 1, 2))
    ]


def _swung(hz: float, vibrato: Vibrato, counts: list[int], rate: int) -> list[float]:
    """Return the frequency of each segment of a note, with its vibrato."""
    if not vibrato.cents:
        return [hz] * len(counts)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]]) / rate
    swing = np.sin(2 * np.pi * vibrato.hz * np.maximum(starts - vibrato.delay, 0))
    return list((hz * 2 ** (vibrato.cents / 1200 * swing)).tolist())


def _swept(sweep: Sweep, timer: int, wave: chip_waves.Wave, frames: int) -> list[float]:
    """Return the frequency in each frame; 0 where the chip mutes what it cannot count.

    The sweep moves in half frames, of which a frame shows the first.
    """
    out: list[float] = []
    for half in range(2 * frames):
        if half and half % (sweep.period + 1) == 0:
            change = timer >> sweep.shift
            timer += -change if sweep.up else change
        if half % 2 == 0:
            audible = 8 <= timer <= chip_waves.LONGEST_TIMER
            out.append(chip_waves.hz_of_timer(timer, wave) if audible else 0.0)
    return out
