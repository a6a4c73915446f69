"""What rtmidi is asked for on systems that are not here, and how its ports are closed."""

from __future__ import annotations

import queue
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from daw_bridge.errors import UserError
from daw_bridge.midi.messages import TimedMessage, control_change, note_off, note_on
from daw_bridge.music.time import Seconds
from daw_bridge.ports import rtmidi_thread
from daw_bridge.ports.backend import PortSettings, PortSpec
from daw_bridge.ports.pending import Pending

ALSA, JACK, MACOS, WINDOWS = range(4)
FOUND = ["loopMIDI Port 0", "Microsoft GS Wavetable Synth 1"]


class Port:
    """A port of the system that the test chose; it writes down what is done to it."""

    def __init__(self, kind: str, system: FakeRtmidi, name: str) -> None:
        self.kind, self.system, self.name = kind, system, name

    def get_ports(self) -> list[str]:
        return self.system.there

    def get_current_api(self) -> int:
        return self.system.api

    def open_virtual_port(self, name: str) -> None:
        self.system.log.append(f"{self.kind} {self.name!r} virtual {name!r}")

    def open_port(self, number: int, name: str) -> None:
        if self.system.broken:
            raise self.system.RtMidiError("in use")
        self.system.log.append(f"{self.kind} {self.name!r} opens {number} as {name!r}")

    def ignore_types(self, **types: bool) -> None:
        assert types == {"sysex": True, "timing": False, "active_sense": True}

    def set_callback(self, callback: Any, data: Any) -> None:
        self.system.play_in = lambda message: callback((message, 0.25), data)

    def cancel_callback(self) -> None:
        self.system.log.append("in detached")

    def send_message(self, data: bytes) -> None:
        if self.system.broken:
            raise self.system.RtMidiError("gone")
        self.system.sent.append(data)

    def close_port(self) -> None:
        self.system.log.append(f"{self.kind} closes")
        if self.kind == "in":
            self.system.input_may_close.wait()

    def delete(self) -> None:
        if self.name:
            self.system.log.append(f"{self.kind} deleted")


class FakeRtmidi:
    """The module `rtmidi` on one system."""

    API_LINUX_ALSA, API_UNIX_JACK, API_MACOSX_CORE, API_WINDOWS_MM = ALSA, JACK, MACOS, WINDOWS

    class RtMidiError(Exception):
        pass

    def __init__(self, api: int) -> None:
        self.api = api
        self.broken = False
        self.log: list[str] = []
        self.sent: list[bytes] = []
        self.input_may_close = threading.Event()
        self.input_may_close.set()
        self.there = FOUND
        self.MidiOut = lambda _api, name="": Port("out", self, name)
        self.MidiIn = lambda _api, name="": Port("in", self, name)

    def get_compiled_api(self) -> list[int]:
        return [self.api]


@pytest.fixture
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> FakeRtmidi:
    fake = FakeRtmidi(getattr(request, "param", MACOS))
    monkeypatch.setattr(rtmidi_thread, "rtmidi", fake)
    monkeypatch.setattr(rtmidi_thread, "server_runs", lambda: True)
    monkeypatch.setattr(
        rtmidi_thread, "os", SimpleNamespace(access=lambda *_a: True, R_OK=0, W_OK=0)
    )
    return fake


def opened(*outputs: PortSpec, lost: Any = print) -> rtmidi_thread.RtmidiBackend:
    settings = PortSettings("rtmidi", outputs or (PortSpec("notes"),), (PortSpec("sync"),))
    return rtmidi_thread.RtmidiBackend(settings, lost)


@pytest.mark.parametrize(
    ("system", "names"),
    [
        (ALSA, {"notes": "DAW Bridge:notes", "sync": "DAW Bridge:sync"}),
        (JACK, {"notes": "DAW Bridge:notes", "sync": "DAW Bridge sync:sync"}),
        (MACOS, {"notes": "DAW Bridge notes", "sync": "DAW Bridge sync"}),
    ],
    indirect=["system"],
)
def test_virtual_ports_are_named_as_the_system_will_show_them(
    system: FakeRtmidi, names: dict[str, str]
) -> None:
    assert opened().names == names


