"""Training from the command line: one command makes a model that plays, bad input is one line."""

import signal
from pathlib import Path

import pytest

from daw_bridge.cli.main import run

pytest.importorskip("torch", reason="the train extra is not installed")
pytestmark = pytest.mark.torch

PRESET = """
title: A test
data: drum-text
codec: {name: drum-text}
network: {kind: look-back, shape: {hidden: 8, embedding: 4, feel: 0}}
loop: {epochs: 2, batch: 4, chunk: 32}
"""
BAR = "0b101000000 0b000000000 0b001000000 0b000000000 " * 4 + "BAR"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAW_BRIDGE_HOME", str(tmp_path))
    (tmp_path / "tiny.yaml").write_text(PRESET)
    (tmp_path / "drums.txt").write_text("\n".join([" ".join([BAR] * 8)] * 6))
    return tmp_path


def train(*options: str, preset: str = "tiny.yaml", data: str = "drums.txt") -> int:
    return run(["train", preset, "--data", data, "--out", "models/mine", *options])


def test_one_command_makes_a_model_that_plays(place: Path, capsys) -> None:
    assert train("--epochs", "1", "--seed", "3") == 0
    out, err = capsys.readouterr()
    assert out.startswith("wrote models/mine: validation")
    assert "epoch 1/1" in err
    assert "valid: word" in err
    card = (place / "models" / "mine" / "README.md").read_text()
    assert "seed: 3" in card
    assert run(["generate", "mine", "--bars", "2", "--out", "takes"]) == 0
    assert [path.name for path in (place / "takes").glob("*.mid")] == ["mine-0001.mid"]


def test_an_interrupted_run_goes_on(place: Path, capsys, monkeypatch) -> None:
    from daw_bridge.training import make_model

    straight, calls = make_model.train, []

    def interrupted(*arguments, **settings):
        calls.append(1)
        if len(calls) == 1:
            signal.raise_signal(signal.SIGINT)
        return straight(*arguments, **settings)

    monkeypatch.setattr(make_model, "train", interrupted)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(SystemExit) as ended:
        train()
    assert ended.value.code == 130
    assert "the same command goes on from models/mine" in capsys.readouterr().err
    model = place / "models" / "mine"
    assert [path.name for path in model.iterdir()] == ["checkpoint.safetensors"]
    assert signal.getsignal(signal.SIGINT) is before
    assert train() == 0
    assert not (model / "checkpoint.safetensors").exists()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"preset": "tinny.yaml"}, "a training preset"),
        ({"preset": "groove-drum"}, "did you mean 'groove-drums'"),
        ({"data": "nothing.txt"}, "a file of drum text"),
    ],
)
def test_bad_names_are_one_line(place: Path, capsys, options, told) -> None:
    assert train(**options) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert told in err
    assert not (place / "models").exists()


def test_a_place_that_is_taken_is_told_before_any_work(place: Path, capsys) -> None:
    (place / "models").mkdir()
    (place / "models" / "mine").write_text("a file")
    assert train() == 2
    (place / "models" / "mine").unlink()
    assert train("--tensorboard", "tiny.yaml") == 2
    out, err = capsys.readouterr()
    assert "epoch" not in out + err
    assert err.count("expected a folder to write to, found a file") == 2


@pytest.mark.parametrize(
    "option",
    [
        ("--epochs", "0"),
        ("--seed", "-1"),
        ("--dropout", "1"),
        ("--learning-rate", "nan"),
        ("--learning-rate", "1e39"),
        ("--threads", "100000"),
    ],
)
def test_bad_numbers_are_one_line(place: Path, capsys, option) -> None:
    assert train(*option) == 2
    assert option[0] in capsys.readouterr().err


def test_any_value_of_a_preset_may_be_set(place: Path, capsys) -> None:
    shape = ("--set", "network.shape.layers=3", "--set", "codec.options.resolution=32")
    bar = "0b101000000 0b000000000 " * 16 + "BAR"
    (place / "drums.txt").write_text("\n".join(" ".join([bar] * n) for n in range(4, 8)))
    assert train("--epochs", "1", *shape) == 0
    card = (place / "models" / "mine" / "README.md").read_text()
    assert "layers: 3" in card
    assert "resolution: 32" in card
    capsys.readouterr()
    for value, told in (
        ("loop.clip=none", "loop.clip: expected"),
        ("title.of=x", "a place in a training preset"),
        ("lop.clip=1", "a place in a training preset"),
        ("loop.clipp=1", "loop.clipp"),
        ("network.shape.layrs=3", "layrs"),
    ):
        assert train("--set", value, *shape[2:]) == 2
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1)
        assert told in err


def test_every_error_of_a_preset_is_told_with_its_line(place: Path, capsys) -> None:
    text = PRESET.replace("epochs: 2", "epochs: none").replace("title", "tittle")
    (place / "tiny.yaml").write_text(text)
    assert train() == 2
    err = capsys.readouterr().err
    assert "tiny.yaml:2" in err
    assert "did you mean 'title'" in err
    assert "tiny.yaml:6" in err
