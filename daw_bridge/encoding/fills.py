"""Drum fills where they are wanted: the condition of each bar, in place of that of all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from daw_bridge.encoding.codec import Bools, Grammar, mask_of
from daw_bridge.encoding.drum_grid import FILL, DrumGrid

if TYPE_CHECKING:
    from daw_bridge.jam.ask import Ask


@dataclass(frozen=True, slots=True)
class FillsAt:
    """The constraint that bars of a drum grid are fills or none; None: either."""

    wanted: Callable[[Ask], bool | None]

    def __call__(self, grammar: Grammar, ask: Ask) -> Grammar:
        """Return the grammar of a bar that is told whether it is a fill."""
        wanted = self.wanted(ask)
        return grammar if wanted is None else _Told(grammar, FILL + 1 + wanted)


class _Told:
    """Follow the tokens of a bar whose token of the fill is another than the codec's."""

    def __init__(self, inner: Grammar, token: int) -> None:
        self._inner = inner
        self._mask = mask_of(DrumGrid().vocab_size, (token, token + 1))

    def allowed(self) -> Bools | None:
        """Return a mask [vocab_size] of what may come next; None when the bar is complete."""
        mask = self._inner.allowed()
        return self._mask if mask is not None and mask[FILL : FILL + 3].any() else mask

    def push(self, token: int) -> None:
        """Take the token that was drawn."""
        self._inner.push(token)
