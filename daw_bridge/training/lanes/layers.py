"""The layers of an LSTM in many lanes: one product of matrices a layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from daw_bridge.training.lanes.lanes import Ints

Tensors = Mapping[str, Tensor]


def as_tensors(weights: Mapping[str, Any]) -> Tensors:
    """Return weights, of numpy or torch, as tensors of which nothing is learnt."""
    return {name: torch.as_tensor(each).detach().float() for name, each in weights.items()}


class Layers:
    """Run layers one step at a time; each lane has its own output and cell."""

    def __init__(self, weights: Tensors, layers: int, count: int) -> None:
        names = [f"layers.{k}" for k in range(layers)]
        self._matrices = [weights[f"{name}.weight"].T.contiguous() for name in names]
        self._biases = [weights[f"{name}.bias"] for name in names]
        sizes = [len(each) // 4 for each in self._biases]
        self._outs = [torch.zeros(count, size) for size in sizes]
        self._cells = [torch.zeros(count, size) for size in sizes]

    def begin(self, lanes: Ints) -> None:
        """Go back to before the first step."""
        at = torch.from_numpy(lanes)
        for each in (*self._outs, *self._cells):
            each[at] = 0

    def step(self, inputs: Tensor, lanes: Ints) -> Tensor:
        """Take inputs [n, width]; return the last layer's output [n, hidden]."""
        at = torch.from_numpy(lanes)
        out = inputs
        for matrix, bias, outs, cells in zip(
            self._matrices, self._biases, self._outs, self._cells, strict=True
        ):
            gates = torch.addmm(bias, torch.cat([out, outs[at]], 1), matrix)
            inside, forget, new, through = gates.chunk(4, 1)
            cell = forget.sigmoid_() * cells[at] + inside.sigmoid_() * new.tanh_()
            out = through.sigmoid_() * cell.tanh()
            cells[at], outs[at] = cell, out
        return out


def rows(lanes: Ints, count: int) -> Ints | slice:
    """Return lanes as an index; all of them, in order, are a slice, which copies nothing."""
    everyone = len(lanes) == count and bool((np.diff(lanes) == 1).all())
    return slice(None) if everyone else lanes
