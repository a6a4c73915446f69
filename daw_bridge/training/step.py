"""One step of learning, as every loop that knows its loss takes it."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def step(optimizer: torch.optim.Optimizer, part: nn.Module, loss: Tensor, longest: float) -> None:
    """Move a part of what learns down its loss, along a gradient no longer than `longest`."""
    optimizer.zero_grad()
    torch.autograd.backward(loss)
    nn.utils.clip_grad_norm_(part.parameters(), longest)
    optimizer.step()
