"""A trained agent of SoundTune: from what it observes to a change, without torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

from daw_bridge.envs.landscape import Landscape
from daw_bridge.envs.sound_tune import REACH, SoundTune
from daw_bridge.errors import UserError
from daw_bridge.files import read_bounded, whole

Floats = NDArray[np.float32]
Observation = Mapping[str, Floats]

LARGEST_BYTES = 1 << 25

TRUSTED = 5
"""Tries in which an agent goes by what it proposes alone, whether that fails or not."""

IDEAS, WIDER = 400, (-1.0, 1.2)
"""How many it has after a failure, and the logarithms of how much wider they are strewn."""

LAYERS = ("first", "second", "change", "spread")
"""The last two both follow the second."""


def seen(observation: Observation) -> Floats:
    """Return an observation as a network sees it: small differences enlarged, numbers last."""
    mel = observation["mel"]
    enlarged = np.sign(mel) * np.log1p(8 * np.abs(mel)) / 2
    return np.concatenate([enlarged, 2 * observation["numbers"] - 1], dtype=np.float32)


class Best:
    """The best that was heard in an episode: what an agent sees, and from where it tries on."""

    def __init__(self, observation: Observation) -> None:
        self.seen, self.numbers = seen(observation), observation["numbers"]
        self._now = self.numbers
        self._gained = self._most = 0.0

    def action(self, change: NDArray[np.floating]) -> Floats:
        """Return the action that leads from where the environment is to a change of the best."""
        wanted = np.clip(self.numbers + REACH * change, 0, 1)
        action: Floats = np.clip((wanted - self._now) / REACH, -1, 1).astype(np.float32)
        return action

    def hear(self, observation: Observation, gained: float) -> float:
        """Take what an action led to; return by how much it is better than the best, or 0."""
        self._now = observation["numbers"]
        self._gained += gained
        more = self._gained - self._most
        if more <= 0:
            return 0.0
        self._most = self._gained
        self.seen, self.numbers = seen(observation), self._now
        return more


@dataclass(frozen=True, slots=True)
class Tuner:
    """Weights [out, in] and biases of each layer."""

    weights: Mapping[str, Floats]
    biases: Mapping[str, Floats]

    def changes(self, inner: Floats) -> tuple[Floats, Floats]:
        """Return the change of each number that it proposes, in -1..1, and how sure it is not."""
        for name in LAYERS[:2]:
            inner = np.maximum(self.weights[name] @ inner + self.biases[name], 0)
        change, spread = (self.weights[name] @ inner + self.biases[name] for name in LAYERS[2:])
        return np.tanh(change), np.exp(np.clip(spread, *SPREADS))

    def tries(
        self, env: SoundTune, options: Mapping[str, Any], tries: int, seed: int
    ) -> Iterator[tuple[float, Floats]]:
        """Tune towards a target; give the distance and the numbers, in 0..1, of each try.

        `options` are those of `reset`. Each try is drawn about what is proposed from the best one;
        where that has failed, it is of many such the one that is best by all that was heard.

        Raises:
            UserError: it was trained for another program.
        """
        wanted = self.weights["first"].shape[1]
        if wanted != env.observed:
            what = f"an environment whose observation has {wanted} numbers"
            raise UserError(what, f"{env.observed}", "train an agent for its program")
        generator, landscape = np.random.default_rng(seed), Landscape()
        observation, info = env.reset(options=dict(options))
        best, has_failed = Best(observation), False
        for i in range(tries):
            landscape.hear(observation["numbers"], info["distance"])
            change, spread = self.changes(best.seen)
            if has_failed and i >= TRUSTED:
                wide = np.exp(generator.uniform(*WIDER, (IDEAS, 1)))
                ideas = change + wide * spread * generator.normal(0, 1, (IDEAS, len(change)))
                wanted = landscape.lowest_of(np.clip(best.numbers + REACH * ideas, 0, 1))
                drawn = (wanted - best.numbers) / REACH
            else:
                drawn = change + spread * generator.normal(0, 1, len(change))
            observation, gained, *_, info = env.step(best.action(drawn))
            has_failed = not best.hear(observation, gained)
            yield info["distance"], observation["numbers"]

    def save(self, path: Path) -> None:
        """Write the weights, in half precision."""
        tensors = {f"{name} weight": self.weights[name].astype(np.float16) for name in LAYERS}
        tensors |= {f"{name} bias": self.biases[name].astype(np.float32) for name in LAYERS}
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
            weights = {name: tensors[f"{name} weight"].astype(np.float32) for name in LAYERS}
            biases = {name: tensors[f"{name} bias"] for name in LAYERS}
        except UserError:
            raise
        except Exception as error:
            raise UserError("an agent's weights", f"{path} ({error})", "train it anew") from error
        return cls(weights, biases)


SPREADS = (-5.0, -0.7)
"""Of the logarithm of how far a try may lie from what is proposed: no less, no more."""
