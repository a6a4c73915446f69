"""The touch of a model is trained apart from it, and played by numpy as torch foretells it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from daw_bridge.cli.main import run
from daw_bridge.corpora.pieces import Piece
from daw_bridge.encoding.choir_voices import ChoirVoices
from daw_bridge.midi import files
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.form import Kind
from daw_bridge.music.loudness import Loudness
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Meter, Ticks
from daw_bridge.policies.load import load
from daw_bridge.policies.touch import N_VELOCITIES, Touch
from tests.tiny_touch import write_tiny_touch

torch = pytest.importorskip("torch", reason="the train extra is not installed")
pytestmark = pytest.mark.torch


def bars(n: int = 12) -> list[Bar]:
    """Give bars of four voices, of which every fourth one comes again."""
    rng = np.random.default_rng(4)
    made: list[Bar] = []
    for number in range(n):
        if number % 4 == 3 and number > 4:
            made.append(made[number - 4])
            continue
        notes = [
            Note(
                Ticks(480 * q), int(rng.integers(40, 80)), Ticks(480), int(rng.integers(1, 128)), v
            )
            for q in range(4)
            for v in range(4)
        ]
        made.append(Bar.of(notes, Meter()))
    return made


def test_numpy_plays_as_torch_foretells(monkeypatch: pytest.MonkeyPatch) -> None:
    from daw_bridge.training.batches import Segment, chunks
    from daw_bridge.training.networks.touch import Touch as Learnt
    from daw_bridge.training.networks.touch_examples import example_of, labels, loudnesses

    codec = ChoirVoices()
    network = Learnt(codec, hidden=24, embedding=6)
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape) * 0.3)
    network.eval()
    weights = {name: tensor.detach().numpy() for name, tensor in network.tensors().items()}
    weights["phrases"] = np.zeros((7, 6), np.float32)
    example = example_of(Piece.of("t", bars()), codec)
    assert example is not None
    (batch,) = chunks([Segment(example, 0, len(example))], 10_000)
    with torch.no_grad():
        expected = network(batch["before"], batch["features"])[0][:, 0].numpy()
        (loss,), _ = network.loss(batch, None)[0].sums.values(), None
    touch, found = Touch(codec, weights), []
    nats = 0.0

    def drawn(logits: np.ndarray, before: tuple[int, ...], *_: object) -> int:
        nonlocal nats
        found.append(logits.copy())
        again = [logits[N_VELOCITIES + i] for i, each in enumerate(before) if each]
        velocity = int(batch["velocity"][len(found) - 1, 0])
        same = [logits[N_VELOCITIES + i] for i, each in enumerate(before) if each == velocity]
        every = np.logaddexp.reduce([*logits[:N_VELOCITIES], *again])
        nats += every - np.logaddexp.reduce([logits[velocity], *same])
        return velocity

    monkeypatch.setattr("daw_bridge.policies.touch._drawn", drawn)
    state, said = touch.initial_state(), zip(labels(bars()), loudnesses(bars()), strict=True)
    for bar, (label, loudness) in zip(bars(), said, strict=True):
        rng = np.random.default_rng(0)
        told = {"label": label, "loudness": loudness, "guidance": 1.0}
        _, state = touch.play(bar, state, rng, **told)
    np.testing.assert_allclose(np.array(found), expected, rtol=2e-3, atol=2e-3)  # float16 features
    assert nats == pytest.approx(float(loss), rel=1e-3)


def test_what_is_hidden_of_a_piece_is_its_loudness_and_its_form() -> None:
    from daw_bridge.config.training import LoopFile
    from daw_bridge.policies.observe_touch import FORM, LOUD
    from daw_bridge.training.batches import Segment, chunks
    from daw_bridge.training.networks.touch import Touch as Learnt
    from daw_bridge.training.networks.touch_examples import example_of

    example = example_of(Piece.of("t", bars()), ChoirVoices())
    assert example is not None
    (batch,) = chunks([Segment(example, 0, len(example))] * 3, 10_000)
    chances = np.array([[0.0, 0.9], [0.9, 0.0], [0.9, 0.9]])
    loop = LoopFile(hide_conditions=0.5, hide_form=0.5)
    features = Learnt(ChoirVoices()).hide(batch, chances, loop)["features"]
    for part, told in ((LOUD, [False, True, True]), (FORM, [True, False, True])):
        assert features[:, :, part].any(2).all(0).tolist() == told
    assert batch["features"][:, :, LOUD].any(2).all()


def test_phrases_of_eight_bars_are_as_loud_as_their_notes_are() -> None:
    from daw_bridge.training.networks.touch_examples import labels, loudnesses

    def bar(velocity: int) -> Bar:
        return Bar.of([Note(Ticks(0), 60, Ticks(480), velocity)], Meter())

    piece = [*[bar(30)] * 4, *[bar(36)] * 4, bar(112), Bar.of([], Meter())]
    assert loudnesses(piece) == [*[Loudness.PP] * 8, Loudness.FF, Loudness.FF]
    assert loudnesses([Bar.of([], Meter())]) == [None]
    kinds = [label.kind for label in labels(piece)]
    assert kinds == [Kind.NEW, *[Kind.EXACT] * 8, Kind.REST]


PRESET = """
title: A test
data: music
reading: {valid_share: 0.3, parts: [{path: ".", name: tunes, licence: CC0, spread: 5}]}
codec: {name: line}
network: {kind: touch, shape: {hidden: 8, embedding: 4}}
loop: {epochs: 2, batch: 4, chunk: 32}
"""


def tune(path: Path, velocities: list[int]) -> None:
    rng = np.random.default_rng(len(path.name) + velocities[0])
    messages = []
    for place, velocity in enumerate(velocities * 8):
        pitch = int(rng.integers(60, 72))
        messages += [
            (480 * place, note_on(0, pitch, velocity)),
            (480 * place + 400, note_off(0, pitch)),
        ]
    events = [(Ticks(tick), message) for tick, message in messages]
    files.write(path, events, meter=Meter(), tempo_qpm=120.0, name="tune")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAW_BRIDGE_HOME", str(tmp_path))
    (tmp_path / "touch.yaml").write_text(PRESET)
    (tmp_path / "music").mkdir()
    for number in range(6):
        tune(tmp_path / "music" / f"{number}.mid", [20 + number, 60, 100, 120])
    tune(tmp_path / "music" / "flat.mid", [90, 91, 90, 91])
    return tmp_path


def test_a_touch_is_put_into_a_models_folder(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_tiny_touch(place / "models" / "mine")
    card = (folder / "README.md").read_text()
    before = yaml.safe_load(card.split("---\n")[1])
    (folder / "README.md").write_text(card + "\n## Evaluation\n\nfine\n\n## Notes\n\nkeep\n")
    (folder / "touch.safetensors").unlink()
    train = ["train", "touch.yaml", "--data", "music", "--out", "models/mine"]
    assert run(train) == 0
    assert capsys.readouterr().out.startswith("wrote models/mine/touch.safetensors: validation")
    text = (folder / "README.md").read_text()
    after = yaml.safe_load(text.split("---\n")[1])
    assert {**after, "touch": None} == {**before, "touch": None}
    assert after["touch"]["sha256"] != before["touch"]["sha256"]
    assert after["touch"]["data"][0]["without_dynamics_left_out"] == 1
    assert text.endswith("\n## Evaluation\n\nfine\n\n## Notes\n\nkeep\n")
    assert load(folder).card.touch is not None
    assert not (folder / "checkpoint.safetensors").exists()


def test_a_touch_needs_a_model_of_its_kind(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train = ["train", "touch.yaml", "--data", "music", "--out", "models/mine"]
    assert run(train) == 2
    assert "expected a model" in capsys.readouterr().err
    folder = write_tiny_touch(place / "models" / "mine")
    card = (folder / "README.md").read_text()
    (folder / "README.md").write_text(card.replace("name: line", "name: drum-text"))
    assert run(train) == 2
    assert "expected a model of line in models/mine" in capsys.readouterr().err


def test_how_phrases_follow_is_counted_as_pieces_weigh_last() -> None:
    from daw_bridge.training.networks.touch_examples import phrase_logits

    def piece(*velocities: int, weight: float = 1.0) -> Piece:
        notes = [Bar.of([Note(Ticks(0), 60, Ticks(480), v)] if v else []) for v in velocities]
        made = Piece.of("t", [bar for bar in notes for _ in range(8)])
        return replace(made, weights=(0.0, weight))

    found = phrase_logits([piece(33, 33, 96), piece(96, 0, 33, weight=3.0), piece(64, weight=0.0)])
    chances = np.exp(found)
    pp, f = Loudness.PP, Loudness.F
    assert chances[-1, [pp, f]] == pytest.approx([0.25, 0.75], abs=0.01)
    assert chances[pp, [pp, f]] == pytest.approx([0.5, 0.5], abs=0.01)
    assert chances[f, pp] == pytest.approx(1, abs=0.01)
    assert np.isfinite(found).all()
    assert chances.sum(1) == pytest.approx(1)
