"""What an agent imagines: a network that learns which numbers sound how, from any that are drawn.

It knows nothing of targets: it is the program itself, to be asked without a sound being made.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor, nn

from daw_bridge.config.sound import AgentFile
from daw_bridge.envs.sound_tune import SoundTune
from daw_bridge.envs.tuner import IMAGINING
from daw_bridge.training.step import step

Report = Callable[[Mapping[str, float]], None]

WARM = 100
"""Updates in which its steps grow: at once at their longest, they would leave units dead."""

MIDDLE = 1_000
"""Sounds whose mean it begins with."""

TOLD_EVERY = 500
"""Updates."""


class Imagination(nn.Module):
    """Numbers [batch, number] in 0..1 to what an ear hears of them; its layers are `IMAGINING`."""

    def __init__(self, numbers: int, hidden: int, heard: int) -> None:
        super().__init__()
        self.numbers = nn.Linear(numbers, hidden)
        self.inner = nn.Linear(hidden, hidden)
        self.deeper = nn.Linear(hidden, hidden)
        self.heard = nn.Linear(hidden, heard)

    def forward(self, numbers: Tensor) -> Tensor:
        """Return the logarithms of bands and moments."""
        inner = 2 * numbers - 1
        for name in IMAGINING[:-1]:
            inner = torch.relu(getattr(self, name)(inner))
        heard: Tensor = self.heard(inner)
        return heard


def imagination(env: SoundTune, preset: AgentFile, report: Report) -> Imagination:
    """Hear sounds of numbers drawn anywhere, and learn to imagine them.

    It computes in one thread, so that sums are the same in each run.
    """
    torch.set_num_threads(1)
    torch.manual_seed(preset.seed)
    generator = np.random.default_rng(preset.seed)
    drawn = generator.random((preset.imagined, env.parameters.free), np.float32)
    numbers = torch.from_numpy(drawn)
    heard = torch.empty((len(drawn), env.ear.size), dtype=torch.float16)
    for i, each in enumerate(drawn):
        heard[i] = torch.from_numpy(env.ear.hear(env.sound(each)))
    network = Imagination(env.parameters.free, preset.imagining, env.ear.size)
    with torch.no_grad():
        network.heard.bias.copy_(heard[:MIDDLE].float().mean(dim=0))
    optimizer = torch.optim.Adam(network.parameters())
    off = 0.0
    for i in range(preset.imagining_updates):
        for group in optimizer.param_groups:
            done = i / preset.imagining_updates
            slow = min(1, (i + 1) / WARM) * (1 + math.cos(math.pi * done)) / 2
            group["lr"] = preset.imagining_rate * slow
        picked = torch.from_numpy(generator.integers(0, len(drawn), preset.imagining_batch))
        loss = (network(numbers[picked]) - heard[picked].float()).abs().mean()
        step(optimizer, network, loss, 1.0)
        off += loss.item() / TOLD_EVERY
        if (i + 1) % TOLD_EVERY == 0:
            report({"round": i + 1, "off": off})
            off = 0.0
    return network
