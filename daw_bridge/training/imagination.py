"""A network learns what numbers of a program sound like, from sounds of many; knows no target."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from daw_bridge.config.sound import AgentFile
from daw_bridge.envs.fine_ear import LEVELS, FineEar
from daw_bridge.envs.imagining import CURVES, MORE, RUN, RUNNING, SPEEDS, WAYS, cosines
from daw_bridge.envs.sound_tune import SoundTune
from daw_bridge.training.step import step
from daw_bridge.training.waves import waves

Report = Callable[[Mapping[str, float]], None]

BEYOND = 0.05
"""So far beyond 0 and 1 numbers are drawn, to be cut off there: the ends are learnt as well."""

WARM = 100
"""Updates in which its steps grow: at once at their longest, they would leave units dead."""

MIDDLE = 1_000
"""Sounds whose mean it begins with."""

TOLD_EVERY = 500
"""Updates."""

FRAME = 48
"""Units of each layer that imagines a short frame."""

FAST = {"run_first": 0.5, "hear_first": 1.5}
"""How fast the sines of the first layers wave, at first: how far waves run is smooth in numbers."""


class Imagination(nn.Module):
    """Numbers [batch, number] in 0..1 to what a fine ear hears; `imagining` computes the same."""

    def __init__(self, numbers: int, hidden: int, ear: FineEar) -> None:
        super().__init__()
        (bands, frames), (short_bands, self.frames) = ear.shapes
        self.parts = [bands * frames, short_bands * self.frames]
        last = 3 * hidden // 4
        self.run_first, self.hear_first = (nn.Linear(numbers, hidden) for _ in range(2))
        self.run_inner, self.run_deeper = (nn.Linear(hidden, hidden) for _ in range(2))
        self.hear_inner, self.hear_deeper = (nn.Linear(hidden, hidden) for _ in range(2))
        self.speed = nn.Linear(hidden, 1 + WAYS)
        self.hear_last = nn.Linear(hidden, last)
        self.long = nn.Linear(last, self.parts[0])
        self.curves = nn.Linear(last, CURVES * self.frames)
        self.frame_first, self.frame_inner = nn.Linear(RUN + CURVES, FRAME), nn.Linear(FRAME, FRAME)
        self.short = nn.Linear(FRAME, short_bands)
        self.cosines: Tensor
        self.register_buffer("cosines", torch.from_numpy(cosines(self.frames)))
        with torch.no_grad():
            for name, fast in FAST.items():
                first: nn.Linear = getattr(self, name)
                first.weight.normal_(0, fast)
                first.bias.uniform_(-math.pi, math.pi)
            self.speed.weight.mul_(0.3)
            self.speed.bias.zero_()

    def forward(self, numbers: Tensor) -> Tensor:
        """Return the logarithms of bands."""
        last = nn.functional.silu(self.hear_last(self._deep("hear", numbers)))
        run, log = self.run(numbers)
        more = nn.functional.pad(log.diff(), (0, 1)) * MORE
        turns = (run.sin(), run.cos(), (2 * run).sin(), (2 * run).cos())
        curves = self.curves(last).view(len(numbers), CURVES, self.frames)
        frames = torch.cat([torch.stack([*turns, log, more], 1), curves], 1).transpose(1, 2)
        for each in (self.frame_first, self.frame_inner):
            frames = nn.functional.silu(each(frames))
        short = self.short(frames).transpose(1, 2).reshape(len(numbers), -1)
        return torch.cat([self.long(last), short], 1)

    def begin_with(self, heard: Tensor) -> None:
        """Let it imagine at first what is heard in the mean."""
        long, short = torch.split(heard, self.parts)
        with torch.no_grad():
            self.long.bias.copy_(long)
            self.short.bias.copy_(short.view(-1, self.frames).mean(dim=1))

    def run(self, numbers: Tensor) -> tuple[Tensor, Tensor]:
        """Return how far waves have run, and the logarithm of their speed [batch, frame]."""
        speed = self.speed(self._deep("run", numbers))
        log = speed[:, 1:] @ self.cosines
        each = log.clamp(*SPEEDS).exp()
        return each.cumsum(1) - each / 2 + speed[:, :1], log

    def _deep(self, name: str, numbers: Tensor) -> Tensor:
        inner = torch.sin(getattr(self, f"{name}_first")(2 * numbers - 1))
        for each in (f"{name}_inner", f"{name}_deeper"):
            inner = inner + nn.functional.silu(getattr(self, each)(inner))
        return inner


def imagination(env: SoundTune, preset: AgentFile, report: Report) -> Imagination:
    """Hear sounds of numbers drawn anywhere, and learn to imagine them: first how waves run.

    It computes in one thread, so that sums are the same in each run.
    """
    torch.set_num_threads(1)
    torch.manual_seed(preset.seed)
    generator = np.random.default_rng(preset.seed)
    network = Imagination(env.parameters.free, preset.imagining, env.fine)
    sounds = _Sounds(env, preset.imagined, network.frames, generator)
    network.begin_with(sounds.heard[:MIDDLE].float().mean(dim=0))

    def learn(
        name: str, loss: Callable[[Tensor], Tensor], learning: Iterable[Tensor], updates: int
    ) -> None:
        optimizer, told = torch.optim.Adam(learning, betas=(0.9, 0.99)), 0.0
        for i in range(updates):
            for group in optimizer.param_groups:
                slow = min(1, (i + 1) / WARM) * (1 + math.cos(math.pi * i / updates)) / 2
                group["lr"] = preset.imagining_rate * slow
            picked = generator.integers(0, preset.imagined, preset.imagining_batch)
            off = loss(torch.from_numpy(picked))
            step(optimizer, network, off, 1.0)
            told += off.item() / TOLD_EVERY
            if (i + 1) % TOLD_EVERY == 0:
                report({"round": i + 1, name: told})
                told = 0.0

    parts = {name: [*each.parameters()] for name, each in network.named_children()}
    running = [each for name in RUNNING for each in parts.pop(name)]
    hearing = [each for others in parts.values() for each in others]
    learn(
        "run", lambda picked: sounds.off_the_run(network, picked), running, preset.running_updates
    )
    # Where waves run is exact by now: long steps would spoil it.
    for each in running:
        each.requires_grad = False
    learn("off", lambda picked: sounds.off(network, picked), hearing, preset.imagining_updates)
    return network


class _Sounds:
    """Sounds of numbers drawn anywhere: what is heard of them, and how far their waves have run."""

    def __init__(
        self, env: SoundTune, count: int, frames: int, generator: np.random.Generator
    ) -> None:
        drawn = generator.random((count, env.parameters.free), np.float32)
        drawn = np.clip(drawn * (1 + 2 * BEYOND) - BEYOND, 0, 1)
        self.heard = torch.empty((count, env.fine.size), dtype=torch.float16)
        self._run = torch.empty((count, frames))
        self._is_heard = torch.empty((count, frames), dtype=torch.bool)
        for i, each in enumerate(drawn):
            sound = env.sound(each)
            self._run[i], self._is_heard[i] = map(torch.from_numpy, waves(sound, frames))
            self.heard[i] = torch.from_numpy(env.fine.hear(sound))
        self._numbers = torch.from_numpy(drawn)
        self._shares = [torch.from_numpy(each) for each in env.fine.shares]

    def off_the_run(self, network: Imagination, picked: Tensor) -> Tensor:
        """Return how far off waves are, where they are heard: none of it counts for very much."""
        run, is_heard = network.run(self._numbers[picked])[0], self._is_heard[picked]
        off = torch.log1p(3 * (run - self._run[picked]).abs())
        return (off * is_heard).sum() / is_heard.sum().clamp(min=1)

    def off(self, network: Imagination, picked: Tensor) -> Tensor:
        """Return how far what is imagined is from what is heard, about as a distance measures."""
        return _apart(network(self._numbers[picked]), self.heard[picked].float(), self._shares)


def _apart(imagined: Tensor, heard: Tensor, shares: Sequence[Tensor]) -> Tensor:
    """Return the mean distance of sounds heard and imagined: `Spectral` of bands."""
    total, sizes = torch.zeros(()), [len(each) for each in shares]
    parts = (torch.split(each, sizes, 1) for each in (imagined, heard))
    for log, wanted, share in zip(*parts, shares, strict=True):
        plain, whole = torch.exp2(log.clamp(max=LEVELS[-1])), torch.exp2(wanted)
        total = total + ((log - wanted).abs() @ share).mean()
        total = total + (((plain - whole).abs() @ share) / (whole @ share)).mean()
    return total / len(sizes)
