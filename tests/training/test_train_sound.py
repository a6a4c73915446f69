"""The agent for SoundTune: a task whose answer is known."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the train extra")
pytest.importorskip("gymnasium", reason="needs the rl extra")
pytest.importorskip("numba", reason="needs the rl extra")

import torch

from daw_bridge.config.sound import AgentFile
from daw_bridge.envs.sound_tune import REACH, SoundTune
from daw_bridge.envs.tuner import Tuner, seen
from daw_bridge.errors import UserError
from daw_bridge.training.disguises import CHANGES, disguised
from daw_bridge.training.imagination import imagination
from daw_bridge.training.sound_stage import Stage
from daw_bridge.training.train_sound import train
from daw_bridge.training.waves import waves

pytestmark = pytest.mark.torch

SMALL = AgentFile(
    hidden=32, envs=8, steps=5, rounds=24, updates=10, batch=64, ppo_rounds=8, kept=1000,
    disguised=0.2, imagined=500, imagining=32, running_updates=500, imagining_updates=500,
    imagining_batch=64,
)  # fmt: skip


def make() -> SoundTune:
    """Make the plainest task: how loud it is, and how dull."""
    code = "o: saw 220 >> mul {} >> lpf {} 1"
    return SoundTune(code, [("exp", 0.1, 1), ("exp", 300, 5000)], step_len=0.05, total_step=5)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    told, path = [], tmp_path_factory.mktemp("agent") / "kick.checkpoint"
    return train(make, SMALL, told.append, path), told, path


@pytest.fixture(scope="module")
def imagining():
    told = []
    return imagination(make(), SMALL, told.append), told


def test_a_task_whose_answer_is_known_is_solved(trained, imagining):
    tuner, env, left = trained[0].tuner(imagining[0]), make(), []
    for seed in range(20):
        drawn = np.random.default_rng(seed).random(2)
        first = env.reset(options={"drawn": drawn})[1]["distance"]
        left.append(min(d for d, _ in tuner.tries(env, {"drawn": drawn}, 5, seed)) / first)
    assert np.median(left) < 0.1


def test_what_numbers_sound_like_is_imagined_and_the_same_seed_imagines_the_same(
    trained, imagining
):
    env, tuner = make(), trained[0].tuner(imagining[0])
    numbers = np.random.default_rng(7).random((20, 2), np.float32)
    heard = np.array([env.fine.hear(env.sound(each)) for each in numbers])
    off = np.abs(tuner.imagined(numbers) - heard).mean()
    assert off < 0.2 * np.abs(heard - heard.mean(axis=0)).mean()
    again = []
    imagination(make(), SMALL, again.append)
    assert again == imagining[1] != []


def test_how_far_waves_have_run_is_told_where_they_are_heard():
    seconds = np.arange(13_230) / 44_100
    turns = 100 * seconds + 3 * (1 - np.exp(-seconds / 0.05))
    sound = np.sin(2 * np.pi * turns) * np.exp(-seconds / 0.05)
    sound[10_000:] = 0
    run, is_heard = waves(sound.astype(np.float32), 208)
    assert is_heard[10:150].all()
    assert not is_heard[165:190].any()
    assert run[10:100] == pytest.approx(2 * np.pi * turns[640:6_400:64], abs=0.2)


def test_an_interrupted_run_goes_on_as_if_it_had_not_been(trained, tmp_path):
    _, told, _ = trained
    again, path = [], tmp_path / "kick.checkpoint"

    def until_the_25th(row):
        again.append(row)
        if row["round"] == 25:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(make, SMALL, until_the_25th, path)
    train(make, SMALL, again.append, path)
    assert [row["round"] for row in again] == [*range(1, 26), *range(21, 33)]
    assert again[:20] + again[25:] == told


def test_a_run_does_not_go_on_with_other_settings(trained):
    with pytest.raises(UserError, match="whose agent is that of this run"):
        train(make, SMALL.model_copy(update={"seed": 5}), lambda row: None, trained[2])


def test_an_agent_is_played_without_torch_as_it_was_trained(trained, imagining, tmp_path):
    observed, _ = make().reset(seed=3)
    trained[0].tuner(imagining[0]).save(tmp_path / "agent.safetensors")
    tuner = Tuner.load(tmp_path / "agent.safetensors")
    change, spread = tuner.changes(seen(observed))
    numbers = np.random.default_rng(4).random((3, 2), np.float32)
    with torch.no_grad():
        heard = imagining[0](torch.from_numpy(numbers)).numpy()
        assert tuner.imagined(numbers) == pytest.approx(heard, abs=5e-2)
        wanted, wide, _ = trained[0](torch.from_numpy(seen(observed))[None])
    assert change == pytest.approx(wanted[0].numpy(), abs=2e-3)  # half precision
    assert np.log(spread) == pytest.approx(wide[0].numpy(), abs=2e-2)


def test_the_best_that_is_known_is_taught():
    """What the target was made of, until the agent is nearer to what it has become."""
    generator = np.random.default_rng(1)
    plain = Stage(make, 2, disguised_share=0)
    plain.begin(generator)
    plain.step(plain.wanted(plain.numbers))
    assert plain.distances == pytest.approx([0, 0], abs=1e-3)
    hidden = Stage(make, 8, disguised_share=1)
    hidden.begin(generator)
    before, first = hidden.distances.copy(), hidden.numbers
    more = hidden.step(generator.uniform(-1, 1, (8, 2)).astype(np.float32))
    assert hidden.distances == pytest.approx(before - more)
    better = more > 0
    assert better.any()
    assert np.array_equal(hidden.numbers[~better], first[~better])
    led = hidden.wanted(first) * REACH + first
    is_found = np.isclose(led, hidden.numbers, atol=1e-6).all(axis=1)
    assert is_found[better].any()


@pytest.mark.parametrize("change", [change for _, change in CHANGES])
def test_a_disguise_changes_a_sound_and_leaves_it_one(change):
    generator = np.random.default_rng(2)
    sound = np.sin(np.arange(2_205) / 20) * np.linspace(1, 0, 2_205)
    changed = change(sound, np.arange(2_205) / 44_100, generator)
    assert changed.shape == sound.shape
    assert np.isfinite(changed).all()
    assert np.abs(changed - sound).max() > 0.01


def test_the_same_chance_disguises_alike_and_no_louder_than_full_scale():
    sound = make().sound([0.5, 0.5]).copy()
    first, again, other = (
        disguised(sound, 44_100, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert 0.4 < np.abs(first).max() <= 1
