"""Learning from what was kept and rejected: the preference is learnt, and nothing is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from daw_bridge.daemon.kept import KeptBar
from daw_bridge.errors import UserError
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import PPQ, Meter, Ticks

torch = pytest.importorskip("torch", reason="needs the train extra")
pytestmark = pytest.mark.torch

from tests.training.test_tuning import PRESET, judge, start  # noqa: E402

METER = Meter(1, 4)


def bar(pitch: int) -> Bar:
    return Bar.of([Note(Ticks(0), pitch, Ticks(PPQ), 80)], METER)


def judged(of: Bar, *before: Bar, kept: bool, jam: str = "a", model: str = "tiny") -> KeptBar:
    settings = {"bpm": 120.0, "conditions": {"key": "C major", "style": "player"}}
    return KeptBar(
        jam=jam, tick=0, kept=kept, model=model, sha256="0", settings=settings, bar=of,
        before=before, played=None,
    )  # fmt: skip


def choices(n: int = 32) -> list[KeptBar]:
    """List choices of a player who likes what is high."""
    rng = np.random.default_rng(0)
    out = []
    for k in range(n):
        high, low, before = (int(rng.integers(*span)) for span in ((72, 96), (36, 60), (40, 90)))
        for pitch, kept in ((high, True), (low, False)):
            out.append(judged(bar(pitch), bar(before), kept=kept, jam=str(k)))
    return out


DPO = PRESET.model_copy(
    update={"method": "dpo", "rounds": 4, "kept": 32, "best_of": 2, "batch": 16, "passes": 4}
)


def learnt(out: Path, *, pairs: Any = None, **settings: Any) -> Any:
    from daw_bridge.training.rounds import tune
    from daw_bridge.training.train_dpo import Dpo, pairs_of

    begun, first = start(), start().network.eval()
    method = Dpo(DPO, begun, pairs_of(choices()) if pairs is None else pairs)
    return tune(DPO, begun, first, judge(), method, out, **settings), method


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return learnt(tmp_path_factory.mktemp("run"))


def test_a_preference_is_learnt(run: Any) -> None:
    history = run[0].history
    assert history[0]["preferred"] < 1
    assert history[-2]["preferred"] == 1
    assert history[-2]["loss"] < history[0]["loss"]
    assert history[-1]["reward"] > history[0]["reward"] + 0.04  # what is drawn is high by now
    assert {"diversity", "kl"} <= history[-1].keys()


def test_what_was_kept_is_never_less_likely_than_at_first(run: Any) -> None:
    assert all(row["kept"] > 0 for row in run[0].history if "kept" in row)
    assert run[0].history[-2]["kept"] > 5  # of some twenty nats


def test_what_two_bars_share_is_not_counted() -> None:
    from daw_bridge.training.batches import Example
    from daw_bridge.training.train_dpo import _alike

    one, other, longer = (
        Example("", {"token": np.array(tokens), "target": np.array([*tokens[1:], 9])})
        for tokens in ([1, 2, 3, 4], [1, 2, 5, 4], [1, 2, 3, 4, 7])
    )
    assert (_alike(one, other), _alike(one, longer), _alike(one, one)) == (1, 3, 4)


def test_an_interrupted_run_goes_on_as_if_it_had_not_been(run: Any, tmp_path: Path) -> None:
    def stop(row: dict[str, float]) -> None:
        if row["round"] == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learnt(tmp_path, report=stop)
    gone_on, _ = learnt(tmp_path)
    for ours, theirs in zip(gone_on.history, run[0].history, strict=True):
        assert {**ours, "seconds": 0} == {**theirs, "seconds": 0}


def test_a_run_goes_on_with_its_own_pairs_alone(tmp_path: Path) -> None:
    from daw_bridge.training.train_dpo import pairs_of

    def stop(row: dict[str, float]) -> None:
        if row["round"] == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learnt(tmp_path, report=stop)
    with pytest.raises(UserError, match=r"the same pairs of bars, found 4, .* began with 32"):
        learnt(tmp_path, pairs=pairs_of(choices(4)))


def test_only_bars_in_the_same_place_are_compared() -> None:
    from daw_bridge.training.train_dpo import pairs_of

    one, two, good, bad, worse = (bar(60 + k) for k in range(5))
    said = [
        judged(bad, one, two, kept=False),
        judged(worse, one, two, bad, kept=False),  # in the place of the one that was rejected
        judged(good, one, two, bad, worse, kept=True),
        judged(good, two, kept=True),  # after other bars
        judged(bad, one, two, kept=False, jam="b"),  # in another jam
    ]
    pairs = pairs_of(said)
    assert [(each.before, each.kept, each.rejected) for each in pairs] == [
        ((one, two), good, bad),
        ((one, two), good, worse),
    ]
    assert pairs[0].conditions == {"key": "C major"}


def test_pairs_are_those_of_the_model_in_a_file(tmp_path: Path) -> None:
    from daw_bridge.training.train_dpo import pairs_in

    path = tmp_path / "kept.jsonl"
    lines = [each.model_dump_json() for each in [*choices(2), judged(bar(60), kept=True)]]
    path.write_text("\n".join(lines) + "\n")
    preset = DPO.model_copy(update={"pairs": str(path)})
    assert len(pairs_in(preset, tmp_path / "tiny")) == 2
    with pytest.raises(UserError, match=r"bars of other that were kept.*0 kept and 0 rejected"):
        pairs_in(preset, tmp_path / "other")
