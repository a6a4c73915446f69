"""The way of commands into a session's loop."""

from __future__ import annotations

import signal
import threading

import pytest

from daw_bridge.jam.commands import (
    Change,
    Command,
    Inbox,
    Panic,
    SetDrumMap,
    SetTempo,
    Stop,
    name_of,
)
from tests.jam.scripts import kit


def test_commands_come_out_in_the_order_in_which_they_came() -> None:
    inbox = Inbox()
    commands = [Panic(), SetTempo(90.0), Stop()]
    inbox.put(commands[0])
    assert inbox.wait(0)
    for command in commands[1:]:
        inbox.put(command)
    assert inbox.is_set()
    assert inbox.take() == commands
    assert not inbox.is_set()
    assert inbox.take() == []


def test_a_nudge_wakes_and_is_no_command() -> None:
    inbox = Inbox()
    assert not inbox.wait(0)
    inbox.nudge()
    assert inbox.is_set()
    assert inbox.wait()
    assert inbox.is_set()  # a loop that waits twice is not held up the second time
    assert inbox.wait()
    assert inbox.take() == []
    assert not inbox.is_set()


def test_a_command_from_another_thread_ends_a_wait() -> None:
    inbox = Inbox()
    sender = threading.Thread(target=inbox.put, args=(Stop(),))
    sender.start()
    assert inbox.wait(30)
    sender.join()
    assert inbox.take() == [Stop()]


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="no such signal on this system")
def test_a_signal_handler_may_send_while_the_loop_takes() -> None:
    inbox = Inbox()
    before = signal.signal(signal.SIGUSR1, lambda *_: inbox.put(Stop("signalled")))
    try:
        inbox.put(Panic())
        signal.raise_signal(signal.SIGUSR1)
        assert inbox.take() == [Panic(), Stop("signalled")]
    finally:
        signal.signal(signal.SIGUSR1, before)


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (Panic(), "panic"),
        (SetTempo(90.0), "tempo"),
        (SetDrumMap(kit({})), "drum_map"),
        (
            Change((("temperature", 0.8), ("conditions.style", "funk"))),
            "temperature conditions.style",
        ),
    ],
)
def test_a_command_has_the_name_that_users_write(command: Command, name: str) -> None:
    assert name_of(command) == name
