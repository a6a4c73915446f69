"""What the port process makes of its lines; the process itself is in test_process."""

from __future__ import annotations

import io
import itertools
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from daw_bridge.errors import UserError
from daw_bridge.midi.messages import TimedMessage, control_change, note_off, note_on
from daw_bridge.music.position import Position
from daw_bridge.music.time import Meter, Seconds, Ticks
from daw_bridge.ports import __main__ as run
from daw_bridge.ports import wire
from daw_bridge.ports.backend import PortSettings
from daw_bridge.ports.pending import Pending
from tests.fakes import FakeBackend

KICK, KICK_OFF = note_on(9, 36, 100), note_off(9, 36)
PANIC = [control_change(9, 64, 0), control_change(9, 123, 0)]


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> FakeBackend:
    fake = FakeBackend()
    monkeypatch.setattr(run, "open_backend", lambda _settings, _on_lost: fake)
    monkeypatch.setattr(run, "settle", lambda: None)  # it is for a process of its own
    return fake


def serve(*lines: bytes) -> tuple[int, list[list[Any]]]:
    """Let it read these lines, and the end; give its exit code and what it wrote."""
    out = io.BytesIO()
    code = run.serve(io.BytesIO(b"".join(lines)), run.Reporter(out))
    return code, [json.loads(text) for text in out.getvalue().splitlines()]


def opening(*sounding: tuple[str, bytes]) -> bytes:
    left = [(port, data.hex()) for port, data in sounding]
    return wire.line("open", wire.pack_settings(PortSettings()), left)


def sending(*messages: bytes) -> bytes:
    timed = [TimedMessage(Seconds(0), 0, i, "notes", m) for i, m in enumerate(messages)]
    return wire.line("send", wire.pack(timed))


def test_it_says_what_it_opened_plays_and_ends_its_notes_with_its_input(
    backend: FakeBackend,
) -> None:
    code, written = serve(opening(), sending(KICK))
    assert code == 0
    assert written[0][:4] == ["hello", "offline", 48_000, {"notes": "fake:notes"}]
    assert written[-1] == ["counts", 4, 0, 0, 0]
    assert backend.sent == [KICK, KICK_OFF, *PANIC]
    assert backend.stopped


def test_a_line_that_was_torn_when_the_daemon_died_is_left_out(backend: FakeBackend) -> None:
    code, _ = serve(opening(), sending(KICK), sending(note_on(9, 38, 1))[:-1])
    assert code == 0
    assert backend.sent == [KICK, KICK_OFF, *PANIC]


def test_silence_drops_what_waits(backend: FakeBackend) -> None:
    serve(opening(), sending(KICK), wire.line("silence"))
    assert backend.sent == []


def test_what_another_process_left_sounding_is_ended(backend: FakeBackend) -> None:
    serve(opening(("notes", KICK)))
    assert backend.sent == [KICK_OFF, *PANIC]


def test_a_users_error_is_written_and_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_settings: PortSettings, _on_lost: object) -> None:
        raise UserError("a port", "none", "plug one in")

    monkeypatch.setattr(run, "open_backend", fail)
    assert serve(opening()) == (2, [["error", ["a port", "none", "plug one in"]]])


def test_input_and_positions_are_written_with_their_times(backend: FakeBackend) -> None:
    here = Position(Seconds(1.5), Ticks(960), 90.0, rolling=True, meter=Meter(3, 4))

    class Plays(io.BytesIO):
        def __next__(self) -> bytes:
            backend.on_input(Seconds(1.25), "in", KICK)
            backend.on_position("jack", here)
            raise StopIteration

    out = io.BytesIO()
    run.serve(Plays(opening()), run.Reporter(out))
    written = [json.loads(text) for text in out.getvalue().splitlines()]
    assert ["input", 1.25, "in", KICK.hex()] in written
    meter = {"numerator": 3, "denominator": 4, "groups": [1, 1, 1]}
    assert ["position", "jack", [1.5, 960, 90.0, True, meter]] in written


def test_a_transport_is_led(backend: FakeBackend) -> None:
    here = Position(Seconds(1.5), Ticks(960), 90.0, rolling=False)
    serve(opening(), wire.line("lead", wire.pack_position(here)))
    assert backend.led == [here]


def test_bars_of_another_meter_reach_the_transport(backend: FakeBackend) -> None:
    meter = {"numerator": 7, "denominator": 8, "groups": [3, 2, 2]}
    serve(opening(), wire.line("measure", meter, 960))
    assert backend.measured == (Meter(7, 8, (3, 2, 2)), 960)


