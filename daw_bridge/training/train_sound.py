"""An agent for SoundTune: taught by what the targets were made of, then tuned by PPO on its reward.

The teacher knows the numbers of a target that was drawn, and so which change would reach it: the
agent learns that from where its own changes lead it. Then PPO pays for the distance gained, which
is what counts, and is not the same: some numbers are hardly heard.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from daw_bridge.envs.sound_tune import REACH, SoundTune
from daw_bridge.envs.tuner import Tuner, seen
from daw_bridge.training.advantage import advantages, clipped, moved

Floats = NDArray[np.float32]
Report = Callable[[Mapping[str, float]], None]


@dataclass(frozen=True, slots=True)
class Settings:
    """How an agent is trained: `rounds` with the teacher, then `ppo_rounds`."""

    seed: int = 0
    hidden: int = 384
    envs: int = 64
    steps: int = 30
    kept: int = 120_000
    updates: int = 12
    batch: int = 512
    rate: float = 1e-3
    rounds: int = 200
    ppo_rounds: int = 60
    ppo_rate: float = 1e-4
    ppo_epochs: int = 4
    clip: float = 0.2
    discount: float = 0.95
    gae: float = 0.95
    most_kl: float = 0.03


class Network(nn.Module):
    """Two hidden layers; the change that it proposes, and what it expects to gain."""

    def __init__(self, observed: int, numbers: int, hidden: int) -> None:
        super().__init__()
        self.first = nn.Linear(observed, hidden)
        self.second = nn.Linear(hidden, hidden)
        self.change = nn.Linear(hidden, numbers)
        self.value = nn.Linear(hidden, 1)
        self.spread = nn.Parameter(torch.full((numbers,), -3.0))

    def forward(self, observed: Tensor) -> tuple[Tensor, Tensor]:
        """Return the change [batch, number] in -1..1 and the value [batch]."""
        inner = torch.relu(self.second(torch.relu(self.first(observed))))
        return torch.tanh(self.change(inner)), self.value(inner)[:, 0]

    def tuner(self) -> Tuner:
        """Return what plays it without torch."""
        layers = (self.first, self.second, self.change)
        return Tuner(
            tuple(each.weight.detach().numpy().copy() for each in layers),
            tuple(each.bias.detach().numpy().copy() for each in layers),
        )


class Stage:
    """Many environments, stepped on several cores."""

    def __init__(self, make: Callable[[], SoundTune], settings: Settings, cores: int = 2) -> None:
        self.envs = [make() for _ in range(settings.envs)]
        self._pool = ThreadPoolExecutor(cores)
        self._cores = cores
        self._generator = np.random.default_rng(settings.seed)
        self.drawn = np.zeros((settings.envs, *(self.envs[0].action_space.shape or ())), np.float32)

    def begin(self, *, near: bool) -> Floats:
        """Draw new targets; `near`: half of the agents begin at some distance from theirs."""
        shape = self.drawn.shape
        self.drawn = self._generator.random(shape, np.float32)
        far = np.exp(self._generator.uniform(np.log(0.003), 0, (len(self.drawn), 1)))
        start = self.drawn + far * self._generator.normal(0, 1, shape)
        middle = (np.arange(len(self.drawn)) % 2 == 0) | (not near)
        start[middle] = 0.5

        def reset(i: int) -> Floats:
            options = {"drawn": self.drawn[i], "start": start[i]}
            return seen(self.envs[i].reset(options=options)[0])

        return np.stack(self._all(reset))

    def step(self, actions: Floats) -> tuple[Floats, Floats, Floats]:
        """Return what is observed, what is gained, and the distances."""

        def step(i: int) -> tuple[Floats, float, float]:
            observed, gained, _, _, info = self.envs[i].step(actions[i])
            return seen(observed), gained, info["distance"]

        observed, gained, distance = zip(*self._all(step), strict=True)
        return np.stack(observed), np.array(gained, np.float32), np.array(distance, np.float32)

    def wanted(self, observed: Floats) -> Floats:
        """Return the change that would reach each target."""
        numbers = self.drawn.shape[1]
        now = (observed[:, -numbers:] + 1) / 2
        return np.clip((self.drawn - now) / REACH, -1, 1).astype(np.float32)

    def _all(self, do: Callable[[int], Any]) -> list[Any]:
        shares = np.array_split(np.arange(len(self.envs)), self._cores)
        done = self._pool.map(lambda share: [do(i) for i in share], shares)
        return [each for some in done for each in some]


def train(make: Callable[[], SoundTune], settings: Settings, report: Report) -> Network:
    """Train an agent for the environments that `make` makes."""
    torch.manual_seed(settings.seed)
    stage = Stage(make, settings)
    observed = stage.begin(near=False)
    network = Network(observed.shape[1], stage.drawn.shape[1], settings.hidden)
    teach(network, stage, settings, report)
    improve(network, stage, settings, report)
    return network


def teach(network: Network, stage: Stage, settings: Settings, report: Report) -> None:
    """Teach the change that reaches the target, from wherever the agent's own changes lead it."""
    optimiser = torch.optim.Adam(network.parameters(), settings.rate)
    generator = np.random.default_rng(settings.seed + 1)
    kept_x = np.zeros((settings.kept, network.first.in_features), np.float32)
    kept_y = np.zeros((settings.kept, stage.drawn.shape[1]), np.float32)
    count = 0
    for i in range(settings.rounds):
        observed = stage.begin(near=True)
        for _ in range(settings.steps):
            at = (count + np.arange(len(observed))) % settings.kept
            kept_x[at], kept_y[at] = observed, stage.wanted(observed)
            count += len(observed)
            with torch.no_grad():
                change = network(torch.from_numpy(observed))[0].numpy()
            noise = generator.normal(0, 0.02, change.shape)
            observed, _, distance = stage.step((change + noise).astype(np.float32))
        for group in optimiser.param_groups:
            group["lr"] = settings.rate * (1 - 0.95 * i / settings.rounds)
        losses = []
        for _ in range(settings.updates):
            picked = generator.integers(0, min(count, settings.kept), settings.batch)
            x, y = torch.from_numpy(kept_x[picked]), torch.from_numpy(kept_y[picked])
            size = y.square().mean(1, keepdim=True) + 0.01**2
            loss = ((network(x)[0] - y).square() / size).clamp(max=4).mean()
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            losses.append(loss.item())
        report(
            {
                "taught": count,
                "loss": float(np.mean(losses)),
                "distance": float(np.median(distance)),
            }
        )


