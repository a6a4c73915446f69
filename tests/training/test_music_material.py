"""Any music becomes material, with or without the parts that a preset names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from daw_bridge.config.training import PartFile, load_training
from daw_bridge.encoding.chip_voices import ChipVoices
from daw_bridge.encoding.line import Line
from daw_bridge.errors import UserError
from daw_bridge.midi import files
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.time import Meter, Ticks

pytest.importorskip("torch", reason="needs the train extra")
pytestmark = pytest.mark.torch


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what is read in a folder of the test's own."""
    monkeypatch.setenv("DAW_BRIDGE_HOME", str(tmp_path / "home"))


@pytest.fixture
def tunes(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    for number in range(8):
        pitches = rng.integers(60, 72, 16).tolist()
        events = [(Ticks(480 * i), note_on(0, p, 90)) for i, p in enumerate(pitches)]
        events += [(Ticks(480 * i + 470), note_off(0, p)) for i, p in enumerate(pitches)]
        path = tmp_path / "data" / "mine" / f"{number}.mid"
        files.write(path, events, tempo_qpm=100, meter=Meter(), name="x")
    (tmp_path / "data" / "mine" / "empty.mid").write_bytes(b"")
    return tmp_path / "data"


def test_a_folder_of_ones_own_needs_no_parts(tunes: Path) -> None:
    from daw_bridge.training.materials import read_material

    material = read_material(load_training("chip"), tunes, ChipVoices())
    assert (len(material.train), len(material.valid)) == (7, 1)
    assert material.music.skipped == ("mine/empty.mid: an empty file",)
    (source,) = material.music.sources
    assert source["licence"] == "the user's own"
    assert source["splits"] == {
        "train": {"pieces": 7, "bars": 28},
        "valid": {"pieces": 1, "bars": 4},
    }


def test_music_that_is_the_same_twice_is_not_enough(tunes: Path, tmp_path: Path) -> None:
    from daw_bridge.training.materials import read_material

    one = tmp_path / "one"
    one.mkdir()
    for name in ("a.mid", "b.mid"):
        (one / name).write_bytes((tunes / "mine" / "0.mid").read_bytes())
    (one / "empty.mid").write_bytes(b"")
    told = r"found 1 and 0 in .*one \(empty.mid: an empty file\)"
    with pytest.raises(UserError, match=told):
        read_material(load_training("chip"), one, ChipVoices())


def test_a_meter_without_a_token_is_told(tunes: Path) -> None:
    from daw_bridge.training.materials import read_material

    path = tunes / "mine" / "odd.mid"
    events = [(Ticks(0), note_on(0, 60, 90)), (Ticks(480), note_off(0, 60))]
    files.write(path, events, tempo_qpm=100, meter=Meter(28, 4), name="odd")
    material = read_material(load_training("chip"), tunes, ChipVoices())
    assert "mine/odd.mid: a meter that the encoding has no token for" in material.music.skipped


def test_the_silence_at_the_end_is_not_learnt(tunes: Path) -> None:
    from daw_bridge.training.materials import read_material

    (tunes / "ends").mkdir()
    for number, length in enumerate((480, 1920)):
        events = [(Ticks(0), note_on(0, 60 + number, 90))]
        events += [(Ticks(length), note_off(0, 60 + number))]
        path = tunes / "ends" / f"{number}.mid"
        files.write(path, events, tempo_qpm=100, meter=Meter(), name="x")
    material = read_material(load_training("lead"), tunes / "ends", Line())
    lengths = sorted(len(each) for each in (*material.train, *material.valid))
    assert lengths == [5, 16]  # the note's four steps and the one that ends it; a full bar


def test_parts_bring_their_notices(tunes: Path) -> None:
    from daw_bridge.training.materials import read_material

    preset = load_training("lead")
    (tunes / "LICENCE").write_text("keep this\n")
    part = PartFile(path="mine", name="mine", licence="free", notices=("LICENCE",))
    preset = preset.model_copy(
        update={"reading": preset.reading.model_copy(update={"parts": (part,)})}
    )
    (source,) = read_material(preset, tunes, Line()).music.sources
    assert source["notices"] == {"LICENCE": "keep this"}
    (tunes / "LICENCE").unlink()
    with pytest.raises(UserError, match="notices of mine"):
        read_material(preset, tunes, Line())


@pytest.mark.parametrize("name", ["lead", "chorale", "chip", "jsb-quarter", "nottingham"])
def test_presets_fit_their_networks(name: str) -> None:
    from daw_bridge.policies.load import build_vocabulary
    from daw_bridge.policies.token_lookback import TokenLookBackPolicy
    from daw_bridge.training.materials import build_network

    preset = load_training(name)
    codec = build_vocabulary(preset.codec.name, preset.codec.options)
    network = build_network(preset, codec)
    sizes = {key: tuple(value.shape) for key, value in network.tensors().items()}
    shape = preset.network.shape
    assert sizes == TokenLookBackPolicy.shapes(vocab_size=codec.vocab_size, **shape)
    assert network.shape == shape


def test_a_small_tune_is_learnt_by_heart(tunes: Path) -> None:
    """Known-answer learning: one tune over and over is foretold almost surely."""
    import torch

    from daw_bridge.training.batches import chunks, whole
    from daw_bridge.training.networks.token_lookback import TokenLookBack
    from daw_bridge.training.networks.token_lookback_examples import example_of_tokens

    torch.manual_seed(1)
    codec = Line(steps_per_quarter=1)
    bars = np.concatenate([codec.encode(bar) for bar in _bars()])
    example = example_of_tokens("x", bars, codec, (0, 0))
    network = TokenLookBack(codec, hidden=32, layers=1, embedding=16, looked=8, head=32)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(200):
        (batch,) = chunks(whole([example]), len(example))
        loss, _ = network.loss(batch, None)
        optimizer.zero_grad()
        loss.sums["token"].backward()
        optimizer.step()
    assert float(loss.sums["token"].detach() / loss.counts["token"]) < 0.05


def _bars() -> list:
    from daw_bridge.music.notes import Bar, Note

    rng = np.random.default_rng(4)
    return [
        Bar.of(Note(Ticks(480 * i), int(rng.integers(60, 72)), Ticks(480), 90) for i in range(4))
        for _ in range(6)
    ]
