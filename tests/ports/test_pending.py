"""Pending: what is drained, when, in which order, and that no note is left sounding."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daw_bridge.midi.messages import (
    TimedMessage,
    control_change,
    ends_note,
    note_off,
    note_on,
    rank_of,
    starts_note,
)
from daw_bridge.music.time import Seconds, Ticks, Transport
from daw_bridge.ports.clock import seconds_at
from daw_bridge.ports.pending import Pending

RATE = 48_000
OFF = note_off(0, 60)


def timed(due_s: float, data: bytes, serial: int = 0, port: str = "notes") -> TimedMessage:
    return TimedMessage(Seconds(due_s), rank_of(data), serial, port, data)


def drained(pending: Pending, blocks: list[int], start: int = 0) -> list[tuple[int, bytes]]:
    out = []
    for length in blocks:
        out += [(start + at, message.data) for at, message in pending.drain(start, length)]
        start += length
    return out


def phrase() -> list[TimedMessage]:
    """Two kicks and hats at 128 quarters a minute, where a tick is 46.875 frames."""
    transport = Transport(128)
    notes = [(0, 36, 120), (60, 42, 100), (124, 42, 80), (120, 36, 4), (244, 46, 36)]
    out = []
    for tick, pitch, duration in notes:
        out.append((tick, note_on(9, pitch, 100)))
        out.append((tick + duration, note_off(9, pitch)))
    return [
        timed(transport.seconds_at(Ticks(tick)), data, serial)
        for serial, (tick, data) in enumerate(out)
    ]


PHRASE = [
    (0, "992464"),
    (2813, "992a64"),
    (5625, "892400"),
    (5625, "992464"),
    (5813, "892400"),
    (5813, "992a64"),
    (7500, "892a00"),
    (9563, "892a00"),
    (11438, "992e64"),
    (13125, "892e00"),
]


@pytest.mark.parametrize("block", [1, 64, 256, 1_024, 20_000])
def test_a_phrase_falls_on_the_same_frames_whatever_the_block(block: int) -> None:
    pending = Pending(RATE)
    pending.add(reversed(phrase()))
    heard = drained(pending, [block] * (20_000 // block + 1))
    assert [(frame, data.hex()) for frame, data in heard] == PHRASE
    assert (pending.sent, pending.late) == (10, 0)


def test_a_phrase_begun_at_another_frame_is_moved_as_a_whole() -> None:
    origin = 123_456_789_012
    pending = Pending(RATE)
    pending.add(m._replace(due_s=seconds_at(origin, RATE) + m.due_s) for m in phrase())
    heard = drained(pending, [128] * 160, start=origin)
    assert [(frame - origin, data.hex()) for frame, data in heard] == PHRASE


def test_on_one_frame_a_note_off_goes_before_a_controller_before_a_note_on() -> None:
    pending = Pending(RATE)
    on, off, pedal = note_on(0, 60, 1), note_off(0, 60), control_change(0, 64, 127)
    almost = 1.0 + 1e-9  # noise in the seconds, and yet the same frame
    pending.add([timed(1.0, on, 7), timed(almost, pedal, 9), timed(almost, off, 8)])
    assert drained(pending, [RATE + 1]) == [(RATE, off), (RATE, pedal), (RATE, on)]


def test_what_is_late_goes_out_at_once_and_is_counted() -> None:
    pending = Pending(RATE)
    pending.add([timed(0.75, note_off(0, 60), 1), timed(0.5, note_on(0, 60, 9), 0)])
    assert drained(pending, [64], start=RATE) == [
        (RATE, note_on(0, 60, 9)),
        (RATE, note_off(0, 60)),
    ]
    assert (pending.sent, pending.late) == (2, 2)


def test_a_note_that_should_have_begun_long_ago_is_not_struck_and_its_end_not_sent() -> None:
    pending = Pending(RATE)
    on, off = note_on(0, 60, 9), note_off(0, 60)
    pending.add([timed(0.0, on, 0)])
    drained(pending, [64])
    backlog = [(0.2, off), (0.3, on), (0.4, off), (0.5, on), (9.0, off), (9.5, note_on(0, 60, 8))]
    backlog += [(0.3, control_change(0, 7, 99)), (1.6, note_on(0, 61, 7)), (9.9, off)]
    pending.add(timed(due_s, data, 1 + i) for i, (due_s, data) in enumerate(backlog))
    assert drained(pending, [RATE * 10], start=2 * RATE) == [
        (2 * RATE, off),  # of the note that had begun in time
        (2 * RATE, control_change(0, 7, 99)),
        (2 * RATE, note_on(0, 61, 7)),
        (int(9.5 * RATE), note_on(0, 60, 8)),
        (int(9.9 * RATE), off),
    ]
    assert (pending.sent, pending.late, pending.stale) == (6, 3, 4)


def test_the_end_of_a_note_that_sounds_is_sent_though_one_on_its_key_was_missed() -> None:
    pending = Pending(RATE)
    on, off = note_on(0, 60, 9), note_off(0, 60)
    pending.add([timed(0.0, on)])
    drained(pending, [64])
    pending.add([timed(0.1, on, 1), timed(2.0, off, 2)])
    assert drained(pending, [RATE * 2], start=RATE) == [(2 * RATE, off)]


def test_silence_forgets_which_notes_were_missed() -> None:
    pending = Pending(RATE)
    pending.add([timed(0.0, note_on(0, 60, 9)), timed(9.0, note_off(0, 60), 1)])
    assert drained(pending, [64], start=RATE) == []
    pending.silence()
    pending.add([timed(1.5, note_off(0, 60))])
    assert drained(pending, [RATE], start=RATE) == [(int(1.5 * RATE), note_off(0, 60))]


def test_a_new_receiver_is_sent_the_end_of_each_key_that_was_started_and_is_at_rest() -> None:
    pending = Pending(RATE)
    ended, held, elsewhere = note_on(0, 60, 9), note_on(0, 62, 9), note_on(0, 64, 9)
    pending.add([timed(0.0, ended), timed(0.0, held, 1), timed(0.0, elsewhere, 2, "bass")])
    pending.add([timed(0.0, note_off(0, 64), 3, "bass"), timed(0.1, note_off(0, 60), 4)])
    drained(pending, [RATE])
    pending.connected("notes")
    assert not pending.is_empty()
    assert pending.next_frame() == 0
    pending.add([timed(1.0, ended, 5)])
    again = [(RATE, note_off(0, 60)), (RATE, ended)]
    assert drained(pending, [64], start=RATE) == again  # the end first, then what begins now
    pending.connected("notes")
    assert drained(pending, [64], start=2 * RATE) == []  # now both sound
    pending.silence()
    pending.connected("notes")
    drained(pending, [64], start=3 * RATE)
    pending.connected("notes")
    assert drained(pending, [64], start=4 * RATE) == [
        (4 * RATE, note_off(0, 60)),
        (4 * RATE, note_off(0, 62)),
    ]


def test_silence_does_not_make_new_receivers_forgotten() -> None:
    pending = Pending(RATE)
    for port in ("notes", "bass"):
        pending.add(timed(i / 10, d, i, port) for i, d in enumerate([note_on(0, 60, 9), OFF]))
    drained(pending, [RATE])
    pending.connected("notes")
    pending.connected("bass")
    pending.silence()
    ended = [(m.port, m.data) for _, m in pending.drain(RATE, 64)]
    assert ended[:2] == [("notes", OFF), ("bass", OFF)]


def test_silence_ends_what_sounds_drops_what_waits_and_keeps_what_follows() -> None:
    pending = Pending(RATE)
    pending.add([timed(0, note_on(3, 60, 9)), timed(5, note_on(3, 61, 9))])
    drained(pending, [64])
    pending.silence()
    pending.add([timed(1, note_on(3, 62, 9))])
    heard = drained(pending, [RATE * 10], start=64)
    ended = [note_off(3, 60), control_change(3, 64, 0), control_change(3, 123, 0)]
    assert heard == [*((64, data) for data in ended), (RATE, note_on(3, 62, 9))]


def test_silence_twice_ends_nothing_twice() -> None:
    pending = Pending(RATE)
    pending.add([timed(0, note_on(3, 60, 9))])
    drained(pending, [64])
    pending.silence()
    pending.silence()
    assert len(drained(pending, [64], start=64)) == 3
    pending.silence()
    assert drained(pending, [64], start=128) == []


def test_what_is_taken_back_is_not_sent_and_ended_where_it_was_struck_before() -> None:
    pending = Pending(RATE)
    held, kept = note_on(0, 60, 9), control_change(0, 7, 99)
    pending.add([timed(0.0, held, 1), timed(0.5, kept, 2), timed(0.6, note_on(0, 61, 9), 3)])
    pending.add([timed(0.7, note_off(0, 60), 4), timed(0.9, note_off(0, 61), 5)])
    drained(pending, [64])
    pending.take_back(3)
    pending.add([timed(0.8, note_off(0, 60), 6)])
    ended = (int(0.8 * RATE), note_off(0, 60))
    assert drained(pending, [RATE], start=64) == [(RATE // 2, kept), ended]

    struck = note_on(0, 62, 9)
    pending.add([timed(2.0, struck, 7), timed(2.5, note_off(0, 62), 8), timed(2.0, held, 6)])
    drained(pending, [64], start=2 * RATE)
    pending.take_back(7)
    assert not pending.is_empty()
    again = [timed(2.1, struck, 9), timed(2.2, note_off(0, 62), 10)]
    pending.add(again)
    assert drained(pending, [RATE], start=2 * RATE + 64) == [
        (2 * RATE + 64, note_off(0, 62)),
        (int(2.1 * RATE), struck),
        (int(2.2 * RATE), note_off(0, 62)),
    ]


def test_the_next_frame_is_that_of_the_first_message_or_at_once_or_none() -> None:
    pending = Pending(RATE)
    assert pending.next_frame() is None
    pending.add([timed(2, note_on(0, 60, 9)), timed(1, note_on(0, 61, 9))])
    assert pending.next_frame() == RATE
    pending.silence()
    assert pending.next_frame() == 0
    pending.drain(0, 1)
    assert pending.next_frame() is None


def test_it_is_empty_only_when_nothing_waits_anywhere() -> None:
    pending = Pending(RATE)
    assert pending.is_empty()
    pending.add([timed(1, note_on(0, 60, 9))])
    assert not pending.is_empty()
    pending.drain(0, 64)
    assert not pending.is_empty()
    pending.drain(64, RATE)
    assert pending.is_empty()
    pending.silence()
    assert not pending.is_empty()


def test_each_change_is_told() -> None:
    changes = []
    pending = Pending(on_change=lambda: changes.append(1))
    pending.add([])
    pending.silence()
    pending.connected("notes")
    assert changes == [1, 1, 1]


def test_filling_and_draining_at_the_same_time_loses_nothing() -> None:
    pending = Pending(RATE)
    count = 20_000
    messages = [timed(0, note_on(0, 60, 9), serial) for serial in range(count)]

    def fill() -> None:
        for begin in range(0, count, 10):
            pending.add(messages[begin : begin + 10])

    filling = threading.Thread(target=fill)
    filling.start()
    out: list[int] = []
    while filling.is_alive() or not pending.is_empty():
        out += [message.serial for _, message in pending.drain(0, 1)]
    filling.join()
    assert sorted(out) == list(range(count))


NOTES = st.lists(
    st.tuples(
        st.floats(0, 2, allow_nan=False),
        st.floats(0.001, 1),
        st.integers(0, 2),
        st.integers(58, 62),
        st.sampled_from(["drums", "bass"]),
    ),
    max_size=40,
)


@given(
    NOTES,
    st.lists(st.integers(1, 20_000), min_size=1, max_size=30),
    st.lists(st.integers(0, 29), max_size=3),
    st.dictionaries(st.integers(0, 29), st.integers(1, 3 * RATE), max_size=3),
)
def test_every_note_that_started_is_ended_exactly(
    notes: list[tuple[float, float, int, int, str]],
    blocks: list[int],
    silences: list[int],
    gaps: dict[int, int],
) -> None:
    pending = Pending(RATE)
    for serial, (start, duration, channel, pitch, port) in enumerate(notes):
        on, off = note_on(channel, pitch, 9), note_off(channel, pitch)
        pending.add(
            [timed(start, on, 2 * serial, port), timed(start + duration, off, 2 * serial + 1, port)]
        )
    sent: list[TimedMessage] = []
    frame = last = 0
    for index, length in enumerate([*blocks, 1]):
        if index in silences or index == len(blocks):
            pending.silence()
        for offset, message in pending.drain(frame, length):
            assert last <= frame + offset < frame + length
            last = frame + offset
            sent.append(message)
        frame += length + gaps.get(index, 0)  # it was suspended for so long
    ons = Counter((m.port, m.data[0] & 15, m.data[1]) for m in sent if starts_note(m.data))
    offs = Counter((m.port, m.data[0] & 15, m.data[1]) for m in sent if ends_note(m.data))
    assert ons == offs
    assert len(pending.sounding) == 0
    if not silences and not gaps:
        heard = sum(1 for start, *_ in notes if round(start * RATE) < sum(blocks) - 1)
        assert heard <= ons.total() <= len(notes)
