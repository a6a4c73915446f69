"""Drums of a file in another map: every note-off ends its note, and nothing else changes."""

from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daw_bridge.config.drum_map import load_drum_map
from daw_bridge.drums.remap import note_counts, remap
from daw_bridge.midi import files, smf
from daw_bridge.midi.messages import control_change, note_off, note_on
from daw_bridge.midi.reading import unpack
from daw_bridge.music.drum_map import Translation, translation

GROOVE = Path(__file__).parents[3] / "shared" / "data" / "groove"

ROLAND, GM, AD2, SSD = map(load_drum_map, ("roland-td", "gm", "addictive-drums-2", "ssd-5.5"))
END = smf.meta(smf.END_OF_TRACK, b"")


def file_of(*tracks: list[tuple[int, bytes]], division: int = 480) -> smf.Smf:
    return unpack(smf.pack([[*track, (9999, END)] for track in tracks], division))


def events(raw: bytes, track: int = 0) -> list[tuple[int, bytes]]:
    """Give the events of a track without its end."""
    return [(event.tick, smf.message_of(event)) for event in unpack(raw).tracks[track][:-1]]


def moved(*track: tuple[int, bytes], to: Translation, channel: int | None = 9):
    raw, counts = remap(file_of(list(track)), to, channel)
    return events(raw), counts


def lengths(out: list[tuple[int, bytes]]) -> list[tuple[int, int, int]]:
    """Pair what was written as the strictest reader would: start, note and length of each hit.

    Each note-on has its own note-off, at a later tick, and only hits of one tick overlap.
    """
    sounding: dict[int, list[int]] = defaultdict(list)
    hits = []
    for tick, (status, note, _) in out:
        starts = sounding[note]
        if status == 0x99:
            assert not starts or starts[0] == tick, f"{note} begins twice"
            starts.append(tick)
        else:
            assert tick > starts[0], f"{note} has no length"
            hits.append((starts[0], note, tick - starts.pop(0)))
    assert not any(sounding.values()), "a hit is never ended"
    return sorted(hits)


def test_hits_move_and_their_note_offs_with_them():
    out, counts = moved(
        (0, note_on(9, 42, 80)),
        (10, note_on(9, 49, 90)),
        (20, note_off(9, 42)),
        (30, bytes((0x99, 49, 0))),
        to=translation(GM, AD2),
    )
    assert out == [
        (0, note_on(9, 49, 80)),
        (10, note_on(9, 77, 90)),
        (20, note_off(9, 49)),
        (30, bytes((0x99, 77, 0))),
    ]
    assert counts.sent == {(42, 49): 1, (49, 77): 1}


def test_what_has_no_target_goes_with_its_note_off_and_is_counted():
    out, counts = moved(
        (0, note_on(9, 36, 80)),
        (5, note_on(9, 60, 70)),
        (6, note_off(9, 60)),
        (7, note_on(9, 60, 70)),
        (8, note_off(9, 36)),
        (9, note_off(9, 60)),
        to=translation(GM, SSD),
    )
    assert out == [(0, note_on(9, 36, 80)), (8, note_off(9, 36))]
    assert counts.dropped == {60: 2}


def test_two_drums_that_become_one_note_never_overlap():
    out, _ = moved(
        (0, note_on(9, 42, 80)),
        (10, note_on(9, 22, 90)),
        (20, note_off(9, 42)),
        (30, note_off(9, 22)),
        to=translation(ROLAND, GM),
    )
    assert out == [
        (0, note_on(9, 42, 80)),
        (10, note_off(9, 42)),
        (10, note_on(9, 42, 90)),
        (30, note_off(9, 42)),
    ]


HAT, HAT_OFF = note_on(9, 42, 80), note_off(9, 42)
AGAIN = [(tick, each) for tick in range(240, 1920, 240) for each in (HAT, HAT_OFF)]


def test_hits_that_begin_before_their_predecessors_end_at_one_tick_keep_their_length():
    out, counts = moved((0, HAT), *AGAIN, (1920, HAT_OFF), to=translation(GM, AD2))
    new = [
        (tick, each)
        for start in range(0, 1920, 240)
        for tick, each in ((start, note_on(9, 49, 80)), (start + 240, note_off(9, 49)))
    ]
    assert out == new
    assert counts.sent == {(42, 49): 8}


def test_gates_that_are_longer_than_the_steps_end_where_the_next_hit_begins():
    gates = [(tick + late, each) for tick, each in AGAIN for late in (10 * (each == HAT_OFF),)]
    out, _ = moved((0, HAT), *gates, (1930, HAT_OFF), to=translation(GM, AD2))
    assert lengths(out) == [(tick, 49, 240) for tick in range(0, 1680, 240)] + [(1680, 49, 250)]


