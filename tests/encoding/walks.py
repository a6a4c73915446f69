"""Bars drawn at random under a grammar."""

from __future__ import annotations

from typing import Any

import numpy as np

from daw_bridge.encoding.codec import Codec, Constraint, Grammar
from daw_bridge.jam.ask import Ask
from daw_bridge.music.notes import Bar


def walk(codec: Codec, seed: int, *constraints: Constraint, **asked: Any) -> Bar:
    """Draw a bar, each token that may come as likely as the others; `asked` are fields of `Ask`."""
    rng, ask = np.random.default_rng(seed), Ask(**asked)
    grammar: Grammar = codec.grammar(ask.meter)
    for constrain in constraints:
        grammar = constrain(grammar, ask)
    tokens: list[int] = []
    while (mask := grammar.allowed()) is not None:
        assert mask.any()
        tokens.append(int(rng.choice(np.flatnonzero(mask))))
        grammar.push(tokens[-1])
    return codec.decode(tokens)
