"""Note-offs after cycles that the server may have lost, driven without one."""

from __future__ import annotations

import pytest

from daw_bridge.midi.messages import TimedMessage, note_off, note_on, rank_of
from daw_bridge.music.time import Seconds
from daw_bridge.ports.backend import PortSettings
from daw_bridge.ports.clock import seconds_at
from daw_bridge.ports.pending import Pending

pytest.importorskip("jack", reason="JACK-Client or libjack is not installed")

from daw_bridge.ports import jack_callback, jack_client
from tests.ports.fake_jack import PERIOD, RATE, Client

TO_BAR_2 = b"\xf2\x10\x00"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    client = Client()
    monkeypatch.setattr(jack_callback, "open_client", lambda _name: client)
    monkeypatch.setattr(jack_callback, "raise_priority", lambda: None)
    return client


@pytest.fixture
def lost() -> list[str]:
    return []


@pytest.fixture
def pending(client: Client, lost: list[str]) -> Pending:
    backend = jack_callback.JackBackend(PortSettings("jack", inputs=()), lost.append)
    pending = Pending(RATE)
    backend.start(pending, lambda *_event: None, print)
    return pending


def now(*messages: bytes) -> list[TimedMessage]:
    return [TimedMessage(Seconds(0), rank_of(m), i, "notes", m) for i, m in enumerate(messages)]


ON, OFF, OTHER = note_on(0, 60, 9), note_off(0, 60), note_off(0, 61)


def test_without_an_xrun_nothing_is_sent_twice(client: Client, pending: Pending) -> None:
    pending.add(now(OFF))
    assert client.cycle() == [OFF]
    assert client.cycle() == []


def test_after_an_xrun_the_latest_note_offs_are_sent_once_more(
    client: Client, pending: Pending
) -> None:
    pending.add(now(OFF, OTHER, note_on(0, 62, 9)))
    client.cycle()
    client.cycle()
    client.xrun(100.0)
    assert client.cycle() == [OFF, OTHER]
    assert client.cycle() == []


def test_a_note_that_sounds_anew_is_not_ended_by_its_old_note_off(
    client: Client, pending: Pending
) -> None:
    pending.add(now(OFF, OTHER))
    client.cycle()
    pending.add(now(ON))
    client.cycle()
    client.xrun(100.0)
    assert client.cycle() == [OTHER]


def test_a_note_that_begins_in_the_cycle_after_an_xrun_comes_after_its_old_note_off(
    client: Client, pending: Pending
) -> None:
    pending.add(now(OFF, OTHER))
    client.cycle()
    client.xrun(100.0)
    pending.add(now(ON))
    assert client.cycle() == [OFF, OTHER, ON]


def test_a_note_that_ends_in_the_cycle_after_an_xrun_is_not_cut_short_by_its_old_note_off(
    client: Client, pending: Pending
) -> None:
    pending.add(now(OFF))
    client.cycle()
    pending.add(now(ON))
    client.cycle()
    client.xrun(100.0)
    pending.add(now(OFF))
    assert client.cycle() == [OFF]


def test_old_note_offs_are_not_repeated(client: Client, pending: Pending) -> None:
    pending.add(now(OFF))
    client.cycle()
    client.last_frame_time += int(jack_callback.AGAIN_S * RATE)
    client.xrun(100.0)
    assert client.cycle() == []


def test_no_exception_leaves_the_callback_and_the_first_is_told(
    client: Client, pending: Pending, lost: list[str]
) -> None:
    pending.add([TimedMessage(Seconds(0), 0, 0, "no such port", OFF)])
    client.cycle()
    pending.add([TimedMessage(Seconds(0), 0, 0, "no such port", OFF)])
    client.cycle()
    assert lost == ["the JACK callback failed: KeyError('no such port')"]


def test_the_end_of_the_server_is_told(client: Client, pending: Pending, lost: list[str]) -> None:
    client.shutdown(None, "killed")
    assert lost == ["the JACK server ended: killed"]


@pytest.mark.parametrize(
    ("estimate", "frame"),
    [(1_050, 1_050), (1_000, 1_000), (1_256, 1_256), (0, 1_000), (90_000, 1_256)],
)
def test_the_time_is_that_of_the_cycle_that_runs_whatever_jack_estimates(
    client: Client, estimate: int, frame: int
) -> None:
    clock = jack_client.JackClock(client)
    client.last_frame_time = 1_000
    assert clock.begin_cycle() == 1_000
    client.frame_time = estimate
    assert clock.now() == seconds_at(frame, RATE)


def test_of_a_flood_a_cycle_takes_what_there_is_time_for_and_then_a_reset(client: Client) -> None:
    heard: list[bytes] = []
    backend = jack_callback.JackBackend(PortSettings("jack"), pytest.fail)
    backend.start(Pending(RATE), lambda _time_s, _role, data: heard.append(data), print)
    client.ports["in"].came = [(i, OFF) for i in range(10_000)]
    client.ports["sync"].came = [(0, b"\xf0" + bytes(9_000)), (5, b"\xf8")]
    client.cycle()
    most = (jack_callback.MOST_BYTES + PERIOD) // 3
    assert heard == [*[OFF] * most, b"\xff", b"\xf0", b"\xf8"]


@pytest.mark.parametrize(
    ("came", "heard"),
    [
        ([(5, b"\xfc"), (5, TO_BAR_2), (5, b"\xfb"), (5, b"\xf8")], [TO_BAR_2, b"\xfb", b"\xf8"]),
        ([(5, b"\xfc"), (5, b"\xfc"), (5, b"\xfa"), (9, b"\xfc")], [b"\xfa", b"\xfc"]),
        ([(5, b"\xfc"), (6, TO_BAR_2), (6, b"\xfb")], [b"\xfc", TO_BAR_2, b"\xfb"]),
        ([(5, b"\xfb"), (5, b"\xfc")], [b"\xfb", b"\xfc"]),
    ],
)
def test_a_stop_that_goes_on_in_the_same_frame_is_a_jump(
    client: Client, came: list[tuple[int, bytes]], heard: list[bytes]
) -> None:
    taken: list[bytes] = []
    backend = jack_callback.JackBackend(PortSettings("jack"), pytest.fail)
    backend.start(Pending(RATE), lambda _time_s, _role, data: taken.append(data), print)
    client.ports["in"].came = [(5, b"\xfc"), (5, b"\xfb")]  # what is played is left alone
    client.ports["sync"].came = came
    client.cycle()
    assert taken == [b"\xfc", b"\xfb", *heard]
