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
def _stage(xr: Any, xi: Any, yr: Any, yi: Any, turns: Any, m: int, s: int) -> None:
    """Take a stage of the transform, `s` being what those before it have multiplied to.

    What has the same turns lies side by side, and is one loop that a compiler makes wide.
    """
    n = s * LANES
    part = m * n
    for p in range(m):
        w1r, w1i = turns[0, p * s], turns[1, p * s]
        w2r, w2i = turns[0, 2 * p * s], turns[1, 2 * p * s]
        w3r, w3i = turns[0, 3 * p * s], turns[1, 3 * p * s]
        a, b, c, d = p * n, p * n + part, p * n + 2 * part, p * n + 3 * part
        ar, br, cr, dr = xr[a : a + n], xr[b : b + n], xr[c : c + n], xr[d : d + n]
        ai, bi, ci, di = xi[a : a + n], xi[b : b + n], xi[c : c + n], xi[d : d + n]
        a, b, c, d = 4 * p * n, (4 * p + 1) * n, (4 * p + 2) * n, (4 * p + 3) * n
        er, fr, gr, hr = yr[a : a + n], yr[b : b + n], yr[c : c + n], yr[d : d + n]
        ei, fi, gi, hi = yi[a : a + n], yi[b : b + n], yi[c : c + n], yi[d : d + n]
        for i in range(n):
            sr, si = ar[i] + cr[i], ai[i] + ci[i]
            tr, ti = br[i] + dr[i], bi[i] + di[i]
            ur, ui = ar[i] - cr[i], ai[i] - ci[i]
            vr, vi = bi[i] - di[i], dr[i] - br[i]
            er[i], ei[i] = sr + tr, si + ti
            r, j = ur + vr, ui + vi
            fr[i], fi[i] = r * w1r - j * w1i, r * w1i + j * w1r
            r, j = sr - tr, si - ti
            gr[i], gi[i] = r * w2r - j * w2i, r * w2i + j * w2r
            r, j = ur - vr, ui - vi
            hr[i], hi[i] = r * w3r - j * w3i, r * w3i + j * w3r


@_fast
def _transform(work: Any, turns: Any) -> Any:
    """Transform what is in the first two rows of `work`, real and imaginary [point and lane].

    Stockham's algorithm by fours: each stage reads two rows in order and writes the other two.
    Return those in which the result is.
    """
    xr, xi, yr, yi = work[0], work[1], work[2], work[3]
    n, s = xr.size // LANES, 1
    while n > 1:
        n //= 4
        _stage(xr, xi, yr, yi, turns, n, s)
        xr, xi, yr, yi = yr, yi, xr, xi
        s *= 4
    return xr, xi


@_fast
def _take(columns: Any, window: Any, first: int, work: Any) -> None:
    """Take frames, under a window; of their samples, each other one is imaginary."""
    m = window.size // 2
    for k in range(m):
        row, column = (2 * k) % m, first + (2 * k) // m
        even, odd = columns[row, column : column + LANES], columns[row + 1, column : column + LANES]
        at = k * LANES
        r, j = work[0, at : at + LANES], work[1, at : at + LANES]
        w, v = window[2 * k], window[2 * k + 1]
        for i in range(LANES):
            r[i] = even[i] * w
            j[i] = odd[i] * v


@_fast
def write_magnitudes(
    columns: Any, window: Any, turns: Any, halves: Any, work: Any, floor: Any, out: Any
) -> None:
    """Write the magnitudes [bin, frame], and a floor more, of frames that overlap by half.

    `columns` [sample, half frame] has the sound: a frame is a column and the next one. It is
    transformed as a complex one of half the size, and taken apart afterwards. There are so many
    frames that they come out even, by `LANES`.
    """
    m = window.size // 2
    for first in range(0, out.shape[1], LANES):
        _take(columns, window, first, work)
        zr, zi = _transform(work, turns)
        for k in range(m + 1):
            a, b, w, v = k % m * LANES, (m - k) % m * LANES, halves[0, k], halves[1, k]
            ar, br = zr[a : a + LANES], zr[b : b + LANES]
            ai, bi = zi[a : a + LANES], zi[b : b + LANES]
            here = out[k, first : first + LANES]
            for i in range(LANES):
                er, ei = ar[i] + br[i], ai[i] - bi[i]
                dr, di = ai[i] + bi[i], br[i] - ar[i]
                re, im = er + w * dr - v * di, ei + w * di + v * dr
                here[i] = np.sqrt(re * re + im * im) + floor


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


@_fast
def write_spectrum(sound: Any, columns: Any, tables: Any, work: Any, floor: Any, out: Any) -> None:
    """Write the magnitudes of all frames of a sound; `columns` is where it is laid out."""
    half = len(columns)
    whole, rest = sound.size // half, sound.size % half
    for k in range(half):
        for i in range(whole + (k < rest)):
            columns[k, i + 1] = sound[i * half + k]
    window, turns, halves = tables
    write_magnitudes(columns, window, turns, halves, work, floor, out)


@_fast
def write_differences(
    sounds: Any, columns: Any, tables: Any, work: Any, floor: Any, out: Any, bits: Any,
    theirs: Any, logs: Any, sums: Any,
) -> None:  # fmt: skip
    """Write the sums of `differences` of each sound [lane, sample] into `sums` [lane, 2]."""
    for lane in range(len(sounds)):
        write_spectrum(sounds[lane], columns, tables, work, floor, out)
        sums[lane] = differences(out.reshape(-1), bits, theirs, logs)
