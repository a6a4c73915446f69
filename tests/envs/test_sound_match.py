"""The environment that matches a sound: its episodes, its rewards, and what it refuses."""

import numpy as np
import pytest

pytest.importorskip("gymnasium", reason="needs the rl extra")
pytest.importorskip("numba", reason="needs the rl extra")

import gymnasium
from gymnasium.utils.env_checker import check_env

import daw_bridge.envs  # noqa: F401
from daw_bridge.envs.distances import Raw, Spectral
from daw_bridge.envs.graph.graph import Graph
from daw_bridge.envs.graph.player import Player
from daw_bridge.envs.parameters import Parameters
from daw_bridge.envs.spectra import FLOOR, SIZES, Frames
from daw_bridge.errors import UserError
from daw_bridge.render.wave import WaveWriter
from tests.envs.kick import CHOICES, CODE, NUMBERS, SAMPLES, settings, target

README = """
     ~env: imp 0.1 >> envperc {} {}
    kick_drum: sin {} >> mul ~env
    """
FREE = [("lin", 0.0001, 0.2999), ("rel", 0, lambda x: 0.2999 - x), ("exp", 10, 10000)]


def made(**others):
    return gymnasium.make("daw_bridge/SoundMatch-v0", **settings(**others))


def hit() -> np.ndarray:
    """Return the action that gives the target's numbers."""
    return Parameters.of(Graph.of(CODE), CHOICES).shares(NUMBERS)


@pytest.mark.parametrize("others", [{}, {"total_step": 3, "step_len": 0.1, "criteria": "raw"}])
def test_it_is_an_environment_of_gymnasium(others):
    check_env(made(**others).unwrapped)


def test_the_readmes_call_works_and_its_episode_ends():
    env = made(code=README, action_space=FREE)
    assert env.action_space.shape == (2,)
    heard, _ = env.reset(seed=1)
    assert heard.shape == (SAMPLES,)
    assert not heard.any()
    heard, reward, terminated, truncated, info = env.step(np.array([0.5, 0.5], np.float32))
    assert (terminated, truncated) == (True, False)
    assert info["values"] == pytest.approx([0.15, 0.1499, 316.2], rel=1e-3)
    assert reward == -info["distance"] < 0
    with pytest.raises(UserError, match="one that is over: call reset"):
        env.step(np.array([0.5, 0.5], np.float32))


def test_an_episode_of_several_steps_is_heard_bit_by_bit():
    env = made(total_step=3, step_len=0.1)
    env.reset()
    whole = made()
    whole.reset()
    for step in (1, 2, 3):
        heard, _, over, _, _ = env.step(hit())
        assert over == (step == 3)
        assert not heard[step * 4_410 :].any()
    assert np.array_equal(heard, whole.step(hit())[0])


@pytest.mark.parametrize("criteria", ["spectral", "raw"])
def test_the_target_itself_is_the_best(criteria):
    env = made(criteria=criteria)
    env.reset()
    best = env.step(hit())[1]
    assert best == pytest.approx(0, abs=1e-3)
    rewards = []
    for i, share in enumerate(hit()):
        env.reset()
        other = hit()
        other[i] += 0.2 if share < 0.5 else -0.2
        rewards.append(env.step(other)[1])
    assert max(rewards) < best


def test_the_raw_reward_is_raveforces():
    sound = target()
    assert Raw(sound).of(sound[None] * 0.5) == pytest.approx(np.mean((sound * 0.5) ** 2), rel=1e-5)


def test_the_spectral_distance_falls_where_the_raw_one_is_flat():
    """A tone comes nearer in pitch: samples do not tell, spectra do."""
    tones = [np.sin(2 * np.pi * hz * np.arange(SAMPLES) / 44_100) for hz in (440, 450, 500, 700)]
    aim, *others = np.array(tones, np.float32)
    spectral, raw = Spectral(aim).of(np.array(others)), Raw(aim).of(np.array(others))
    assert list(spectral) == sorted(spectral)
    assert raw == pytest.approx([1, 1, 1], abs=0.01)


