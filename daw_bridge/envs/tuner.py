"""A trained agent of SoundTune: from what it observes to a change, without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

from daw_bridge.errors import UserError
from daw_bridge.files import read_bounded, whole

Floats = NDArray[np.float32]

LARGEST_BYTES = 1 << 25


def seen(observation: Mapping[str, Floats]) -> Floats:
    """Return an observation as a network sees it: small differences enlarged, numbers last."""
    mel = observation["mel"]
    enlarged = np.sign(mel) * np.log1p(8 * np.abs(mel)) / 2
    return np.concatenate([enlarged, 2 * observation["numbers"] - 1], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Tuner:
    """Layers of weights [out, in] and biases; each but the last is cut off at 0."""

    weights: tuple[Floats, ...]
    biases: tuple[Floats, ...]

    def change(self, observation: Mapping[str, Floats]) -> Floats:
        """Return the change of each number, in -1..1."""
        inner = seen(observation)
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            inner = weight @ (np.maximum(inner, 0) if i else inner) + bias
        return np.tanh(inner)

    def save(self, path: Path) -> None:
        """Write the weights, in half precision."""
        tensors = {f"weight {i}": each.astype(np.float16) for i, each in enumerate(self.weights)}
        tensors |= {f"bias {i}": each.astype(np.float32) for i, each in enumerate(self.biases)}
        with whole(path) as file:
            file.write_bytes(save(tensors))

    @classmethod
    def load(cls, path: Path) -> Tuner:
        """Read what `save` wrote.

        Raises:
            UserError: it is something else.
        """
        try:
            tensors = load(read_bounded(path, LARGEST_BYTES, "an agent's weights"))
            count = len(tensors) // 2
            weights = [tensors[f"weight {i}"].astype(np.float32) for i in range(count)]
            biases = [tensors[f"bias {i}"] for i in range(count)]
        except UserError:
            raise
        except Exception as error:
            raise UserError("an agent's weights", f"{path} ({error})", "train it anew") from error
        return cls(tuple(weights), tuple(biases))
