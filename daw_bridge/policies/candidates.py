"""What may be played next, of which a judge picks one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Bar


@dataclass(frozen=True, slots=True)
class Candidate:
    """Bars that a model drew, or one that it drew and those before it.

    `surprise` tells in nats how little it awaited each token of what was drawn, of drums each
    word; it is computed when it is asked. `key` is what the model was told; None: it takes none.
    """

    bars: Sequence[Bar]
    surprise: Callable[[], float]
    key: Key | None = None


Judge = Callable[[Candidate], float]
"""From a candidate to its mark, the higher the better."""


@dataclass(frozen=True, slots=True)
class Choice:
    """How a bar is chosen: of so many that are drawn, by a judge."""

    best_of: int = 1
    judge: Judge = lambda _: 0.0


ONE = Choice()
"""The one bar that is drawn."""