def test_magnitudes_are_those_of_numpy():
    sound = np.random.default_rng(1).normal(0, 0.3, 5_001).astype(np.float32)
    for size in SIZES:
        ours = Frames(size, len(sound)).magnitudes(sound)
        padded = np.concatenate([np.zeros(size // 2), sound, np.zeros(2 * size)])
        frames = np.lib.stride_tricks.sliding_window_view(padded, size)[:: size // 2]
        window = np.hanning(size + 1)[:-1]
        theirs = np.abs(np.fft.rfft(frames[: ours.shape[1]] * window)).T * 4 / size
        assert np.abs(ours - FLOOR - theirs).max() < 1e-6


@pytest.mark.parametrize("criteria", ["spectral", "raw"])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_a_vector_steps_as_many_single_ones_do(threads, criteria):
    episode = {"total_step": 2, "step_len": 0.15, "criteria": criteria}
    env = gymnasium.make_vec(
        "daw_bridge/SoundMatch-v0", 3, vectorization_mode="vector_entry_point",
        **settings(threads=threads, **episode),
    )  # fmt: skip
    actions = np.random.default_rng(3).random((4, 3, 6), np.float32)
    env.reset(seed=1)
    singles = [made(**episode) for _ in range(3)]
    for single in singles:
        single.reset()
    for step in range(4):
        heard, rewards, over, _, info = env.step(actions[step])
        for i, single in enumerate(singles):
            alone, reward, ended, _, _ = single.step(actions[step, i])
            assert (rewards[i], over[i]) == (reward, ended)
            assert np.array_equal((info["final_obs"] if ended else heard)[i], alone)
            if ended:
                assert not heard[i].any()
                single.reset()
    env.close()


def test_a_target_is_read_from_a_file(tmp_path):
    with WaveWriter(tmp_path / "kick.wav", 44_100, 1) as file:
        file.write(target()[:, None])
    env = made(target=tmp_path / "kick.wav")
    assert np.array_equal(env.unwrapped.target, target())


def test_a_found_sound_is_told_as_a_program_that_glicol_reads():
    env = made()
    env.reset()
    code = env.unwrapped.code(hit())
    assert "{}" not in code
    assert np.array_equal(Player(Graph.of(code)).play([], SAMPLES), env.step(hit())[0])


NOISE = np.random.default_rng(0).normal(0, 0.1, SAMPLES).astype(np.float32)
BAD = {
    "a target that is heard, found silence": {"target": np.zeros(SAMPLES)},
    "a target of numbers, found NaN": {"target": np.where(np.arange(SAMPLES) == 9, np.nan, NOISE)},
    "a target of 44100 samples a second, found 48000": {"target": (NOISE, 48_000)},
    "a target of at least 13230 samples (total_step x step_len), found 13229": {
        "target": NOISE[:-1]
    },
    "a target of samples, found list": {"target": ["a"] * SAMPLES},
    "a total_step of at least 1, found 0": {"total_step": 0},
    "a step_len of a sample or more, and 60 s in all": {"step_len": 0.0},
    "a criterion, found 'mel'": {"criteria": "mel"},
    "an entry of action_space for each of the 6 {}": {"action_space": CHOICES[1:]},
    "low below high in entry 1 of action_space, found 0.3 and 0.05": {
        "action_space": [CHOICES[0], ("exp", 0.3, 0.05), *CHOICES[2:]]
    },
    "exp from above 0 in entry 1": {"action_space": [CHOICES[0], ("exp", 0, 1), *CHOICES[2:]]},
    "lin, exp, rel or choose in entry 0 of action_space, found 'log'": {
        "action_space": [("log", 1, 2), *CHOICES[1:]]
    },
    "the index of an entry before it, 0 to 0, in entry 1 of action_space, found rel 2": {
        "action_space": [CHOICES[0], ("rel", 2, float), *CHOICES[2:]]
    },
    "in entry 1 of action_space, found rel 1": {
        "action_space": [CHOICES[0], ("rel", 1, float), *CHOICES[2:]]
    },
    "a number of at least 0 up to 60 as the decay of 'envperc', found -": {
        "action_space": [CHOICES[0], ("rel", 0, lambda x: -x), *CHOICES[2:]]
    },
    "a number above 0 up to 8000 as the frequency of 'imp', found 0 to 9 (line 1, column 4)": {
        "code": "o: imp {}", "action_space": [("lin", 0, 9)],
    },
    "a number in entry 0 of action_space, found '0'": {
        "action_space": [("lin", "0", "1"), *CHOICES[1:]]
    },
    "a number in entry 0 of action_space, found False": {
        "action_space": [("lin", False, True), *CHOICES[1:]]
    },
    "a number in entry 0 of action_space, found nan": {
        "action_space": [("lin", float("nan"), 1), *CHOICES[1:]]
    },
    "found 'envpec' (line 2, column 18): did you mean 'envperc'?": {
        "code": CODE.replace("envperc", "envpec", 1)
    },
    "a loop, kick -> kick (line 4, column 22)": {"code": CODE.replace("mul ~env", "mul kick")},
    "found '>>' (line 4, column 11): write `sin frequency`": {
        "code": CODE.replace("sin ~hz", "sin")
    },
    "write 0.5": {"code": CODE.replace("0.1", ".5", 1)},
    "write 0.00005": {"code": CODE.replace("0.1", "5e-05", 1)},
}  # fmt: skip


@pytest.mark.parametrize("said", BAD)
def test_what_cannot_be_is_refused_when_it_is_made(said):
    with pytest.raises(UserError) as caught:
        made(**BAD[said])
    assert said in str(caught.value)


@pytest.mark.parametrize("action", [[np.nan] * 6, [1.5] * 6, [0.5] * 5])
def test_an_action_that_is_none_is_refused(action):
    env = made().unwrapped
    env.reset()
    with pytest.raises(UserError, match="an action"):
        env.step(np.array(action, np.float32))


def test_a_sound_without_bounds_is_no_reward():
    code = "o: sig {} >> mul 1000000000000000000000000000000.0"
    env = made(code=code, action_space=[("lin", 1, 1e30)]).unwrapped
    env.reset()
    with pytest.raises(UserError, match="lower the bounds of action_space"):
        env.step(np.array([1], np.float32))
