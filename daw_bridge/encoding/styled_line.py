"""A melody as in `line`, that is told of what style it is besides.

There are six tokens for each key: for music of any style, and for that of each of `STYLES`.
"""

from __future__ import annotations

from dataclasses import dataclass

from daw_bridge.encoding.codec import TokenTable
from daw_bridge.encoding.keyed_bars import KeyedBars
from daw_bridge.encoding.line import Line, line_tokens
from daw_bridge.encoding.meters import N_KEYS
from daw_bridge.errors import UserError, near
from daw_bridge.music.time import Meter

STYLES = ("song", "riff", "chip", "dance", "hymn")
"""What is sung; leads and riffs of songs for games; tunes of a chip; dances; chorales."""

_TOLD = ("", *(f"_{style}" for style in STYLES))


@dataclass(frozen=True, slots=True)
class StyledLine(Line):
    """Hold the grid, the key and the style of a melody; None is any.

    Raises:
        UserError: the style is unknown.
    """

    style: str | None = None

    name = "styled-line"
    styles = STYLES
    n_key_tokens = len(_TOLD) * N_KEYS

    def __post_init__(self) -> None:
        KeyedBars.__post_init__(self)
        if self.style is not None and self.style not in STYLES:
            raise UserError("a style", repr(self.style), near(self.style, STYLES))

    @property
    def tokens(self) -> TokenTable:
        """What each token is and does."""
        return line_tokens(self.steps_per_quarter, _TOLD, triplets=self.triplets)

    def conditions(self, meter: Meter) -> tuple[int, int]:
        """Return the tokens that open a bar: meter, key and style."""
        opened, key = KeyedBars.conditions(self, meter)
        return opened, key + N_KEYS * (0 if self.style is None else 1 + STYLES.index(self.style))
