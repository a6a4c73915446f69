"""What is played, as bars."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daw_bridge.jam.listen import NOTHING_HEARD, RUSH, Ear, found_in
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.keys import Key
from daw_bridge.music.loudness import Loudness
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Meter, Ticks

BAR = Meter().bar_length()


def ear_of(*notes: tuple[int, int, int]) -> Ear:
    """Give an ear that has heard notes: start, end, pitch."""
    events = [(start, 1, note_on(0, pitch, 80)) for start, _, pitch in notes]
    events += [(end, 0, note_off(0, pitch)) for _, end, pitch in notes]
    ear = Ear()
    for tick, _, data in sorted(events):
        ear.take(Ticks(tick), data)
    return ear


def spelled(bar: Bar) -> list[tuple[int, int, int, bool]]:
    return [(note.start, note.pitch, note.duration, note.tied) for note in bar.notes]


def test_a_bar_has_what_begins_in_it_and_what_is_held_into_it():
    ear = ear_of((0, 480, 60), (1800, 2400, 62), (2400, 2500, 64))
    assert spelled(ear.bar(Ticks(0), Meter())) == [(0, 60, 480, False), (1800, 62, 120, False)]
    assert spelled(ear.bar(BAR, Meter())) == [(0, 62, 480, True), (480, 64, 100, False)]


def test_a_note_shortly_before_its_bar_line_belongs_to_the_bar_that_it_announces():
    ear = ear_of((BAR - RUSH, BAR + 100, 60), (BAR - RUSH - 1, BAR - 10, 62))
    assert spelled(ear.bar(Ticks(0), Meter())) == [(BAR - RUSH - 1, 62, RUSH - 9, False)]
    assert spelled(ear.bar(BAR, Meter())) == [(-RUSH, 60, RUSH + 100, False)]


def test_a_bar_that_is_not_over_has_what_sounds_as_far_as_it_does():
    ear = Ear()
    ear.take(Ticks(100), note_on(0, 60, 80))
    assert spelled(ear.bar(Ticks(0), Meter(), Ticks(400))) == [(100, 60, 300, False)]
    assert spelled(ear.bar(Ticks(0), Meter(), Ticks(100))) == []
    assert spelled(ear.bar(Ticks(0), Meter())) == [(100, 60, BAR - 100, False)]


def test_a_key_that_is_struck_again_ends_what_sounded_on_it():
    ear = Ear()
    for tick in (0, 240):
        ear.take(Ticks(tick), note_on(3, 60, 80))
    ear.take(Ticks(300), note_on(3, 60, 0))
    assert spelled(ear.bar(Ticks(0), Meter())) == [(0, 60, 240, False), (240, 60, 60, False)]
    assert [note.voice for note in ear.bar(Ticks(0), Meter()).notes] == [3, 3]


@pytest.mark.parametrize("data", [b"\xff", b"\xb0\x7b\x00"])
def test_a_reset_ends_all_that_is_held(data):
    ear = Ear()
    ear.take(Ticks(0), note_on(0, 60, 80))
    ear.take(Ticks(240), data)
    assert spelled(ear.bar(Ticks(0), Meter())) == [(0, 60, 240, False)]


def test_it_knows_how_long_nothing_has_sounded():
    ear = Ear()
    assert ear.quiet(Ticks(100)) is None
    ear.take(Ticks(100), note_on(0, 60, 80))
    assert ear.quiet(Ticks(500)) == 0
    ear.take(Ticks(500), note_off(0, 60))
    assert ear.quiet(Ticks(600)) == 100


def test_what_is_long_over_is_forgotten():
    ear = ear_of((0, 480, 60), (BAR, BAR + 480, 62))
    ear.forget(BAR)
    assert not ear.bar(Ticks(0), Meter()).notes
    assert ear.bar(BAR, Meter()).notes


NOTES = st.lists(st.tuples(st.integers(0, 4 * BAR - 1), st.integers(1, BAR), st.integers(0, 127)))


@given(NOTES)
def test_every_note_is_struck_in_one_bar_and_sounds_as_long_as_it_was_played(notes):
    apart = {(start, pitch): length for start, length, pitch in notes}
    alone = [
        (start, start + length, pitch)
        for (start, pitch), length in apart.items()
        if not any(p == pitch and s != start and abs(s - start) <= BAR for s, p in apart)
    ]
    ear = ear_of(*alone)
    bars = [ear.bar(Ticks(n * BAR), Meter()) for n in range(6)]
    struck = [
        (n * BAR + note.start, note.pitch) for n, bar in enumerate(bars) for note in bar.notes
        if not note.tied
    ]  # fmt: skip
    assert sorted(struck) == sorted((start, pitch) for start, _, pitch in alone)
    sounded = sum(note.duration for bar in bars for note in bar.notes)
    played = sum(end - start for start, end, _ in alone)
    assert played - RUSH * len(alone) <= sounded <= played


def test_it_finds_the_key_the_density_the_register_and_the_loudness():
    pitches = (62, 64, 66, 67, 69, 71, 73, 74)  # D major
    notes = [Note(Ticks(n * 240), pitch, Ticks(240), 112) for n, pitch in enumerate(pitches)]
    found = found_in([Bar.of(notes), Bar.of(notes[:4])])
    assert found.key == Key.parse("D")
    assert found.density == 6
    assert (found.low, found.high) == (62, 74)
    assert found.loudness is Loudness.FF
    assert found.swing == 0.5
    assert found.paused


def test_swing_is_where_the_eighths_off_the_beat_are():
    swung = [Note(Ticks(at), 60, Ticks(100), 80) for at in (0, 320, 480, 800, 1080)]
    assert found_in([Bar.of(swung)]).swing == pytest.approx(2 / 3)
    assert found_in([Bar.of(swung[:1])]).swing is None


def test_nothing_is_found_in_silence():
    assert found_in([Bar(), Bar()]) == NOTHING_HEARD
