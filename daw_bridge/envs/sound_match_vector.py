"""Many sounds to match at once, on several cores: the kernels hold no lock."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from daw_bridge.envs.sound_match import SoundMatch


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
        self.envs = [SoundMatch(**settings) for _ in range(num_envs)]
        self.single_observation_space = self.envs[0].observation_space
        self.single_action_space = self.envs[0].action_space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._threads = min(threads or os.cpu_count() or 1, num_envs)
        self._pool = ThreadPoolExecutor(self._threads)
        self._heard = np.zeros(self.observation_space.shape or (), np.float32)
        self._rewards = np.zeros(num_envs)
        self._over = np.zeros(num_envs, np.bool_)
        self._distances = np.zeros(num_envs)

    def reset(
        self, *, seed: Any = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin an episode in each."""
        super().reset(seed=seed, options=options)
        for env in self.envs:
            env.begin()
        return np.zeros_like(self._heard), {}

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """Take a step in each; `info` has the distances."""
        shares = [range(i, self.num_envs, self._threads) for i in range(self._threads)]
        list(self._pool.map(lambda share: self._step_some(share, actions), shares))
        info: dict[str, Any] = {"distance": self._distances.copy()}
        heard = self._heard
        if self._over.any():
            ended = self._over.copy()
            info |= {"final_obs": heard, "_final_obs": ended}
            heard = heard.copy()
            heard[ended] = 0
            for i in np.flatnonzero(ended):
                self.envs[i].begin()
        over = self._over.copy()
        return heard, self._rewards.copy(), over, np.zeros_like(over), info

    def _step_some(self, share: range, actions: Any) -> None:
        for i in share:
            heard, reward, over, _, info = self.envs[i].step(actions[i])
            self._heard[i], self._rewards[i], self._over[i] = heard, reward, over
            self._distances[i] = info["distance"]

    def close_extras(self, **kwargs: Any) -> None:
        """End the threads."""
        del kwargs
        self._pool.shutdown()