def improve(network: Network, stage: Stage, settings: Settings, report: Report) -> None:
    """Improve by PPO: what changes gain, not what the teacher would have done."""
    optimiser = torch.optim.Adam(network.parameters(), settings.ppo_rate)
    generator = torch.Generator().manual_seed(settings.seed + 2)
    for i in range(settings.ppo_rounds):
        xs, actions, logs, values, gains = [], [], [], [], []
        observed = stage.begin(near=False)
        for _ in range(settings.steps):
            x = torch.from_numpy(observed)
            with torch.no_grad():
                mean, value = network(x)
                spread = network.spread.exp()
                action = mean + spread * torch.randn(mean.shape, generator=generator)
                logs.append(_log_density(action, mean, spread))
            xs.append(x)
            actions.append(action)
            values.append(value)
            observed, gained, distance = stage.step(action.numpy())
            gains.append(torch.from_numpy(gained))
        with torch.no_grad():
            last = network(torch.from_numpy(observed))[1]
        gain = advantages(
            torch.stack(gains), torch.stack(values), last, settings.discount, settings.gae
        )
        x, action, log = torch.cat(xs), torch.cat(actions), torch.cat(logs)
        target = (gain + torch.stack(values)).reshape(-1)
        gain = gain.reshape(-1)
        gain = (gain - gain.mean()) / (gain.std() + 1e-8)
        kl = _update(network, optimiser, settings, (x, action, log, gain, target), i < 5)
        report({"round": i + 1, "kl": kl, "distance": float(np.median(distance))})


def _update(
    network: Network,
    optimiser: torch.optim.Optimizer,
    settings: Settings,
    rollout: tuple[Tensor, ...],
    values_only: bool,
) -> float:
    """Go over a rollout several times; stop where the policy has changed enough."""
    kl = 0.0
    for _ in range(settings.ppo_epochs):
        for picked in torch.split(torch.randperm(len(rollout[0])), settings.batch):
            x, action, log, gain, target = (each[picked] for each in rollout)
            mean, value = network(x)
            change = _log_density(action, mean, network.spread.exp()) - log
            loss = (value - target).square().mean()
            if not values_only:
                loss = loss + clipped(change, gain, settings.clip).mean()
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 0.5)
            optimiser.step()
            kl = float(moved(change).detach())
            if kl > settings.most_kl:
                return kl
    return kl


def _log_density(action: Tensor, mean: Tensor, spread: Tensor) -> Tensor:
    return (-0.5 * ((action - mean) / spread).square() - spread.log()).sum(-1)


def save(network: Network, path: Path) -> None:
    """Write what plays the agent."""
    network.tuner().save(path)
