"""What envelopes compute."""

from __future__ import annotations

import numpy as np

from daw_bridge.envs.graph.kernels.sources import ONE, ZERO, F, compiled


@compiled
def envperc(rows, here, x, refs, numbers, state, at, rate):
    """Rise and fall, both straight, begun by each sample above 0, and as high as that."""
    out = rows[here]
    attack, decay = np.int64(numbers[0] * F(rate)), np.int64(numbers[1] * F(rate))
    end = attack + decay
    struck, pos, scale = state[0] > 0, np.int64(state[1]), F(state[2])
    for i in range(out.size):
        if rows[x, i] > ZERO:
            struck, pos, scale = True, 0, rows[x, i]
        value = ZERO
        if struck and pos <= attack:
            value = F(pos) / F(attack) if attack else ZERO
        elif struck and pos <= end:
            value = F(end - pos) / F(decay) if decay else ZERO
        out[i] = value * scale
        pos += 1
    state[0], state[1], state[2] = struck, pos, scale


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
