"""The score: which messages, at which tick, in which order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daw_bridge.jam.schedule import Route, Score
from daw_bridge.midi.messages import starts_note
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Ticks
from tests.jam.scripts import kit

KICK_AT_24 = kit({"kick": 24})
ONE_TOM = kit({"kick": 36, "snare": 38, "low-tom": 45}, {"hi-mid-tom": "low-tom"})


def note(start: int, pitch: int = 36, duration: int = 60, velocity: int = 100) -> Note:
    return Note(Ticks(start), pitch, Ticks(duration), velocity)


def played(score: Score, until: int = 10**6) -> list[tuple[int, str]]:
    return [(tick, data.hex(" ")) for tick, _, data in score.until(Ticks(until))]


def test_a_note_starts_and_ends() -> None:
    score = Score({0: Route()})
    score.place(Bar.of([note(0)]), Ticks(1920))
    assert played(score) == [(1920, "99 24 64"), (1980, "89 24 00")]


def test_a_hit_ahead_of_the_bar_line_sounds_ahead_of_it() -> None:
    score = Score({0: Route()})
    score.place(Bar.of([note(-15)]), Ticks(1920))
    assert score.next_tick() == 1905


def test_nothing_starts_before_the_music() -> None:
    score = Score({0: Route()})
    score.place(Bar.of([note(-15)]), Ticks(0))
    assert played(score)[0] == (0, "99 24 64")


def test_an_end_goes_before_a_start_at_one_tick() -> None:
    score = Score({0: Route()})
    score.place(Bar.of([note(0, 38), note(60, 36)]), Ticks(0))
    assert [data for tick, data in played(score) if tick == 60] == ["89 26 00", "99 24 64"]


def test_what_was_taken_out_can_be_put_back_and_a_bar_be_taken_away() -> None:
    score = Score({0: Route()})
    score.place(Bar.of([note(0, 38), note(1900, 40, 20)]), Ticks(0))
    first = played(score, 1905)
    second = [note(-10, 41), note(0, 36), note(0, 36, velocity=90), note(5, 42)]
    score.place(Bar.of(second), Ticks(1920))
    before = played(score, 1921)
    assert [tick for tick, _ in first] == [0, 60, 1900]
    assert [tick for tick, _ in before] == [1910, 1920, 1920]
    score.put_back(Ticks(1915))
    assert played(score, 1921) == before[1:]
    score.put_back(Ticks(1915))
    score.leave(Ticks(1920))
    score.place(Bar.of([note(0, 43)]), Ticks(1920))
    assert played(score) == [
        (1920, "89 28 00"),
        (1920, "99 2b 64"),
        (1970, "89 29 00"),
        (1980, "89 2b 00"),
    ]


def test_a_tie_into_a_bar_that_is_taken_away_ends_where_it_was_to() -> None:
    score = Score({0: Route()})
    score.place(Bar.of([note(960, 60, 960)]), Ticks(0))
    tied = Note(Ticks(0), 60, Ticks(480), 90, tied=True)
    score.place(Bar.of([tied]), Ticks(1920))
    score.leave(Ticks(1920))
    score.place(Bar.of([Note(Ticks(0), 60, Ticks(240), 90, tied=True)]), Ticks(1920))
    assert played(score) == [(960, "99 3c 64"), (2160, "89 3c 00")]
    score.place(Bar.of([tied]), Ticks(3840))
    score.leave(Ticks(3840))
    assert played(score) == []


def test_a_note_on_a_sounding_key_ends_it_first() -> None:
    score = Score({0: Route()})
    score.place(
        Bar.of([note(0, duration=960), note(0, 38), note(480, 36, 480), note(480, 38)]), Ticks(0)
    )
    assert [event for event in played(score) if event[1].split()[1] == "24"] == [
        (0, "99 24 64"),
        (480, "89 24 00"),
        (480, "99 24 64"),
        (960, "89 24 00"),
    ]


def test_of_two_hits_on_one_pad_the_louder_stays() -> None:

    score = Score({0: Route(drum_map=ONE_TOM)})
    score.place(Bar.of([note(0, 45, velocity=40), note(0, 48, velocity=90)]), Ticks(0))
    assert played(score) == [(0, "99 2d 5a"), (60, "89 2d 00")]


def test_a_drum_without_a_pad_is_dropped() -> None:
    score = Score({0: Route(drum_map=KICK_AT_24)})
    score.place(Bar.of([note(0, 36), note(0, 51)]), Ticks(0))
    assert played(score) == [(0, "99 18 64"), (60, "89 18 00")]


def test_a_voice_without_a_route_is_silent() -> None:
    score = Score({1: Route(channel=0)})
    score.place(Bar.of([note(0)]), Ticks(0))
    assert played(score) == []


def test_a_map_that_changes_under_a_note_ends_it_as_it_was_sent() -> None:
    score = Score({0: Route(drum_map=KICK_AT_24)})
    score.place(Bar.of([note(0), note(480)]), Ticks(0))
    first = played(score, until=1)
    score.through(kit({"kick": 36}))
    assert first + played(score) == [
        (0, "99 18 64"),
        (60, "89 18 00"),
        (480, "99 24 64"),
        (540, "89 24 00"),
    ]


@pytest.mark.parametrize("struck_before_placing", [False, True])
def test_a_tied_note_makes_the_one_before_it_longer(*, struck_before_placing: bool) -> None:
    score = Score({0: Route(channel=0)})
    score.place(Bar.of([note(960, 60, 960)]), Ticks(0))
    first = played(score, until=961) if struck_before_placing else []
    for line in (1920, 3840):
        tie = Note(Ticks(0), 60, Ticks(1920 if line == 1920 else 480), 100, tied=True)
        score.place(Bar.of([tie]), Ticks(line))
    assert first + played(score) == [(960, "90 3c 64"), (4320, "80 3c 00")]


@pytest.mark.parametrize("struck_before_placing", [False, True])
def test_a_tie_shorter_than_the_note_before_it_adds_its_own_length(
    *, struck_before_placing: bool
) -> None:
    score = Score({0: Route(channel=0)})
    score.place(Bar.of([note(0, 60, 1920)]), Ticks(0))
    first = played(score, until=1) if struck_before_placing else []
    tie = Note(Ticks(0), 60, Ticks(240), 100, tied=True)
    score.place(Bar.of([tie]), Ticks(1920))
    assert first + played(score) == [(0, "90 3c 64"), (2160, "80 3c 00")]


@pytest.mark.parametrize("end", [1919, 1921, 2400])
def test_a_tie_goes_on_from_a_note_that_ends_where_it_begins_and_from_no_other(end: int) -> None:
    score = Score({0: Route(channel=0)})
    score.place(Bar.of([note(960, 60, end - 960)]), Ticks(0))
    score.place(Bar.of([Note(Ticks(0), 60, Ticks(240), 80, tied=True)]), Ticks(1920))
    assert played(score) == [
        (960, "90 3c 64"),
        (min(end, 1920), "80 3c 00"),
        (1920, "90 3c 50"),
        (2160, "80 3c 00"),
    ]


def test_a_tie_with_nothing_before_it_is_struck() -> None:
    score = Score({0: Route(channel=0)})
    score.place(Bar.of([Note(Ticks(0), 60, Ticks(480), 100, tied=True)]), Ticks(1920))
    assert played(score) == [(1920, "90 3c 64"), (2400, "80 3c 00")]


notes = st.builds(
    note,
    start=st.integers(-200, 1919),
    pitch=st.sampled_from([36, 38, 45, 48]),
    duration=st.integers(1, 4000),
    velocity=st.integers(1, 127),
)


@given(bars=st.lists(st.lists(notes, max_size=12), max_size=4), cuts=st.lists(st.integers(0, 9000)))
def test_every_note_ends_once_and_no_key_sounds_twice(
    bars: list[list[Note]], cuts: list[int]
) -> None:
    score = Score({0: Route(drum_map=ONE_TOM)})
    for index, bar in enumerate(bars):
        score.place(Bar.of(bar), Ticks(index * 1920))
    events = [event for end in [*sorted(cuts), 10**6] for event in score.until(Ticks(end))]
    assert [tick for tick, _, _ in events] == sorted(tick for tick, _, _ in events)
    sounding: set[bytes] = set()
    for _, _, data in events:
        key = data[1:2]
        if starts_note(data):
            assert key not in sounding
            sounding.add(key)
        else:
            sounding.remove(key)
    assert not sounding