def test_doubled_hits_of_layered_tracks_keep_their_length():
    layers = [(0, HAT), (0, HAT), (100, HAT_OFF), (240, HAT), (240, HAT_OFF), (300, HAT_OFF)]
    out, counts = moved(*layers, to=translation(GM, AD2))
    assert lengths(out) == [(0, 49, 100), (0, 49, 240), (240, 49, 60)]
    assert counts.sent == {(42, 49): 3}


def test_two_drums_that_become_one_note_at_once_both_keep_their_length():
    hits = [
        (0, note_on(9, 42, 80)),
        (0, note_on(9, 22, 90)),
        (100, HAT_OFF),
        (120, note_off(9, 22)),
    ]
    out, counts = moved(*hits, to=translation(ROLAND, GM))
    assert lengths(out) == [(0, 42, 100), (0, 42, 120)]
    assert counts.sent == {(42, 42): 1, (22, 42): 1}


def test_a_drum_that_becomes_another_note_when_it_is_struck_again_ends_first():
    pedal = [(0, control_change(9, 4, 0)), (10, control_change(9, 4, 90))]
    hat, off = note_on(9, 46, 80), note_off(9, 46)
    hits = [(1, hat), (20, hat), (30, off), (40, off)]
    track = sorted([*pedal, *hits], key=lambda each: each[0])
    out, _ = moved(*track, to=translation(ROLAND, AD2))
    assert lengths([each for each in out if each[1][0] != 0xB9]) == [(1, 57, 19), (20, 54, 20)]


def test_a_note_that_never_ends_is_ended_with_its_track():
    out, _ = moved((0, note_on(9, 36, 80)), to=translation(GM, AD2))
    assert out == [(0, note_on(9, 36, 80)), (9999, note_off(9, 36))]


def test_a_track_without_events_stays_one():
    empty, drums = (), unpack(smf.pack([[(0, HAT), (5, HAT_OFF), (9, END)]], 480)).tracks[0]
    raw, _ = remap(smf.Smf(1, 480, (empty, drums)), translation(GM, AD2))
    assert [[event.tick for event in track] for track in unpack(raw).tracks] == [[0], [0, 5, 9]]


def test_everything_else_stays_to_the_byte():
    sysex = b"\xf0\x03\x41\x10\xf7"
    others = [
        (0, smf.meta(3, b"Drums")),
        (0, smf.tempo(97.3)),
        (0, smf.meter(7, 8)),
        (0, sysex),
        (0, b"\xc9\x05"),
        (0, b"\xc2\x07"),
        (1, note_on(2, 42, 50)),
        (3, control_change(9, 16, 12)),
        (4, note_off(2, 42)),
        (5, b"\xe2\x00\x40"),
        (6, smf.meta(1, b"text")),
    ]
    drums = [(2, note_on(9, 42, 80)), (7, note_off(9, 42))]
    raw, _ = remap(
        file_of(sorted(others + drums, key=lambda each: each[0]), others, division=96),
        translation(GM, AD2),
    )
    assert [event for event in events(raw) if event[0] not in (2, 7)] == others
    assert events(raw, 1) == others
    file = unpack(raw)
    assert (file.kind, file.division, len(file.tracks)) == (1, 96, 2)


def test_a_file_of_format_1_with_one_track_stays_one():
    raw = smf.pack([[(0, note_on(9, 36, 1)), (1, note_off(9, 36)), (1, END)]], 480, 1)
    assert unpack(remap(unpack(raw), translation(GM, AD2))[0]).kind == 1


def test_a_gap_that_grows_beyond_what_a_file_can_say_is_divided():
    far = smf.LONGEST_DELTA
    before = [(0, note_on(9, 3, 80)), (far, note_off(9, 3)), (2 * far, note_on(9, 36, 80))]
    after = [(far, smf.meta(smf.TEXT, b"")), (2 * far, note_on(9, 36, 80))]
    file = unpack(smf.pack([[*before, (2 * far, END)]], 480))
    raw, _ = remap(file, translation(GM, GM))
    assert events(raw) == [*after, (2 * far, note_off(9, 36))]


def test_pressure_follows_its_key():
    out, _ = moved(
        (0, b"\xa9\x31\x7f"),
        (1, note_on(9, 46, 80)),
        (2, b"\xa9\x2e\x40"),
        (3, note_off(9, 46)),
        (4, b"\xa9\x3c\x40"),
        to=translation(GM, AD2),
    )
    assert out == [
        (0, b"\xa9\x4d\x7f"),
        (1, note_on(9, 54, 80)),
        (2, b"\xa9\x36\x40"),
        (3, note_off(9, 54)),
    ]


