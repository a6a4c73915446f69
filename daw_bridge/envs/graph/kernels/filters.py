"""What filters and delays compute.

Glicol's filters with two poles forget their first term, the sample that comes in: a high-pass then
boosts what it should hold back. Ours have it; those that are named `lacking` do not.
"""

from __future__ import annotations

import numpy as np

from daw_bridge.envs.graph.kernels.sources import HALF, ONE, PI, TWO, ZERO, F, compiled, sine

BLOCK = 128
"""Samples, at each of which a cutoff that is a signal is read."""


@compiled
def _filtered(rows, here, x, refs, numbers, state, at, rate, high, whole):
    """Two poles; `high` passes above the cutoff, else below; not `whole`: as Glicol has it."""
    out, row = rows[here], refs[0]
    cutoff, sr = numbers[0], F(rate)
    x1, x2, y1, y2 = F(state[0]), F(state[1]), F(state[2]), F(state[3])
    if row >= 0:
        cutoff = F(state[4])
    a0, a1, b1, b2 = ZERO, ZERO, ZERO, ZERO
    for i in range(out.size):
        fresh = row >= 0 and (at + i) % BLOCK == 0
        if fresh:
            cutoff = min(max(rows[row, i], ONE), F(0.49) * sr)
        if fresh or i == 0:
            theta = TWO * PI * cutoff / sr
            s, c = sine(np.float64(theta)), sine(np.float64(theta) + np.pi / 2)
            d = ONE / numbers[1]
            beta = HALF * (ONE - d * s / TWO) / (ONE + d * s / TWO)
            gamma = (HALF + beta) * c
            if high:
                a0 = (HALF + beta + gamma) / TWO
                a1 = -HALF - beta - gamma
            else:
                a0 = (HALF + beta - gamma) / TWO
                a1 = HALF + beta - gamma
            b1, b2 = -TWO * gamma, TWO * beta
        x0 = rows[x, i]
        y = (a0 * (x0 if whole else ZERO)) + a1 * x1 + a0 * x2 - b1 * y1 - b2 * y2
        out[i] = y
        x2, x1, y2, y1 = x1, x0, y1, y
    state[0], state[1], state[2], state[3], state[4] = x1, x2, y1, y2, cutoff


@compiled
def lpf(rows, here, x, refs, numbers, state, at, rate):
    """Low-pass of two poles."""
    _filtered(rows, here, x, refs, numbers, state, at, rate, False, True)


@compiled
def hpf(rows, here, x, refs, numbers, state, at, rate):
    """High-pass of two poles."""
    _filtered(rows, here, x, refs, numbers, state, at, rate, True, True)


@compiled
def lacking_lpf(rows, here, x, refs, numbers, state, at, rate):
    """Low-pass as Glicol has it."""
    _filtered(rows, here, x, refs, numbers, state, at, rate, False, False)


@compiled
def lacking_hpf(rows, here, x, refs, numbers, state, at, rate):
    """High-pass as Glicol has it."""
    _filtered(rows, here, x, refs, numbers, state, at, rate, True, False)


@compiled
def onepole(rows, here, x, refs, numbers, state, at, rate):
    """Low-pass of one pole."""
    out, row, y = rows[here], refs[0], F(state[0])
    b = F(np.exp(np.float64(-TWO * PI * numbers[0])))
    for i in range(out.size):
        if row >= 0:
            b = F(np.exp(np.float64(-TWO * PI * rows[row, i])))
        y = rows[x, i] * (ONE - b) + b * y
        out[i] = y
    state[0] = y


@compiled
def _delayed(heard, ring, write, whole, part):
    """Put a sample into a ring; return the one `whole` before, and as much of the next."""
    ring[write] = heard
    first = ring[(write - whole) % ring.size]
    if part == ZERO:
        return F(first)
    return F(first) * (ONE - part) + F(ring[(write - whole - 1) % ring.size]) * part


@compiled
def delayms(rows, here, x, refs, numbers, state, at, rate):
    """Delay by milliseconds; by a signal's, what lies between two samples is drawn as a line."""
    out, row, ring = rows[here], refs[0], state[1:]
    write, longest = np.int64(state[0]), ring.size - 2
    whole, part = np.int64(numbers[0] / F(1000) * F(rate)), ZERO
    for i in range(out.size):
        if row >= 0:
            length = min(max(rows[row, i] / F(1000) * F(rate), ZERO), F(longest))
            whole = np.int64(length)
            part = length - F(whole)
        out[i] = _delayed(rows[x, i], ring, write, min(whole, longest), part)
        write = (write + 1) % ring.size
    state[0] = write


@compiled
def delayn(rows, here, x, refs, numbers, state, at, rate):
    """Delay by samples."""
    out, ring, write = rows[here], state[1:], np.int64(state[0])
    whole = np.int64(numbers[0])
    for i in range(out.size):
        out[i] = _delayed(rows[x, i], ring, write, whole, ZERO)
        write = (write + 1) % ring.size
    state[0] = write
