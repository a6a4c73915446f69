"""`daw-bridge doctor`: what is found, what to do about it, and the exit code."""

from __future__ import annotations

import json

import pytest

from daw_bridge.cli.doctor import report, table
from daw_bridge.cli.main import run
from daw_bridge.daemon import checkup
from daw_bridge.daemon.checkup import CheckUp, Level, ModelSpeed, timed
from daw_bridge.errors import UserError
from daw_bridge.ports import measuring
from daw_bridge.ports.jack_server import JackServer
from daw_bridge.ports.jack_server import jack_server as server_now
from daw_bridge.ports.measuring import Loop, SentClock
from tests.ports.receiver import LIMIT_S
from tests.tiny_model import write_tiny_model


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    monkeypatch.setenv("DAW_BRIDGE_HOME", str(tmp_path))
    monkeypatch.setattr(checkup, "names", lambda _kind: ["tiny"])
    return write_tiny_model(tmp_path / "models" / "tiny")


def level(seen: CheckUp, about: str) -> Level:
    return next(each.level for each in seen.findings if each.about == about)


def test_without_a_midi_system_a_jam_is_stopped_and_what_to_start_is_said(
    tiny, capsys, monkeypatch
):
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "there-is-none-of-this-name")
    monkeypatch.setattr("daw_bridge.ports.rtmidi_thread._works", lambda _api: False)
    assert run(["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("! MIDI"))
    assert "-> " in lines[at + 1]
    assert any(line.startswith("  model tiny") and "ms a bar" in line for line in lines)
    assert lines[-1] == "what is marked with ! stops a jam"


@pytest.mark.jack
def test_where_jack_runs_all_is_measured_and_no_path_is_told(
    jack_server, tiny, capsys, monkeypatch
):
    monkeypatch.setattr(measuring, "LOST_S", LIMIT_S)
    assert run(["doctor", "--json"]) == 0
    text = capsys.readouterr().out
    said = json.loads(text)
    assert said["well"]
    assert said["jack"]["rate"] == 48_000
    assert said["loops"]["jack"]["lost"] == 0
    assert [model["model"] for model in said["models"]] == ["tiny"]
    assert str(tiny.parent) not in text
    assert all({"about", "level", "found", "do"} == set(each) for each in said["findings"])


@pytest.mark.jack
def test_an_output_of_ours_in_an_input_of_ours_is_feedback(jack_server):
    import jack

    client = jack.Client("DAW Bridge", no_start_server=True)
    try:
        out, back = client.midi_outports.register("notes"), client.midi_inports.register("in")
        client.activate()
        client.connect(out, back)
        seen = CheckUp(jack=server_now())
        checkup._feedback(seen)
    finally:
        client.close()
    assert not seen.well
    assert "notes is connected to DAW Bridge" in seen.findings[0].found
    assert seen.findings[0].do


@pytest.mark.parametrize(
    ("loop", "expected"),
    [
        (Loop(100, 0, 2.7, 0.1, 0.3), Level.WELL),
        (Loop(100, 0, 2.7, 1.1, 3.0), Level.MIND),
        (Loop(100, 1, 2.7, 0.1, 0.3), Level.MIND),
        (Loop(100, 100, 0.0, 0.0, 0.0), Level.STOPS),
    ],
)
def test_a_loop_is_judged(loop, expected):
    _, found, _, do = checkup._loop("loop", loop)
    assert found == expected
    assert bool(do) == (expected != Level.WELL)


def test_a_shaky_clock_is_one_to_mind(monkeypatch):
    clocks = [SentClock("DAW:clock", 120.0, 0.1, 0.2), SentClock("Box:clock", 90.0, 2.0, 9.0)]
    monkeypatch.setattr(checkup, "_working", lambda: ["jack"])
    monkeypatch.setattr(checkup, "hear_clocks", lambda *_arguments: clocks)
    seen = CheckUp()
    checkup._clocks(seen)
    assert [each.level for each in seen.findings] == [Level.WELL, Level.MIND]
    assert "120.0 bpm, jitter 0.10 ms" in seen.findings[0].found
    assert [each["port"] for each in report(seen)["clocks"]] == ["DAW:clock", "Box:clock"]


def test_a_tempo_is_safe_where_the_slowest_bar_takes_half_of_its_length():
    assert ModelSpeed("m", 1.0, 300.0, 1000.0).safe_qpm == 120
    assert ModelSpeed("m", 1.0, 1.0, 1.0).safe_qpm == 1000
    assert [ModelSpeed("m", 1.0, 1.0, ms).ahead for ms in (10, 2000, 3900, 60_000)] == [2, 2, 3, 6]


def test_the_first_bar_of_a_model_is_not_timed(tiny):
    clock = iter([0.0, 0.2, 0.0, *[time_s for n in range(1, 9) for time_s in (n, n + 0.05)]])
    assert timed("tiny", lambda: next(clock)) == ModelSpeed("tiny", 200.0, 50.0, 50.0)


def test_a_model_that_is_not_in_order_is_told_with_the_others(tiny):
    (tiny / "model.safetensors").write_bytes(b"nothing")
    seen = CheckUp()
    checkup._model(seen, "tiny")
    assert level(seen, "model tiny") is Level.MIND
    assert list(table(seen))[-1] == "a jam can play here"


BROKEN = RuntimeError("no")
NO_PORTS = UserError("a port", "none", "install loopMIDI")
SLOW = ModelSpeed("m", 1.0, 900.0, 2000.0)
SERVER = JackServer(48_000, 256, realtime=False, loops=())


def refuse(error: Exception):
    def refusing(*_arguments):
        raise error

    return refusing


@pytest.mark.parametrize(
    ("step", "stands", "about", "expected"),
    [
        (checkup._machine, {"os.getloadavg": lambda: (99.0, 0, 0)}, "machine", Level.MIND),
        (checkup._realtime, {"may_be_raised": lambda: False}, "real-time priority", Level.MIND),
        (checkup._realtime, {"jack_server": lambda: SERVER}, "JACK server", Level.MIND),
        (checkup._loops, {"measure_loop": refuse(NO_PORTS)}, "loop through x", Level.MIND),
        (checkup._loops, {"measure_loop": refuse(BROKEN)}, "loop through x", Level.STOPS),
        (checkup._clocks, {"hear_clocks": refuse(BROKEN)}, "clock", Level.MIND),
        (checkup._clocks, {"hear_clocks": lambda *_: []}, "clock", Level.WELL),
        (lambda seen: checkup._model(seen, "m"), {"timed": lambda _: SLOW}, "model m", Level.MIND),
    ],
)  # fmt: skip
def test_each_finding_says_what_to_do_and_is_in_the_json(
    step, stands, about, expected, monkeypatch
):
    monkeypatch.setattr(checkup, "_working", lambda: ["jack"])
    monkeypatch.setattr(checkup, "jack_server", lambda: None)
    monkeypatch.setattr(checkup.BACKENDS, "words", lambda: {"jack": "x"})
    monkeypatch.setattr("sys.platform", "linux")
    for name, stand_in in stands.items():
        monkeypatch.setattr(f"daw_bridge.daemon.checkup.{name}", stand_in)
    seen = CheckUp()
    step(seen)
    found = next(each for each in seen.findings if each.about == about)
    assert found.level is expected
    assert found.do
    assert seen.well == (expected is not Level.STOPS)
    said = json.loads(json.dumps(report(seen)))["findings"]
    assert {"about": about, "level": expected, "found": found.found, "do": found.do} in said


def test_without_a_model_nothing_can_play(monkeypatch):
    monkeypatch.setattr(checkup, "names", lambda _kind: [])
    for step in ("_machine", "_systems", "_realtime", "_feedback", "_loops", "_clocks"):
        monkeypatch.setattr(checkup, step, lambda _seen: None)
    seen = checkup.check_up()
    assert [(each.about, each.level) for each in seen.findings] == [("models", Level.STOPS)]
    assert seen.findings[0].do
