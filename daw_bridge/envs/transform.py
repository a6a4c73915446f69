"""A Fourier transform of our own, of many frames of a sound at once, and what is made of it.

It takes sixteen frames at a time in 32-bit floats, so that a processor's wide registers are full.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

LANES = 16

_P0, _P1, _P2, _P3, _P4 = map(np.float32, (2.04e-4, 1.4361, -0.6695, 0.3122, -0.0791))
"""Of a polynomial for the logarithm of 1 + x."""

# Plain sums of finite numbers: their order is the compiler's choice.
_fast: Any = njit(nogil=True, cache=True, error_model="numpy", fastmath=True)


@_fast
def _transform(xr: Any, xi: Any, yr: Any, yi: Any, turns: Any) -> Any:
    """Transform complex [point, lane] in one of two pairs of memory; return the one it is in.

    Stockham's algorithm by fours: each stage reads one pair in order and writes the other.
    """
    n, s = xr.shape[0], 1
    while n > 1:
        m = n // 4
        for p in range(m):
            w1r, w1i = turns[0, p * s], turns[1, p * s]
            w2r, w2i = turns[0, 2 * p * s], turns[1, 2 * p * s]
            w3r, w3i = turns[0, 3 * p * s], turns[1, 3 * p * s]
            for q in range(s):
                a, to = q + s * p, q + 4 * s * p
                b, c, d = a + s * m, a + 2 * s * m, a + 3 * s * m
                for i in range(LANES):
                    sr, si = xr[a, i] + xr[c, i], xi[a, i] + xi[c, i]
                    dr, di = xr[a, i] - xr[c, i], xi[a, i] - xi[c, i]
                    tr, ti = xr[b, i] + xr[d, i], xi[b, i] + xi[d, i]
                    er, ei = xi[b, i] - xi[d, i], xr[d, i] - xr[b, i]
                    yr[to, i], yi[to, i] = sr + tr, si + ti
                    fr, fi = dr + er, di + ei
                    yr[to + s, i], yi[to + s, i] = fr * w1r - fi * w1i, fr * w1i + fi * w1r
                    fr, fi = sr - tr, si - ti
                    yr[to + 2 * s, i] = fr * w2r - fi * w2i
                    yi[to + 2 * s, i] = fr * w2i + fi * w2r
                    fr, fi = dr - er, di - ei
                    yr[to + 3 * s, i] = fr * w3r - fi * w3i
                    yi[to + 3 * s, i] = fr * w3i + fi * w3r
        xr, xi, yr, yi = yr, yi, xr, xi
        n, s = m, 4 * s
    return xr, xi


@_fast
def write_magnitudes(
    columns: Any, window: Any, turns: Any, halves: Any, work: Any, floor: Any, out: Any
) -> None:
    """Write the magnitudes [bin, frame], and a floor more, of frames that overlap by half.

    `columns` [sample, half frame] has the sound: a frame is a column and the next one. It is
    transformed as a complex one of half the size, and taken apart afterwards.
    """
    m = window.size // 2
    for first in range(0, out.shape[1], LANES):
        for k in range(m):
            row, column = (2 * k) % m, first + (2 * k) // m
            for lane in range(LANES):
                work[0, k, lane] = columns[row, column + lane] * window[2 * k]
                work[1, k, lane] = columns[row + 1, column + lane] * window[2 * k + 1]
        zr, zi = _transform(work[0], work[1], work[2], work[3], turns)
        last = min(LANES, out.shape[1] - first)
        for k in range(m + 1):
            a, b, w, v = k % m, (m - k) % m, halves[0, k], halves[1, k]
            for lane in range(last):
                er, ei = zr[a, lane] + zr[b, lane], zi[a, lane] - zi[b, lane]
                dr, di = zi[a, lane] + zi[b, lane], zr[b, lane] - zr[a, lane]
                re, im = er + w * dr - v * di, ei + w * di + v * dr
                out[k, first + lane] = np.sqrt(re * re + im * im) + floor


@_fast
def _log2(bits: Any) -> Any:
    """Return the logarithm to 2 of a 32-bit float, given as a whole number, to 1 part in 1,000."""
    # Numba's whole numbers are of 64 bits, for which processors have no such conversion.
    x = np.float32(np.int32(bits & np.int32(0x7FFFFF))) * np.float32(2**-23)
    poly = _P0 + x * (_P1 + x * (_P2 + x * (_P3 + x * _P4)))
    return np.float32(np.int32(np.int32(bits >> np.int32(23)) - np.int32(127))) + poly


@_fast
def write_logarithms(bits: Any, out: Any) -> None:
    """Write the logarithms to 2 of 32-bit floats, which are given as whole numbers."""
    for i in range(bits.size):
        out[i] = _log2(bits[i])


@_fast
def differences(ours: Any, bits: Any, theirs: Any, logs: Any) -> Any:
    """Return the sums of differences of magnitudes, and of their logarithms.

    `bits` is the memory of `ours` as whole numbers.
    """
    plain, log = np.float32(0), np.float32(0)
    for i in range(ours.size):
        plain += abs(ours[i] - theirs[i])
    for i in range(ours.size):
        log += abs(_log2(bits[i]) - logs[i])
    return plain, log
