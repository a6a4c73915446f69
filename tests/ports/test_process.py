"""The port process: it crosses a pipe, outlives its daemon just enough, and can be replaced."""

from __future__ import annotations

import os
import queue
import select
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest

from daw_bridge.errors import UserError
from daw_bridge.midi.messages import (
    STALE_S,
    TimedMessage,
    control_change,
    note_off,
    note_on,
    rank_of,
)
from daw_bridge.music.time import Seconds
from daw_bridge.ports import api, child, process
from daw_bridge.ports.backend import PortSettings, PortSpec
from daw_bridge.ports.open import list_ports
from daw_bridge.ports.process import PortClock, PortProcess
from tests.conftest import jackd
from tests.ports.receiver import LIMIT_S, Receiver

ROOT = Path(__file__).parents[2]
PANIC = [control_change(9, 64, 0), control_change(9, 123, 0)]
KICK, KICK_OFF = note_on(9, 36, 100), note_off(9, 36)

Open = Callable[..., PortProcess]
jack = pytest.mark.jack


def name(part: str) -> str:
    return f"{part}-{os.getpid()}"


@pytest.fixture
def lost() -> queue.Queue[str]:
    return queue.Queue()


@pytest.fixture
def open_jack(jack_server: None, lost: queue.Queue[str]) -> Iterator[Open]:
    opened = []

    def open_jack(client: str, *outputs: PortSpec, backend: str = "jack") -> PortProcess:
        settings = PortSettings(backend, outputs or (PortSpec("notes"),), client=client)
        ports = PortProcess(settings, lambda *_event: None, lost.put, print)
        opened.append(ports)
        return ports

    yield open_jack
    for ports in opened:
        ports.close()


def now(ports: PortProcess, *messages: bytes) -> list[TimedMessage]:
    time_s = ports.clock.now()
    return [TimedMessage(time_s, rank_of(m), i, "notes", m) for i, m in enumerate(messages)]


