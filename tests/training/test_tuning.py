"""Learning from a reward: the known best is learnt in each way, and nothing is lost."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from daw_bridge.config.files import shipped_folder
from daw_bridge.config.tuning import TuningFile
from daw_bridge.encoding.line import Line
from daw_bridge.errors import UserError
from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import PPQ, Ticks
from daw_bridge.policies.load import codec_of, load, weights_of
from daw_bridge.registry import TRAINED

torch = pytest.importorskip("torch", reason="needs the train extra")
pytestmark = pytest.mark.torch

PRESET = TuningFile(
    title="x", model="none", rewards="none", bars=1, meter="1/4", seed=4, rounds=5, kept=64,
    best_of=8, lanes=64, batch=8, learning_rate=0.03, most_kl=100, least_diversity=0,
)  # fmt: skip
FREE: dict[str, Any] = {"best_of": 1, "aimed_kl": 50, "kl_weight": 0.001, "diversity_weight": 0.001}
"""What lets an agent go as far as it is paid for."""

WAYS = {
    "distil": PRESET,
    "ppo": PRESET.model_copy(
        update={**FREE, "method": "ppo", "rounds": 10, "kept": 128, "batch": 32}
    ),
    "reinforce": PRESET.model_copy(
        update={**FREE, "method": "reinforce", "rounds": 15, "kept": 128}
    ),
}


def start() -> Any:
    from daw_bridge.training.networks.lstm import Lstm
    from daw_bridge.training.rounds import Start

    torch.manual_seed(1)
    codec = Line(Key(0))
    network = Lstm(codec, hidden=8, layers=1, embedding=4)
    return Start(network, "lstm", codec, {"key": "C major"})


def high(bars: Sequence[Bar]) -> float:
    """Pay for high notes: the best policy is known."""
    pitches = [note.pitch for bar in bars for note in bar.notes]
    return float(np.mean(pitches)) / 127 if pitches else 0.0


def different(pieces: Sequence[Sequence[Bar]]) -> float:
    """Count how many different pitches there are."""
    return float(len({note.pitch for bars in pieces for bar in bars for note in bar.notes}))


def judge(reward: Callable[[Sequence[Bar]], float] = high) -> Any:
    from daw_bridge.training.rounds import Judge

    return Judge(reward, different, lambda pieces: np.zeros(len(pieces)))


def tuned(out: Path, preset: TuningFile = PRESET, judged: Any = None, **settings: Any) -> Any:
    from daw_bridge.training.make_tuned import method_of
    from daw_bridge.training.rounds import tune

    torch.manual_seed(2)
    begun, first, judged = start(), start().network.eval(), judged or judge()
    method = method_of(preset, begun, judged, None)
    run = tune(preset, begun, first, judged, method, out, **settings)
    return run, method


@pytest.fixture(scope="module", params=list(WAYS))
def way(request: pytest.FixtureRequest) -> TuningFile:
    return WAYS[request.param]


@pytest.fixture(scope="module")
def run(way: TuningFile, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return tuned(tmp_path_factory.mktemp("run"), way)


def test_what_is_paid_is_learnt(run: Any) -> None:
    history = run[0].history
    rewards = [row["reward"] for row in history]
    assert rewards[0] < 0.6
    assert rewards[-1] > 0.8
    assert history[0]["kl"] == 0
    assert history[-1]["kl"] > 0.5


def test_the_best_may_be_those_that_are_unlike_the_others(tmp_path: Path) -> None:
    """Where all are paid alike, rareness chooses: here high notes are held for rare."""
    from daw_bridge.training.rounds import Judge

    def highs(pieces: Sequence[Sequence[Bar]]) -> Any:
        return np.array([high(bars) for bars in pieces])

    judged = Judge(lambda _: 0.0, lambda pieces: float(highs(pieces).mean()), highs)
    run, _ = tuned(tmp_path, PRESET.model_copy(update={"rareness": 1.0}), judged)
    first, last = run.history[0]["diversity"], run.history[-1]["diversity"]
    assert first < 0.6
    assert last > 0.8


def test_a_reward_that_is_hacked_is_seen_in_its_diversity(run: Any) -> None:
    """One high note earns most: what is paid rises, and the row beside it tells how."""
    first, last = run[0].history[0], run[0].history[-1]
    assert last["reward"] > first["reward"]
    assert last["diversity"] < 0.7 * first["diversity"]


def test_an_interrupted_run_goes_on_as_if_it_had_not_been(
    run: Any, way: TuningFile, tmp_path: Path
) -> None:
    def stop(row: dict[str, float]) -> None:
        if row["round"] == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tuned(tmp_path, way, report=stop)
    (gone_on, method), (whole, first_method) = tuned(tmp_path, way), run
    for ours, theirs in zip(gone_on.history, whole.history, strict=True):
        assert {**ours, "seconds": 0} == {**theirs, "seconds": 0}
    pairs = zip(method.learner.parameters(), first_method.learner.parameters(), strict=True)
    assert all(torch.equal(ours, theirs) for ours, theirs in pairs)


def test_a_reward_that_is_no_number_ends_the_run(way: TuningFile, tmp_path: Path) -> None:
    def sometimes(bars: Sequence[Bar]) -> float:
        return math.nan if bars[0].notes and bars[0].notes[0].pitch % 7 == 0 else 0.0

    with pytest.raises(UserError, match="a reward that is a number, found nan in round 0"):
        tuned(tmp_path, way, judge(sometimes))


def test_no_second_head_is_shipped(run: Any, way: TuningFile) -> None:
    """What is written are the tensors of the network that plays, as many as it began with."""
    network = run[1].learner[0] if way.method == "ppo" else run[1].learner
    assert network.tensors().keys() == start().network.tensors().keys()


def test_the_same_seed_draws_the_same_pieces() -> None:
    from daw_bridge.training.rounds import drawn

    ours, theirs = ([each.bars for each in drawn(1, PRESET, start())] for _ in range(2))
    assert ours == theirs
    assert ours != [each.bars for each in drawn(2, PRESET, start())]


def test_a_run_goes_on_with_its_own_settings_alone(tmp_path: Path) -> None:
    short = PRESET.model_copy(update={"rounds": 1})
    tuned(tmp_path, short)
    with pytest.raises(UserError, match="a checkpoint whose tuning"):
        tuned(tmp_path, PRESET)
    again, _ = tuned(tmp_path, short.model_copy(update={"rounds": 2}), fresh=True)
    assert len(again.history) == 3


def test_what_earns_by_playing_one_thing_is_not_taken() -> None:
    """A reward that is hacked is paid more and more, and diversity falls: that is no best round."""
    from daw_bridge.training.rounds import best_round

    preset = PRESET.model_copy(update={"most_kl": 5, "least_diversity": 0.95})
    rows = [(0.1, 30, 0), (0.3, 29, 1), (0.9, 12, 3), (0.5, 29, 9), (0.2, 30, 1)]
    history = [{"reward": r, "diversity": d, "kl": k} for r, d, k in rows]
    assert best_round(history, preset) == 1


def test_the_best_of_each_few_are_kept() -> None:
    from daw_bridge.training.rounds import best_of

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


def shipped(name: str, n: int) -> tuple[Any, list[Any], Any]:
    """Return a shipped network, some of what it draws, and that as it is shown it."""
    from daw_bridge.training.make_tuned import begin
    from daw_bridge.training.rounds import batches, drawn

    preset = PRESET.model_copy(
        update={"model": name, "bars": 2, "meter": "4/4", "kept": n, "best_of": 1}
    )
    begun = begin(preset, shipped_folder() / "models" / name)
    begun.network.eval()
    some = [each.bars for each in drawn(0, preset, begun)]
    (batch,) = batches(begun, some, n)
    return begun, some, batch


@pytest.mark.parametrize("name", ["lead", "groove-drums"])
def test_steps_are_foretold_as_the_loss_has_them(name: str) -> None:
    begun, _, batch = shipped(name, 4)
    with torch.no_grad():
        nats, hidden = begun.network.foretold(batch)
        loss, _ = begun.network.loss(batch, None)
    assert nats.sum() == pytest.approx(float(sum(loss.sums.values())), rel=1e-5)
    assert nats.shape == hidden.shape[:2] == batch["weight"].shape


def test_what_a_network_is_told_of_leaps_changes_nothing_until_it_is_learnt() -> None:
    from daw_bridge.training.make_tuned import begin
    from daw_bridge.training.rounds import drawn

    folder = shipped_folder() / "models" / "lead"
    _, _, batch = shipped("lead", 8)
    preset = WAYS["ppo"].model_copy(update={"model": "lead", "bars": 2, "meter": "4/4", "kept": 32})
    told, plain = (begin(preset.model_copy(update={"leaps": each}), folder) for each in (1, 0))
    assert told.network.shape == {**plain.network.shape, "leaps": 1}
    for each in (told, plain):
        each.network.eval()
    with torch.no_grad():
        nats = [each.network.foretold(batch)[0] for each in (told, plain)]
    torch.testing.assert_close(*nats)
    assert [each.bars for each in drawn(0, preset, told)] == [
        each.bars for each in drawn(0, preset, plain)
    ]

    told.network.foretold(batch)[0].sum().backward()
    assert told.network.leap.weight.grad.abs().max() > 0.01


def test_what_a_beat_brings_is_paid_where_it_ends() -> None:
    from daw_bridge.training.train_ppo import at_beats

    weight = torch.ones(8, 2)
    weight[6:, 1] = 0  # its last beat ends with two steps of silence
    out = at_beats(torch.tensor([[1.0, 3.0], [2.0, 1.0]]), weight)
    assert out[:, 0].tolist() == [0, 0, 0, 1, 0, 0, 0, 2]
    assert out[:, 1].tolist() == [0, 0, 0, 2, 0, -1, 0, 0]


def test_the_first_beats_are_worth_their_share() -> None:
    from daw_bridge.training.balance import pays
    from daw_bridge.training.rounds import Judge

    def beats(bars: Sequence[Bar]) -> float:
        return sum(note.duration for bar in bars for note in bar.notes) / PPQ

    half, whole = (Bar.of([Note(Ticks(0), 60, Ticks(n * PPQ), 90)]) for n in (2, 4))
    late = Bar.of([Note(Ticks(3 * PPQ), 60, Ticks(PPQ), 90)])
    judge = Judge(beats, different, lambda some: np.arange(len(some)) + 1.0)
    paid = pays(judge, 0.5, [[half, whole], [late, late]])
    heard = np.array([[1, 2, 2, 2, 3, 4, 5, 6], [0, 0, 0, 1, 1, 1, 1, 2]])
    shares = np.arange(1, 9) / 8
    assert paid.tolist() == (shares * (heard + np.array([[0.5], [1.0]]))).tolist()


def test_a_listener_pays_the_beginnings_of_a_piece_that_it_hears_once() -> None:
    from dataclasses import replace

    from daw_bridge.training.balance import pays

    def asked(bars: Sequence[Bar]) -> float:
        raise AssertionError("the listener was asked of a beginning alone")

    some = [[Bar.of([])] * 2, [Bar.of([])] * 2]
    so_far = np.arange(16.0).reshape(2, 8)
    judged = replace(judge(asked), ruled=lambda bars: 10.0 * len(bars), heard=lambda *_: so_far)
    ruled = np.repeat([10.0, 20.0], [4, 4])
    shares = np.arange(1, 9) / 8
    assert pays(judged, 0.5, some).tolist() == (shares * (so_far + ruled)).tolist()


def test_a_weight_rises_where_a_bound_is_overstepped_and_falls_where_there_is_room() -> None:
    from daw_bridge.training.balance import balanced, begun
    from daw_bridge.training.rounds import Round, Seen

    preset = PRESET.model_copy(update={"aimed_kl": 2, "aimed_diversity": 0.9, "least_entropy": 0.5})
    ones = torch.ones(2, 3)

    def after(number: int, kept: dict[str, float], nats: float, **row: float) -> dict[str, float]:
        seen = Seen(range(3), {"weight": ones}, nats * ones, ones, ones)
        return balanced(kept, Round(number, (), np.zeros(3), (seen,), row), preset)

    first = after(0, begun(preset), 1.0, kl=0, diversity=10)
    assert first["kl"] < preset.kl_weight
    assert first["diversity"] < preset.diversity_weight
    then = after(1, first, 0.4, kl=3, diversity=8)
    assert all(then[name] > first[name] for name in ("kl", "diversity", "entropy"))
