"""What is observed of leaps is what the rules count: which is open, and what each note would do."""

from __future__ import annotations

import numpy as np
import pytest

from daw_bridge.encoding.chip_voices import ChipVoices
from daw_bridge.encoding.line import HOLD, Line
from daw_bridge.policies.observe_leap import (
    BACK,
    LEAP_BACK,
    NO_LEAP,
    NOTHING,
    ON,
    Leap,
    LeapTable,
)


@pytest.mark.parametrize(
    ("leap", "pitch", "way"),
    [
        (NO_LEAP, 60, NOTHING),
        (Leap(0, -1, 60), 72, NOTHING),  # it opens one
        (Leap(1, 60, 72), 79, ON),
        (Leap(1, 60, 72), 78, NOTHING),
        (Leap(1, 60, 72), 66, NOTHING),
        (Leap(1, 60, 72), 65, LEAP_BACK),
        (Leap(1, 60, 66), 60, BACK),
        (Leap(1, 60, 66), 61, NOTHING),
        (Leap(-1, 72, 60), 53, ON),
        (Leap(-1, 72, 60), 67, LEAP_BACK),
        (Leap(-1, 66, 60), 66, BACK),
    ],
)
def test_what_a_note_does_to_an_open_leap(leap: Leap, pitch: int, way: int) -> None:
    assert leap.way(pitch) == way


def test_a_leap_stays_open_until_it_is_turned_back() -> None:
    steps = [60, 72, 79, 75, 70, 65, 60, 72]
    seen, leap = [], NO_LEAP
    for pitch in steps:
        leap = leap.after(pitch)
        seen.append((leap.direction, leap.left))
    none = (0, -1)
    assert seen == [none, (1, 60), (1, 60), (1, 60), (1, 60), (1, 60), none, (1, 60)]


def test_tokens_that_are_no_notes_leave_a_leap_open() -> None:
    table = LeapTable(Line().tokens)
    found = table.observe(np.array([60, HOLD, 72, HOLD, 79]))
    assert found.tolist() == [
        [*NO_LEAP],
        [0, -1, 60],
        [0, -1, 60],
        [1, 60, 72],
        [1, 60, 72],
    ]
    ways = table.ways(Leap(1, 60, 72))
    assert len(ways) == Line().vocab_size
    assert (ways[79], ways[65], ways[HOLD]) == (ON, LEAP_BACK, NOTHING)


def test_a_network_of_several_voices_is_told_of_no_leaps() -> None:
    from daw_bridge.policies.token_lookback import TokenLookBackPolicy

    assert TokenLookBackPolicy.laid_down(Line())["leaps"] == range(2)
    assert TokenLookBackPolicy.laid_down(ChipVoices())["leaps"] == range(1)
