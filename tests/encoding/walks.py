"""Bars drawn at random under a grammar."""

from __future__ import annotations

import numpy as np

from daw_bridge.encoding.codec import Codec
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter


def walk(codec: Codec, seed: int, meter: Meter | None = None) -> Bar:
    """Draw a bar, each token that may come as likely as the others."""
    rng = np.random.default_rng(seed)
    grammar = codec.grammar(meter or Meter())
    tokens: list[int] = []
    while (mask := grammar.allowed()) is not None:
        assert mask.any()
        tokens.append(int(rng.choice(np.flatnonzero(mask))))
        grammar.push(tokens[-1])
    return codec.decode(tokens)
