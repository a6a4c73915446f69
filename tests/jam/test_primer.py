"""A primer is heard, kept or played around, each by itself."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from daw_bridge.jam.primer import PrimedBars, Primer, without
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Ticks


def bar(*notes: tuple[int, int, int]) -> Bar:
    return Bar.of(Note(Ticks(start), pitch, Ticks(length), 90) for start, pitch, length in notes)


TUNE = (bar((0, 60, 960)), bar((0, 62, 480)))
MADE = [bar((0, 60, 960), (0, 48, 480)), bar((0, 62, 480), (480, 50, 480)), bar((0, 40, 480))]


class Scripted:
    """Give bars that are written down, and write down what was heard."""

    def __init__(self) -> None:
        self.heard: list[Bar] = []
        self._bars = iter(MADE)

    def prime(self, bars: Iterable[Bar]) -> None:
        self.heard.extend(bars)

    def next_bar(self) -> Bar:
        return next(self._bars)


@pytest.mark.parametrize("condition", [True, False])
@pytest.mark.parametrize(
    ("inject", "keep", "expected"),
    [
        (False, False, MADE),
        (False, True, [*TUNE, MADE[0]]),
        (True, True, MADE),
        (True, False, [bar((0, 48, 480)), bar((480, 50, 480)), MADE[2]]),
    ],
)
def test_each_option_does_its_own(
    condition: bool, inject: bool, keep: bool, expected: list[Bar]
) -> None:
    source = Scripted()
    bars = PrimedBars(source, Primer(TUNE, condition=condition, inject=inject, keep=keep))
    assert source.heard == (list(TUNE) if condition else [])
    assert [bars.next_bar() for _ in range(3)] == expected


def test_the_defaults_hear_the_primer_and_no_more() -> None:
    primer = Primer(TUNE)
    assert (primer.condition, primer.inject, primer.keep) == (True, False, False)
    assert primer.bars_before == 0


def test_only_what_sounds_at_the_same_time_is_left_out() -> None:
    made = bar((0, 60, 480), (960, 60, 480), (480, 64, 480))
    assert without(made, TUNE[0].notes) == bar((960, 60, 480), (480, 64, 480))
