"""A small drum kit after the analogue drum machines, a hit at a time, as whole arrays.

Drums with a pitch are decaying sines that fall, so their attack is the same each time. Cymbals are
six square waves that no harmonic series holds together, and noise, under an envelope. How hard a
drum is struck says how loud and how bright it is.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from daw_bridge.music.gm_drums import DRUM_CLASSES
from daw_bridge.render.chip_waves import Floats
from daw_bridge.render.instruments import Instrument, Note
from daw_bridge.render.sounding import Sample, Sounding
from daw_bridge.render.struck import HATS, drum_at

METAL_HZ = (205.3, 284.7, 304.4, 369.6, 522.7, 540.0)
"""Squares whose overtones fall nowhere together, as sheet metal's do."""

LENGTHS_S = {
    "kick": 0.6,
    "snare": 0.5,
    "closed-hat": 0.25,
    "open-hat": 1.1,
    "ride": 1.8,
    "crash": 2.6,
}
"""How long a drum rings; toms half a second more than a kick's."""

TOM_HZ = {"low-tom": 82.0, "mid-tom": 118.0, "high-tom": 165.0}

PANS = {
    "snare": -0.04, "closed-hat": -0.4, "open-hat": -0.4, "low-tom": 0.5, "mid-tom": 0.1,
    "high-tom": -0.3, "ride": 0.36, "crash": -0.2,
}  # fmt: skip
"""Where the drums are between left (-1) and right (1); what is not named is in the middle."""

LOUDNESS = 0.6
"""So that several drums struck at once stay below full scale."""

TIMBRES = 16
"""So many steps of brightness there are between softest and hardest."""

BRIGHTER = ("snare", *HATS)
"""Drums that are brighter where they are struck harder."""

Doubles = NDArray[np.float64]
Made = Callable[[Doubles, Doubles, float, int], Doubles]


class Drums(Instrument):
    """The kit; each drum rings as long as it does, however short its note is."""

    wave: Literal["drums"]

    def begin(self, note: Note, rate: int) -> Sounding:
        """Return the hit as it sounds at a sample rate."""
        force = LOUDNESS * (note.velocity / 127) ** 1.6
        drum = drum_at(note.pitch)
        hardness = round(note.velocity / 127 * TIMBRES) / TIMBRES if drum in BRIGHTER else 0.0
        return Sample(hit(drum, hardness, rate), force)

    def prepare(self, rate: int) -> None:
        """Make every drum, of every brightness that it has."""
        for drum in DRUM_CLASSES:
            for step in range(TIMBRES + 1 if drum.name in BRIGHTER else 1):
                hit(drum.name, step / TIMBRES, rate)

    @property
    def is_wide(self) -> bool:
        """Whether it sounds anywhere but in the middle: a kit does."""
        return True

    def pan_of(self, pitch: int) -> float:
        """Return where a drum is between left and right, as its player sits."""
        return max(-1.0, min(1.0, self.pan + PANS.get(drum_at(pitch), 0.0)))

    def chokes(self, pitch: int) -> bool:
        """Whether a note is on a hi-hat."""
        return drum_at(pitch) in HATS


@lru_cache(maxsize=160)
def hit(drum: str, hardness: float, rate: int) -> Floats:
    """Return the sound of a drum class, struck with a hardness in 0..1, at full loudness."""
    length = round(LENGTHS_S.get(drum, 0.9) * rate)
    time = np.arange(length) / rate
    hiss = np.random.default_rng(zlib.crc32(drum.encode())).normal(0, 0.3, length)
    if drum in TOM_HZ:
        out = _tom(time, hiss, TOM_HZ[drum], rate)
    else:
        out = _MADE[drum](time, hiss, hardness, rate)
    fade = min(round(0.01 * rate), length)
    out[-fade:] *= np.linspace(1, 0, fade)
    return out.astype(np.float32)


def _kick(time: Doubles, hiss: Doubles, hardness: float, rate: int) -> Doubles:
    del hardness
    body = _falling(time, 47.0, 120.0, 0.02) * np.exp(-time / 0.13)
    click = _band(hiss * np.exp(-time / 0.003), rate, high=3500)
    return 0.62 * body + 0.35 * click


