"""The drummer that looks back, in numpy: plays what `training.networks.drum_lookback` has learnt.

The LSTM runs once a 16th. Between two of its steps the hits of the word are drawn one token at a
time from small networks. What it looks back at, the last 16 bars, is part of its state.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding import drum_grid as grid
from daw_bridge.encoding.codec import Codec
from daw_bridge.encoding.drum_classes import N_CLASSES, N_WORDS, classes_of
from daw_bridge.encoding.drum_text import DrumText
from daw_bridge.policies.activations import log_softmax, softmax, with_copies
from daw_bridge.policies.card import Card
from daw_bridge.policies.lstm import Layers, LayerState, Shapes, Weights
from daw_bridge.policies.observe_drums import (
    HIT_FEEL,
    N_BARS,
    N_COPY_FEATURES,
    N_DENSE,
    N_HIT,
    N_SEEN,
    NOTHING,
    HitsSoFar,
    Steps,
    observe,
    observe_hits,
    reach,
)
from daw_bridge.policies.policy import Logits

Array = NDArray[np.float32]

_STYLE, _TEMPO, _FILL = 12, 8, 4
_LEAST = np.float32(1e-12)
"""No word is less likely, so that every logit is a number."""

_NONE = Steps(
    np.zeros(0, np.int64),
    np.zeros((0, N_CLASSES), np.float32),
    np.zeros((0, N_CLASSES), np.float32),
)
_GROUPS = (
    slice(grid.METER, grid.TEMPO),
    slice(grid.STYLE, None),
    slice(grid.TEMPO, grid.FILL),
    slice(grid.FILL, grid.STYLE),
)


@dataclass(frozen=True, slots=True)
class LookBackState:
    """Hold everything between two tokens.

    `past` are the last steps, `conditions` the tokens that opened the bar, `place` the step in
    the bar; within a step, `word`, its `hits` so far as (class, offset bin, velocity bin), and
    the velocity bin of the hit whose offset comes next. `feel` [9, N_FEEL] was observed before
    the step. Where `hears_feel` is false, velocities and offsets are foretold from words alone.
    """

    layers: tuple[LayerState, ...]
    past: Steps = _NONE
    conditions: tuple[int, ...] = ()
    place: int = 0
    hidden: Array = field(default_factory=lambda: np.zeros(0, np.float32))
    feel: Array = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    word: int = 0
    hits: tuple[tuple[int, int, int], ...] = ()
    left: tuple[int, ...] = ()
    velocity: int | None = None
    hears_feel: bool = True


class LookBackPolicy:
    """Play a look-back network over drum-grid or drum-text tokens.

    Logits of tokens that cannot come next are -inf. Safe to share between threads.
    """

    def __init__(self, card: Card, codec: Codec, weights: Weights) -> None:
        self.card = card
        self._weights = {name: np.ascontiguousarray(array) for name, array in weights.items()}
        self._layers = Layers(weights, card.network_shape["layers"])
        # both read the LSTM's output alone, so they are one product
        names = ("attend", "gate")
        self._heads = np.concatenate([weights[f"{name}.weight"] for name in names])
        self._heads_bias = np.concatenate([weights[f"{name}.bias"] for name in names])
        self._vocab_size = card.vocab_size
        self._text = codec if isinstance(codec, DrumText) else None

    @staticmethod
    def shapes(
        *,
        vocab_size: int,
        hidden: int,
        layers: int,
        embedding: int,
        feel: int,
        styles: int = 19,
        tempos: int = 17,
    ) -> Shapes:
        """Give the name and shape of every tensor in the weights file; `feel` 0: words alone."""
        del vocab_size
        width = (1 + 2 * (N_SEEN + 1)) * embedding + N_DENSE + _STYLE + _TEMPO + _FILL
        linear = {
            "attend": (N_BARS + N_COPY_FEATURES, hidden),
            "gate": (N_BARS + N_COPY_FEATURES + 2, hidden),
            "mix": (hidden, hidden + embedding),
            "output": (N_WORDS, hidden),
        }
        if feel:
            linear |= {
                "velocity_in": (feel, hidden + N_HIT),
                "velocity_out": (grid.N_VELOCITIES, feel),
                "offset_in": (feel, hidden + N_HIT + 1),
                "offset_out": (2 * grid.N_OFFSETS, feel),
            }
        return {
            "words": (N_WORDS + 1, embedding),
            "style": (styles, _STYLE),
            "tempo": (tempos, _TEMPO),
            "fill": (3, _FILL),
            **Layers.shapes(width, hidden, layers),
            **{f"{name}.weight": shape for name, shape in linear.items()},
            **{f"{name}.bias": shape[:1] for name, shape in linear.items()},
        }

    def initial_state(self, *, hears_feel: bool = True) -> LookBackState:
        """Give the state before a piece, or before words whose feel is not known."""
        return LookBackState(self._layers.initial_state(), hears_feel=hears_feel)

    def step(self, token: int, state: LookBackState) -> tuple[Logits, LookBackState]:
        """Take a token; give the logits [vocab_size] of the one after it, and the new state.

        Raises:
            ValueError: the token cannot stand here.
        """
        if token == grid.BAR:
            return self._open_bar(state)
        if token < N_WORDS:
            return self._take_word(token, state)
        if self._text is None and token < grid.OFFSET_LAST:
            return self._offset_logits(replace(state, velocity=token - grid.VELOCITY))
        if self._text is None and token < grid.METER:
            return self._take_offset(token, state)
        if self._text is None and token < self._vocab_size:
            return self._take_condition(token, state)
        raise ValueError(f"expected a token below {self._vocab_size}, found {token}")

    def _open_bar(self, state: LookBackState) -> tuple[Logits, LookBackState]:
        state = replace(state, place=0, conditions=())
        if self._text is not None:
            return self._word_logits(state, self._text.meter.steps(self._text.step))
        return self._only(_GROUPS[0]), state

    def _take_condition(self, token: int, state: LookBackState) -> tuple[Logits, LookBackState]:
        state = replace(state, conditions=(*state.conditions, token))
        n = len(state.conditions)
        if n < len(_GROUPS):
            return self._only(_GROUPS[n]), state
        if n > len(_GROUPS):
            raise ValueError(f"expected four conditions, found another, {token}")
        return self._word_logits(state, self._n_steps(state))

    def _n_steps(self, state: LookBackState) -> int:
        if self._text is not None:
            return self._text.meter.steps(self._text.step)
        if len(state.conditions) != len(_GROUPS):
            raise ValueError("expected meter, style, tempo and fill before the first word")
        return grid.meter_of(state.conditions[0]).steps()

    def _take_word(self, word: int, state: LookBackState) -> tuple[Logits, LookBackState]:
        drums = () if self._text is not None else tuple(classes_of(word))
        state = replace(state, word=word, hits=(), left=drums)
        return self._velocity_logits(state) if drums else self._close_step(state)

    def _take_offset(self, token: int, state: LookBackState) -> tuple[Logits, LookBackState]:
        if state.velocity is None or not state.left:
            raise ValueError("expected a velocity before an offset")
        more = token >= grid.OFFSET_MORE
        offset = token - (grid.OFFSET_MORE if more else grid.OFFSET_LAST)
        left = state.left if more else state.left[1:]
        hits = (*state.hits, (state.left[0], offset, state.velocity))
        state = replace(state, hits=hits, left=left, velocity=None)
        return self._velocity_logits(state) if left else self._close_step(state)

    def _close_step(self, state: LookBackState) -> tuple[Logits, LookBackState]:
        n_steps = self._n_steps(state)
        velocity, offset = _first_hits(state)
        keep = max(len(state.past.words) + 1 - reach(max(n_steps, 16)), 0)
        past = Steps(
            np.append(state.past.words[keep:], state.word),
            np.concatenate([state.past.velocity[keep:], velocity[None]]),
            np.concatenate([state.past.offset[keep:], offset[None]]),
        )
        state = replace(state, past=past, place=state.place + 1, hits=(), left=())
        return self._word_logits(state, n_steps)

    def _word_logits(self, state: LookBackState, n_steps: int) -> tuple[Logits, LookBackState]:
        """Run the LSTM for the step to come, or ask for the bar's end."""
        if state.place >= n_steps:
            return self._only(slice(grid.BAR, grid.BAR + 1)), state
        weights, past = self._weights, state.past
        at = np.array([len(past.words)])
        seen = observe(past, at, np.array([state.place]), np.array([n_steps]))
        inputs = np.concatenate(
            (weights["words"][seen.words[0]].ravel(), seen.dense[0], *self._conditions(state))
        )
        hidden, layers = self._layers.step(inputs, state.layers)
        logits = self._only(slice(0, 0))
        logits[:N_WORDS] = self._words(hidden, seen.copies[0], seen.copy_features[0])
        return logits, replace(state, layers=layers, hidden=hidden, feel=seen.feel[0])

    def _conditions(self, state: LookBackState) -> tuple[Array, Array, Array]:
        style, tempo, fill = (
            (0, 0, 0)
            if self._text is not None
            else (
                state.conditions[1] - grid.STYLE,
                state.conditions[2] - grid.TEMPO,
                state.conditions[3] - grid.FILL,
            )
        )
        weights = self._weights
        return weights["style"][style], weights["tempo"][tempo], weights["fill"][fill]

    def _words(self, hidden: Array, copies: NDArray[np.int64], features: Array) -> Array:
        """Give the log chance of every word: a softmax mixed with copies from earlier bars."""
        heads = self._heads @ hidden + self._heads_bias
        attend, gate = np.split(heads, [N_BARS + N_COPY_FEATURES])
        known = copies != NOTHING
        copies, features = copies[known], features[known]
        mean = np.zeros(self._weights["words"].shape[1], np.float32)
        if copies.size:
            scores = attend[:N_BARS][known] + features @ attend[N_BARS:]
            mean = softmax(scores) @ self._weights["words"][copies]
        mixed = hidden + np.tanh(self._linear("mix", np.concatenate((hidden, mean))))
        new = log_softmax(self._linear("output", mixed))
        scores = gate[2 : 2 + N_BARS][known] + features @ gate[2 + N_BARS :]
        scores = scores + gate[1] * new[copies] / 4
        chances = with_copies(new, gate[:1], scores, copies)
        logs: Array = np.log(np.maximum(chances, _LEAST))
        return logs

    def _velocity_logits(self, state: LookBackState) -> tuple[Logits, LookBackState]:
        inside = self._linear("velocity_in", np.concatenate((state.hidden, _hit(state))))
        logits = self._only(slice(0, 0))
        logits[grid.VELOCITY : grid.OFFSET_LAST] = self._linear(
            "velocity_out", np.maximum(inside, 0)
        )
        return logits, state

    def _offset_logits(self, state: LookBackState) -> tuple[Logits, LookBackState]:
        if state.velocity is None or not state.left:
            raise ValueError("expected a velocity where a hit is due")
        struck = np.float32(grid.scaled_velocity(state.velocity) * state.hears_feel)
        inputs = np.concatenate((state.hidden, _hit(state), [struck]), dtype=np.float32)
        logits = self._only(slice(0, 0))
        logits[grid.OFFSET_LAST : grid.METER] = self._linear(
            "offset_out", np.maximum(self._linear("offset_in", inputs), 0)
        )
        return logits, state

    def _linear(self, name: str, inputs: Array) -> Array:
        out: Array = self._weights[f"{name}.weight"] @ inputs + self._weights[f"{name}.bias"]
        return out

    def _only(self, tokens: slice) -> Logits:
        logits = np.full(self._vocab_size, -np.inf, np.float32)
        logits[tokens] = 0
        return logits


