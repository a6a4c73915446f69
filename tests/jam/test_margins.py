"""Margins: how long before they are due bars are ready, and how far ahead that has them made."""

from __future__ import annotations

import pytest

from daw_bridge.jam.events import Margin
from daw_bridge.jam.margins import AHEAD, KEPT, MOST_AHEAD, Margins
from daw_bridge.music.time import Seconds

BAR_S = 2.0


def place(margins: Margins, number: int, ready_s: float, due_s: float) -> Margin | None:
    margins.ready(number, Seconds(ready_s))
    return margins.placed(number, Seconds(due_s), BAR_S)


def test_a_margin_is_from_ready_to_due() -> None:
    margins = Margins()
    assert place(margins, 1, 2.5, 6.0) == Margin(3.5, 3.5)
    assert place(margins, 2, 4.5, 8.25) == Margin(3.75, 3.5)
    assert str(margins.last) == "margin 3.75 s (p5 3.50)"
    assert margins.ahead == AHEAD


def test_a_late_bar_has_less_than_none_from_when_it_was_first_due() -> None:
    margins = Margins()
    for line in (4.0, 6.0):
        margins.late(3, Seconds(line))
    assert place(margins, 3, 6.5, 8.0) == Margin(-2.5, -2.5)
    assert place(margins, 4, 6.6, 10.0) == Margin(pytest.approx(3.4), -2.5)


def test_where_nobody_tells_when_bars_are_made_there_are_no_margins() -> None:
    margins = Margins()
    assert margins.placed(0, Seconds(4.0), BAR_S) is None
    assert (margins.last, margins.ahead) == (None, AHEAD)


def test_a_bar_that_is_made_again_counts_as_ready_then() -> None:
    margins = Margins()
    margins.ready(5, Seconds(1.0))
    assert place(margins, 5, 3.0, 6.0) == Margin(3.0, 3.0)


def test_bars_are_made_further_ahead_where_less_than_half_a_bar_is_left_up_to_a_bound() -> None:
    margins = Margins()
    aheads = []
    for number, margin_s in enumerate((1.0, 0.99, 1.0, -3.0, *[0.5] * 9)):
        place(margins, number, 10.0 - margin_s, 10.0)
        aheads.append(margins.ahead)
    assert aheads == [2, 3, 3, 4, 5, *[MOST_AHEAD] * 8]


def test_five_of_a_hundred_bars_had_less_than_p5_and_what_is_long_ago_is_forgotten() -> None:
    margins = Margins()
    for number in range(100):
        place(margins, number, 10.0 - number, 10.0)
    assert margins.last == Margin(99.0, 5.0)
    for number in range(100, 100 + KEPT):
        place(margins, number, 4.0, 10.0)
    assert margins.last == Margin(6.0, 6.0)
