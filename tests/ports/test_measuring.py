"""What is made of the times at which messages came."""

from __future__ import annotations

import pytest

from daw_bridge.midi.messages import control_change
from daw_bridge.music.time import Seconds
from daw_bridge.ports import measuring
from daw_bridge.ports.measuring import (
    CLOCK,
    FEWEST,
    MESSAGES,
    UNUSED,
    Loop,
    SentClock,
    clocks_of,
    loop_of,
    measure_loop,
)
from tests.ports.receiver import LIMIT_S


def came(number: int, time_s: float) -> tuple[Seconds, str, bytes]:
    return Seconds(time_s), "back", control_change(15, UNUSED, number)


def test_a_loop_is_measured_by_when_each_message_was_due() -> None:
    dues = [Seconds(number / 100) for number in range(100)]
    heard = [came(n, due_s + 0.002) for n, due_s in enumerate(dues) if n not in (7, 8)]
    heard[50] = came(52, 0.53)
    assert loop_of(dues, heard) == Loop(100, 2, 2.0, 0.0, 8.0)
    assert loop_of(dues, []) == Loop(100, 100, 0.0, 0.0, 0.0)


def test_clocks_are_told_by_their_tempo_and_how_steady_they_are() -> None:
    step_s = 60 / 24 / 120
    steady = [(Seconds(n * step_s), "a", CLOCK) for n in range(200)]
    shaky = [(Seconds(n * step_s / 2 + 0.004 * (n % 40 == 1)), "b", CLOCK) for n in range(200)]
    few = [(Seconds(n * step_s), "c", CLOCK) for n in range(FEWEST)]
    other = [(Seconds(n * step_s), "d", b"\xfe") for n in range(200)]
    names = {"a": "DAW", "b": "Box", "c": "Few", "d": "Sensing"}
    assert clocks_of([*steady, *shaky, *few, *other], names) == [
        SentClock("DAW", 120.0, 0.0, 0.0),
        SentClock("Box", 240.0, 4.0, 4.0),
    ]


@pytest.mark.jack
def test_what_we_send_comes_back_to_us_on_jack(
    jack_server: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "LOST_S", LIMIT_S)
    loop = measure_loop("jack")
    assert (loop.sent, loop.lost) == (MESSAGES, 0)
