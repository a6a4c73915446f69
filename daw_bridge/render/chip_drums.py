"""Drums as games made them: bursts of noise, and a triangle that falls under kick and toms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from daw_bridge.render import chip_waves
from daw_bridge.render.chip_waves import NOISE_PERIODS
from daw_bridge.render.instruments import (
    FRAME_HZ,
    RAMP_S,
    ChipNoise,
    ChipVoice,
    Instrument,
    Note,
    level_of,
)
from daw_bridge.render.sounding import Hiss, Segment, Sounding, Together, Tone
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
        recipe = RECIPES[drum_at(note.pitch)]
        frame, ramp = round(rate / FRAME_HZ), round(RAMP_S * rate)
        heights = recipe.height + recipe.height[-1:] * len(recipe.volume)
        burst = [
            Segment(
                frame,
                chip_waves.CPU_HZ / NOISE_PERIODS[height],
                level_of(volume, note.velocity) * ChipNoise.LOUDNESS,
            )
            for volume, height in zip(recipe.volume, heights, strict=False)
        ]
        hiss = Hiss(burst, rate, ramp, short=recipe.short)
        if not recipe.triangle:
            return hiss
        full = level_of(15, note.velocity) * ChipVoice.LOUDNESS["triangle"]
        hz = [chip_waves.hz_of(pitch) for pitch in recipe.triangle]
        table = chip_waves.triangle(chip_waves.harmonics_below(0.45 * rate, max(hz)))
        fall = Tone([Segment(frame, each, full) for each in hz], [table], rate, ramp)
        return Together((hiss, fall))

    def chokes(self, pitch: int) -> bool:
        """Whether a note is on a hi-hat."""
        return drum_at(pitch) in HATS
