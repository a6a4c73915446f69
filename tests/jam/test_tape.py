"""The tape: told once it has sounded, cut where something stops."""

from __future__ import annotations

from daw_bridge.jam.events import Event, Sounded
from daw_bridge.jam.tape import Tape
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.time import Ticks

ON, OFF = note_on(9, 36, 100), note_off(9, 36)


def test_a_message_is_told_once_its_tick_is_over() -> None:
    told: list[Event] = []
    tape = Tape(told.append)
    tape.add(Ticks(0), "notes", ON)
    tape.add(Ticks(60), "notes", OFF)
    for now, count in ((0, 0), (1, 1), (60, 1), (61, 2), (99, 2)):
        tape.run(Ticks(now))
        assert len(told) == count
    assert told == [Sounded(Ticks(0), "notes", ON), Sounded(Ticks(60), "notes", OFF)]


def test_a_cut_before_what_was_told_falls_behind_it() -> None:
    told: list[Event] = []
    tape = Tape(told.append)
    tape.add(Ticks(500), "notes", ON)
    tape.run(Ticks(510))
    tape.cut(Ticks(480))  # as a tempo that has just changed may have it
    assert [each.tick for each in told if isinstance(each, Sounded)] == [500] * 4
    assert told[1] == Sounded(Ticks(500), "notes", OFF)


def test_in_the_end_all_that_was_committed_is_told() -> None:
    told: list[Event] = []
    tape = Tape(told.append)
    tape.run_out()
    tape.add(Ticks(500), "notes", ON)
    tape.add(Ticks(560), "notes", OFF)
    tape.run_out()
    assert told == [Sounded(Ticks(500), "notes", ON), Sounded(Ticks(560), "notes", OFF)]