def _snare(time: Doubles, hiss: Doubles, hardness: float, rate: int) -> Doubles:
    tone = _falling(time, 186.0, 60.0, 0.012) + 0.6 * _falling(time, 331.0, 60.0, 0.012)
    wires = _band(hiss * np.exp(-time / 0.075), rate, low=1400, high=4000 + 7000 * hardness)
    return 0.26 * tone * np.exp(-time / 0.06) + 0.75 * wires


def _hat(decay_s: float) -> Made:
    def made(time: Doubles, hiss: Doubles, hardness: float, rate: int) -> Doubles:
        metal = _metal(len(time), rate) + 0.5 * hiss
        return 0.9 * _band(
            metal * np.exp(-time / decay_s), rate, low=6500, high=7500 + 9000 * hardness
        )

    return made


def _tom(time: Doubles, hiss: Doubles, hz: float, rate: int) -> Doubles:
    body = _falling(time, hz, 0.45 * hz, 0.03) * np.exp(-time / 0.16)
    skin = _band(hiss * np.exp(-time / 0.008), rate, high=2500)
    return 0.5 * body + 0.4 * skin


def _ride(time: Doubles, hiss: Doubles, hardness: float, rate: int) -> Doubles:
    del hardness
    ping = sum(np.sin(2 * np.pi * hz * time) for hz in (3137, 4411, 5933, 8120))
    wash = _band((_metal(len(time), rate) + 0.2 * hiss) * np.exp(-time / 0.35), rate, low=5200)
    return 0.035 * ping * np.exp(-time / 0.22) + 0.4 * wash


def _crash(time: Doubles, hiss: Doubles, hardness: float, rate: int) -> Doubles:
    del hardness
    return 0.5 * _band((0.6 * _metal(len(time), rate) + hiss) * np.exp(-time / 0.5), rate, low=2800)


_MADE = {
    "kick": _kick,
    "snare": _snare,
    "closed-hat": _hat(0.025),
    "open-hat": _hat(0.25),
    "ride": _ride,
    "crash": _crash,
}


def _falling(time: Doubles, hz: float, above: float, fall_s: float) -> Doubles:
    """Return a sine that begins `above` its frequency and falls to it; it begins at 0."""
    turns = hz * time + above * fall_s * (1 - np.exp(-time / fall_s))
    return np.sin(2 * np.pi * turns)


def _metal(length: int, rate: int) -> Doubles:
    """Return the beginning of six squares that ring as long as the longest drum."""
    return _all_metal(rate)[:length]


@lru_cache(maxsize=4)
def _all_metal(rate: int) -> Doubles:
    """Return six squares, without what is above the half of the rate."""
    time = np.arange(round(max(LENGTHS_S.values()) * rate)) / rate
    out = np.zeros_like(time)
    for hz in METAL_HZ:
        for k in range(1, int(0.45 * rate / hz), 2):
            if k * hz > 2000:  # below, all who use it cut it off
                out += np.sin(2 * np.pi * k * hz * time) / k
    return 0.2 * out


def _band(sound: Doubles, rate: int, low: float = 0.0, high: float = 0.0) -> Doubles:
    """Keep what lies above `low` and below `high`, 24 dB an octave, without a delay before it.

    The filters are those of two poles each, of minimum phase: nothing sounds before its time.
    """
    size = 2 * len(sound)
    s = 2j * np.tan(np.pi * np.minimum(np.fft.rfftfreq(size), 0.4999))
    response = np.ones(len(s), complex)
    if low:
        corner = 2 * np.tan(np.pi * low / rate)
        response *= (s**2 / (s**2 + np.sqrt(2) * corner * s + corner**2)) ** 2
    if high:
        corner = 2 * np.tan(np.pi * min(high / rate, 0.45))
        response *= corner**2 / (s**2 + np.sqrt(2) * corner * s + corner**2)
    return np.fft.irfft(np.fft.rfft(sound, size) * response, size)[: len(sound)]
