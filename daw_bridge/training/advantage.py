"""What PPO is made of: how much better choices were than expected, and a loss that stays near."""

from __future__ import annotations

import torch
from torch import Tensor


def advantages(
    rewards: Tensor, values: Tensor, last: Tensor, discount: float, smoothing: float
) -> Tensor:
    """Return generalised advantages [step, environment].

    `last` [environment] is what is still expected after the last step; 0 where all is over.
    """
    found = []
    after, held = last, torch.zeros_like(last)
    for reward, value in zip(rewards.flip(0), values.flip(0), strict=True):
        held = reward + discount * after - value + discount * smoothing * held
        found.append(held)
        after = value
    return torch.stack(found[::-1])


def clipped(change: Tensor, advantage: Tensor, clip: float) -> Tensor:
    """Return PPO's loss of each choice, of which the log chance has changed by `change`.

    Nothing more is gained by a choice whose chance has already grown, or fallen, by `clip`.
    """
    ratio = change.exp()
    return -torch.minimum(ratio * advantage, ratio.clamp(1 - clip, 1 + clip) * advantage)


def moved(change: Tensor) -> Tensor:
    """Return by how many nats a choice the policy has moved, from choices of the old one."""
    return (change.exp() - 1 - change).mean()
