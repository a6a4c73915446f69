"""What sources and arithmetic compute."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

Array = Any
"""An array inside a kernel, whose type is numba's business."""

compiled = njit(nogil=True, cache=True, error_model="numpy")

F = np.float32
ZERO, HALF, ONE, TWO = F(0), F(0.5), F(1), F(2)
PI = F(np.pi)

_QUARTER = np.pi / 2
_S1, _S2 = -0.166666666416265235595, 0.0083333293858894631756
_S3, _S4 = -0.000198393348360966317347, 0.0000027183114939898219064
_C0, _C1 = -0.499999997251031003120, 0.0416666233237390631894
_C2, _C3 = -0.00138867637746099294692, 0.0000243904487862774090654


@compiled
def sine(x: float) -> Any:
    """Return the sine as a 32-bit float, by the polynomials of Sun's library, as Glicol has it."""
    quarters = np.floor(x / _QUARTER + 0.5)
    y = x - quarters * _QUARTER
    z = y * y
    w = z * z
    turned = quarters - 4 * np.floor(quarters / 4)
    odd = (y + z * y * (_S1 + z * _S2)) + z * y * w * (_S3 + z * _S4)
    even = ((1.0 + z * _C0) + w * _C1) + (w * z) * (_C2 + z * _C3)
    value = odd if turned == 0 or turned == 2 else even  # noqa: PLR1714  numba
    return F(value if turned < 2 else -value)


@compiled
def _phases(
    rows: Array, here: int, refs: Array, numbers: Array, state: Array, rate: int, holds: bool
) -> None:
    """Write the phase of an oscillator, 0..1, before each sample.

    `holds`: where the frequency is a signal, one of 0 keeps the last.
    """
    out, p, sr = rows[here], F(state[0]), F(rate)
    row = refs[0]
    hz, step = rows[row], F(state[1])
    if row < 0:
        step = numbers[0] / sr
    i = 0
    while i < out.size:
        while True:  # a loop of its own up to where it turns, so that a sum waits for no choice
            out[i] = p
            if row >= 0 and (hz[i] != ZERO or not holds):
                step = hz[i] / sr
            p += step
            i += 1
            if p > ONE or i == out.size:
                break
        if p > ONE:
            p -= ONE
    state[0], state[1] = p, step


@compiled
def sin(rows, here, x, refs, numbers, state, at, rate):
    """Sine."""
    _phases(rows, here, refs, numbers, state, rate, False)
    out = rows[here]
    for i in range(out.size):
        out[i] = sine(np.float64(out[i] * TWO * PI))


@compiled
def saw(rows, here, x, refs, numbers, state, at, rate):
    """Sawtooth, naive as all oscillators here: it rises."""
    _phases(rows, here, refs, numbers, state, rate, True)
    out = rows[here]
    for i in range(out.size):
        out[i] = out[i] * TWO - ONE


@compiled
def squ(rows, here, x, refs, numbers, state, at, rate):
    """Square."""
    _phases(rows, here, refs, numbers, state, rate, True)
    out = rows[here]
    for i in range(out.size):
        out[i] = ONE if out[i] <= HALF else -ONE


@compiled
def tri(rows, here, x, refs, numbers, state, at, rate):
    """Triangle: it begins at 1 and falls."""
    _phases(rows, here, refs, numbers, state, rate, True)
    out = rows[here]
    for i in range(out.size):
        out[i] = TWO * (abs(out[i] * TWO - ONE) - HALF)


@compiled
def hash_noise(seed: int) -> float:
    """Return a number in -1..1 that hangs on a whole number alone."""
    x = np.int64((seed << 13) ^ seed)
    hashed = x * (x * x * np.int64(15731) + np.int64(789221)) + np.int64(1376312589)
    return 1.0 - np.float64(hashed & np.int64(0x7FFFFFFF)) / 1073741824.0


@compiled
def noise(rows, here, x, refs, numbers, state, at, rate):
    """White noise, the same each time."""
    out, seed = rows[here], np.int64(numbers[0]) + at
    for i in range(out.size):
        out[i] = hash_noise(seed + i)


@compiled
def imp(rows, here, x, refs, numbers, state, at, rate):
    """1 at each beginning of a period, else 0."""
    out, period = rows[here], max(np.int64(F(rate) / numbers[0]), 1)
    out[:] = ZERO
    for i in range(-at % period, out.size, period):
        out[i] = ONE


@compiled
def sig(rows, here, x, refs, numbers, state, at, rate):
    """One number, always."""
    rows[here, :] = numbers[0]


@compiled
def mul(rows, here, x, refs, numbers, state, at, rate):
    """Product."""
    out, row = rows[here], refs[0]
    for i in range(out.size):
        out[i] = rows[x, i] * (numbers[0] if row < 0 else rows[row, i])


@compiled
def add(rows, here, x, refs, numbers, state, at, rate):
    """Sum with a number or a signal."""
    out, row = rows[here], refs[0]
    for i in range(out.size):
        out[i] = rows[x, i] + (numbers[0] if row < 0 else rows[row, i])


@compiled
def mix(rows, here, x, refs, numbers, state, at, rate):
    """Sum of signals."""
    out = rows[here]
    out[:] = ZERO
    for row in refs:
        for i in range(out.size):
            out[i] += rows[row, i]
