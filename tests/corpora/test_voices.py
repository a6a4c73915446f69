"""Songs of many tracks as four voices."""

from __future__ import annotations

import numpy as np

from daw_bridge.corpora.material import Track
from daw_bridge.corpora.pieces import Events
from daw_bridge.corpora.voices import PULSE_1, PULSE_2, TRIANGLE, four_voices, melody

TURN = 1920


def track(name: str, pitch: int, turns: list[int]) -> Track:
    """Play sixteen sixteenths of one pitch in each of some turns."""
    onsets = [TURN * turn + 120 * place for turn in turns for place in range(16)]
    return Track(name, False, Events.of(onsets, pitch, 100, 90, 0))


def played(events: Events, voice: int) -> list[int]:
    """Give the pitch that a voice has in each of four turns, 0 for none."""
    mine = events.where(events.voice == voice)
    turn = mine.onset // TURN
    found = [set(mine.pitch[turn == number].tolist()) or {0} for number in range(4)]
    assert all(len(pitches) == 1 for pitches in found)
    return [pitches.pop() for pitches in found]


def test_where_a_track_rests_the_next_takes_its_place() -> None:
    tracks = [
        track("bass", 36, [0, 1, 2, 3]),
        track("solo", 84, [2]),
        track("lead", 72, [1, 2]),
        track("pad", 60, [0, 1, 2]),
    ]
    events = four_voices(tracks, lambda drums: drums)
    # Of what plays at a time the most melodious: the lead comes before the solo, which is short.
    assert played(events, PULSE_1) == [60, 72, 72, 0]
    assert played(events, PULSE_2) == [0, 60, 60, 0]
    assert played(events, TRIANGLE) == [36, 36, 36, 36]


def test_in_another_way_the_next_tracks_are_the_pulses() -> None:
    every = [0, 1, 2, 3]
    tracks = [track(str(pitch), pitch, every) for pitch in (36, 72, 60, 66)]
    ways = [four_voices(tracks, lambda drums: drums, way) for way in range(4)]
    heard = [[set(e.pitch[e.voice == v]) for v in range(3)] for e in ways if len(e)]
    assert heard == [
        [{72}, {66}, {36}],
        [{66}, {60}, {36}],
        [{60}, {72}, {36}],
    ]


def test_voices_that_are_named_are_read_in_one_way() -> None:
    tracks = [Track(str(v), False, track("", 60, [0]).events, voice=v) for v in range(3)]
    lengths = [len(four_voices(tracks, lambda drums: drums, way)) for way in (0, 1)]
    assert lengths == [48, 0]


def test_the_next_best_melody_is_a_line_of_its_own() -> None:
    every = [0, 1, 2, 3]
    chords = Events.join([track("", pitch, every).events for pitch in (60, 64, 67)])
    tracks = [
        track("bass", 36, every),
        track("Lead", 62, [0]),  # named, it comes first, however little it plays
        track("solo", 79, every),
        track("its double", 67, every),
        Track("pad", False, chords),
        track("second", 65, every),
        track("stab", 77, [1]),
    ]
    assert [set(melody(tracks, way).pitch.tolist()) for way in range(4)] == [
        {62}, {79}, {65}, set(),
    ]  # fmt: skip


def test_each_voice_plays_one_note_at_a_time() -> None:
    rng = np.random.default_rng(1)
    tracks = [
        Track(
            str(number),
            False,
            Events.of(np.sort(rng.integers(0, 9000, 60)), rng.integers(40, 90, 60), 700, 90, 0),
        )
        for number in range(5)
    ]
    events = four_voices(tracks, lambda drums: drums)
    for voice in (PULSE_1, PULSE_2, TRIANGLE):
        line = events.where(events.voice == voice)
        assert (np.diff(line.onset) >= line.duration[:-1]).all()
        assert (line.duration > 0).all()
