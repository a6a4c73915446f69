"""What envelopes compute."""

from __future__ import annotations

import numpy as np

from daw_bridge.envs.graph.kernels.sources import ONE, ZERO, F, compiled


@compiled
def envperc(rows, here, x, refs, numbers, state, at, rate):
    """Rise and fall, both straight, begun by each sample above 0, and as high as that."""
    out, heard = rows[here], rows[x]
    attack, decay = np.int64(numbers[0] * F(rate)), np.int64(numbers[1] * F(rate))
    struck, pos, scale = state[0] > 0, np.int64(state[1]), F(state[2])
    first = 0
    while first < out.size:
        if heard[first] > ZERO:
            struck, pos, scale = True, 0, heard[first]
        last = first + 1
        while last < out.size and not heard[last] > ZERO:
            last += 1
        _one_stroke(out[first:last], attack, decay, pos if struck else attack + decay + 1, scale)
        pos += last - first
        first = last
    state[0], state[1], state[2] = struck, pos, scale


@compiled
def _one_stroke(out, attack, decay, pos, scale):
    """Write an envelope from `pos` samples after it was struck on: three plain loops."""
    end = attack + decay
    top = min(max(attack + 1 - pos, 0), out.size)
    bottom = min(max(end + 1 - pos, 0), out.size)
    out[:] = ZERO
    if attack:
        for i in range(top):
            out[i] = F(pos + i) / F(attack) * scale
    if decay:
        for i in range(top, bottom):
            out[i] = F(end - pos - i) / F(decay) * scale


@compiled
def adsr(rows, here, x, refs, numbers, state, at, rate):
    """Attack, decay and sustain while what comes in is above 0, then the release."""
    out = rows[here]
    attack, decay = np.int64(numbers[0] * F(rate)), np.int64(numbers[1] * F(rate))
    sustain, release = numbers[2], np.int64(numbers[3] * F(rate))
    phase, pos = np.int64(state[0]), np.int64(state[1])
    since, before, last = F(state[2]), F(state[3]), F(state[4])
    for i in range(out.size):
        gate = rows[x, i]
        if gate > ZERO and before <= ZERO:
            phase, pos, since = 1, 0, last
        elif gate <= ZERO and before > ZERO:
            phase, pos, since = 2, 0, last
        value = ZERO
        if phase == 1 and pos <= attack:
            value = since + F(pos) / F(attack) * (ONE - since) if attack else ZERO
        elif phase == 1 and pos <= attack + decay:
            value = sustain
            if decay:
                value += F(attack + decay - pos) / F(decay) * (ONE - sustain)
        elif phase == 1:
            value = sustain
        elif phase == 2 and pos < release:
            value = F(release - pos) / F(release) * since
        out[i] = value
        before, last = gate, value
        pos += 1
    state[0], state[1], state[2], state[3], state[4] = phase, pos, since, before, last
