"""The waves of the NES's sound chip, the RP2A03 of NTSC consoles: what its counters make.

Pulse and triangle are sampled off tables of one period, which hold the wave's own Fourier series up
to a highest harmonic, and no more: the chip runs at 1.8 MHz and does not alias, so neither may we
at 48 kHz. Noise is the mean of the chip's bits over each sample.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Wave = Literal["pulse", "triangle"]

CPU_HZ = 39_375_000 / 22
"""What all of its timers count down: 1.789773 MHz."""

TABLE_BITS = 15
"""A table's length as a power of two; without interpolation it is within -58 dB of the wave."""

TABLE_SIZE = 1 << TABLE_BITS

NOISE_PERIODS = (4, 8, 16, 32, 64, 96, 128, 160, 202, 254, 380, 508, 762, 1016, 2034, 4068)
"""Ticks of the CPU for each bit of noise, by the four bits that say how high it is."""

_STAIRS = np.concatenate([np.arange(16), np.arange(15, -1, -1)]) / 7.5 - 1
"""The triangle: 32 steps of four bits, in -1..1; it begins at its lowest."""

_CYCLE = {"pulse": 16, "triangle": 32}
"""Ticks of the CPU in one period of the wave, for each step of its timer."""

LONGEST_TIMER = 0x7FF

_HIGHEST = tuple(sorted({round(2 ** (i / 4)) for i in range(44)}))
"""How many harmonics tables may hold: a quarter of an octave apart, so that they are few."""


def hz_of(pitch: float) -> float:
    """Return the frequency of a MIDI note; 69 is 440 Hz."""
    return float(440.0 * 2 ** ((pitch - 69) / 12))


def timer_of(hz: float, wave: Wave) -> int:
    """Return what the chip's timer is set to for a frequency: the nearest of 11 bits."""
    return min(max(round(CPU_HZ / (_CYCLE[wave] * hz)) - 1, 0), LONGEST_TIMER)


def hz_of_timer(timer: int, wave: Wave) -> float:
    """Return the frequency that a timer makes."""
    return CPU_HZ / (_CYCLE[wave] * (timer + 1))


def harmonics_below(limit_hz: float, hz: float) -> int:
    """Return how many harmonics of a tone a table may hold that stay below a limit."""
    fit = [n for n in _HIGHEST if n * hz <= limit_hz]
    return fit[-1] if fit else 0


@lru_cache(maxsize=128)
def pulse(duty: float, harmonics: int) -> Floats:
    """Return one period of a pulse that is 1 for a share `duty` of it, else -1; its mean is 0."""
    k = np.arange(1, harmonics + 1)
    return series(2 * (1 - np.exp(-2j * np.pi * k * duty)) / (2j * np.pi * k))


@lru_cache(maxsize=128)
def triangle(harmonics: int) -> Floats:
    """Return one period of the triangle's 32 steps, in -1..1."""
    k = np.arange(1, harmonics + 1)
    steps = np.fft.fft(_STAIRS)[k % 32] / 32
    held = np.exp(-1j * np.pi * k / 32) * np.sinc(k / 32)  # each is held until the next
    return series(steps * held)


def series(coefficients: NDArray[np.complex128]) -> Floats:
    """Return a table of the sum of harmonics 1, 2, ..., each with its complex coefficient."""
    spectrum = np.zeros(TABLE_SIZE // 2 + 1, complex)
    spectrum[1 : len(coefficients) + 1] = coefficients
    return np.fft.irfft(spectrum * TABLE_SIZE, TABLE_SIZE).astype(np.float32)


@cache
def noise_bits(*, short: bool = False) -> NDArray[np.int8]:
    """Return one period of the shift register's output, from a register that holds 1.

    It has 15 bits. What is shifted in is bit 0 exclusive-or bit 1, for a period of 32,767; of the
    short mode, bit 6, for one of 93.
    """
    tap, register = (6 if short else 1), 1
    bits: list[int] = []
    while not bits or register != 1:
        bits.append(1 - (register & 1))
        register = (register >> 1) | (((register ^ (register >> tap)) & 1) << 14)
    return np.array(bits, np.int8)


def noise(start: float, step: float, count: int, *, short: bool = False) -> Floats:
    """Return `count` samples of noise, its mean 0 and 2 between its levels.

    `start` is where in the register's period they begin, and `step` how many bits go by in a
    sample: each is the mean over them.
    """
    areas = _areas(short=short)
    at = start + step * np.arange(count + 1)
    whole = np.floor(at)
    part, index = at - whole, whole.astype(np.int64) % (len(areas) - 1)
    area = areas[index] * (1 - part) + areas[index + 1] * part
    mean: Floats = (np.diff(area) / step).astype(np.float32)
    return mean


@cache
def _areas(*, short: bool) -> NDArray[np.float64]:
    """Return the sum of the bits before each, of a period; it begins and ends at 0."""
    bits = 2.0 * noise_bits(short=short)
    return np.concatenate([[0.0], np.cumsum(bits - bits.mean())])
