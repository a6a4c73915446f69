"""A bar is drawn again where it goes round in circles, or where eight of them stay on a note."""

from __future__ import annotations

from daw_bridge.music.form import UNKNOWN, Heard, Kind, Label
from daw_bridge.policies.guard import circles, is_stuck, may_stay

NEW, EXACT, VARIED = (Label(kind) for kind in (Kind.NEW, Kind.EXACT, Kind.VARIED))


def notes(*pitches: int, voice: int = 0) -> Heard:
    return frozenset((voice, 120 * n, pitch, 120, 0) for n, pitch in enumerate(pitches))


def test_a_new_bar_is_none_of_those_before() -> None:
    before = [notes(60), notes(62)]
    assert circles(before, notes(62), NEW)
    assert not circles(before, notes(64), NEW)
    assert not circles(before, notes(62), EXACT)
    assert not circles([notes()], notes(), NEW)


def test_where_nothing_is_told_a_bar_may_come_round_once() -> None:
    assert not circles([notes(60)], notes(60), UNKNOWN)
    assert circles([notes(60)] * 2, notes(60), UNKNOWN)


def test_what_is_not_to_be_new_may_stay() -> None:
    assert may_stay(EXACT)
    assert may_stay(VARIED)
    assert not may_stay(NEW)
    assert not may_stay(UNKNOWN)


def test_bars_do_not_stay_on_a_note() -> None:
    pedal = notes(*[33] * 15, 36)
    assert is_stuck([pedal] * 8, frozenset(), 0)
    assert not is_stuck([*[pedal] * 4, *[notes(*range(48, 64))] * 4], frozenset(), 0)
    assert not is_stuck([notes(60, 62, 64, 65)] * 8, frozenset(), 0)


def test_bars_do_not_come_to_rest() -> None:
    few = [notes(60, 62, 64, 65), *[notes()] * 7]
    assert is_stuck(few, frozenset(), 1)
    assert not is_stuck(few, frozenset(), 0)
    assert not is_stuck([notes()] * 8, frozenset(), 0)


def test_drums_have_no_pitch() -> None:
    beat = notes(36, 38, 42, 46, 49, voice=3)
    assert is_stuck([beat | notes(33)] * 8, frozenset({3}), 0)
    assert not is_stuck([beat | notes(33)] * 8, frozenset(), 0)
