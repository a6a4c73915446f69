"""LSTMs in numpy: one matrix-vector product a layer, state in and state out."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding.codec import Codec, Vocabulary
from daw_bridge.music.form import Label
from daw_bridge.music.time import Meter
from daw_bridge.policies.card import Card
from daw_bridge.policies.guided import Lead
from daw_bridge.policies.policy import Logits

Array = NDArray[np.float32]
Weights = Mapping[str, Array]
Shapes = Mapping[str, tuple[int, ...]]
Sizes = Mapping[str, range]
"""By the name of a size of a network, what it may be."""

LARGEST_SIZE = 8192
"""No network that plays in time is larger: checked before anything is computed from a size."""

ANY_SIZE = range(1, LARGEST_SIZE + 1)
SIZE_OR_NONE = range(LARGEST_SIZE + 1)
"""Of a part that a network may be without."""

N_LAYERS = range(1, 16 + 1)
"""No network that plays in time has more."""


def product(matrix: Array, vectors: Array) -> Array:
    """Return what a matrix [m, n] makes of a vector [n], or of each of some rows [k, n].

    Row by row, so that the numbers are those of a vector alone; what was read of the matrix for
    the first row is still at hand for the second.
    """
    if vectors.ndim == 1:
        made: Array = matrix.dot(vectors)
        return made
    out = np.empty((len(vectors), len(matrix)), np.float32)
    for vector, row in zip(vectors, out, strict=True):
        matrix.dot(vector, row)
    return out


class LayerState(NamedTuple):
    """Output and cell [hidden] of one layer.

    `ahead` [4H] is what its gates make of the output in the next step, or None: not worked out yet.
    """

    out: Array
    cell: Array
    ahead: Array | None = None


class Layers:
    """Run the layers of an LSTM one step at a time.

    The weights of each layer are two contiguous float32 matrices of the gates in, forget, out and
    new: [4H, in] for the input, and [4H, H] for the last output. At batch 1 a step is bound by
    reading them from memory. So a second one that fits in a cache is read in every other step only,
    but twice: what has just been read is still at hand, and the next step needs but the output of
    this one.

    The first `apart` and the last `told` numbers of an input may be left out: what the first layer
    makes of them is then given, and comes from `Layers.told` and `Apart`.
    """

    def __init__(self, weights: Weights, layers: int, *, apart: int = 0, told: int = 0) -> None:
        names = [f"layers.{k}" for k in range(layers)]
        matrices = [_squashed_at_once(weights[f"{name}.weight"]) for name in names]
        widths = [each.shape[1] - len(each) // 4 for each in matrices]
        inputs = [each[:, :n] for each, n in zip(matrices, widths, strict=True)]
        outputs = [each[:, n:] for each, n in zip(matrices, widths, strict=True)]
        ends = [apart, widths[0] - told]
        self._apart, inputs[0], self._told = np.split(inputs[0], ends, axis=1)
        self._inputs = [np.ascontiguousarray(each) for each in inputs]
        self._outputs = [np.ascontiguousarray(each) for each in outputs]
        self._biases = [_squashed_at_once(weights[f"{name}.bias"]) for name in names]

    @staticmethod
    def shapes(width: int, hidden: int, layers: int) -> Shapes:
        """Return the name and shape of every tensor for inputs of `width` numbers."""
        widths = [width] + [hidden] * (layers - 1)
        shapes: dict[str, tuple[int, ...]] = {}
        for k, inside in enumerate(widths):
            shapes[f"layers.{k}.weight"] = (4 * hidden, inside + hidden)
            shapes[f"layers.{k}.bias"] = (4 * hidden,)
        return shapes

    def initial_state(self, *rows: int) -> tuple[LayerState, ...]:
        """Return the state before the first step, or so many `rows` of it."""
        nothing = [np.zeros((*rows, len(bias) // 4), np.float32) for bias in self._biases]
        return tuple(LayerState(each, each) for each in nothing)

    def told(self, vector: Array) -> Array:
        """Return what the first layer makes of what it is told, and its bias: [4H]."""
        told: Array = self._told.dot(vector) + self._biases[0]
        return told

    def told_more(self, vector: Array) -> Array:
        """Return what the first layer makes of the last numbers alone, beside the others: [4H]."""
        more: Array = self._told[:, -len(vector) :].dot(vector)
        return more

    def apart(self, vectors: Array, places: int) -> Apart:
        """Return what the first layer makes of vectors at each of the places that are apart."""
        return Apart(self._apart, vectors, places)

    def step(
        self, inputs: Array, state: tuple[LayerState, ...], given: Array | None = None
    ) -> tuple[Array, tuple[LayerState, ...]]:
        """Take inputs [width]; return the last layer's output [hidden] and the new state.

        `given` [4H] is what the first layer makes of all that the inputs leave out, and its bias.
        States may be rows of states, [k, hidden]; then `given` has rows as well, and inputs may.
        """
        out = inputs
        states: list[LayerState] = []
        layers = zip(self._inputs, self._outputs, self._biases, state, strict=True)
        for of_input, of_output, bias, (last, kept, ahead) in layers:
            gates = product(of_input, out) + (bias if given is None else given)
            gates += product(of_output, last) if ahead is None else ahead
            given = None  # the layers above do not see it
            np.tanh(gates, out=gates)
            n = kept.shape[-1]
            squashed = gates[..., : 3 * n]
            squashed += 1
            squashed *= _HALF
            cell = squashed[..., n : 2 * n] * kept
            cell += squashed[..., :n] * gates[..., 3 * n :]
            out = squashed[..., 2 * n :] * np.tanh(cell)
            at_hand = ahead is None and of_output.nbytes <= AT_HAND
            states.append(LayerState(out, cell, product(of_output, out) if at_hand else None))
        return out, tuple(states)


class Apart:
    """Keep what the first layer makes of what it sees often, such as a bar's steps.

    At each place a sum of few `vectors` [n, width] is seen, such as those of a step's tokens. Music
    repeats itself: most of what is looked back at has been looked at before, at this distance or a
    shorter one, and what was made of it then is read faster than a part of the matrix.
    """

    def __init__(self, matrix: Array, vectors: Array, places: int) -> None:
        parts = np.split(matrix, places, axis=1)
        self._all_places = np.concatenate([part.T for part in parts], axis=1)
        self._shape = places, len(matrix)
        self._vectors = vectors
        self._made_of_one = lru_cache(maxsize=KEPT_APART)(self._make_of_one)
        self._made_of = lru_cache(maxsize=KEPT_APART)(self._make)

    def __call__(self, sums: Iterable[tuple[int, ...]], told: Array) -> Array:
        """Return what is made of all that is seen and of what is told: [4H].

        `sums` are the numbers of the vectors at each place. `told` may be rows [k, 4H].
        """
        out = told.copy()
        for place, each in enumerate(sums):
            out += self._made_of(each)[place]
        return out

    def everywhere(self, vector: Array) -> Array:
        """Return what is made of a vector that is seen at every place: [4H]."""
        made: Array = vector.dot(self._all_places).reshape(self._shape).sum(0)
        return made

    def _make(self, numbers: tuple[int, ...]) -> Array:
        made = np.zeros(self._shape, np.float32)
        for number in numbers:
            made += self._made_of_one(number)
        return made

    def _make_of_one(self, number: int) -> Array:
        made: Array = self._vectors[number].dot(self._all_places)
        return made.reshape(self._shape)


AT_HAND = 1 << 21
"""Bytes of a matrix that is still in a core's own cache after it was read."""

