"""A stacked LSTM over tokens, in many lanes; `policies.lstm` plays one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from daw_bridge.encoding.codec import Vocabulary
from daw_bridge.music.form import Label
from daw_bridge.music.time import Meter
from daw_bridge.training.lanes.lanes import Floats, Ints
from daw_bridge.training.lanes.layers import Layers, as_tensors


class LstmLanes:
    """Lanes of embedding, layers, and a softmax over all tokens."""

    def __init__(
        self, codec: Vocabulary, shape: Mapping[str, int], weights: Mapping[str, Any], count: int
    ) -> None:
        del codec
        self.count = count
        tensors = as_tensors(weights)
        self._embedding = tensors["embedding"]
        self._layers = Layers(tensors, shape["layers"], count)
        self._output, self._bias = tensors["output.weight"].T.contiguous(), tensors["output.bias"]

    def begin(self, lanes: Ints) -> None:
        """Go back to before a piece in some lanes."""
        self._layers.begin(lanes)

    def told(self, lane: int, label: Label, meter: Meter) -> None:
        """Do nothing: nothing can be told."""

    def step(self, tokens: Ints, lanes: Ints) -> Floats:
        """Take a token [n] in each of n different lanes; return the logits [n, vocab_size]."""
        with torch.inference_mode():
            out = self._layers.step(self._embedding[torch.from_numpy(tokens)], lanes)
            logits: Floats = torch.addmm(self._bias, out, self._output).numpy()
        return logits
