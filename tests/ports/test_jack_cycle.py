"""What the JACK callback writes in one cycle, without a server."""

from __future__ import annotations

import pytest

from daw_bridge.midi.messages import TimedMessage, note_off, note_on, rank_of
from daw_bridge.music.time import Seconds

jack = pytest.importorskip("jack", reason="JACK-Client or libjack is not installed")

from daw_bridge.ports.jack_callback import write_cycle  # noqa: E402


class Buffer:
    """A JACK output that holds `room` events a cycle, and refuses what JACK refuses."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.cycles: list[list[tuple[int, bytes]]] = []

    def clear_buffer(self) -> None:
        self.cycles.append([])

    def write_midi_event(self, time: int, event: bytes) -> None:
        events = self.cycles[-1]
        if len(events) == self.room or (events and time < events[-1][0]):
            raise jack.JackError("no room")
        events.append((time, event))


def message(data: bytes, port: str = "notes") -> TimedMessage:
    return TimedMessage(Seconds(0), rank_of(data), 0, port, data)


ON, OFF, OTHER = note_on(0, 60, 9), note_off(0, 60), note_on(0, 61, 9)


def test_each_cycle_starts_with_an_empty_buffer_even_where_nothing_is_due() -> None:
    outs = {"notes": Buffer(9), "bass": Buffer(9)}
    write_cycle(outs, [(3, message(ON))])
    write_cycle(outs, [])
    assert outs["notes"].cycles == [[(3, ON)], []]
    assert outs["bass"].cycles == [[], []]


def test_what_finds_no_room_is_kept_in_order_for_the_next_cycle() -> None:
    outs = {"notes": Buffer(2), "bass": Buffer(2)}
    due = [
        (0, message(ON)),
        (1, message(OFF)),
        (2, message(OTHER)),
        (3, message(ON, "bass")),
        (4, message(OFF)),
    ]
    unsent = write_cycle(outs, due)
    assert [m.data for m in unsent] == [OTHER, OFF]
    assert write_cycle(outs, [(0, m) for m in unsent] + [(5, message(ON))]) == [message(ON)]
    assert outs["notes"].cycles == [[(0, ON), (1, OFF)], [(0, OTHER), (0, OFF)]]
    assert outs["bass"].cycles == [[(3, ON)], []]


def test_a_message_too_large_for_an_empty_buffer_does_not_block_the_port() -> None:
    outs = {"notes": Buffer(0)}
    assert write_cycle(outs, [(0, message(ON))]) == []
