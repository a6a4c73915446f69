"""Drums as games made them: bursts of noise, and a triangle that falls under kick and toms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from daw_bridge.render import chip_waves
from daw_bridge.render.chip_waves import NOISE_PERIODS, Floats
from daw_bridge.render.instruments import (
    FRAME_HZ,
    RAMP_S,
    ChipNoise,
    ChipVoice,
    Instrument,
    Note,
    level_of,
)
from daw_bridge.render.sounding import Hiss, Levels, Segment, Shaped, Sounding, Together, Tone
from daw_bridge.render.struck import HATS, drum_at


@dataclass(frozen=True, slots=True)
class Recipe:
    """A drum, a 60th of a second at a time: levels and heights of the noise, notes of the triangle.

    The heights (0..15, the highest sounds lowest) stay at the last one.
    """

    volume: tuple[int, ...]
    height: tuple[int, ...]
    triangle: tuple[int, ...] = ()
    short: bool = False


RECIPES = {
    "kick": Recipe((13, 9, 4, 2), (9, 12, 14), (62, 52, 45, 40, 36, 33, 31)),
    "snare": Recipe((15, 13, 11, 9, 7, 6, 5, 4, 3, 2, 2, 1), (5, 7), (64, 57)),
    "closed-hat": Recipe((10, 6, 3, 1), (2,)),
    "open-hat": Recipe((11, 9, 8, 7, 6, 6, 5, 5, 4, 4, 3, 3, 2, 2, 2, 1, 1, 1), (2,)),
    "low-tom": Recipe((8, 4, 2), (10, 12), (57, 53, 50, 47, 45, 43, 41, 40, 39)),
    "mid-tom": Recipe((8, 4, 2), (9, 11), (62, 58, 55, 52, 50, 48, 46, 45)),
    "high-tom": Recipe((8, 4, 2), (8, 10), (67, 63, 60, 57, 55, 53, 51)),
    "ride": Recipe((9, 6, 5, 4, 4, 3, 3, 2, 2, 2, 1, 1, 1), (1, 0), short=True),
    "crash": Recipe(
        (15, 14, 13, 12, 11, 10, 10, 9, 9, 8, 8, 7, 7, 6, 6, 6, 5, 5, 5, 4, 4, 4, 4)
        + (3,) * 8
        + (2,) * 12
        + (1,) * 16,
        (3, 4),
    ),
}


class ChipDrums(Instrument):
    """The kit; each drum rings as long as it does, however short its note is."""

    wave: Literal["chip-drums"]

    def begin(self, note: Note, rate: int) -> Sounding:
        """Return the hit as it sounds at a sample rate."""
        drum = drum_at(note.pitch)
        recipe = RECIPES[drum]
        levels = [level_of(each, note.velocity) * ChipNoise.LOUDNESS for each in recipe.volume]
        hiss = _shaped(_noise(drum, rate), levels, rate)
        if not recipe.triangle:
            return hiss
        full = level_of(15, note.velocity) * ChipVoice.LOUDNESS["triangle"]
        return Together((hiss, _shaped(_fall(drum, rate), [full] * len(recipe.triangle), rate)))

    def chokes(self, pitch: int) -> bool:
        """Whether a note is on a hi-hat."""
        return drum_at(pitch) in HATS


def _shaped(wave: Floats, levels: Sequence[float], rate: int) -> Shaped:
    """Return a wave under levels, a frame each."""
    counts = np.full(len(levels), round(rate / FRAME_HZ))
    return Shaped(wave, Levels(counts, levels, round(RAMP_S * rate)))


@lru_cache(maxsize=64)
def _noise(drum: str, rate: int) -> Floats:
    """Return the noise of a drum at a level of 1; it is the same in every hit."""
    recipe = RECIPES[drum]
    heights = recipe.height + recipe.height[-1:] * len(recipe.volume)
    hz = [chip_waves.CPU_HZ / NOISE_PERIODS[each] for each in heights[: len(recipe.volume)]]
    hiss = Hiss(_frames(hz, rate), rate, round(RAMP_S * rate), short=recipe.short)
    return hiss.wave(0, hiss.length)


@lru_cache(maxsize=64)
def _fall(drum: str, rate: int) -> Floats:
    """Return the triangle of a drum at a level of 1."""
    hz = [chip_waves.hz_of(pitch) for pitch in RECIPES[drum].triangle]
    table = chip_waves.triangle(chip_waves.harmonics_below(0.45 * rate, max(hz)))
    fall = Tone(_frames(hz, rate), [table], rate, round(RAMP_S * rate))
    return fall.wave(0, fall.length)


def _frames(hz: Sequence[float], rate: int) -> list[Segment]:
    return [Segment(round(rate / FRAME_HZ), each, 1.0) for each in hz]
