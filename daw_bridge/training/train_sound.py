"""An agent for SoundTune: taught by the best that is known of each target, then tuned by PPO.

A teacher knows the numbers that a target was made of, before it was disguised, and what the agent
has found itself, which may be nearer: the agent learns which change leads there, and how sure it
can be of that, from wherever its own tries have led it. Then PPO pays for the distance gained.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from daw_bridge.config.sound import AgentFile
from daw_bridge.envs.imagining import IMAGINING
from daw_bridge.envs.sound_tune import SoundTune
from daw_bridge.envs.tuner import LAYERS, SPREADS, Tuner
from daw_bridge.errors import UserError
from daw_bridge.training import checkpoint
from daw_bridge.training.advantage import advantages, clipped, moved
from daw_bridge.training.imagination import Imagination
from daw_bridge.training.sound_stage import Stage
from daw_bridge.training.step import step

Floats = NDArray[np.float32]
Report = Callable[[Mapping[str, float]], None]

SAVED_EVERY = 10
"""Rounds, after which an interrupted run goes on from there."""

VALUES_FIRST = 5
"""Rounds of PPO in which nothing but what is expected is learnt: the teacher taught none of it."""


class Network(nn.Module):
    """Two hidden layers; the change that it proposes, how unsure it is, what it expects to gain."""

    def __init__(self, observed: int, numbers: int, hidden: int) -> None:
        super().__init__()
        self.first = nn.Linear(observed, hidden)
        self.second = nn.Linear(hidden, hidden)
        self.change = nn.Linear(hidden, numbers)
        self.spread = nn.Linear(hidden, numbers)
        self.value = nn.Linear(hidden, 1)
        with torch.no_grad():
            self.spread.bias.fill_(-2.0)

    def forward(self, observed: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the change [batch, number] in -1..1, the logarithm of its spread, the value."""
        inner = torch.relu(self.second(torch.relu(self.first(observed))))
        spread = self.spread(inner).clamp(*SPREADS)
        value = self.value(inner.detach())  # it looks on: what is played learns nothing from it
        return torch.tanh(self.change(inner)), spread, value[:, 0]

    def tuner(self, imagination: Imagination) -> Tuner:
        """Return what plays it without torch, and what it imagines."""
        layers: dict[str, nn.Linear] = {name: getattr(self, name) for name in LAYERS}
        layers |= {name: getattr(imagination, name) for name in IMAGINING}
        return Tuner(
            {name: each.weight.detach().numpy().copy() for name, each in layers.items()},
            {name: each.bias.detach().numpy().copy() for name, each in layers.items()},
        )


def train(
    make: Callable[[], SoundTune], preset: AgentFile, report: Report, path: Path | None = None
) -> Network:
    """Train an agent for the environments that `make` makes.

    `path` is where the run stands, each ten rounds: there it goes on, if it was interrupted. It
    computes in one thread, so that sums are the same in each run.

    Raises:
        UserError: what is there is of another run.
    """
    torch.set_num_threads(1)
    torch.manual_seed(preset.seed)
    run = _Run(make, preset)
    facts = {"agent": preset.model_dump(mode="json", exclude={"rounds", "ppo_rounds"})}
    found = checkpoint.load(path, facts) if path else None
    if found is not None:
        run.restore(found)
    while run.done < preset.rounds + preset.ppo_rounds:
        report({"round": run.done + 1, **run.one_more()})
        if path and (run.done % SAVED_EVERY == 0 or run.done == preset.rounds + preset.ppo_rounds):
            checkpoint.save(path, run.checkpoint(facts))
    return run.network


