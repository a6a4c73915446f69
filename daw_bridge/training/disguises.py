"""Sounds in disguise: what a program can make, changed so that it can make it no more.

An agent is to tune towards any sound, recorded ones too, and all that it could learn from is what
its own program makes. So other curves of pitch and loudness are drawn over that, other colours, and
what rings, hisses and echoes along. None of it comes from a recording.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Samples = NDArray[Any]
Change = Callable[[Samples, Samples, np.random.Generator], Samples]
"""(sound, seconds of its samples, chance) -> another sound."""


def disguised(sound: Floats, rate: int, generator: np.random.Generator) -> Floats:
    """Return a sound in disguise, as long as it was, and of full scale or a little less."""
    seconds = np.arange(len(sound)) / rate
    changed: Samples = sound.astype(np.float64)
    for chance, change in CHANGES:
        if generator.random() < chance:
            changed = _full(change(changed, seconds, generator))
    late = int(generator.integers(0, 60))
    changed[late:] = changed[: len(changed) - late].copy()
    changed[:late] = 0
    return (changed * _between(generator, 0.5, 1)).astype(np.float32)


def _full(sound: Samples) -> Samples:
    full: Samples = sound / max(float(np.abs(sound).max()), 1e-9)
    return full


def _between(generator: np.random.Generator, low: float, high: float) -> float:
    """Draw a number, evenly in its logarithm."""
    return float(np.exp(generator.uniform(np.log(low), np.log(high))))


def _bent(sound: Samples, seconds: Samples, generator: np.random.Generator) -> Samples:
    """Run through it faster or slower, and ever more so or less: so its pitch bends."""
    del seconds
    places = np.arange(len(sound)) / len(sound)
    speed, power = np.exp(generator.normal(0, 0.3)), np.exp(generator.normal(0, 0.25))
    at = len(sound) * speed * places**power
    bent: Samples = np.interp(at, np.arange(len(sound)), sound, right=0)
    return bent


def _damped(sound: Samples, seconds: Samples, generator: np.random.Generator) -> Samples:
    """Let it die away as things do, and not in a straight line."""
    damped: Samples = sound * np.exp(-seconds / _between(generator, 0.02, 0.5))
    return damped


def _driven(sound: Samples, seconds: Samples, generator: np.random.Generator) -> Samples:
    """Overdrive it, one side more than the other."""
    del seconds
    off = generator.normal(0, 0.2)
    driven: Samples = np.tanh(_between(generator, 1, 8) * sound + off) - np.tanh(off)
    return driven


def _ringing(sound: Samples, seconds: Samples, generator: np.random.Generator) -> Samples:
    """Let tones ring along, as a drum's shell does."""
    for _ in range(generator.integers(1, 4)):
        turns = _between(generator, 40, 4_000) * seconds + generator.random()
        fading = np.exp(-seconds / _between(generator, 0.005, 0.2))
        sound = sound + _between(generator, 0.01, 0.5) * np.sin(2 * np.pi * turns) * fading
    return sound


def _hissing(sound: Samples, seconds: Samples, generator: np.random.Generator) -> Samples:
    """Add bursts of noise: a beater, a snare's wires, a room's air."""
    for _ in range(generator.integers(1, 3)):
        noise = np.fft.rfft(generator.normal(0, 1, len(sound)))
        apart = _octaves(sound, seconds) - np.log2(_between(generator, 0.6, 100))
        noise /= np.sqrt(1 + (apart / generator.uniform(0.3, 3)) ** 4)
        burst = _full(np.fft.irfft(noise, len(sound)))
        burst *= np.exp(-seconds / _between(generator, 0.001, 0.3))
        sound = sound + _between(generator, 0.003, 0.6) * burst
    return sound


def _coloured(sound: Samples, seconds: Samples, generator: np.random.Generator) -> Samples:
    """Hear it by another microphone: a slope, and some bands louder or softer."""
    octaves = _octaves(sound, seconds)
    decibels = generator.normal(0, 2) * octaves
    for _ in range(3):
        apart = (octaves - generator.uniform(-1, 7)) / generator.uniform(0.3, 1.5)
        decibels += generator.normal(0, 6) * np.exp(-(apart**2))
    return np.fft.irfft(np.fft.rfft(sound) * 10 ** (decibels / 20), len(sound))


def _echoing(sound: Samples, seconds: Samples, generator: np.random.Generator) -> Samples:
    """Put it into a small room."""
    tail = generator.normal(0, 1, len(sound)) * np.exp(-seconds / _between(generator, 0.01, 0.2))
    tail *= generator.uniform(0.05, 0.6) / np.sqrt(np.square(tail).sum())
    twice = 2 * len(sound)
    echo = np.fft.irfft(np.fft.rfft(sound, twice) * np.fft.rfft(tail, twice), twice)
    return sound + echo[: len(sound)]


def _octaves(sound: Samples, seconds: Samples) -> Samples:
    """Return how many octaves above 100 Hz each part of its spectrum is."""
    bins = np.fft.rfftfreq(len(sound), float(seconds[1]))
    octaves: Samples = np.log2(np.maximum(bins, 20) / 100)
    return octaves


CHANGES: tuple[tuple[float, Change], ...] = (
    (0.5, _bent),
    (0.6, _damped),
    (0.4, _driven),
    (0.7, _ringing),
    (0.7, _hissing),
    (0.7, _coloured),
    (0.2, _echoing),
)
"""How often each comes, in this order."""
