"""The small networks of the drummer that looks back: from what its LSTM gives to words and hits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daw_bridge.policies.activations import OF_LOG_CHANCE, rows_to_ask, softmax, with_copies
from daw_bridge.policies.lstm import Weights
from daw_bridge.policies.observe_drums import N_COPY_FEATURES, N_HIT, N_SOURCES, NOTHING

Array = NDArray[np.float32]

LEAST = np.float32(1e-12)
"""No word is less likely, so that every logit is a number."""

_ATTEND = N_SOURCES + N_COPY_FEATURES
_GATE = _ATTEND + 2


class WordHead:
    """How likely every word is: new ones, mixed with copies from earlier bars."""

    def __init__(self, weights: Weights) -> None:
        hidden = weights["output.weight"].shape[1]
        mix = weights["mix.weight"]
        # All that reads the LSTM's output alone is one product, and the part of a word in what is
        # mixed with it is a table.
        parts = weights["attend.weight"], weights["gate.weight"], mix[:, :hidden]
        self._heads = np.concatenate(parts)
        self._bias = np.concatenate([weights[f"{name}.bias"] for name in ("attend", "gate", "mix")])
        for rows in (self._heads, self._bias):
            rows[_ATTEND + 1] *= OF_LOG_CHANCE
        self._mixed_words = weights["words"] @ mix[:, hidden:].T
        self._output = np.ascontiguousarray(weights["output.weight"])
        self._output_bias = weights["output.bias"]
        self._asked = rows_to_ask(N_SOURCES, N_COPY_FEATURES)

    def __call__(self, hidden: Array, copies: NDArray[np.int64], features: Array) -> Array:
        """Return the log chance of every word [512].

        `copies` [17] may be played again, and `features` [17, 5] tell how well they match.
        """
        heads = self._heads.dot(hidden)
        heads += self._bias
        attend, gate, mixed = (
            heads[:_ATTEND],
            heads[_ATTEND : _ATTEND + _GATE],
            heads[-len(hidden) :],
        )
        asked = self._asked.copy()
        asked[1:, -N_COPY_FEATURES:] = features
        known = copies != NOTHING
        if not known.all():  # no bar is told to return, or the piece is younger than what is seen
            copies, asked = copies[known], asked[np.append(True, known)]
        if len(copies):
            looked = softmax(asked[1:, 2:].dot(attend))
            mixed += looked.dot(self._mixed_words.take(copies, 0))
        scores = self._output.dot(hidden + np.tanh(mixed))
        scores += self._output_bias
        chances = with_copies(scores, gate, copies, asked)
        logs: Array = np.log(np.maximum(chances, LEAST))
        return logs


class HitHead:
    """How likely velocities and offsets of a hit are.

    Both are asked of small networks of the same inputs, but that an offset knows its velocity. So
    their first layers are one product: its part of the LSTM's output and of the steps before is
    worked out once for all hits of a step, the rest once for a hit.
    """

    def __init__(self, weights: Weights) -> None:
        velocity, offset = weights["velocity_in.weight"], weights["offset_in.weight"]
        self._width = len(velocity)
        of_step = velocity.shape[1] - N_HIT
        both = np.concatenate((velocity, offset[:, :-1]))
        self._step = np.ascontiguousarray(both[:, :of_step])
        self._hit = np.ascontiguousarray(both[:, of_step:])
        self._struck = np.ascontiguousarray(offset[:, -1])
        self._bias = np.concatenate((weights["velocity_in.bias"], weights["offset_in.bias"]))
        self._above = {
            what: [
                (np.ascontiguousarray(weights[f"{what}_{k}.weight"]), weights[f"{what}_{k}.bias"])
                for k in ("mid", "out")
            ]
            for what in ("velocity", "offset")
        }

    def of_step(self, hidden: Array, before: Array) -> Array:
        """Return what goes into the networks for every hit of a step: [2 * feel].

        `before` [N_BEFORE] are the drums of the last steps.
        """
        out: Array = self._step.dot(np.concatenate((hidden, before)))
        out += self._bias
        return out

    def of_hit(self, step: Array, seen: Array) -> Array:
        """Return what goes into them for a hit of which `seen` [N_HIT] is observed: [2 * feel]."""
        out: Array = self._hit.dot(seen)
        out += step
        return out

    def velocities(self, hit: Array) -> Array:
        """Return the logits of the hit's velocity bins."""
        return self._logits("velocity", hit[: self._width])

    def offsets(self, hit: Array, velocity: float) -> Array:
        """Return the logits of the hit's offset bins, of the last and then of another hit."""
        return self._logits("offset", hit[self._width :] + self._struck * np.float32(velocity))

    def _logits(self, what: str, out: Array) -> Array:
        for matrix, bias in self._above[what]:
            out = matrix.dot(np.maximum(out, 0))
            out += bias
        return out
