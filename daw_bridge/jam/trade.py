"""Two sources of bars that take turns, each hearing the other."""

from __future__ import annotations

from copy import copy
from dataclasses import replace

from daw_bridge.jam.ask import Ask
from daw_bridge.jam.bars import BarSource
from daw_bridge.music.notes import Bar

OTHER = 16
"""The voices of the other are numbered from here on, so that they may go elsewhere."""


class TradedBars:
    """Bars of two sources, so many of each in its turn; the other's voices begin at `voice`."""

    def __init__(self, one: BarSource, other: BarSource, bars: int, voice: int = 0) -> None:
        self._one, self._other = one, other
        self._bars = bars
        self._voice = voice

    def __copy__(self) -> TradedBars:
        """Return bars that go on from here."""
        return TradedBars(copy(self._one), copy(self._other), self._bars, self._voice)

    def bar(self, ask: Ask) -> Bar:
        """Have the one whose turn it is make a bar, and the other hear it."""
        if ask.number // self._bars % 2 == 0:
            bar = self._one.bar(ask)
            self._other.hear(ask.number, bar)
            return bar
        bar = self._other.bar(ask)
        self._one.hear(ask.number, bar)
        return Bar.of((replace(n, voice=n.voice + self._voice) for n in bar.notes), bar.meter)

    def hear(self, number: int, bar: Bar | None) -> None:
        """Let both hear a bar that neither made."""
        self._one.hear(number, bar)
        self._other.hear(number, bar)
