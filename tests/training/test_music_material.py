"""Any music becomes material, with or without the parts that a preset names."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from pydantic import ValidationError

from daw_bridge.config.training import PartFile, load_training
from daw_bridge.encoding.chip_voices import ChipVoices
from daw_bridge.encoding.codec import Codec
from daw_bridge.encoding.line import Line
from daw_bridge.encoding.meters import N_KEYS
from daw_bridge.encoding.styled_line import StyledLine
from daw_bridge.errors import UserError
from daw_bridge.midi import files
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.time import Meter, Ticks

if TYPE_CHECKING:
    from daw_bridge.training.materials import Material

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


def songs(folder: Path, n_lines: list[int], step: int = 240) -> None:
    """Write songs of a bass and some lines above it, each a track of its own."""
    rng = np.random.default_rng(list(folder.name.encode()))
    for number, n in enumerate(n_lines):
        events = []
        for channel in range(n + 1):
            for i, pitch in enumerate(rng.integers(36, 47, 40).tolist()):
                at, note = Ticks(step * i), pitch + 12 * channel
                events += [(at, note_on(channel, note, 90))]
                events += [(Ticks(at + step - 10), note_off(channel, note))]
        path = folder / f"{number}.mid"
        files.write(path, events, tempo_qpm=100, meter=Meter(), name="x")


def learnt_from(folder: Path, preset: str, codec: Codec, *parts: PartFile, **loop: int) -> Material:
    from daw_bridge.training.materials import read_material

    file = load_training(preset)
    reading = file.reading.model_copy(update={"parts": parts, "balance": {}})
    loop_file = file.loop.model_copy(update=loop)
    file = file.model_copy(update={"reading": reading, "loop": loop_file})
    return read_material(file, folder, codec)


def test_other_ways_to_read_a_song_are_learnt_and_never_judge(tmp_path: Path) -> None:
    songs(tmp_path / "songs", [2, 3, 4] * 3)
    part = PartFile(path="songs", name="songs", licence="free", ways=3, weight=6.0)
    material = learnt_from(tmp_path, "chip", ChipVoices(), part)
    (judge,) = material.valid
    ways = {f"{n}.mid": 2 + (n % 3 > 0) for n in range(9)}
    del ways[judge.name]
    assert Counter(each.name for each in material.train) == ways
    assert {(e.name, e.weights[0]) for e in material.train} == {(n, 6 / k) for n, k in ways.items()}


def test_a_part_may_be_some_files_those_on_the_grid_and_of_a_style(tmp_path: Path) -> None:
    songs(tmp_path / "songs", [1] * 8)
    songs(tmp_path / "songs" / "odd", [1] * 8, step=160)
    about = {"path": "songs", "name": "songs", "licence": "free"}
    fives = PartFile(**about, files="[0-5]", off_grid=0.1, style="hymn")
    material = learnt_from(tmp_path, "lead", StyledLine(), fives)
    music = material.music
    assert {piece.name for piece in music.pieces} == {f"{n}.mid" for n in range(6)}
    assert {piece.conditions["style"] for piece in music.pieces} == {"hymn"}
    (source,) = music.sources
    assert source["off_grid_left_out"] == 6
    assert {int(each.steps["key"][0]) // N_KEYS for each in material.train} == {5}
    with pytest.raises(ValidationError, match="a pattern"):
        PartFile(**about, files="(")


def test_what_weighs_less_is_learnt_and_judges_less(tmp_path: Path) -> None:
    for split in ("train", "valid"):
        songs(tmp_path / "many" / split, [1] * 40)
    part = PartFile(path="many", name="many", licence="free", weight=0.5, last_weight=0.25)
    loop = {"epochs": 1, "last_epochs": 0}
    material = learnt_from(tmp_path, "lead", StyledLine(), part, **loop)
    assert (len(material.train), len(material.valid)) == (20, 8)
    assert {each.weights for each in material.train} == {(1.0, 0.5)}
    often = learnt_from(tmp_path, "lead", StyledLine(), part, epochs=4, last_epochs=2)
    assert len(often.train) == 40
    assert {each.weights for each in often.train} == {(0.5, 0.25)}


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