class _Run:
    """A network, and what it learns from; all that chance has in a round hangs on its number."""

    def __init__(self, make: Callable[[], SoundTune], preset: AgentFile) -> None:
        self._preset = preset
        self._stage = Stage(make, preset.envs, preset.disguised)
        observed, numbers = make().observed, make().parameters.free
        self.network = Network(observed, numbers, preset.hidden)
        self._optimizer = torch.optim.Adam(self.network.parameters())
        self._kept_x = torch.zeros((preset.kept, observed), dtype=torch.float16)
        self._kept_y = torch.zeros((preset.kept, numbers))
        self._taught = 0
        self.done = 0

    def restore(self, found: checkpoint.Checkpoint) -> None:
        checkpoint.restore(found.tensors, self.network, {}, self._optimizer)
        self._kept_x, self._kept_y = found.tensors["kept.x"], found.tensors["kept.y"]
        self._taught, self.done = found.progress["taught"], found.progress["done"]
        if found.progress["taught_rounds"] != self._taught_rounds:
            raise UserError(
                f"a checkpoint with {self._taught_rounds} rounds of a teacher",
                f"one with {found.progress['taught_rounds']}",
                "use --fresh to begin again",
            )

    @property
    def _taught_rounds(self) -> int:
        return min(self.done, self._preset.rounds)

    def checkpoint(self, facts: Mapping[str, object]) -> checkpoint.Checkpoint:
        tensors = dict(checkpoint.tensors_of(self.network, {}, self._optimizer))
        tensors |= {"kept.x": self._kept_x, "kept.y": self._kept_y}
        progress = {"done": self.done, "taught_rounds": self._taught_rounds, "taught": self._taught}
        return checkpoint.Checkpoint(tensors, {**facts, **progress})

    def one_more(self) -> dict[str, float]:
        """Take a round; tell how it went."""
        preset, teaches = self._preset, self.done < self._preset.rounds
        generator = np.random.default_rng((preset.seed, self.done))
        for group in self._optimizer.param_groups:
            # It hangs on no number of rounds: with more of them, a run that has ended goes on.
            group["lr"] = preset.rate / (1 + self.done / 40) if teaches else preset.ppo_rate
        observed = self._stage.begin(generator)
        begun = float(np.median(self._stage.distances))
        told = (self._teach if teaches else self._improve)(observed, generator)
        self.done += 1
        return {"begun": begun, "distance": float(np.median(self._stage.distances)), **told}

    def _teach(self, observed: Floats, generator: np.random.Generator) -> dict[str, float]:
        """Teach the change that leads to the best known, once an episode has shown what that is."""
        preset, stage, tried = self._preset, self._stage, []
        for _ in range(preset.steps):
            tried.append((observed, stage.numbers))
            stage.step(self._tried(torch.from_numpy(observed), generator)[0].numpy())
            observed = stage.observed
        for x, numbers in tried:
            self._keep(x, stage.wanted(numbers))
        losses = []
        for _ in range(preset.updates):
            picked = torch.from_numpy(
                generator.integers(0, min(self._taught, preset.kept), preset.batch)
            )
            change, spread, _ = self.network(self._kept_x[picked].float())
            loss = -_log_density(self._kept_y[picked], change, spread).mean()
            step(self._optimizer, self.network, loss, 1.0)
            losses.append(loss.item())
        return {"loss": float(np.mean(losses))}

    def _keep(self, x: Floats, wanted: Floats) -> None:
        """Keep what there is to learn: where the best known is already reached, there is none."""
        far = np.abs(wanted).max(axis=1) > 1e-4
        at = torch.from_numpy((self._taught + np.arange(far.sum())) % self._preset.kept)
        self._kept_x[at] = torch.from_numpy(x[far]).half()
        self._kept_y[at] = torch.from_numpy(wanted[far])
        self._taught += int(far.sum())

    def _tried(self, x: Tensor, generator: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Return changes that are tried, the logarithms of their densities, and values."""
        with torch.no_grad():
            change, spread, value = self.network(x)
        noise = torch.from_numpy(generator.standard_normal(change.shape, np.float32))
        action = change + spread.exp() * noise
        return action, _log_density(action, change, spread), value

    def _improve(self, observed: Floats, generator: np.random.Generator) -> dict[str, float]:
        """Improve by PPO: what tries gain, not what the teacher would have done."""
        preset, xs, tried, gains = self._preset, [], [], []
        for _ in range(preset.steps):
            xs.append(torch.from_numpy(observed))
            tried.append(self._tried(xs[-1], generator))
            gains.append(torch.from_numpy(self._stage.step(tried[-1][0].numpy())))
            observed = self._stage.observed
        actions, logs, values = map(torch.stack, zip(*tried, strict=True))
        nothing = torch.zeros(preset.envs)
        gain = advantages(torch.stack(gains), values, nothing, preset.discount, preset.gae)
        target = (gain + values).reshape(-1)
        gain = (gain.reshape(-1) - gain.mean()) / (gain.std() + 1e-8)
        rollout = (torch.cat(xs), actions.flatten(0, 1), logs.reshape(-1), gain, target)
        return {"kl": self._update(rollout, generator)}

    def _update(self, rollout: tuple[Tensor, ...], generator: np.random.Generator) -> float:
        """Go over a rollout several times; stop where the policy has changed enough."""
        preset, kl = self._preset, 0.0
        for _ in range(preset.ppo_epochs):
            order = torch.from_numpy(generator.permutation(len(rollout[0])))
            for picked in torch.split(order, preset.batch):
                x, action, log, gain, target = (each[picked] for each in rollout)
                mean, spread, value = self.network(x)
                change = _log_density(action, mean, spread) - log
                loss = (value - target).square().mean()
                if self.done >= preset.rounds + VALUES_FIRST:
                    loss = loss + clipped(change, gain, preset.clip).mean()
                step(self._optimizer, self.network, loss, 0.5)
                kl = float(moved(change).detach())
                if kl > preset.most_kl:
                    return kl
        return kl


def _log_density(action: Tensor, mean: Tensor, spread: Tensor) -> Tensor:
    """Return the logarithm of a density, `spread` being one too, but for a constant."""
    return (-0.5 * ((action - mean) / spread.exp()).square() - spread).sum(-1)
