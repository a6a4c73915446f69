"""LSTMs in numpy: one matrix-vector product a layer, state in and state out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding.codec import Codec, Vocabulary
from daw_bridge.music.form import Label
from daw_bridge.policies.card import Card
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

LayerState = tuple[Array, Array]
"""Output and cell [hidden] of one layer."""


class Layers:
    """Run the layers of an LSTM one step at a time.

    The weights of each layer are one contiguous float32 matrix [4H, in + H] of the gates in,
    forget, new and out, so that a step is one product with the input and the last output
    together. At batch 1 a step is bound by reading the matrix from memory, once.

    The first `apart` numbers of an input may be left out: what the first layer makes of them is
    then added, and comes from `Apart`.
    """

    def __init__(self, weights: Weights, layers: int, *, apart: int = 0) -> None:
        names = [f"layers.{k}" for k in range(layers)]
        self._matrices = [_squashed_at_once(weights[f"{name}.weight"]) for name in names]
        self._biases = [_squashed_at_once(weights[f"{name}.bias"]) for name in names]
        self._apart, rest = np.split(self._matrices[0], [apart], axis=1)
        self._matrices[0] = np.ascontiguousarray(rest)

    @staticmethod
    def shapes(width: int, hidden: int, layers: int) -> Shapes:
        """Return the name and shape of every tensor for inputs of `width` numbers."""
        widths = [width] + [hidden] * (layers - 1)
        shapes: dict[str, tuple[int, ...]] = {}
        for k, inside in enumerate(widths):
            shapes[f"layers.{k}.weight"] = (4 * hidden, inside + hidden)
            shapes[f"layers.{k}.bias"] = (4 * hidden,)
        return shapes

    def initial_state(self) -> tuple[LayerState, ...]:
        """Return the state before the first step."""
        sizes = [len(bias) // 4 for bias in self._biases]
        return tuple((np.zeros(n, np.float32), np.zeros(n, np.float32)) for n in sizes)

    def apart(self, vectors: Callable[[Any], Array], places: int) -> Apart:
        """Return what the first layer makes of things at each of the places that are apart."""
        return Apart(self._apart, vectors, places)

    def step(
        self, inputs: Array, state: tuple[LayerState, ...], apart: Array | None = None
    ) -> tuple[Array, tuple[LayerState, ...]]:
        """Take inputs [width]; return the last layer's output [hidden] and the new state."""
        out = inputs
        states: list[LayerState] = []
        for matrix, bias, (last, kept) in zip(self._matrices, self._biases, state, strict=True):
            gates = matrix.dot(np.concatenate((out, last)))
            gates += bias
            if apart is not None:
                gates += apart
                apart = None  # the layers above do not see it
            np.tanh(gates, out=gates)
            n = len(kept)
            squashed = gates[: 3 * n]
            squashed += 1
            squashed *= _HALF
            cell = squashed[n : 2 * n] * kept
            cell += squashed[:n] * gates[3 * n :]
            out = squashed[2 * n :] * np.tanh(cell)
            states.append((out, cell))
        return out, tuple(states)


class Apart:
    """Keep what the first layer makes of what it sees often, such as a bar's steps.

    Music repeats itself: most of what is looked back at has been looked at before, at this distance
    or a shorter one, and a sum of few vectors is read faster than a part of the matrix.
    """

    def __init__(self, matrix: Array, vectors: Callable[[Any], Array], places: int) -> None:
        parts = np.split(matrix, places, axis=1)
        self._all_places = np.concatenate([part.T for part in parts], axis=1)
        self._places = places
        self._vectors = vectors
        self._made_of = lru_cache(maxsize=KEPT_APART)(self._make)

    def __call__(self, things: Iterable[Any]) -> Array:
        """Return what is made of things, one at each place: [4H]."""
        made = [self._made_of(each)[place] for place, each in enumerate(things)]
        out: Array = made[0] + made[1]
        for each in made[2:]:
            out += each
        return out

    def _make(self, thing: Any) -> Array:
        made: Array = self._vectors(thing).dot(self._all_places)
        return made.reshape(self._places, -1)


KEPT_APART = 128
"""What was seen last; at 8 places and 256 cells these are 4 megabytes."""

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
        del codec
        self.card = card
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

    def initial_state(self) -> tuple[LayerState, ...]:
        """Return the state before a piece."""
        return self._layers.initial_state()

    def told(self, label: Label, state: tuple[LayerState, ...]) -> tuple[LayerState, ...]:
        """Return the state as it is: nothing can be told."""
        del label
        return state

    def step(self, token: int, state: Any) -> tuple[Logits, Any]:
        """Take a token; give the logits [vocab_size] of the one after it, and the new state."""
        out, state = self._layers.step(self._embedding[token], state)
        logits: Logits = self._output @ out + self._bias
        return logits, state
