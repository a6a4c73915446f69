"""A trained agent of SoundTune: from what it observes to a change, without torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

from daw_bridge.envs.imagined import Imagined
from daw_bridge.envs.imagining import IMAGINING, IMAGINING_FOLLOWING, RUNNING, imagined
from daw_bridge.envs.landscape import Landscape
from daw_bridge.envs.sound_tune import REACH, SoundTune
from daw_bridge.errors import UserError
from daw_bridge.files import read_bounded, whole

Floats = NDArray[np.float32]
Observation = Mapping[str, Floats]

LARGEST_BYTES = 1 << 25

KNOWN, ANYWHERE = 100, 4_000
"""Ideas that it has at first: of so many drawn anywhere, those that are imagined to be nearest."""

PROPOSED, WIDER = 100, (-1.0, 1.2)
"""Ideas about what it proposes, and the logarithms of how much wider they are strewn."""

ROUNDS, PARENTS, CHILDREN, APART = 2, 20, 7, (-5.3, -1.6)
"""How often the most promising ideas have others near them; the logarithms of how near."""

LEAST = 1e-4
"""Is added to distances: their logarithms have an end."""

LAYERS = ("first", "second", "change", "spread")
"""The last two both follow the second."""

ALL = (*LAYERS, *IMAGINING)

FOLLOWING = (("first", "second"), ("second", "change"), ("second", "spread"), *IMAGINING_FOLLOWING)
"""Layers of which the second takes what the first gives."""


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
    """Weights [out, in] and biases of each layer, of `LAYERS` and of `IMAGINING`."""

    weights: Mapping[str, Floats]
    biases: Mapping[str, Floats]

    def changes(self, inner: Floats) -> tuple[Floats, Floats]:
        """Return the change of each number that it proposes, in -1..1, and how sure it is not."""
        for name in LAYERS[:2]:
            inner = np.maximum(self.weights[name] @ inner + self.biases[name], 0)
        change, spread = (self.weights[name] @ inner + self.biases[name] for name in LAYERS[2:])
        return np.tanh(change), np.exp(np.clip(spread, *SPREADS))

    def imagined(self, numbers: Floats) -> Floats:
        """Return what it imagines that `FineEar` hears of numbers [idea, number], unheard."""
        return imagined(self.weights, self.biases, numbers)

    def tries(
        self, env: SoundTune, options: Mapping[str, Any], tries: int, seed: int
    ) -> Iterator[tuple[float, Floats]]:
        """Tune towards a target; give the distance and the numbers, in 0..1, of each try.

        `options` are those of `reset`. It imagines many ideas, and tries the one that is the most
        promising by that and by all that it has heard.

        Raises:
            UserError: it was trained for another program.
        """
        observed = self.weights["first"].shape[1]
        if observed != env.observed or len(self.biases["change"]) != env.parameters.free:
            what = f"an environment whose observation has {observed} numbers"
            raise UserError(what, f"{env.observed}", "train an agent for its program")
        generator, landscape = np.random.default_rng(seed), Landscape()
        observation, info = env.reset(options=dict(options))
        best, heard = Best(observation), env.fine.last()
        imagined, towards = Imagined(self.imagined), env.fine.towards(env.target)

        def by_ear(heard: Floats) -> NDArray[np.floating]:
            height: NDArray[np.floating] = np.log(towards.apart(heard) + LEAST)
            return height

        known = generator.random((ANYWHERE, len(best.numbers)), np.float32)
        known = known[by_ear(self.imagined(known)).argsort()[:KNOWN]]
        for _ in range(tries):
            numbers = observation["numbers"]
            imagined.hear(numbers, heard)
            height = float(np.log(info["distance"] + LEAST))
            landscape.hear(numbers, height, float(by_ear(heard[None])[0]))
            ideas = np.concatenate([known, best.numbers[None], self._proposed(best, generator)])
            for _ in range(ROUNDS):
                parents = landscape.lowest_of(ideas, by_ear(imagined.of(ideas)), PARENTS)
                ideas = np.concatenate([parents, _children(parents, generator)])
            wanted = landscape.lowest_of(ideas, by_ear(imagined.of(ideas)), 1)[0]
            observation, gained, *_, info = env.step(best.action((wanted - best.numbers) / REACH))
            heard = env.fine.last()
            best.hear(observation, gained)
            yield info["distance"], observation["numbers"]

    def _proposed(self, best: Best, generator: np.random.Generator) -> Floats:
        """Return ideas about what it proposes where the best one is."""
        change, spread = self.changes(best.seen)
        wide = np.exp(generator.uniform(*WIDER, (PROPOSED, 1)))
        changes = change + wide * spread * generator.normal(0, 1, (PROPOSED, len(change)))
        ideas: Floats = np.clip(best.numbers + REACH * changes, 0, 1).astype(np.float32)
        return ideas

    def save(self, path: Path) -> None:
        """Write the weights, in half precision where that does."""
        tensors = {f"{name} weight": self.weights[name].astype(_precision(name)) for name in ALL}
        tensors |= {f"{name} bias": self.biases[name].astype(np.float32) for name in ALL}
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
            weights = {name: tensors[f"{name} weight"].astype(np.float32) for name in ALL}
            biases = {name: tensors[f"{name} bias"].astype(np.float32) for name in ALL}
            _check(weights, biases)
        except UserError:
            raise
        except Exception as error:
            raise UserError("an agent's weights", f"{path} ({error})", "train it anew") from error
        return cls(weights, biases)


SPREADS = (-5.0, -0.7)
"""Of the logarithm of how far a try may lie from what is proposed: no less, no more."""


def _check(weights: Mapping[str, Floats], biases: Mapping[str, Floats]) -> None:
    """Check that layers fit each other.

    Raises:
        ValueError: they do not, or a weight is no number.
    """
    for name in ALL:
        if weights[name].shape[:1] != biases[name].shape or weights[name].ndim != 2:
            raise ValueError(f"{name} of {weights[name].shape} with {biases[name].shape}")
        if not (np.isfinite(weights[name]).all() and np.isfinite(biases[name]).all()):
            raise ValueError(f"{name} is no number")
    for name, then in FOLLOWING:
        if weights[then].shape[1] != len(biases[name]):
            raise ValueError(f"{then} takes {weights[then].shape[1]}, {name} gives other")


def _precision(name: str) -> type[np.floating[Any]]:
    return np.float32 if name in RUNNING else np.float16


def _children(parents: Floats, generator: np.random.Generator) -> Floats:
    """Return ideas near others."""
    each = np.repeat(parents, CHILDREN, axis=0)
    apart = np.exp(generator.uniform(*APART, (len(each), 1)))
    near = each + apart * generator.normal(0, 1, each.shape)
    ideas: Floats = np.clip(near, 0, 1).astype(np.float32)
    return ideas
