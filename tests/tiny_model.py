"""A model small enough to make in a test: a real card and real weights, with random numbers in."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from daw_bridge.encoding.codec import Codec
from daw_bridge.encoding.drum_grid import DrumGrid
from daw_bridge.policies.card import Card
from daw_bridge.policies.lstm import LstmPolicy

CARD = """---
name: {name}
title: random drums for tests
codec: {{name: drum-grid}}
network: {{kind: lstm, hidden: 8, layers: 1, embedding: 4}}
vocab_size: {vocab_size}
voices: [drums]
sha256: {sha256}
---

# {name}

Made by a test.
"""


def write_tiny_model(folder: Path, seed: int = 0) -> Path:
    """Write a model that plays random drums into a new folder; give the folder."""
    size = DrumGrid().vocab_size
    rng = np.random.default_rng(seed)
    shapes = LstmPolicy.shapes(vocab_size=size, hidden=8, layers=1, embedding=4)
    weights = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    weights["output.bias"][:512] -= 6  # most words of a random network are full of drums
    weights["output.bias"][0] += 7
    data = save(weights)
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(data)
    sha256 = hashlib.sha256(data).hexdigest()
    card = CARD.format(name=folder.name, vocab_size=size, sha256=sha256)
    (folder / "README.md").write_text(card)
    return folder


def policy_of(codec: Codec) -> LstmPolicy:
    """Make a small network over any codec, with weights drawn at random."""
    shape = {"hidden": 4, "layers": 1, "embedding": 3}
    shapes = LstmPolicy.shapes(vocab_size=codec.vocab_size, **shape)
    rng = np.random.default_rng(1)
    weights = {name: rng.normal(size=size).astype(np.float32) for name, size in shapes.items()}
    card = Card("rolls", codec.name, "lstm", codec.vocab_size, "", network_shape=shape)
    return LstmPolicy(card, codec, weights)
