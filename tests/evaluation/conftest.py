"""A tiny model and tiny music to measure it on."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import yaml
from safetensors.numpy import save

from daw_bridge.encoding.line import Line
from daw_bridge.midi import files
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.time import Meter, Ticks
from daw_bridge.policies.layout import layout_of
from daw_bridge.policies.token_lookback import TokenLookBackPolicy


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what is read in a folder of the test's own."""
    monkeypatch.setenv("DAW_BRIDGE_HOME", str(tmp_path / "home"))


@pytest.fixture
def tiny_model(tmp_path: Path) -> Path:
    """Write a melody model with random weights."""
    codec = Line()
    layout = layout_of(codec)
    shape = {"hidden": 8, "layers": 1, "embedding": 4, "looked": 3, "head": 6, "keys": 25}
    shape |= {"seen": layout.n_seen, "copied": layout.n_copied, "voices": layout.n_voices}
    rng = np.random.default_rng(1)
    sizes = TokenLookBackPolicy.shapes(vocab_size=codec.vocab_size, **shape)
    weights = {
        name: (0.1 * rng.normal(size=size)).astype(np.float32) for name, size in sizes.items()
    }
    data = save(weights)
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(data)
    front = {
        "name": "tiny",
        "codec": {"name": "line"},
        "voices": ["lead"],
        "network": {"kind": "token-look-back", **shape},
        "vocab_size": codec.vocab_size,
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    (folder / "README.md").write_text(f"---\n{yaml.safe_dump(front)}---\n\ntiny\n")
    return folder


@pytest.fixture
def tunes(tmp_path: Path) -> Path:
    """Write tunes of which every bar comes twice, in folders that say nothing of splits."""
    rng = np.random.default_rng(2)
    for number in range(6):
        bars = rng.integers(60, 72, (8, 4))
        pitches = [p for bar in bars.tolist() for p in bar * 2]
        events = [(Ticks(480 * i), note_on(0, p, 90)) for i, p in enumerate(pitches)]
        events += [(Ticks(480 * i + 480), note_off(0, p)) for i, p in enumerate(pitches)]
        name = tmp_path / "tunes" / f"{number}.mid"
        files.write(name, events, tempo_qpm=100, meter=Meter(), name="tune")
    return tmp_path / "tunes"
