"""A model of melodies with a touch, both with random weights, small enough to make in a test."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import yaml
from safetensors.numpy import save

from daw_bridge.encoding.line import Line
from daw_bridge.policies.lstm import LstmPolicy, Shapes
from daw_bridge.policies.touch import Touch

NETWORK = {"hidden": 8, "layers": 1, "embedding": 4}
TOUCH = {"hidden": 8, "embedding": 4}


def write_tiny_touch(folder: Path) -> Path:
    """Write the model into a new folder; give the folder."""
    size = Line().vocab_size
    folder.mkdir(parents=True)
    sha256 = _write(folder / "model.safetensors", LstmPolicy.shapes(vocab_size=size, **NETWORK))
    touch = _write(folder / "touch.safetensors", Touch.shapes(**TOUCH))
    front = {
        "name": folder.name,
        "title": "Random melodies",
        "command": "none",
        "data": [],
        "codec": {"name": "line"},
        "voices": ["lead"],
        "network": {"kind": "lstm", **NETWORK},
        "vocab_size": size,
        "sha256": sha256,
        "touch": {"sha256": touch, **TOUCH, "command": "none", "data": []},
    }
    (folder / "README.md").write_text(f"---\n{yaml.safe_dump(front)}---\n\ntiny\n")
    return folder


def _write(path: Path, shapes: Shapes) -> str:
    rng = np.random.default_rng(1)
    data = save({name: rng.normal(size=size).astype(np.float32) for name, size in shapes.items()})
    path.write_bytes(data)
    return hashlib.sha256(data).hexdigest()
