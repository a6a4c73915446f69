"""The rules of RL Tuner, on melodies whose answers were counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import SIXTEENTH, Meter, Ticks

pytest.importorskip("gymnasium", reason="needs the rl extra")

from daw_bridge.envs import melody
from daw_bridge.envs.melody import Leaps

C, A_MINOR = Key(0), Key(9, "minor")


def steps(text: str) -> np.ndarray:
    """Read steps: a number is a pitch, - goes on, . ends."""
    return np.array(
        [{"-": 0, ".": 1}.get(word) or int(word.replace("-", "0")) for word in text.split()]
    )


def note(step: int, pitch: int, length: int, *, tied: bool = False) -> Note:
    start, duration = Ticks(step * SIXTEENTH), Ticks(length * SIXTEENTH)
    return Note(start, pitch, duration, 80, 0, tied)


def bar(*notes: Note) -> Bar:
    return Bar.of(notes, Meter(2, 4))


def test_steps_of_bars() -> None:
    """Two bars of eight: a note over the line, one that ends there, one that another follows."""
    bars = [
        bar(note(0, 60, 2), note(2, 62, 1), note(4, 64, 4)),
        bar(note(0, 64, 2, tied=True), note(6, 67, 2)),
        bar(note(3, 65, 1)),
    ]
    expected = "60 - 62 . 64 - - - - - . - - - 67 - . - - 65 . - - -"
    assert melody.steps_of(bars).tolist() == steps(expected).tolist()
    assert melody.steps_of([]).tolist() == []


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("60 60 60 60 60 60", 1 / 6),  # the sixth has five before it
        ("60 - 60 - 60 - 60 - 60", 0),  # held between: five notes, four before the last
        ("60 - - - - - -", 1 / 7 * 1),  # a hold with five holds before it, a note stops the count
        ("60 . . .", 1 / 4),  # a third end on end
        ("60 62 60 62", 0),
    ],
)
def test_excessive_repeats_literally(text: str, share: float) -> None:
    assert melody.excessive_repeats(steps(text)) == pytest.approx(share)


def test_a_held_note_is_an_excessive_repeat_and_no_struck_one() -> None:
    held = steps("60 " + "- " * 15)
    assert melody.excessive_repeats(held) == 10 / 16
    assert melody.repeats(held) == 0


def test_repeats_of_struck_notes() -> None:
    assert melody.repeats(steps("60 - 60 . 60 60 - - 60 60 62 60")) == 2 / 8
    assert melody.repeats(steps("- - .")) == 0


def test_notes_out_of_the_key() -> None:
    tune = steps("60 - 61 . 66 67")
    assert melody.literally_out_of_key(tune, C) == 2 / 6
    assert melody.out_of_key(tune, C) == 2 / 4
    raised = steps("69 66 68 70")  # the raised sixth and seventh of A minor, and B flat
    assert melody.literally_out_of_key(raised, A_MINOR) == 3 / 4
    assert melody.out_of_key(raised, A_MINOR) == 1 / 4


def test_motifs() -> None:
    tune = steps("60 62 64 - 60 62 64 -")
    # from the fourth step on a window of four is full, and holds three pitches
    assert melody.literally_in_motif(tune, 4) == 5 / 8
    assert melody.in_repeated_motif(tune, 4) == 1 / 8
    assert melody.in_motif(tune, 4) == 3 / 6
    assert melody.literally_in_motif(steps("60 62 64"), 4) == 0


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("60 67 64 60", Leaps(1, 1, 0)),  # turned back to where it came from
        ("60 67 62", Leaps(1, 0, 0)),  # and not so far: undecided
        ("60 67 62 61 60", Leaps(1, 1, 0)),
        ("60 67 75", Leaps(2, 0, 1)),  # doubled, and still open
        ("60 67 75 74 72 70 68 66 64 60", Leaps(2, 1, 1)),
        ("60 72 60", Leaps(2, 0, 0)),  # a leap back that comes too soon only closes
        ("60 72 - - - - - - - 60", Leaps(2, 1, 0)),  # seven steps lie between
        ("60 72 - - - - - - 60", Leaps(2, 0, 0)),  # six
        ("72 60 72", Leaps(2, 0, 0)),
        ("72 64 . 66 68 70 72", Leaps(1, 1, 0)),  # falling, rests only count steps
        ("60 66 60", Leaps()),
    ],
)
def test_leaps(text: str, found: Leaps) -> None:
    assert melody.leaps(steps(text)) == found
    assert found.decided == found.resolved + found.doubled


def test_tonic_highest_and_lowest() -> None:
    assert melody.begins_on_tonic(steps("72 62"), C) == 1
    assert melody.begins_on_tonic(steps("- 60"), C) == 0
    assert melody.begins_on_tonic(steps("69"), A_MINOR) == 1
    tune = steps("60 64 62 60")
    assert (melody.highest_once(tune), melody.lowest_once(tune)) == (1, 0)
    assert (melody.highest_once(steps("- .")), melody.lowest_once(steps("- ."))) == (0, 0)


def test_autocorrelation_by_hand() -> None:
    # the numbers 2, 4, 2, 4 about their mean are -1, 1, -1, 1
    tune = steps("48 50 48 50")
    assert melody.autocorrelation(tune, 1) == pytest.approx(-3 / 4)
    assert melody.autocorrelation(tune, 2) == pytest.approx(2 / 4)
    assert melody.autocorrelation(steps("60 60 60"), 1) == 0


def test_rests_are_what_is_silent_before_notes_and_after_their_ends() -> None:
    assert melody.rests(steps("- 64 - . - 65 64 -")) == 3 / 8
    assert melody.rests(steps("- - - -")) == 1
    assert melody.rests(steps("64 - 65 -")) == 0


def test_long_notes() -> None:
    half, less = "60 " + "- " * 7, "62 " + "- " * 6 + ". "
    assert melody.long_notes(steps(half + less + "64 65")) == 1 / 4
    assert melody.long_notes(steps("64 " + "- " * 7)) == 1


def test_returns() -> None:
    one = bar(note(0, 60, 2), note(2, 64, 2))
    same_way = bar(note(0, 55, 1), note(2, 65, 2))
    other_way = bar(note(0, 60, 2), note(2, 55, 2))
    other_time = bar(note(0, 60, 2), note(3, 64, 2))
    alone = bar(note(0, 60, 2))
    assert melody.returns([one, same_way]) == 1
    assert melody.returns([one, other_way]) == 0
    assert melody.returns([one, other_time, same_way]) == 1 / 2
    assert melody.returns([one, other_way, other_time, same_way]) == 0  # three bars back
    assert melody.returns([one, other_way, other_time, alone, same_way]) == 1 / 3
    assert melody.returns([one, alone]) == 0
