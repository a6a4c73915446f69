"""Agents that others wrote learn in our environments: the interface is the usual one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("gymnasium", reason="needs the rl extra")
sb3_contrib = pytest.importorskip("sb3_contrib", reason="needs the sb3 extra")
pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # theirs
    pytest.mark.filterwarnings("ignore::UserWarning"),  # theirs: they would rather see pixels
]

import gymnasium  # noqa: E402

import daw_bridge.envs  # noqa: E402, F401  # registers
from daw_bridge.envs.examples import example  # noqa: E402

SMALL = {"lstm_hidden_size": 8, "net_arch": []}


def kick() -> dict[str, Any]:
    found = example("kick")
    return {name: found[name] for name in ("code", "action_space", "step_len")}


@pytest.mark.parametrize(
    ("name", "policy", "settings"),
    [
        ("Compose-v0", "MlpLstmPolicy", {"model": "lead", "bars": 1, "window": 16}),
        ("SoundTune-v0", "MultiInputLstmPolicy", None),
    ],
)
def test_recurrent_ppo_learns_in_it(
    name: str, policy: str, settings: dict[str, Any] | None
) -> None:
    from stable_baselines3.common.env_checker import check_env

    env = gymnasium.make(f"daw_bridge/{name}", **(kick() if settings is None else settings))
    check_env(env.unwrapped, skip_render_check=True)
    agent = sb3_contrib.RecurrentPPO(
        policy, env, n_steps=16, batch_size=16, n_epochs=1, policy_kwargs=SMALL, seed=1,
        device="cpu",
    )  # fmt: skip
    before = [each.clone() for each in agent.policy.parameters()]
    agent.learn(32)
    assert agent.num_timesteps == 32
    assert any(not a.equal(b) for a, b in zip(before, agent.policy.parameters(), strict=True))
    observed, _ = env.reset(seed=2)
    action, state = agent.predict(observed, deterministic=True)
    assert env.action_space.contains(np.asarray(action, env.action_space.dtype))
    assert state is not None