def test_instruments_are_for_loudspeakers_alone(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = wire.line("instruments", "kit", 1.5)
    code, written = serve(opening(), told)
    assert (code, written[0][0]) == (0, "hello")
    heard: list[tuple[object, ...]] = []
    monkeypatch.setattr(backend, "instruments", lambda *on: heard.append(on), raising=False)
    monkeypatch.setattr(backend, "system", print, raising=False)
    monkeypatch.setattr(backend, "list_ports", print, raising=False)
    serve(opening(), told)
    assert heard == [("kit", 1.5)]


def test_lines_for_a_daemon_that_does_not_read_are_bounded() -> None:
    out = io.BytesIO()
    reporter = run.Reporter(out)
    for _ in range(run.MOST_LINES + 10):
        reporter.hear(Seconds(0.0), "sync", b"\xf8")
    reporter.put("closing")
    reporter.stop()
    reporter.run(FakeBackend(), Pending())
    assert out.getvalue().count(b'["input"') == run.MOST_LINES
    assert out.getvalue().endswith(b'["closing"]\n')  # which is not dropped


def test_statuses_come_while_lines_come_without_end(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = itertools.count(0, run.STATUS_S / 4)
    monkeypatch.setattr(run.time, "monotonic", lambda: next(clock))
    reporter = run.Reporter(out := io.BytesIO())
    for _ in range(400):
        reporter.hear(Seconds(0.0), "sync", b"\xf8")
    reporter.stop()
    reporter.run(backend, Pending())
    kinds = [json.loads(text)[0] for text in out.getvalue().splitlines()]
    assert kinds.count("status") > 50


def test_the_notes_of_a_suspended_daemon_are_ended_once(backend: FakeBackend) -> None:
    pending = Pending(48_000)
    backend.start(pending, lambda *_event: None, print)
    pending.sounding.sent("notes", KICK)
    reporter = run.Reporter(io.BytesIO())
    reporter.watch(pending)
    assert pending.is_empty()
    reporter.heard_s -= run.SILENT_DAEMON_S
    reporter.watch(pending)
    backend.drain()
    assert backend.sent == [KICK_OFF, *PANIC]
    reporter.watch(pending)
    assert pending.is_empty()


def test_a_daemon_that_is_gone_is_no_error_for_its_reporter(backend: FakeBackend) -> None:
    out = io.BytesIO()
    out.close()
    run.Reporter(out).hello(backend)


def test_a_reporter_that_fails_says_so_and_the_process_leaves(
    backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> tuple[tuple[str, str], ...]:
        raise LookupError("no such port")

    def exit_now(code: int) -> None:
        raise SystemExit(code)

    monkeypatch.setattr(backend, "connections", fail)
    monkeypatch.setattr(run.os, "_exit", exit_now)
    out, pending = io.BytesIO(), Pending(48_000)
    backend.start(pending, lambda *_event: None, print)
    pending.sounding.sent("notes", KICK)
    with pytest.raises(SystemExit):
        run.Reporter(out).run(backend, pending)
    (kind, said), closed = map(json.loads, out.getvalue().splitlines())
    assert kind == "crash"
    assert "LookupError: no such port" in said
    assert closed == ["closed", True]
    assert backend.sent == [KICK_OFF, *PANIC]


def test_a_loss_is_told_and_the_process_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    fake, left = FakeBackend(), threading.Event()

    def open_lost(_settings: PortSettings, on_lost: Callable[[str], None]) -> FakeBackend:
        on_lost("unplugged")
        return fake

    class Listens(io.BytesIO):
        def __next__(self) -> bytes:
            assert left.wait(30)
            return super().__next__()

    monkeypatch.setattr(run, "open_backend", open_lost)
    monkeypatch.setattr(run, "settle", lambda: None)
    monkeypatch.setattr(run.os, "_exit", lambda _code: left.set())
    out = io.BytesIO()
    run.serve(Listens(opening()), run.Reporter(out))
    kinds = [json.loads(text)[0] for text in out.getvalue().splitlines()]
    assert kinds[:3] == ["hello", "lost", "closed"]
    assert fake.stopped


def test_statuses_come_until_it_is_stopped(backend: FakeBackend) -> None:
    told = threading.Event()

    class Told(io.BytesIO):
        def flush(self) -> None:
            told.set()

    out = Told()
    reporter = run.Reporter(out)
    thread = threading.Thread(target=reporter.run, args=(backend, Pending()))
    thread.start()
    assert told.wait(30)
    reporter.stop()
    thread.join()
    kinds = [json.loads(text)[0] for text in out.getvalue().splitlines()]
    assert kinds[:2] == ["status", "counts"]
