"""Where eighths off the beat are struck, and bars that are made to swing."""

import pytest

from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.swing import STRAIGHT, swing_of, swung
from daw_bridge.music.time import PPQ, Meter, Ticks

EIGHTHS = [(n * 240, 200) for n in range(8)]


def bar(*notes: tuple[int, int], meter: Meter = Meter()) -> Bar:  # it is frozen
    """Give a bar of notes: the tick of each, and its length."""
    return Bar.of((Note(Ticks(at), 60, Ticks(length), 80) for at, length in notes), meter)


def starts(of: Bar) -> list[int]:
    return [note.start for note in of.notes]


@pytest.mark.parametrize("swing", [0.5, 0.58, 2 / 3])
def test_a_bar_that_is_made_to_swing_does_and_is_as_it_was_when_it_is_made_straight(swing):
    straight = bar(*EIGHTHS)
    other = swung(straight, swing)
    assert swing_of([other]) == pytest.approx(swing, abs=0.5 / PPQ)
    assert starts(other)[::2] == starts(straight)[::2]
    assert starts(swung(other, STRAIGHT)) == starts(straight)
    assert swung(other, swing) == other


def test_sixteenths_and_ends_move_along_and_nothing_overlaps():
    sixteenths = swung(bar(*((n * 120, 120) for n in range(16))), 2 / 3)
    assert starts(sixteenths)[:5] == [0, 160, 320, 400, 480]
    ends = [note.start + note.duration for note in sixteenths.notes]
    assert ends == [*starts(sixteenths)[1:], 1920]


def test_who_strikes_before_the_bar_line_moves_along():
    assert starts(swung(bar((-40, 200), (240, 100)), 0.6)) == [-32, 288]


def test_triplets_do_not_swing():
    triplets = bar((0, 160), (160, 160), (320, 160), (480, 240), (720, 240))
    assert swing_of([triplets]) == 0.5
    assert starts(swung(triplets, 2 / 3)) == [0, 160, 320, 480, 800]


@pytest.mark.parametrize("meter", [Meter(6, 8), Meter(7, 8)])
def test_bars_whose_beats_are_no_quarters_stay_as_they_are(meter):
    eighths = bar(*EIGHTHS[:6], meter=meter)
    assert swung(eighths, 0.6) == eighths


def test_where_nothing_is_off_the_beat_there_is_no_swing():
    assert swing_of([bar((0, 480), (480, 100), (360, 100)), Bar()]) is None
