"""Patience with a port process, and what becomes of one that is silent."""

from __future__ import annotations

import queue
import signal
import sys
from typing import Any

import pytest

from daw_bridge.ports import child, wire
from daw_bridge.ports.child import TICK_S, Child, Patience

LIMIT_S = 60.0

SPEAKS_ONCE = """
import sys
print('["hello"]', flush=True)
print('["status", 1]', flush=True)
sys.stdin.readline()
print('["status", 2]', flush=True)
print('["torn', end="", flush=True)
sys.stdin.read()
sys.stderr.write("a complaint")
"""


def ticks(patience: Patience) -> int:
    """Let ticks pass until it has been silent for too long; give how many it took."""
    return next(count for count in range(1, 1000) if patience.tick())


def test_patience_ends_with_the_tick_after_the_limit() -> None:
    assert ticks(Patience(1.0)) == 1.0 / TICK_S + 1
    assert ticks(Patience(0.0)) == 1


def test_whoever_speaks_is_given_the_same_time_again() -> None:
    patience = Patience(2 * TICK_S)
    assert not patience.tick()
    assert not patience.tick()
    patience.heard()
    assert ticks(patience) == 3


def test_another_limit_holds_from_now_on() -> None:
    patience = Patience(2 * TICK_S)
    assert not patience.tick()
    patience.allow(4 * TICK_S)
    assert ticks(patience) == 5
    patience.heard()
    assert ticks(patience) == 5


@pytest.fixture
def told() -> queue.Queue[tuple[Any, ...]]:
    return queue.Queue()


def start(monkeypatch: pytest.MonkeyPatch, limit_s: float, code: str = SPEAKS_ONCE) -> Child:
    monkeypatch.setattr(child, "COMMAND", [sys.executable, "-c", code])
    return Child(limit_s)


def test_lines_and_the_end_are_passed_on_and_complaints_are_given(
    monkeypatch: pytest.MonkeyPatch, told: queue.Queue[tuple[Any, ...]]
) -> None:
    process = start(monkeypatch, LIMIT_S)
    assert process.first_line() == ("hello", [])
    assert not process.speaks()
    process.listen(lambda *line: told.put(line), lambda: told.put(("end",)))
    assert process.speaks()
    assert told.get(timeout=LIMIT_S) == ("status", [1])
    process.write("send")
    assert told.get(timeout=LIMIT_S) == ("status", [2])
    assert process.close() == "a complaint"
    assert told.get_nowait() == ("end",)  # and nothing of the line that was torn
    assert not process.speaks()
    assert not process.silent
    assert process.close() == ""
    process.write("send")  # goes nowhere, and is no error


def test_each_line_is_heard(
    monkeypatch: pytest.MonkeyPatch, told: queue.Queue[tuple[Any, ...]]
) -> None:
    class Listening(Patience):
        def heard(self) -> None:
            super().heard()
            told.put(("heard",))

    monkeypatch.setattr(child, "Patience", Listening)
    process = start(monkeypatch, LIMIT_S)
    process.first_line()
    process.listen(lambda *line: told.put(line), lambda: None)
    assert [told.get(timeout=LIMIT_S) for _ in range(3)] == [
        ("heard",),
        ("heard",),
        ("status", [1]),
    ]
    process.close()


def test_one_that_falls_silent_is_killed(
    monkeypatch: pytest.MonkeyPatch, told: queue.Queue[tuple[Any, ...]]
) -> None:
    process = start(monkeypatch, LIMIT_S)
    process.first_line()
    process.listen(lambda *line: told.put(line), lambda: told.put(("end",)))
    told.get(timeout=LIMIT_S)
    process.allow(TICK_S)
    assert told.get(timeout=LIMIT_S) == ("end",)
    assert process.silent
    assert process.close() == ""
    assert process.process.returncode == -signal.SIGKILL


def test_one_that_does_not_end_when_it_should_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    stays = "import threading; print('[0]', flush=True); threading.Event().wait()"
    process = start(monkeypatch, LIMIT_S, stays)
    process.first_line()
    process.allow(TICK_S)
    process.close()
    assert process.process.returncode == -signal.SIGKILL


def test_one_that_never_says_its_first_line_is_an_error_of_the_system(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    process = start(monkeypatch, TICK_S, "import sys; sys.stdin.read()")
    kind, fields = process.first_line()
    assert kind == "error"
    assert f"no answer within {TICK_S:g} s" in str(wire.unpack_error(fields[0]))
    process.close()


def test_closing_one_that_is_gone_is_no_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    process = start(monkeypatch, LIMIT_S, "print('[0]', flush=True)")
    process.first_line()
    process.process.wait()
    process._input.write(b"what nobody will read")
    assert process.close() == ""


def test_one_that_ends_before_its_first_line_crashed(monkeypatch: pytest.MonkeyPatch) -> None:
    process = start(monkeypatch, LIMIT_S, "import sys; sys.exit('no such module')")
    assert process.first_line() == ("crash", ["it ended without a word"])
    assert process.close() == "no such module\n"