def exited(pid: int) -> bool:
    """Wait until a process that is no child of ours is gone; tell whether it is."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        ended, _, _ = select.select([handle], [], [], LIMIT_S)
        return bool(ended)
    finally:
        os.close(handle)


@jack
@pytest.mark.parametrize("backend", ["jack", "rtmidi"])
def test_a_killed_daemon_leaves_no_note_and_no_process(backend: str, jack_server: None) -> None:
    client = name(f"doomed-{backend}")
    command = [sys.executable, "-m", "tests.ports.doomed_daemon", backend, client]
    chord = [note_on(9, pitch, 100) for pitch in (36, 37, 38)]
    ends = [note_off(9, pitch) for pitch in (36, 37, 38)]
    with (
        Receiver(f"{client}:notes") as receiver,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        ) as daemon,
    ):
        assert daemon.stdin
        assert daemon.stdout
        pid = int(daemon.stdout.readline())
        receiver.wait_for("# connected")
        daemon.stdin.write("\n")
        daemon.stdin.flush()
        assert receiver.hear(3) == chord
        daemon.kill()
        receiver.wait_for("# disconnected")
        assert receiver.finish() == [*chord, *ends, *PANIC]
        assert exited(pid)


@jack
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_for_the_daemon_alone(open_jack: Open, number: signal.Signals) -> None:
    client = name("signalled")
    with Receiver(f"{client}:notes") as receiver:
        ports = open_jack(client)
        receiver.wait_for("# connected")
        os.kill(ports.pid, number)
        ports.send(now(ports, KICK))
        assert receiver.hear(1) == [KICK]
        ports.close()
        assert receiver.hear(4) == [KICK, KICK_OFF, *PANIC]


@jack
def test_it_is_in_no_terminals_group(open_jack: Open) -> None:
    ports = open_jack(name("session"))
    assert os.getsid(ports.pid) == ports.pid != os.getsid(0)


@jack
def test_a_dead_port_process_is_told_replaced_and_its_notes_are_ended(
    jack_server: None, lost: queue.Queue[str]
) -> None:
    with Receiver() as receiver:
        ports = opened(receiver, lost, "replaced")
        with closing(ports):
            before_s = ports.clock.now()
            os.kill(ports.pid, signal.SIGKILL)
            assert lost.get(timeout=LIMIT_S) == ports.why_lost() == "the port process ended"
            ports.send(now(ports, note_on(9, 40, 1)))  # goes nowhere, and is no error
            ports.restart()
            assert ports.alive()
            receiver.wait_for("# connected")  # the connection was made again, by name
            assert receiver.hear(1 + 1 + 2) == [KICK, KICK_OFF, *PANIC]
            assert 0 <= ports.clock.now() - before_s < LIMIT_S  # the same server, the same time
            ports.send(now(ports, KICK))
            assert receiver.hear(5)[4:] == [KICK]


@jack
def test_a_port_process_that_hangs_is_told_and_replaced(
    jack_server: None, lost: queue.Queue[str]
) -> None:
    with Receiver() as receiver:
        ports = opened(receiver, lost, "hangs")
        with closing(ports):
            os.kill(ports.pid, signal.SIGSTOP)
            assert lost.get(timeout=LIMIT_S) == "the port process was silent for 1 s"
            assert not ports.alive()
            ports.restart()
            assert receiver.hear(4) == [KICK, KICK_OFF, *PANIC]


@jack
def test_closing_a_port_process_that_hangs_ends_its_notes_by_another(
    jack_server: None, lost: queue.Queue[str]
) -> None:
    with Receiver() as receiver:
        ports = opened(receiver, lost, "stopped")
        assert ports.may_sound() == (("notes", 9, 36),)
        os.kill(ports.pid, signal.SIGSTOP)
        ports.close()
        assert receiver.hear(4) == [KICK, KICK_OFF, *PANIC]
        assert ports.may_sound() == ()
        assert lost.empty()


def opened(receiver: Receiver, lost: queue.Queue[str], part: str) -> PortProcess:
    """Open ports that are connected to a receiver, which has heard a note begin."""
    settings = PortSettings("jack", client=name(part), connections=(("notes", receiver.port),))
    ports = PortProcess(settings, lambda *_event: None, lost.put, print)
    receiver.wait_for("# connected")
    ports.send(now(ports, KICK))
    assert receiver.hear(1) == [KICK]
    return ports


@jack
def test_a_port_process_that_goes_on_after_a_stop_does_not_play_what_it_missed(
    open_jack: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "SILENT_PORTS_S", LIMIT_S)
    client = name("goes-on")
    volume = control_change(9, 7, 100)
    with Receiver(f"{client}:notes") as receiver:
        ports = open_jack(client, backend="rtmidi")  # whose clock goes on while JACK waits for it
        receiver.wait_for("# connected")
        os.kill(ports.pid, signal.SIGSTOP)
        missed = now(ports, *(note_on(9, pitch, 1) for pitch in range(36, 90)))
        ports.send(missed)
        stale_s = Seconds(missed[0].due_s + STALE_S + 0.1)
        ports.clock.wait_until(stale_s, threading.Event())
        os.kill(ports.pid, signal.SIGCONT)
        ports.send(now(ports, volume))
        assert receiver.hear(1) == [volume]
        ports.close()
        assert ports.counts().stale == len(missed)


@jack
def test_a_server_that_ends_is_told_and_its_successor_is_used(
    lost: queue.Queue[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not shutil.which("jack_wait"):
        pytest.skip("no jackd to start and stop (apt: jackd2)")
    client, server = name("bereft"), name("daw-bridge-mortal")
    monkeypatch.setenv("JACK_DEFAULT_SERVER", server)
    with jackd(server):
        ports = PortProcess(
            PortSettings("auto", client=client), lambda *_event: None, lost.put, print
        )
    with closing(ports):
        assert "JACK" in lost.get(timeout=LIMIT_S)
        with pytest.raises(UserError, match="expected a JACK server"):
            ports.restart()
        assert not ports.alive()
        before_s = ports.clock.now()
        with jackd(server), Receiver(f"{client}:notes") as receiver:
            ports.restart()
            receiver.wait_for("# connected")
            after_s = ports.clock.now()
            assert before_s < after_s < before_s + LIMIT_S  # a new server counts from elsewhere
            ports.send(now(ports, KICK))
            assert receiver.hear(1) == [KICK]
            ports.close()


@jack
def test_a_patchbay_that_reconnects_by_itself_is_no_error(
    open_jack: Open, lost: queue.Queue[str]
) -> None:
    client = name("patchbay")
    with Receiver(f"{client}:notes") as receiver:
        ports = open_jack(client)
        receiver.wait_for("# connected")
        ports._settings = replace(ports._settings, connections=(("notes", receiver.port),))
        os.kill(ports.pid, signal.SIGKILL)
        lost.get(timeout=LIMIT_S)
        ports.restart()
        receiver.wait_for("# connected")
        ports.send(now(ports, KICK))
        assert receiver.hear(1) == [KICK]


@jack
def test_connections_outlive_the_server_and_whoever_was_connected(
    lost: queue.Queue[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not shutil.which("jack_wait"):
        pytest.skip("no jackd to start and stop (apt: jackd2)")
    server = name("daw-bridge-killed")
    monkeypatch.setenv("JACK_DEFAULT_SERVER", server)
    with jackd(server) as running:
        receiver = Receiver()
        ports = opened(receiver, lost, "outlives")
        receiver.kill()
        running.kill()
    with closing(ports):
        assert "JACK" in lost.get(timeout=LIMIT_S)
        with jackd(server):
            ports.restart()
            with Receiver() as again:
                assert again.port == receiver.port
                again.wait_for("# connected")
                assert again.hear(1) == [KICK_OFF]
            ports.close()


@jack
def test_a_port_that_was_opened_meanwhile_comes_back_with_the_others_and_its_connection(
    jack_server: None, lost: queue.Queue[str]
) -> None:
    with Receiver() as receiver, Receiver() as other:
        ports = opened(receiver, lost, "more")
        with closing(ports):
            spec = PortSpec.of(f"to {other.port}")
            ports.open_more(spec)
            ports.open_more(spec)  # it is open
            assert list(ports.names) == ["notes", "in", "sync", spec.role]
            assert ports.names[spec.role].endswith(f":{spec.role}")
            os.kill(ports.pid, signal.SIGKILL)
            lost.get(timeout=LIMIT_S)
            with pytest.raises(UserError, match="the ports are lost"):
                ports.open_more(PortSpec("bass"))
            ports.restart()
            assert ports.names.keys() == {"notes", "in", "sync", spec.role}
            other.wait_for("# connected")
            other.wait_for("# connected")
            ports.send([each._replace(port=spec.role) for each in now(ports, KICK)])
            assert other.hear(1) == [KICK]
        assert other.hear(4)[1:] == [KICK_OFF, *PANIC]


@jack
@pytest.mark.parametrize("backend", ["jack", "rtmidi"])
def test_a_port_that_cannot_be_opened_is_refused_and_what_plays_goes_on(
    open_jack: Open, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = name(f"refuses-{backend}")
    with Receiver(f"{client}:notes") as receiver:
        ports = open_jack(client, backend=backend)
        receiver.wait_for("# connected")
        with pytest.raises(UserError, match="'no such port'"):
            ports.open_more(PortSpec.of("to no such port"))
        monkeypatch.setattr(process, "OPEN_MORE_S", 0.0)
        with pytest.raises(UserError, match="no answer within 0 s"):
            ports.open_more(PortSpec("slow"))
        monkeypatch.setattr(process, "OPEN_MORE_S", LIMIT_S)
        ports.open_more(PortSpec("bass"))
        ports.open_more(PortSpec("slow"))
        monkeypatch.setattr(api, "MOST_PORTS", len(ports.names))
        with pytest.raises(UserError, match="at most 5 ports"):
            ports.open_more(PortSpec("one more"))
        ports.send(now(ports, KICK))
        assert receiver.hear(1) == [KICK]


@jack
def test_a_named_port_is_connected_to(open_jack: Open) -> None:
    sink, client = name("sink"), name("named")
    hearer = PortSettings("jack", (), (PortSpec("in"),), sink)
    came: queue.Queue[bytes] = queue.Queue()
    with closing(PortProcess(hearer, lambda _time_s, _role, data: came.put(data), print, print)):
        ports = open_jack(client, PortSpec("notes", sink.upper()))
        ports.send(now(ports, KICK))
        assert came.get(timeout=LIMIT_S) == KICK


@jack
def test_a_named_port_of_rtmidi_that_goes_is_told_and_opened_when_it_is_back(
    open_jack: Open, lost: queue.Queue[str]
) -> None:
    sink, client = name("unplugged"), name("patient")
    hearer = PortSettings("jack", (), (PortSpec("in"),), sink)
    came: queue.Queue[bytes] = queue.Queue()
    first = PortProcess(hearer, lambda _time_s, _role, data: came.put(data), print, print)
    ports = open_jack(client, PortSpec("notes", sink), backend="rtmidi")
    ports.send(now(ports, KICK))
    assert came.get(timeout=LIMIT_S) == KICK
    first.close()
    assert "has gone" in lost.get(timeout=LIMIT_S)
    with pytest.raises(UserError, match="whose name contains"):
        ports.restart()
    with closing(PortProcess(hearer, lambda _time_s, _role, data: came.put(data), print, print)):
        ports.restart()
        assert [came.get(timeout=LIMIT_S) for _ in range(3)] == [KICK_OFF, *PANIC]


@jack
@pytest.mark.parametrize("backend", ["jack", "rtmidi"])
def test_a_name_that_fits_nothing_or_two_ports_is_the_daemons_error(
    open_jack: Open, backend: str
) -> None:
    with pytest.raises(UserError, match="whose name contains 'no such synth', found"):
        open_jack(name("nothing"), PortSpec("notes", "no such synth"), backend=backend)
    twin = name("twin")
    first, second = (open_jack(f"{twin}-{i}") for i in (1, 2))
    with pytest.raises(UserError, match="give more of the name") as error:
        open_jack(name("two"), PortSpec("notes", twin), backend=backend)
    assert first.names["sync"] in str(error.value)
    assert second.names["sync"] in str(error.value)


def test_no_server_is_the_daemons_error(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("jack", reason="JACK-Client or libjack is not installed")
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "no-such-server")
    with pytest.raises(UserError, match="--backend offline"):
        PortProcess(PortSettings("jack"), lambda *_event: None, print, print)


def test_what_goes_wrong_otherwise_comes_with_its_traceback() -> None:
    bad = PortSettings("offline", outputs=7)  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="TypeError"):
        PortProcess(bad, lambda *_event: None, print, print)


def test_a_midi_system_that_hangs_is_the_daemons_error(monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    monkeypatch.setattr(child, "COMMAND", hanging)
    monkeypatch.setattr(process, "OPEN_S", 0.05)
    children: list[child.Child] = []
    monkeypatch.setattr(
        process, "Child", lambda limit_s: children.append(child.Child(limit_s)) or children[0]
    )
    with pytest.raises(UserError, match=r"no answer within 0\.05 s"):
        PortProcess(PortSettings("jack"), lambda *_event: None, print, print)
    assert children[0].process.returncode == -signal.SIGKILL


@jack
def test_counts_go_on_through_a_restart(open_jack: Open) -> None:
    client = name("counting")
    with Receiver(f"{client}:notes") as receiver:
        ports = open_jack(client)
        receiver.wait_for("# connected")
        ports.send(now(ports, KICK))
        receiver.hear(1)
        ports.close()
        assert ports.counts().sent == 1 + 1 + 2
        ports.restart()
        ports.close()
        assert ports.counts().sent == 4 + 1 + 2


def test_a_clock_that_begins_anew_goes_on_in_the_same_time_by_whole_frames() -> None:
    clock = PortClock()
    clock.renew(100.0, 5000.0, 48_000)
    assert clock.shift_s == 0
    clock.renew(110.2, 5010.0, 48_000)  # the same server: its time is right to the frame
    assert clock.shift_s == 0
    clock.renew(3.00001, 5020.0, 48_000)  # a new one
    frames = clock.shift_s * 48_000
    assert frames == round(frames) == round((120.2 - 3.00001) * 48_000)


def test_a_clock_that_began_anew_twice_is_shifted_twice() -> None:
    clock = PortClock()
    clock.renew(100.0, 5000.0, 48_000)
    clock.renew(1.0, 5010.0, 48_000)
    clock.renew(2.0, 5020.0, 48_000)
    assert clock.shift_s == pytest.approx(118.0)


def test_the_time_never_runs_backwards() -> None:
    clock = PortClock()
    clock.report(Seconds(100.0), 0.0)
    first = clock.now()
    clock.report(Seconds(50.0), 0.0)
    assert clock.now() == first


@jack
@pytest.mark.parametrize("backend", ["jack", "rtmidi"])
def test_two_jams_on_one_machine_are_told_apart_and_say_their_real_names(
    open_jack: Open, backend: str
) -> None:
    first, second = (open_jack(name("jam"), backend=backend) for _ in range(2))
    names = [*first.names.values(), *second.names.values()]
    assert len(set(names)) == len(names) == 6
    shown = {port.name for port in list_ports()}
    assert set(names) <= shown
    assert second.names["notes"] == f"{name('jam')}-01:notes"


@jack
@pytest.mark.parametrize("backend", ["jack", "rtmidi"])
def test_voices_go_to_their_own_outputs_each_in_time(open_jack: Open, backend: str) -> None:
    client, roles = name("voices"), ("notes", "bass", "lead")
    outputs = [PortSpec(role) for role in roles]
    ports = open_jack(client, *outputs, backend=backend)
    with ExitStack() as stack:
        receivers = {role: stack.enter_context(Receiver(ports.names[role])) for role in roles}
        for receiver in receivers.values():
            receiver.wait_for("# connected")
        due_s = Seconds(ports.clock.now() + 0.1)
        ports.send(
            [TimedMessage(due_s, 2, i, role, note_on(i, 60 + i, 1)) for i, role in enumerate(roles)]
        )
        heard = {role: receiver.hear(1) for role, receiver in receivers.items()}
        assert heard == {role: [note_on(i, 60 + i, 1)] for i, role in enumerate(roles)}
        frames = [receiver.events[0][0] for receiver in receivers.values()]
        if backend == "jack" and ports.counts().xruns + ports.counts().late == 0:
            assert len(set(frames)) == 1
        ports.close()
        for i, role in enumerate(roles):
            assert receivers[role].hear(2)[1] == note_off(i, 60 + i)