def _first_hits(state: LookBackState) -> tuple[Array, Array]:
    """Give velocity and offset [9] of each class's first hit in the step so far, as heard."""
    velocity = np.zeros(N_CLASSES, np.float32)
    offset = np.zeros(N_CLASSES, np.float32)
    if not state.hears_feel:
        return velocity, offset
    for drum, offset_bin, velocity_bin in reversed(state.hits):
        velocity[drum] = grid.scaled_velocity(velocity_bin)
        offset[drum] = grid.scaled_offset(offset_bin)
    return velocity, offset


def _hit(state: LookBackState) -> Array:
    """Give what is known of the hit that is due: [N_HIT]."""
    drum = state.left[0]
    same = [hit for hit in state.hits if hit[0] == drum]
    last = (0.0, 0.0, 0.0, 0.0)
    if same:
        _, offset, velocity = same[-1]
        more = float(len(same) > 1)
        last = (1.0, grid.scaled_velocity(velocity), grid.scaled_offset(offset), more)
    velocities, offsets = _first_hits(state)
    hits = HitsSoFar(
        np.array([state.word]),
        np.array([drum]),
        velocities[None],
        offsets[None],
        np.array([last], np.float32),
    )
    row: Array = observe_hits(hits, state.feel[drum][None])[0]
    if not state.hears_feel:
        row[HIT_FEEL] = 0
    return row
