"""A primer is heard, kept or played around, each by itself."""

from __future__ import annotations

import pytest

from daw_bridge.jam.ask import Ask
from daw_bridge.jam.primer import PrimedBars, Primer, parted, without
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Meter, Ticks


def bar(*notes: tuple[int, int, int]) -> Bar:
    return Bar.of(Note(Ticks(start), pitch, Ticks(length), 90) for start, pitch, length in notes)


TUNE = (bar((0, 60, 960)), bar((0, 62, 480)))
MADE = [bar((0, 60, 960), (0, 48, 480)), bar((0, 62, 480), (480, 50, 480)), bar((0, 40, 480))]


class Scripted:
    """Make bars that are written down, and write down what was heard with each."""

    def __init__(self) -> None:
        self.heard: dict[int, Bar | None] = {}

    def bar(self, ask: Ask) -> Bar:
        self.heard[ask.number] = ask.heard
        return MADE[ask.number]


@pytest.mark.parametrize(
    ("inject", "keep", "expected"),
    [
        (False, False, MADE),
        (False, True, [*TUNE, MADE[0]]),
        (True, True, MADE),
        (True, False, [bar((0, 48, 480)), bar((480, 50, 480)), MADE[2]]),
    ],
)
def test_each_option_does_its_own(inject: bool, keep: bool, expected: list[Bar]) -> None:
    source = Scripted()
    bars = PrimedBars(source, Primer(TUNE, inject=inject, keep=keep))
    assert [bars.bar(Ask(number)) for number in range(3)] == expected
    assert source.heard == (
        dict(enumerate((*TUNE, None)) if inject else ((n, None) for n in range(1 if keep else 3)))
    )


def test_what_is_made_around_a_primer_is_in_its_meters_and_what_follows_in_the_jams() -> None:
    asked: list[tuple[int, str]] = []

    class Asked(Scripted):
        def bar(self, ask: Ask) -> Bar:
            asked.append((ask.number, str(ask.meter)))
            return super().bar(ask)

    tune = (Bar(TUNE[0].notes, Meter(1, 4)), Bar(TUNE[1].notes, Meter(7, 8)))
    bars = PrimedBars(Asked(), Primer(tune, inject=True))
    made = [bars.bar(Ask(number, meter=Meter(3, 4))) for number in range(3)]
    assert [str(bar.meter) for bar in made[:2]] == ["1/4", "7/8"]
    assert asked == [(0, "1/4"), (1, "7/8"), (2, "3/4")]


def test_a_bar_can_be_asked_for_again() -> None:
    bars = PrimedBars(Scripted(), Primer(TUNE, keep=True))
    asked = (0, 1, 2, 1, 0, 3, 2)
    assert [bars.bar(Ask(number)) for number in asked] == [[*TUNE, *MADE][n] for n in asked]


def test_the_defaults_hear_the_primer_and_no_more() -> None:
    primer = Primer(TUNE)
    assert (primer.condition, primer.inject, primer.keep) == (True, False, False)
    assert primer.bars_before == 0


def test_only_what_sounds_at_the_same_time_is_left_out() -> None:
    made = bar((0, 60, 480), (960, 60, 480), (480, 64, 480))
    assert without(made, TUNE[0].notes) == bar((960, 60, 480), (480, 64, 480))


def test_chords_are_parted_with_their_lowest_note_for_the_last_voice() -> None:
    four = [(0, pitch, 480) for pitch in (60, 64, 67, 48)]
    chords = bar(*four, (480, 55, 480), (480, 71, 480), (960, 50, 480))
    voices = {(note.start, note.pitch): note.voice for note in parted((chords,), 4)[0].notes}
    assert voices == {
        (0, 67): 0,
        (0, 64): 1,
        (0, 60): 2,
        (0, 48): 3,
        (480, 71): 0,
        (480, 55): 3,
        (960, 50): 0,
    }
