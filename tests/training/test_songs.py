"""Real music beside what is tuned: some of it by the number of an update, the same each time."""

from pathlib import Path

import pytest

from daw_bridge.config.training import load_training
from daw_bridge.errors import UserError
from daw_bridge.policies.load import build_vocabulary

torch = pytest.importorskip("torch", reason="needs the train extra")
pytestmark = pytest.mark.torch

PRESET = """
title: A test
data: drum-text
codec: {name: drum-text}
network: {kind: look-back, shape: {hidden: 8, embedding: 4, feel: 0}}
"""
HITS = ("0b101000000", "0b000000000", "0b001000000", "0b100000000")


def written(folder: Path) -> Path:
    """Write six pieces of drums, each of other beats."""
    bars = [" ".join([hit, HITS[1], HITS[2], HITS[1]] * 4) + " BAR" for hit in HITS]
    pieces = [" ".join([bars[k % 4], bars[k // 2 % 4]] * 10) for k in range(6)]
    (folder / "drums.txt").write_text("\n".join(pieces))
    (folder / "mine.yaml").write_text(PRESET)
    return folder


def test_some_of_it_comes_by_number(tmp_path: Path) -> None:
    from daw_bridge.training.materials import build_network
    from daw_bridge.training.songs import SIZE, songs

    preset = load_training(str(written(tmp_path) / "mine.yaml"))
    vocabulary = build_vocabulary("drum-text", {})
    network = build_network(preset, vocabulary)
    some = songs(preset, tmp_path / "drums.txt", network, vocabulary)
    first, again, other = some(3), some(3), some(4)
    assert first["weight"].shape[1] == SIZE
    assert first.keys() == again.keys()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["target"], other["target"])
    nats, _ = network.foretold(first)
    assert nats.shape == first["weight"].shape


def test_without_music_it_says_so(tmp_path: Path) -> None:
    from daw_bridge.training.materials import build_network
    from daw_bridge.training.songs import songs

    preset = load_training(str(written(tmp_path) / "mine.yaml"))
    vocabulary = build_vocabulary("drum-text", {})
    with pytest.raises(UserError):
        songs(preset, tmp_path / "none", build_network(preset, vocabulary), vocabulary)
