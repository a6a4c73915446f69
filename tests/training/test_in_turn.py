"""A listener in turn with an agent: it is led to what is real, and a run that was cut goes on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from daw_bridge.config.tuning import ListenerFile, TuningFile
from daw_bridge.encoding.line import Line
from daw_bridge.errors import UserError
from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Meter, Ticks
from daw_bridge.render.note_bank import NoteBank

torch = pytest.importorskip("torch", reason="needs the train extra")
pytestmark = pytest.mark.torch

from daw_bridge.training.hearing import Hearing  # noqa: E402  # torch is there
from daw_bridge.training.in_turn import InTurn  # noqa: E402
from daw_bridge.training.make_tuned import method_of  # noqa: E402
from daw_bridge.training.networks.lstm import Lstm  # noqa: E402
from daw_bridge.training.rounds import Judge, Run, Start, tune  # noqa: E402
from daw_bridge.training.songs import as_heard, nats_a_step  # noqa: E402

BEAT = Meter(1, 4)
EARS = ListenerFile(warm_up=4, updates=8, fooled=0.3)
PRESET = TuningFile(
    title="x", model="none", rewards="none", bars=1, meter="1/4", seed=4, rounds=4, kept=32,
    best_of=6, lanes=64, batch=8, learning_rate=0.03, most_kl=100, least_diversity=0,
    listener=EARS,
)  # fmt: skip
REAL = 84, 86, 88
"""All that real music strikes, two notes a beat."""


def real(seed: int) -> list[list[Bar]]:
    pitches = np.random.default_rng(seed).choice(REAL, (40, 2)).tolist()
    return [
        [Bar.of([Note(Ticks(240 * k), p, Ticks(240), 90) for k, p in enumerate(pair)], BEAT)]
        for pair in pitches
    ]


def start() -> Start:
    torch.manual_seed(1)
    codec = Line(Key(0))
    network = Lstm(codec, hidden=8, layers=1, embedding=4)
    return Start(network, "lstm", codec, {"key": "C major"})


def tuned(out: Path, preset: TuningFile = PRESET, **settings: Any) -> Run:
    ears = InTurn(EARS, Hearing(Line(Key(0)), NoteBank.of_voices(("lead",))), real(1), real(2))
    judge = Judge(ears.log_real, lambda pieces: 1.0, lambda pieces: np.zeros(len(pieces)), ears)
    torch.manual_seed(2)
    begun = start()
    method = method_of(preset, begun, judge, None)
    return tune(preset, begun, start().network.eval(), judge, method, out, **settings)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return tuned(tmp_path_factory.mktemp("run"))


def test_an_agent_that_a_listener_pays_comes_nearer_to_what_is_real(run: Run) -> None:
    """What is real is known: at first it is told with ease, and in the end it is harder to tell."""
    first, last = run.history[0], run.history[-1]
    assert first["auc"] > 0.95
    assert last["reward"] > first["reward"] + 0.5
    assert last["fooled"] > 2 * first["fooled"]


def test_it_learns_while_it_is_fooled_and_only_then(run: Run) -> None:
    fooled = [row["fooled"] for row in run.history]
    learnt = [row["learnt"] for row in run.history]
    assert learnt[0] == 0
    assert fooled[0] < EARS.fooled
    for k in range(2, len(fooled)):
        assert learnt[k] == (np.mean(fooled[k - 2 : k + 1]) > EARS.fooled)


def test_an_interrupted_run_goes_on_with_its_listener(run: Run, tmp_path: Path) -> None:
    def stop(row: dict[str, float]) -> None:
        if row["round"] == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tuned(tmp_path, report=stop)
    gone_on = tuned(tmp_path)
    for ours, theirs in zip(gone_on.history, run.history, strict=True):
        assert {**ours, "seconds": 0} == {**theirs, "seconds": 0}


def test_ppo_is_paid_by_a_listener_as_well(run: Run, tmp_path: Path) -> None:
    """It is paid as the best of draws are: by one that has heard the same start."""
    ppo = {"method": "ppo", "best_of": 1, "kept": PRESET.kept * PRESET.best_of, "rounds": 4}
    found = tuned(tmp_path, PRESET.model_copy(update=ppo), until=1).history
    assert found[0]["reward"] == pytest.approx(run.history[0]["reward"])
    assert [row["learnt"] for row in found] == [0, 0]


def test_the_music_that_it_hears_is_learnt_beside(tmp_path: Path) -> None:
    """Where all is paid alike, real music that was not heard is foretold better all the same."""
    begun, preset = start(), PRESET.model_copy(update={"data": "songs", "data_weight": 1.0})
    ears = InTurn(EARS, Hearing(Line(Key(0)), NoteBank.of_voices(("lead",))), real(1), real(2))
    judge = Judge(lambda _: 0.0, lambda _: 1.0, lambda pieces: np.zeros(len(pieces)), ears)
    others = as_heard(begun, real(3))(0)
    before = nats_a_step(begun.network, others).item()
    method = method_of(preset, begun, judge, None)
    tune(preset, begun, start().network.eval(), judge, method, tmp_path)
    assert nats_a_step(begun.network, others).item() < 0.8 * before


def test_the_last_of_those_that_stayed_near_is_taken() -> None:
    """One that learns pays each round otherwise: what was paid best says nothing."""
    from daw_bridge.training.rounds import best_round

    preset = PRESET.model_copy(update={"most_kl": 5, "least_diversity": 0.9})
    rows = [(0.9, 30, 0), (0.8, 29, 1), (0.1, 28, 3), (0.5, 12, 3), (0.7, 29, 9)]
    history = [{"reward": r, "diversity": d, "kl": k} for r, d, k in rows]
    assert best_round(history, preset) == 2


def test_without_real_music_there_is_nothing_to_hear() -> None:
    hearing = Hearing(Line(Key(0)), NoteBank.of_voices(("lead",)))
    nothing: Sequence[Sequence[Bar]] = []
    with pytest.raises(UserError, match="real music to learn and to judge by, found none"):
        InTurn(EARS, hearing, nothing, real(1))
