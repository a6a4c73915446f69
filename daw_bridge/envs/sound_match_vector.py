"""Many sounds to match at once, on several cores: what they compute holds no lock."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from daw_bridge.envs.graph.player import Sounds
from daw_bridge.envs.match import Match


class SoundMatchVector(VectorEnv[Any, Any, Any]):
    """As many environments as are wanted, each core of the machine with its share of them.

    An episode that ends begins anew in the same step: `final_obs` has what was heard last.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012  as Gymnasium declares it
        "render_modes": [],
        "autoreset_mode": AutoresetMode.SAME_STEP,
    }

    def __init__(self, num_envs: int = 1, threads: int | None = None, **settings: Any) -> None:
        self.num_envs = num_envs
        self._match = Match(lanes=num_envs, **settings)
        self.single_observation_space = self._match.observation_space
        self.single_action_space = self._match.action_space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        count = min(threads or os.cpu_count() or 1, num_envs)
        ends = [num_envs * i // count for i in range(count + 1)]
        self._shares = [slice(*share) for share in pairwise(ends)]
        self._pool = ThreadPoolExecutor(count)

    def reset(
        self, *, seed: Any = None, options: dict[str, Any] | None = None
    ) -> tuple[Sounds, dict[str, Any]]:
        """Begin an episode in each."""
        super().reset(seed=seed, options=options)
        self._match.begin()
        return self._silence(), {}

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """Take a step in each; `info` has the distances."""
        self._match.choose(actions)
        heard, distances = self._match.step(self._shares, self._pool.map)
        over = np.full(self.num_envs, self._match.is_over)
        info: dict[str, Any] = {"distance": distances}
        if self._match.is_over:
            info |= {"final_obs": heard, "_final_obs": over.copy()}
            heard = self._silence()
            self._match.begin()
        return heard, -distances, over, np.zeros_like(over), info

    def _silence(self) -> Sounds:
        return np.zeros(self.observation_space.shape or (), np.float32)

    def close_extras(self, **kwargs: Any) -> None:
        """End the threads."""
        del kwargs
        self._pool.shutdown()
