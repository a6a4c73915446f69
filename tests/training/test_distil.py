"""Learning from the best of one's own draws: the known best is learnt, and nothing is lost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from daw_bridge.config.files import shipped_folder
from daw_bridge.config.tuning import TuningFile
from daw_bridge.encoding.line import Line
from daw_bridge.errors import UserError
from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Bar
from daw_bridge.policies.load import codec_of, load, weights_of
from daw_bridge.registry import TRAINED

torch = pytest.importorskip("torch", reason="needs the train extra")
pytestmark = pytest.mark.torch

PRESET = TuningFile(
    title="x", model="none", rewards="none", bars=1, meter="1/4", seed=4, rounds=5, kept=64,
    best_of=8, lanes=64, batch=8, learning_rate=0.03, most_kl=100, least_diversity=0,
)  # fmt: skip


def start() -> Any:
    from daw_bridge.training.networks.lstm import Lstm
    from daw_bridge.training.train_distil import Start

    torch.manual_seed(1)
    codec = Line(Key(0))
    network = Lstm(codec, hidden=8, layers=1, embedding=4)
    return Start(network, "lstm", codec, {"key": "C major"})


def high(bars: Sequence[Bar]) -> float:
    """Pay for high notes: the best policy is known."""
    pitches = [note.pitch for bar in bars for note in bar.notes]
    return float(np.mean(pitches)) / 127 if pitches else 0.0


def tuned(out: Path, preset: TuningFile = PRESET, **settings: Any) -> Any:
    from daw_bridge.training.train_distil import distil

    first = start().network.eval()
    return distil(preset, start(), first, high, lambda pieces: float(len(pieces)), out, **settings)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return tuned(tmp_path_factory.mktemp("run"))


def test_what_is_paid_is_learnt(run: Any) -> None:
    rewards = [row["reward"] for row in run.history]
    assert len(rewards) == 6
    assert rewards[0] < 0.6
    assert rewards[-1] > 0.8
    assert run.history[0]["kl"] == 0
    assert run.history[-1]["kl"] > run.history[1]["kl"] > 0
    assert all(row["reward_kept"] > row["reward"] for row in run.history)


def test_an_interrupted_run_goes_on_as_if_it_had_not_been(run: Any, tmp_path: Path) -> None:
    def stop(row: dict[str, float]) -> None:
        if row["round"] == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tuned(tmp_path, report=stop)
    gone_on = tuned(tmp_path)
    assert [row["reward"] for row in gone_on.history] == [row["reward"] for row in run.history]
    for ours, theirs in zip(gone_on.network.parameters(), run.network.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_a_run_goes_on_with_its_own_settings_alone(tmp_path: Path) -> None:
    short = PRESET.model_copy(update={"rounds": 1})
    tuned(tmp_path, short)
    with pytest.raises(UserError, match="a checkpoint whose tuning"):
        tuned(tmp_path, PRESET)
    assert len(tuned(tmp_path, short.model_copy(update={"rounds": 2}), fresh=True).history) == 3


def test_what_earns_by_playing_one_thing_is_not_taken() -> None:
    """A reward that is hacked is paid more and more, and diversity falls: that is no best round."""
    from daw_bridge.training.train_distil import best_round

    preset = PRESET.model_copy(update={"most_kl": 5, "least_diversity": 0.95})
    rows = [(0.1, 30, 0), (0.3, 29, 1), (0.9, 12, 3), (0.5, 29, 9), (0.2, 30, 1)]
    history = [{"reward": r, "diversity": d, "kl": k} for r, d, k in rows]
    assert best_round(history, preset) == 1


def test_the_best_of_each_few_are_kept() -> None:
    from daw_bridge.training.train_distil import best_of

    assert best_of(np.array([1.0, 3, 2, 9, 8, 7]), 3) == [1, 3]


@pytest.mark.parametrize("name", ["lead", "groove-drums"])
def test_a_network_plays_as_the_weights_that_it_takes(name: str) -> None:
    from daw_bridge.training.lanes.layers import as_tensors

    folder = shipped_folder() / "models" / name
    card = load(folder).card
    weights = as_tensors(weights_of(folder, card))
    network = TRAINED[card.network](codec_of(card), **card.network_shape)
    network.take(weights)
    given = network.tensors()
    assert given.keys() == weights.keys()
    assert all(torch.equal(given[key], weights[key]) for key in given)
