"""Messages, and their order at one instant."""

from __future__ import annotations

from daw_bridge.midi.messages import control_change, note_off, note_on, rank_of


def test_at_one_instant_notes_end_then_controllers_move_then_notes_begin() -> None:
    messages = [note_on(9, 36, 1), control_change(9, 4, 90), note_off(9, 36), note_on(9, 38, 0)]
    assert [rank_of(message) for message in messages] == [2, 1, 0, 0]