@pytest.mark.parametrize(
    ("system", "there", "name"),
    [
        (ALSA, "DAW Bridge:notes 128:0", "DAW Bridge-01:notes"),
        (JACK, "DAW Bridge in:in", "DAW Bridge-01:notes"),
        (MACOS, "DAW Bridge notes", "DAW Bridge-01 notes"),
        (ALSA, "DAW Bridge-01:notes", "DAW Bridge:notes"),
        (ALSA, "MyDAW Bridge:notes", "DAW Bridge:notes"),
    ],
    indirect=["system"],
)
def test_a_second_jam_is_told_apart_by_a_number(system: FakeRtmidi, there: str, name: str) -> None:
    system.there = [there]
    assert opened().names["notes"] == name


def test_a_system_that_makes_no_client_is_a_users_error(system: FakeRtmidi) -> None:
    def full(_api: int, name: str = "") -> Port:
        if not name:
            return Port("in", system, name)
        raise system.RtMidiError(f"error creating client {name}")

    system.MidiIn = full
    with pytest.raises(UserError, match=r"found none \(rtmidi: error creating client DAW Bridge"):
        opened()
    assert system.log[-2:] == ["out closes", "out deleted"]  # nothing is left open


@pytest.mark.parametrize("system", [WINDOWS], indirect=True)
def test_on_windows_a_port_must_be_named(system: FakeRtmidi) -> None:
    with pytest.raises(UserError, match="loopMIDI Port 0") as error:
        opened()
    assert "install loopMIDI" in error.value.do
    assert system.log == ["out closes", "out deleted"]  # nothing is left open


@pytest.mark.parametrize("system", [WINDOWS], indirect=True)
def test_on_windows_a_named_port_is_opened(system: FakeRtmidi) -> None:
    settings = PortSettings("rtmidi", (PortSpec("notes", "loopmidi"),), ())
    backend = rtmidi_thread.RtmidiBackend(settings, print)
    assert backend.names == {"notes": "loopMIDI Port 0"}
    assert system.log == ["out 'DAW Bridge' opens 0 as 'notes'"]


def test_a_port_that_another_program_holds_is_a_users_error(system: FakeRtmidi) -> None:
    system.broken = True
    with pytest.raises(UserError, match="found in use"):
        opened(PortSpec("notes", "loopMIDI"))


def start(backend: rtmidi_thread.RtmidiBackend) -> Pending:
    pending = Pending()
    backend.start(pending, lambda *_event: None, print)
    return pending


KICK = TimedMessage(Seconds(0), 2, 0, "notes", note_on(9, 36, 100))


def test_it_ends_its_notes_then_closes_outputs_then_the_detached_input(system: FakeRtmidi) -> None:
    backend = opened()
    system.log.clear()
    start(backend).sounding.sent("notes", KICK.data)
    backend.stop()
    ended = [note_off(9, 36), control_change(9, 64, 0), control_change(9, 123, 0)]
    assert system.sent == ended
    assert system.log == ["out closes", "out deleted", "in detached", "in closes", "in deleted"]


def test_an_input_that_never_closes_holds_nothing_up(
    system: FakeRtmidi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rtmidi_thread, "CLOSE_S", 0.01)
    system.input_may_close.clear()
    backend = opened()
    start(backend)
    backend.stop()
    assert system.log[-2:] == ["in detached", "in closes"]
    system.input_may_close.set()


def test_a_port_that_cannot_send_any_more_is_told(system: FakeRtmidi) -> None:
    lost: queue.Queue[str] = queue.Queue()
    backend = opened(lost=lost.put)
    pending = start(backend)
    system.broken = True
    pending.add([KICK._replace(due_s=backend.clock.now())])
    assert lost.get(timeout=30) == "rtmidi cannot send: RtMidiError('gone')"
    backend.stop()


def test_a_named_port_that_has_gone_is_told_once(
    system: FakeRtmidi, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[str] = []
    backend = opened(PortSpec("notes", "loopMIDI"), lost=lost.append)
    start(backend)
    assert backend.connections() == (("notes", "loopMIDI Port 0"),)
    monkeypatch.setattr(Port, "get_ports", lambda _self: [])
    backend.connections()
    backend.connections()
    assert lost == ["the port 'loopMIDI Port 0' of 'notes' has gone"]
    backend.stop()


def test_what_comes_in_is_passed_on_as_bytes_with_the_time(system: FakeRtmidi) -> None:
    backend = opened()
    came: list[tuple[Seconds, str, bytes]] = []
    before_s = backend.clock.now()
    backend.start(Pending(), lambda *event: came.append(event), print)
    system.play_in([0xF8])
    after_s = backend.clock.now()
    [(time_s, role, data)] = came
    assert (role, data) == ("sync", b"\xf8")
    assert before_s <= time_s <= after_s
    backend.stop()
