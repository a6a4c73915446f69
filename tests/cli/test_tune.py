"""Tuning from the command line: one command makes a model that plays, bad input is one line."""

from pathlib import Path

import mido
import pytest

from daw_bridge.cli.main import run
from daw_bridge.policies.card import read
from daw_bridge.policies.load import load

pytest.importorskip("torch", reason="the train extra is not installed")
pytestmark = pytest.mark.torch

PRESET = """
title: A test
model: tiny
rewards: drums
method: {method}
bars: 2
rounds: 2
kept: 8
best_of: {best_of}
lanes: 8
batch: 4
"""


def tuned(home: Path, method: str = "ppo", best_of: int = 1, *more: str, extra: str = "") -> int:
    text = PRESET.format(method=method, best_of=best_of) + extra
    (home / "mine.yaml").write_text(text)
    return run(["tune", "mine.yaml", "--out", "models/mine", *more])


@pytest.mark.parametrize(("method", "best_of"), [("distil", 2), ("reinforce", 1), ("ppo", 1)])
def test_one_command_makes_a_model_that_plays(home: Path, capsys, method, best_of) -> None:
    assert tuned(home, method, best_of, extra="most_kl: 100\nleast_diversity: 0\n") == 0
    out, err = capsys.readouterr()
    assert out.startswith("wrote models/mine: round ")
    assert err.count("  diversity ") == 3  # a row for each round: never a reward alone
    card = read(home / "models" / "mine")
    assert card.facts["tuned"]["by"] == method
    assert card.facts["tuned"]["figures"].keys() == {"reward", "diversity", "kl"}
    weights, before = (load(home / "models" / n).card for n in ("mine", "../home/models/tiny"))
    assert weights.network_shape == before.network_shape
    assert (home / "models" / "mine" / "rewards.png").read_bytes().startswith(b"\x89PNG")
    assert card.facts["tuned_from"] == {"model": "tiny", "sha256": before.sha256}
    plain = ["--bars", "2", "--out"]
    assert run(["generate", "models/mine", "--rl-mix", "0", *plain, "mixed"]) == 0
    assert run(["generate", "tiny", *plain, "plain"]) == 0
    mixed, start = (home / each for each in ("mixed/mine-0001.mid", "plain/tiny-0001.mid"))
    assert [*mido.MidiFile(mixed)][3:] == [*mido.MidiFile(start)][3:]


def test_without_bars_that_were_judged_nothing_is_preferred(home: Path, capsys) -> None:
    assert tuned(home, "dpo") == 2
    assert "bars of tiny that were kept" in capsys.readouterr().err


def test_music_that_is_learnt_beside_must_be_there(home: Path, capsys) -> None:
    assert tuned(home, extra="data: groove-drums\n") == 2
    said = "expected the music of groove-drums, which is learnt beside, found none"
    assert said in capsys.readouterr().err


def test_a_model_that_is_whole_is_written_over_only_where_that_is_said(home: Path, capsys) -> None:
    assert tuned(home) == 0
    model = home / "models" / "mine"
    before = {path.name: path.read_bytes() for path in model.iterdir()}
    assert tuned(home, "ppo", 1, "--until", "1") == 2
    assert "name another, or give --fresh" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in model.iterdir()} == before
    assert tuned(home, "ppo", 1, "--fresh") == 0


def test_a_melody_alone_is_told_of_its_leaps(home: Path, capsys) -> None:
    assert tuned(home, extra="leaps: true\n") == 2
    said = "expected a model of a melody, to be told of its leaps, found tiny: leave out `leaps`"
    assert said in capsys.readouterr().err


def test_figures_are_added_to_a_card_and_all_else_stays(home: Path) -> None:
    from daw_bridge.training import publish

    assert tuned(home) == 0
    folder = home / "models" / "mine"
    before = read(folder).facts
    publish.write_figures(folder, {"listener_auc": (0.9, 0.8)})
    after = read(folder).facts
    assert after["tuned"]["figures"] == before["tuned"]["figures"] | {"listener_auc": [0.9, 0.8]}
    assert after["tuned"]["rounds"] == before["tuned"]["rounds"]
    assert "| listener auc | 0.9 | 0.8 |" in (folder / "README.md").read_text()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("method: a2c", "method"),
        ("aimed_kl: 0", "aimed_kl"),
        ("clip_ratio: 1", "clip_ratio"),
        ("method: ppo\nseed: 2", "expected best_of: 1 with ppo, which learns all draws, found 2"),
    ],
)
def test_what_is_wrong_in_a_preset_is_told(home: Path, capsys, line, said) -> None:
    text = PRESET.format(method="ppo", best_of=2).replace("method: ppo\n", "") + line + "\n"
    (home / "mine.yaml").write_text(text)
    assert run(["tune", "mine.yaml", "--out", "models/mine"]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert "Traceback" not in err