KEPT_APART = 128
"""What was seen last, and vectors of it; at 8 places and 256 cells each 128 are 4 megabytes."""

_HALF = np.float32(0.5)


def _squashed_at_once(rows: Array) -> Array:
    """Put the gates [4H, ...] of a layer in the order in, forget, out, new, for a single tanh.

    1 / (1 + exp(-x)) is (1 + tanh(x / 2)) / 2, and the half of a weight is exact.
    """
    inside, forget, new, out = np.split(rows, 4)
    return np.concatenate((inside * _HALF, forget * _HALF, out * _HALF, new))


class LstmPolicy:
    """Play a stacked LSTM: embedding, layers, softmax over all tokens.

    Safe to share between threads: it holds weights alone.
    """

    foretells_feel = False
    sizes: ClassVar[Sizes] = {"hidden": ANY_SIZE, "layers": N_LAYERS, "embedding": ANY_SIZE}

    def __init__(self, card: Card, codec: Codec, weights: Weights) -> None:
        self.card = card
        self._tokens = codec.tokens
        self._lead: Lead | None = None
        self._embedding = weights["embedding"]
        self._layers = Layers(weights, card.network_shape["layers"])
        self._output = np.ascontiguousarray(weights["output.weight"])
        self._bias = weights["output.bias"]

    @staticmethod
    def shapes(*, vocab_size: int, hidden: int, layers: int, embedding: int) -> Shapes:
        """Return the name and shape of every tensor in the weights file."""
        return {
            "embedding": (vocab_size, embedding),
            **Layers.shapes(embedding, hidden, layers),
            "output.weight": (vocab_size, hidden),
            "output.bias": (vocab_size,),
        }

    @staticmethod
    def laid_down(vocabulary: Vocabulary) -> Sizes:
        """Return the sizes that follow from a vocabulary: none."""
        del vocabulary
        return {}

    def guided(self, guidance: float) -> LstmPolicy:
        """Return the same policy, led by what it is told."""
        led = copy.copy(self)
        led._lead = Lead.of(self._tokens, guidance, self.card.name)
        return led

    def initial_state(self) -> tuple[LayerState, ...]:
        """Return the state before a piece."""
        return self._layers.initial_state(*([] if self._lead is None else [2]))

    def told(
        self, label: Label, meter: Meter, state: tuple[LayerState, ...]
    ) -> tuple[LayerState, ...]:
        """Return the state as it is: nothing can be told."""
        del label, meter
        return state

    def step(self, token: int, state: Any) -> tuple[Logits, Any]:
        """Take a token; give the logits [vocab_size] of the one after it, and the new state."""
        heard = token if self._lead is None else list(self._lead.heard(token))
        out, state = self._layers.step(self._embedding[heard], state)
        logits = product(self._output, out) + self._bias
        return logits if self._lead is None else self._lead(logits), state