def test_the_pedal_opens_the_hi_hat_and_its_note_off_still_fits():
    out, _ = moved(
        (0, control_change(9, 4, 0)),
        (1, note_on(9, 46, 80)),
        (2, control_change(9, 4, 90)),
        (3, note_off(9, 46)),
        (4, note_on(9, 46, 80)),
        (5, note_off(9, 46)),
        to=translation(ROLAND, AD2),
    )
    notes = [(tick, data[1]) for tick, data in out if data[0] & 0xF0 in (0x80, 0x90)]
    assert notes == [(1, 57), (3, 57), (4, 54), (5, 54)]


def test_the_pedal_may_lie_in_a_track_of_its_own():
    pedal = [(0, control_change(9, 4, 0)), (2, control_change(9, 4, 90)), (9, b"\xb9\x04\x00")]
    hits = [(at, note_on(9, 46, 80)) for at in (1, 5)]
    raw, _ = remap(file_of(pedal, hits), translation(ROLAND, AD2))
    assert [(tick, data[1]) for tick, data in events(raw, 1) if data[0] == 0x99] == [
        (1, 57),
        (5, 54),
    ]
    assert events(raw) == pedal


def test_drums_on_another_channel_go_to_channel_10():
    out, _ = moved(
        (0, control_change(0, 7, 100)),
        (0, note_on(0, 36, 80)),
        (1, note_off(0, 36)),
        (2, note_on(3, 36, 80)),
        (3, note_off(3, 36)),
        to=translation(GM, AD2),
        channel=0,
    )
    assert out == [
        (0, control_change(9, 7, 100)),
        (0, note_on(9, 36, 80)),
        (1, note_off(9, 36)),
        (2, note_on(3, 36, 80)),
        (3, note_off(3, 36)),
    ]


def test_notes_are_counted_by_channel():
    file = file_of([(0, note_on(0, 1, 1)), (0, note_on(9, 1, 1)), (1, note_on(9, 1, 0))])
    assert note_counts(file) == {0: 1, 9: 1}


NOTES = [36, 42, 22, 46, 26, 49, 55, 58, 43, 60]
messages = st.builds(
    lambda on, note, velocity: note_on(9, note, velocity) if on else note_off(9, note),
    st.booleans(),
    st.sampled_from(NOTES),
    st.integers(1, 127),
)


@given(
    st.lists(st.tuples(st.integers(0, 9), messages), max_size=60), st.sampled_from([GM, AD2, SSD])
)
def test_every_note_on_has_one_note_off_whatever_is_played(track, target):
    track = sorted(track, key=lambda event: event[0])
    out, counts = moved(*track, to=translation(ROLAND, target))
    sounding: dict[int, list[int]] = defaultdict(list)
    for tick, (status, note, _) in out:
        if status == 0x99:
            assert all(start == tick for start in sounding[note])
            sounding[note].append(tick)
        else:
            sounding[note].pop(0)
    assert not any(sounding.values())
    hits = sum(1 for _, data in track if data[0] & 0xF0 == 0x90)
    assert counts.sent.total() + counts.dropped.total() == hits


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 4), st.sampled_from(NOTES)), max_size=30),
    st.sampled_from([GM, AD2, SSD]),
    st.randoms(use_true_random=False),
)
def test_no_hit_loses_its_length_in_whatever_order_a_ticks_events_are_written(hits, target, rng):
    track = [(start, note_on(9, note, 80)) for start, _, note in hits]
    track += [(start + length, note_off(9, note)) for start, length, note in hits]
    rng.shuffle(track)
    out, _ = moved(*sorted(track, key=lambda event: event[0]), to=translation(ROLAND, target))
    sent = [
        (start, to) for start, _, note in hits if (to := translation(ROLAND, target).table[note])
    ]
    assert [(start, note) for start, note, _ in lengths(out)] == sorted(sent)


@pytest.mark.shared_data
@pytest.mark.skipif(not GROOVE.is_dir(), reason="the Groove data is not beside the checkout")
def test_real_takes_keep_onsets_and_velocities():
    for path in sorted(GROOVE.rglob("*.mid"))[::100]:
        file = unpack(path.read_bytes())
        raw, counts = remap(file, translation(ROLAND, SSD))
        before, after = files.parse(path.read_bytes()).notes, files.parse(raw).notes
        assert counts.dropped.total() == 0
        assert sorted((n.start, n.velocity) for n in before) == sorted(
            (n.start, n.velocity) for n in after
        )
