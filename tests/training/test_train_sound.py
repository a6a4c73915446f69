"""The agent for SoundTune: a task whose answer is known."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the train extra")
pytest.importorskip("gymnasium", reason="needs the rl extra")
pytest.importorskip("numba", reason="needs the rl extra")

import torch

from daw_bridge.envs.sound_tune import SoundTune
from daw_bridge.envs.tuner import Tuner, seen
from daw_bridge.training.train_sound import Settings, save, train

pytestmark = pytest.mark.torch

SMALL = Settings(hidden=32, envs=8, steps=5, rounds=24, updates=10, batch=64, ppo_rounds=7)


def make() -> SoundTune:
    """Make the plainest task: how loud it is, and how dull."""
    code = "o: saw 220 >> mul {} >> lpf {} 1"
    return SoundTune(code, [("exp", 0.1, 1), ("exp", 300, 5000)], step_len=0.05, total_step=5)


@pytest.fixture(scope="module")
def trained():
    told = []
    return train(make, SMALL, told.append), told


def test_a_task_whose_answer_is_known_is_solved(trained):
    network, _ = trained
    tuner, env, left = network.tuner(), make(), []
    for seed in range(20):
        observed, info = env.reset(seed=seed)
        first = info["distance"]
        for _ in range(5):
            observed, *_, info = env.step(tuner.change(observed))
        left.append(info["distance"] / first)
    assert np.median(left) < 0.3


def test_the_same_seed_trains_the_same_agent(trained):
    _, told = trained
    again = []
    train(make, SMALL, again.append)
    assert again == told


def test_an_agent_is_played_without_torch_as_it_was_trained(trained, tmp_path):
    network, _ = trained
    observed, _ = make().reset(seed=3)
    save(network, tmp_path / "agent.safetensors")
    played = Tuner.load(tmp_path / "agent.safetensors").change(observed)
    with torch.no_grad():
        wanted = network(torch.from_numpy(seen(observed))[None])[0][0].numpy()
    assert played == pytest.approx(wanted, abs=2e-3)  # half precision
