"""Where no loudness is asked for, phrases have one each, and begin anew with it."""

from __future__ import annotations

import numpy as np
import pytest

from daw_bridge.encoding.line import Line
from daw_bridge.jam.ask import Ask
from daw_bridge.music.form import PHRASE, UNKNOWN
from daw_bridge.music.loudness import Loudness
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Ticks
from daw_bridge.policies.observe_touch import LOUD, N_VELOCITIES
from daw_bridge.policies.phrases import Phrases
from daw_bridge.policies.touch import Touch
from daw_bridge.policies.touched import TouchedBars
from tests.tiny_touch import TOUCH

NEVER = -1e4
ROUND = np.full((7, 6), NEVER, np.float32)
ROUND[[0, 1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 0, 3]] = 0.0
"""Louder with every phrase, from mf on, and then pp."""


def touch_of(*, sticks: bool = False) -> Touch:
    """Return a touch that plays 20 times as hard as is told; or what it played before, if any."""
    hidden, told = TOUCH["hidden"], LOUD.start + 3 * TOUCH["embedding"]
    weights = {name: np.zeros(size, np.float32) for name, size in Touch.shapes(**TOUCH).items()}
    for each in Loudness:
        weights["layers.0.weight"][2 * hidden + each, told + each] = 9
        weights["layers.0.bias"][[each, 3 * hidden + each]] = 9
        weights["layers.0.bias"][hidden + each] = -9
        weights["output.weight"][20 * (each + 1), each] = 60
    weights["output.bias"][1] = 20
    weights["output.bias"][N_VELOCITIES] = 400 if sticks else NEVER
    weights["output.bias"][N_VELOCITIES + 1 :] = NEVER
    weights["phrases"] = ROUND
    return Touch(Line(), weights)


class Notes:
    """Bars of four notes each."""

    def bar(self, _ask: Ask) -> Bar:
        return Bar.of(Note(Ticks(480 * beat), 60, Ticks(240), 90) for beat in range(4))

    def hear(self, _number: int, _bar: Bar | None) -> None: ...


def bars_of(
    touch: Touch, *, heard: tuple[Bar, ...] = (), first: int = 0, loudness: Loudness | None = None
) -> TouchedBars:
    notes = Notes()
    return TouchedBars(
        notes,  # type: ignore[arg-type]
        touch,
        5,
        heard=heard,
        form=lambda _: UNKNOWN,
        loudness=loudness,
        first=first,
    )


def velocities(bars: TouchedBars, numbers: range) -> list[int]:
    made = [bars.bar(Ask(number)) for number in numbers]
    assert all(len({note.velocity for note in bar.notes}) == 1 for bar in made)
    return [bar.notes[0].velocity for bar in made]


PLAYED = [*[80] * PHRASE, *[100] * PHRASE, *[120] * PHRASE]


def test_phrases_follow_as_their_chances_say() -> None:
    phrases = Phrases(ROUND, 1)
    assert [phrases.of(number) for number in (0, 7, 8, 16, 24, 32)] == [3, 3, 4, 5, 0, 1]
    assert Phrases(ROUND, 1).of(40) == 2


def test_a_seed_draws_the_same_phrases_and_another_others() -> None:
    even = np.zeros((7, 6), np.float32)
    drawn = [[Phrases(even, seed).of(8 * n) for n in range(20)] for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(set(drawn[0])) > 3


@pytest.mark.parametrize("sticks", [False, True])
def test_each_phrase_begins_anew_with_a_loudness_of_its_own(*, sticks: bool) -> None:
    assert velocities(bars_of(touch_of(sticks=sticks)), range(24)) == PLAYED


def test_a_loudness_that_is_asked_for_is_that_of_all_phrases() -> None:
    assert velocities(bars_of(touch_of(), loudness=Loudness.P), range(24)) == [40] * 24


def test_what_goes_on_from_others_goes_on_as_they_played_until_its_phrase_ends() -> None:
    quiet = Bar.of([Note(Ticks(0), 60, Ticks(240), 33)])
    after_a_primer = bars_of(touch_of(sticks=True), heard=(quiet,))
    assert velocities(after_a_primer, range(16)) == [*[33] * 8, *PLAYED[8:16]]
    answering = bars_of(touch_of(sticks=True))
    answering.hear(0, quiet)
    assert velocities(answering, range(1, 16)) == [*[33] * 7, *PLAYED[8:16]]
    for number in range(16, 24):
        answering.hear(number, quiet)
    assert velocities(answering, range(24, 32)) == [33] * 8


def test_a_bar_that_was_heard_and_is_then_made_after_all_leaves_nothing() -> None:
    bars = bars_of(touch_of())
    velocities(bars, range(9))
    bars.hear(9, Bar.of([Note(Ticks(0), 60, Ticks(240), 33)]))
    assert velocities(bars, range(9, 24)) == PLAYED[9:]


@pytest.mark.parametrize("number", [8, 13, 16])
def test_one_that_is_made_again_on_the_way_goes_on_the_same(number: int) -> None:
    whole = bars_of(touch_of(sticks=True))
    played = tuple(whole.bar(Ask(each)) for each in range(24))
    again = bars_of(touch_of(sticks=True), heard=played[:number], first=number)
    assert [again.bar(Ask(each)) for each in range(number, 24)] == [*played[number:]]
