"""The ledger of sounding notes."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from daw_bridge.midi.messages import control_change, note_off, note_on
from daw_bridge.midi.sounding import SoundingNotes

KEYS = st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 15), st.integers(0, 127))


def test_what_sounds_is_ended_by_port_channel_and_pitch_then_by_controllers() -> None:
    ledger = SoundingNotes()
    for port, data in [
        ("drums", note_on(9, 36, 100)),
        ("drums", note_on(9, 38, 100)),
        ("drums", note_off(9, 36)),
        ("bass", note_on(0, 40, 100)),
        ("bass", control_change(0, 64, 127)),
    ]:
        ledger.sent(port, data)
    assert len(ledger) == 2
    assert ledger.sounds("drums", note_off(9, 38))
    assert not ledger.sounds("drums", note_off(9, 36))
    assert not ledger.sounds("bass", note_on(9, 38, 100))
    assert ledger.end_all() == [
        ("drums", note_off(9, 38)),
        ("bass", note_off(0, 40)),
        ("drums", control_change(9, 64, 0)),
        ("drums", control_change(9, 123, 0)),
        ("bass", control_change(0, 64, 0)),
        ("bass", control_change(0, 123, 0)),
    ]
    assert ledger.end_all() == []


def test_a_note_on_of_velocity_0_ends_a_note() -> None:
    ledger = SoundingNotes()
    ledger.sent("notes", note_on(0, 60, 1))
    ledger.sent("notes", note_on(0, 60, 0))
    assert len(ledger) == 0


def test_a_pitch_started_twice_and_ended_once_still_sounds() -> None:
    ledger = SoundingNotes()
    for data in (note_on(0, 60, 1), note_on(0, 60, 2), note_off(0, 60)):
        ledger.sent("notes", data)
    assert ledger.end_all()[0] == ("notes", note_off(0, 60))


def test_a_note_off_without_its_note_on_is_no_matter() -> None:
    ledger = SoundingNotes()
    ledger.sent("notes", note_off(0, 60))
    ledger.sent("notes", note_on(0, 60, 1))
    assert len(ledger) == 1


def test_messages_that_are_no_notes_leave_it_alone() -> None:
    ledger = SoundingNotes()
    for data in (b"\xf8", b"\xc0\x05", b"\xf0\x7e\xf7", control_change(1, 7, 100)):
        ledger.sent("notes", data)
    assert len(ledger) == 0
    assert ledger.end_all() == []


@given(st.lists(st.tuples(KEYS, st.booleans())))
def test_after_end_all_each_key_has_as_many_ends_as_starts_at_least(
    events: list[tuple[tuple[str, int, int], bool]],
) -> None:
    ledger = SoundingNotes()
    open_now: Counter[tuple[str, int, int]] = Counter()
    for (port, channel, pitch), start in events:
        ledger.sent(port, note_on(channel, pitch, 64) if start else note_off(channel, pitch))
        key = (port, channel, pitch)
        open_now[key] = open_now[key] + 1 if start else max(0, open_now[key] - 1)
    assert len(ledger) == open_now.total()
    ended = Counter(
        (port, data[0] & 15, data[1]) for port, data in ledger.end_all() if data[0] & 0xF0 == 0x80
    )
    assert ended == +open_now
    assert len(ledger) == 0
