"""A knob between a tuned model and what it was tuned from: weights mixed, and never others."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from daw_bridge.cli.main import run
from daw_bridge.config.files import find, names, shipped_folder
from daw_bridge.config.jam import JamFile
from daw_bridge.daemon.best import perform
from daw_bridge.daemon.loading import policy_of
from daw_bridge.daemon.settings import Ready, ready
from daw_bridge.errors import UserError
from daw_bridge.jam.ask import Ask
from daw_bridge.jam.commands import Change
from daw_bridge.jam.events import Changed, Refused
from daw_bridge.music.time import Ticks
from daw_bridge.policies.card import read
from daw_bridge.policies.load import load
from daw_bridge.policies.mix import mixed
from tests.daemon.changing import BAR, bars_of, left_sounding, of_kind, play
from tests.tiny_model import write_tiny_model


def tuned_from(folder: Path, start: Path, **said: str) -> None:
    """Write into the card of a model what it was tuned from."""
    origin = {"model": str(start), "sha256": read(start).sha256, **said}
    text = (folder / "README.md").read_text()
    line = f"tuned_from: {{model: {origin['model']}, sha256: {origin['sha256']}}}\n"
    (folder / "README.md").write_text(text.replace("title:", f"{line}title:", 1))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    start = write_tiny_model(tmp_path / "tiny")
    tuned_from(write_tiny_model(tmp_path / "tiny-rl", seed=1), start)
    return tmp_path


def jam(folder: Path, model: str = "tiny-rl", **values: object) -> Ready:
    plain = {"bars": 8, "bpm": 200.0, "seed": 3, "backend": "offline", **values}
    return ready(JamFile(model=str(folder / model), **plain), {})  # type: ignore[arg-type]


def heard(jam: Ready) -> list[tuple[int, bytes]]:
    return [tuple(line) for line in perform(policy_of(jam.folder, jam.file.rl_mix), jam)]  # type: ignore[misc]


def test_at_its_ends_the_knob_is_one_of_the_two(folder: Path) -> None:
    tuned, start = heard(jam(folder)), heard(jam(folder, "tiny"))
    assert heard(jam(folder, rl_mix=1.0)) == tuned
    assert heard(jam(folder, rl_mix=0.0)) == start
    between = heard(jam(folder, rl_mix=0.5))
    assert between not in (tuned, start)


def test_weights_lie_between_in_a_straight_line() -> None:
    tuned, start = {"w": np.float32([1, -2, 8])}, {"w": np.float32([3, 2, 8])}
    assert mixed(tuned, start, 0.25)["w"].tolist() == [2.5, 1, 8]
    assert mixed(tuned, start, 0.25)["w"].dtype == np.float32


def test_what_a_model_was_told_only_when_it_was_tuned_is_nothing_in_its_start() -> None:
    more, start = {"w": np.float32([4]), "leap.bias": np.float32([2, 8])}, {"w": np.float32([2])}
    assert mixed(more, start, 0.25)["leap.bias"].tolist() == [0.5, 2]
    assert mixed(more, start, 0.0)["leap.bias"].tolist() == [0, 0]
    assert mixed(more, start, 0.25)["w"].tolist() == [2.5]


def test_the_knob_turns_on_a_bar_line_and_no_bar_is_lost(folder: Path) -> None:
    told = play(jam(folder), {3: [Change((("rl_mix", 0.4),))]})
    before, after = bars_of(play(jam(folder))), bars_of(told)
    assert of_kind(told, Changed) == [Changed("rl_mix", Ticks(4 * BAR), 0.4)]
    assert (len(after), after[:4]) == (8, before[:4])
    assert after[4:] != before[4:]
    assert left_sounding(told) == 0
    from daw_bridge.daemon.source import bars_of as drawn_from
    from daw_bridge.jam.relief import SoFar

    mixture = policy_of(folder / "tiny-rl", 0.4)
    goes_on = drawn_from(mixture, jam(folder).file, so_far=SoFar(4, tuple(before[:4])))
    assert after[4:] == [goes_on.bar(Ask(number)) for number in range(4, 8)]


def test_a_model_that_was_not_tuned_has_no_such_knob(folder: Path) -> None:
    with pytest.raises(UserError, match=r"a tuned model, whose card has `tuned_from`.*tiny"):
        policy_of(folder / "tiny", 0.5)
    told = play(jam(folder, "tiny"), {3: [Change((("rl_mix", 0.4),))]})
    (refused,) = of_kind(told, Refused)
    assert "a tuned model" in str(refused)
    assert len(bars_of(told)) == 8


def test_what_it_was_tuned_from_has_to_be_that_very_model(folder: Path) -> None:
    shutil.rmtree(folder / "tiny")
    write_tiny_model(folder / "tiny", seed=2)
    with pytest.raises(UserError, match=r"tiny as tiny-rl was tuned from it.*another"):
        policy_of(folder / "tiny-rl", 0.5)
    shutil.rmtree(folder / "tiny")
    with pytest.raises(UserError, match="nothing at"):
        policy_of(folder / "tiny-rl", 0.5)
    load(folder / "tiny-rl")  # it plays as it is


def test_a_network_of_another_size_is_refused(folder: Path) -> None:
    lead = shipped_folder() / "models" / "lead"
    tuned_from(write_tiny_model(folder / "other"), lead)
    with pytest.raises(UserError, match="expected"):
        policy_of(folder / "other", 0.5)


def test_a_card_that_does_not_say_it_whole_is_told(folder: Path, capsys: object) -> None:
    card = folder / "tiny-rl" / "README.md"
    card.write_text(card.read_text().replace("sha256:", "sha:", 1))
    with pytest.raises(UserError, match="sha256: expected text"):
        load(folder / "tiny-rl")


def test_commands_take_the_knob(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    made = {}
    for name, model, knob in (("a", "tiny-rl", "0"), ("b", "tiny", "1"), ("c", "tiny-rl", "0.5")):
        told = ["generate", f"./{model}", "--bars", "2", "--rl-mix", knob, "--out", name]
        assert run(told) == 0
        made[name] = (folder / name / f"{model}-0001.mid").read_bytes()
    assert run(["generate", "./tiny", "--rl-mix", "0.5", "--out", "d"]) == 2
    assert run(["generate", "./tiny-rl", "--rl-mix", "1.5", "--out", "d"]) == 2
    assert '"rl_mix": 0.5' in (folder / "c" / "manifest.jsonl").read_text()
    jam = ["jam", "--model", "./tiny-rl", "--rl-mix", "0.5", "--backend", "offline", "--bars", "2"]
    assert run([*jam, "--record", "e.mid"]) == 0
    assert len(set(made.values())) > 1


def test_both_ends_trade(folder: Path) -> None:
    other = folder / "start.yaml"
    other.write_text(f"model: {folder / 'tiny-rl'}\nrl_mix: 0\nseed: 3\n")
    turns = {"bars": 1, "other": str(other)}
    told = play(jam(folder, mode="trade", turns=turns))
    bars = bars_of(told)
    assert len(bars) == 8
    assert any(note.voice == 16 for note in bars[1].notes)


@pytest.mark.parametrize("name", names("models"))
def test_what_is_shipped_can_be_mixed_with_what_is_shipped(name: str) -> None:
    folder = find("models", name)
    if "tuned_from" in read(folder).facts:
        assert policy_of(folder, 0.5).card.name == name
    else:
        with pytest.raises(UserError, match="a tuned model"):
            policy_of(folder, 0.5)
