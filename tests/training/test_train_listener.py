"""A listener tells apart what differs and nothing else, learns while it is fooled, and pays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from daw_bridge.config.files import shipped_folder
from daw_bridge.config.rewards import RewardsFile, TermFile
from daw_bridge.errors import UserError
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Ticks
from daw_bridge.render.wave import read_head

torch = pytest.importorskip("torch", reason="needs the train extra")
pytestmark = pytest.mark.torch

from daw_bridge.training.hearing import Hearing, Mels  # noqa: E402  # torch is there
from daw_bridge.training.judgement import accuracy, auc, reliability  # noqa: E402
from daw_bridge.training.train_listener import (  # noqa: E402
    CHECKPOINT,
    Listener,
    Settings,
    as_reward,
    judged,
    taken_for_real,
    train,
)

MODELS = ("conv", "lstm", "transformer")
SMALL = Settings(seed=3, rounds=5, updates=8, batch=16, learning_rate=0.003, kept=40)


def noise(seed: int, count: int, *, rests: bool = False) -> Mels:
    """Spectrograms at random, in which every other moment may rest: that is all that differs."""
    heard = np.random.default_rng(seed).uniform(0, 6, (count, 32, 12)).astype(np.float32)
    if rests:
        heard[:, 16:] = 0
    return heard


def run(out: Path, settings: Settings = SMALL, *, rests: bool = True, **more: Any) -> Listener:
    def draw(number: int) -> Mels:
        return noise(100 + number, 60, rests=rests)

    return train(settings, noise(1, 200), noise(2, 100), draw, out, **more)


@pytest.mark.parametrize("model", MODELS)
def test_two_easy_classes_are_told_apart(model: str, tmp_path: Path) -> None:
    listener = run(tmp_path, replace(SMALL, model=model))
    first, last = listener.history[0], listener.history[-1]
    assert last["auc"] > 0.99
    assert last["accuracy"] > 0.95
    assert last["accuracy"] > first["accuracy"]


@pytest.mark.parametrize("model", MODELS)
def test_classes_that_are_the_same_are_not(model: str, tmp_path: Path) -> None:
    listener = run(tmp_path, replace(SMALL, model=model), rests=False)
    assert 0.4 < np.mean([row["auc"] for row in listener.history]) < 0.6


@pytest.mark.parametrize("model", MODELS)
def test_what_was_heard_of_a_piece_so_far_ends_with_what_all_of_it_is_held_for(model: str) -> None:
    listener, mels = Listener(replace(SMALL, model=model), 12), noise(4, 3)
    found = listener.log_real_so_far(mels, 4)
    assert found.shape == (3, 4)
    assert found[:, -1].tolist() == listener.log_real(mels).tolist()
    assert len(set(found[0].tolist())) == 4
    if model == "lstm":  # what comes later changes nothing of what it has thought
        alone = [listener.log_real(mels[:, : 8 * k]) for k in range(1, 5)]
        np.testing.assert_allclose(found, np.stack(alone, 1), rtol=1e-5)


def test_figures_are_these() -> None:
    real, fake = np.array([0.9, 0.8, 0.4, 0.5]), np.array([0.1, 0.4, 0.75, 0.2])
    assert accuracy(real, fake) == (2 / 4 + 3 / 4) / 2
    # of 16 pairs: 0.9 and 0.8 are above all, 0.5 above three, 0.4 above two and equal to one
    assert auc(real, fake) == (4 + 4 + 3 + 2.5) / 16
    assert auc(real, real) == 0.5
    found = reliability(np.array([0.95, 0.95, 0.85, 1.0]), np.array([0.95, 0.05]))
    # real and fake weigh alike: of six, a real one counts 0.75 and a fake one 1.5
    assert found.count.tolist() == [1.5, 0.75, 3.75]
    assert found.was == pytest.approx([0, 1, 0.6])
    assert found.said == pytest.approx([0.05, 0.85, 0.96])
    assert found.error == pytest.approx((1.5 * 0.05 + 0.75 * 0.15 + 3.75 * 0.36) / 6)


def test_it_learns_only_while_it_is_fooled(tmp_path: Path) -> None:
    listener = run(tmp_path, replace(SMALL, warm_up=2, fooled=0.4, rounds=8))
    learnt = [row["learnt"] for row in listener.history]
    assert learnt[:2] == [1, 1]
    assert learnt[-1] == 0
    rows = [{"fooled": value} for value in (2.0, 2.0, 0.1, 0.1, 0.1)]
    chosen = Listener(replace(SMALL, warm_up=1, fooled=1.0), 12)
    assert [chosen.learns(rows[: k + 1]) for k in range(5)] == [True, True, True, False, False]
    before = {name: each.clone() for name, each in listener.network.state_dict().items()}
    row = listener.turn(noise(1, 20), noise(2, 20), noise(9, 20, rests=True))
    assert row["learnt"] == 0
    for name, each in listener.network.state_dict().items():
        assert torch.equal(each, before[name])


def test_old_fakes_come_again_each_as_likely() -> None:
    listener = Listener(replace(SMALL, updates=0, kept=40, warm_up=0, fooled=99), 1)
    for number in range(20):
        fakes = np.full((30, 8, 1), number, np.float32)
        listener.turn(fakes, fakes, fakes)
    ages = listener.old[:, 0, 0]
    assert len(ages) == 40
    assert 6 < ages.mean() < 13
    assert len(np.unique(ages)) > 10


def test_an_interrupted_run_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    def stop(row: dict[str, float]) -> None:
        if row["round"] == 2:
            raise KeyboardInterrupt

    whole = run(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "cut", report=stop)
    gone_on = run(tmp_path / "cut")
    assert gone_on.history == whole.history
    for ours, theirs in zip(gone_on.network.parameters(), whole.network.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    assert run(tmp_path / "cut").history == whole.history  # nothing is left to do
    with pytest.raises(UserError, match="a checkpoint whose listener"):
        run(tmp_path / "cut", replace(SMALL, rounds=9))
    assert (tmp_path / "cut" / CHECKPOINT).exists()


def test_what_cannot_be_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="a listener, found 'convo'"):
        Settings(model="convo")
    with pytest.raises(UserError, match="real music to learn"):
        train(SMALL, noise(1, 0), noise(1, 2), lambda _: noise(1, 2), tmp_path)
    with pytest.raises(UserError, match="a loss that is a number"):
        train(SMALL, noise(1, 9) * np.nan, noise(1, 2), lambda _: noise(1, 2), tmp_path)


def bars_of(*starts: int, duration: int = 120) -> list[Bar]:
    notes = [Note(Ticks(start), 60 + i, Ticks(duration), 90) for i, start in enumerate(starts)]
    return [Bar.of(notes)] * 2


@pytest.fixture(scope="module")
def hearing() -> Hearing:
    return Hearing.of_model(shipped_folder() / "models" / "lead")


def test_real_bars_are_heard_as_the_codec_holds_them(hearing: Hearing) -> None:
    straight, human = hearing(bars_of(0, 480, 960)), hearing(bars_of(7, 471, 966, duration=113))
    assert straight.shape == (2 * 4 * 16, 48)
    assert straight.max() > 3
    assert np.array_equal(straight, human)
    assert not np.array_equal(straight, hearing(bars_of(0, 480, 1080)))


def test_the_reward_is_what_the_listener_says(hearing: Hearing, tmp_path: Path) -> None:
    pytest.importorskip("gymnasium", reason="needs the rl extra")
    from daw_bridge.envs.rewards import Known, Music, Rewards

    few, many = bars_of(0, 960), bars_of(*range(0, 1920, 120))
    fakes = hearing.all([many] * 8)
    listener = train(
        replace(SMALL, rounds=6), hearing.all([few] * 8), hearing.all([few] * 4),
        lambda _: fakes, tmp_path,
    )  # fmt: skip
    known = Known(pred_real=as_reward(listener, hearing))
    rewards = Rewards.of(RewardsFile(title="x", terms={"discriminator": TermFile(weight=2)}))
    paid = {name: rewards(Music(bars, known=known)) for name, bars in (("f", few), ("m", many))}
    assert paid["f"] > -0.6 > -2 > paid["m"]
    said = listener.pred_real(hearing.all([few]))[0]
    assert paid["f"] == pytest.approx(2 * np.log(said))
    seen = judged(listener, hearing.all([few] * 3), fakes)
    assert seen.count.sum() == pytest.approx(11)
    paths = taken_for_real(listener, hearing, [many, few, many], tmp_path / "sounds", count=2)
    realest = np.concatenate(list(read_head(paths[0]).blocks(1 << 20)))[:, 0]
    assert len(paths) == 2
    assert np.abs(realest - hearing.sound(few)).max() < 2**-15  # a file has 16 bits


def test_judgements_are_drawn(tmp_path: Path) -> None:
    from daw_bridge.pictures import charts

    found = reliability(np.array([0.95, 0.6]), np.array([0.05]))
    charts.reliability(found.said, found.was, found.count, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
