"""A model small enough to make in a test: a real card and real weights, with random numbers in."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from daw_bridge.encoding.codec import Codec
from daw_bridge.encoding.drum_grid import DrumGrid
from daw_bridge.policies.card import Card
from daw_bridge.policies.layout import Layout, layout_of
from daw_bridge.policies.lstm import LstmPolicy
from daw_bridge.policies.token_lookback import TokenLookBackPolicy

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


def shape_of(layout: Layout, **sizes: int) -> dict[str, int]:
    """Give the sizes of a network that looks back: these, and those that a layout lays down."""
    first, end = layout.keys
    keys = max(end - first, 1)
    return {
        **sizes,
        "seen": layout.n_seen,
        "copied": layout.n_copied,
        "keys": keys,
        "voices": layout.n_voices,
    }


def looking_back(codec: Codec, scale: float = 1.0) -> TokenLookBackPolicy:
    """Make a small network that looks back over a pitched codec, with weights drawn at random."""
    shape = shape_of(layout_of(codec), hidden=8, layers=1, embedding=4, looked=3, head=8)
    rng = np.random.default_rng(1)
    weights = {
        name: rng.normal(scale=scale, size=size).astype(np.float32)
        for name, size in TokenLookBackPolicy.shapes(vocab_size=codec.vocab_size, **shape).items()
    }
    card = Card("x", codec.name, "token-look-back", codec.vocab_size, "", {}, shape)
    return TokenLookBackPolicy(card, codec, weights)
