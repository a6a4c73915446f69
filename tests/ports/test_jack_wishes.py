"""What is asked of JACK for the sake of connections, without a server."""

from __future__ import annotations

import errno

import pytest

from daw_bridge.errors import UserError
from daw_bridge.midi.messages import TimedMessage, note_off, note_on, rank_of
from daw_bridge.music.time import Seconds
from daw_bridge.ports.backend import PortSettings, PortSpec
from daw_bridge.ports.pending import Pending

jack = pytest.importorskip("jack", reason="JACK-Client or libjack is not installed")

from daw_bridge.ports import jack_callback  # noqa: E402
from daw_bridge.ports.jack_callback import CYCLES_TO_LEAVE, JackBackend  # noqa: E402
from tests.ports.fake_jack import RATE, Client, Port  # noqa: E402

SYNTH = ("notes", "synth:in")
ASKED = ("fake:notes", "synth:in")


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    client = Client()
    client.others = [Port("in", "synth")]
    monkeypatch.setattr(jack_callback, "open_client", lambda _name: client)
    monkeypatch.setattr(jack_callback, "raise_priority", lambda: None)
    return client


def opened(pending: Pending | None = None) -> JackBackend:
    settings = PortSettings("jack", inputs=(), connections=(SYNTH,))
    backend = JackBackend(settings, pytest.fail)
    backend.start(pending or Pending(RATE), lambda *_event: None, print)
    return backend


def look(client: Client, backend: JackBackend) -> tuple[tuple[str, str], ...]:
    """Look at the connections when what was connected would be listed."""
    for _ in range(CYCLES_TO_LEAVE + 1):
        client.cycle()
    return backend.connections()


def test_a_connection_that_exists_already_is_made(client: Client) -> None:
    client.refusal = jack.JackErrorCode("already exists", errno.EEXIST)
    backend = opened()
    client.ports["notes"].connections = client.others
    for _ in range(3):
        assert look(client, backend) == (SYNTH,)
    assert client.asked == [ASKED]


def test_a_port_of_audio_is_refused_as_one_and_a_port_of_midi_is_chosen_before_it(
    client: Client,
) -> None:
    client.audio = [Port("playback_1", "system"), Port("audio", "synth")]
    backend = opened()
    backend.open_more(PortSpec.of("to synth"))
    with pytest.raises(UserError) as refused:
        backend.open_more(PortSpec.of("to playback"))
    assert str(refused.value) == (
        "expected a port of MIDI, found 'system:playback_1', which is one of audio: "
        "see `daw-bridge ports`"
    )
    with pytest.raises(UserError, match="a port whose name contains 'bass'"):
        backend.open_more(PortSpec.of("to bass"))


def test_named_ports_are_chosen_among_those_of_their_direction(client: Client) -> None:
    client.others = [Port("in", "daw"), Port("clock", "daw", is_output=True)]
    settings = PortSettings("jack", (PortSpec("notes", "DAW"),), (PortSpec("sync", "DAW"),))
    backend = JackBackend(settings, pytest.fail)
    assert backend.name == "jack"
    backend.start(Pending(RATE), lambda *_event: None, print)
    assert backend.connections() == (("notes", "daw:in"), ("sync", "daw:clock"))
    assert client.asked == [("fake:notes", "daw:in"), ("daw:clock", "fake:sync")]


def test_the_callback_is_waited_for_and_where_it_does_not_come_it_is_told(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = opened()
    looks = iter([False, False, True])
    assert backend._wait(lambda: next(looks))
    monkeypatch.setattr(jack_callback, "LEAVE_S", 0.0)
    assert not backend._wait(lambda: False)
    assert not backend.stop()  # no cycle has ended the notes
    assert client.closed


def test_a_connection_that_is_refused_ends_nothing_and_is_tried_again(client: Client) -> None:
    client.refusal = jack.JackErrorCode("not now", errno.EIO)
    backend = opened()
    assert look(client, backend) == (SYNTH,)
    client.refusal = jack.JackError("no such port")
    look(client, backend)
    client.refusal = None
    look(client, backend)
    assert client.asked == [ASKED] * 4
    client.ports["notes"].connections = client.others
    assert look(client, backend) == (SYNTH,)
    assert client.asked == [ASKED] * 4


def test_a_connection_is_not_missed_before_it_can_be_listed(client: Client) -> None:
    backend = opened()
    client.others = []
    look(client, backend)
    client.others = [Port("in", "synth")]
    assert look(client, backend) == (SYNTH,)
    assert client.asked == [ASKED] * 2
    for _ in range(5):  # no cycle has passed
        assert backend.connections() == (SYNTH,)


def test_what_a_server_takes_down_as_it_ends_is_not_dropped(client: Client) -> None:
    backend = opened()
    client.ends = True
    for _ in range(3):
        assert look(client, backend) == (SYNTH,)
    client.ends = False
    backend._on_lost = lambda _why: None
    client.shutdown(None, "killed")
    for _ in range(3):
        assert look(client, backend) == (SYNTH,)


def test_who_goes_and_who_is_back_is_told_once_each(client: Client) -> None:
    backend = opened()
    client.ports["notes"].connections = synth = client.others
    look(client, backend)
    assert backend.news() == []
    client.others = client.ports["notes"].connections = []
    look(client, backend)
    look(client, backend)
    assert backend.news() == [
        "'synth:in' is gone: it is connected to 'notes' again as soon as it is back"
    ]
    client.others = synth
    look(client, backend)
    assert backend.news() == ["'synth:in' is back, and connected to 'notes'"]
    look(client, backend)
    client.note_port(synth[0], False)
    client.note_port(synth[0], True)
    look(client, backend)
    assert [text.split(" is ")[1][:4] for text in backend.news()] == ["gone", "back"]


def test_an_output_that_is_connected_to_our_own_input_is_cut_and_told(client: Client) -> None:
    backend = JackBackend(PortSettings("jack"), pytest.fail)
    backend.start(Pending(RATE), lambda *_event: None, print)
    notes, played = client.ports["notes"], client.ports["in"]
    notes.connections, played.connections = [played], [notes]
    look(client, backend)
    assert client.cut == [("fake:notes", "fake:in")]
    assert backend.news() == [
        "our port 'notes' was connected to our own 'in', in which we would hear ourselves:"
        " disconnected"
    ]
    notes.connections = played.connections = []
    assert look(client, backend) == ()


def test_what_the_user_drops_is_dropped(client: Client) -> None:
    backend = opened()
    assert look(client, backend) == (SYNTH,)
    assert look(client, backend) == ()
    assert client.asked == [ASKED]


def test_a_port_that_comes_back_between_two_looks_is_connected_again(client: Client) -> None:
    backend = opened()
    client.note_port(client.others[0], False)
    client.note_port(client.others[0], True)
    client.listing_fails = True
    look(client, backend)
    client.listing_fails = False
    look(client, backend)
    assert client.asked == [ASKED] * 2
    client.note_port(client.others[0], True)  # which alone is no sign that it was away
    look(client, backend)
    assert client.asked == [ASKED] * 2


ON, OFF = note_on(0, 60, 9), note_off(0, 60)


def test_a_new_connection_hears_the_ends_it_may_have_missed_once_it_holds(client: Client) -> None:
    pending = Pending(RATE)
    opened(pending)
    now_s = Seconds(client.last_frame_time / RATE)
    pending.add(TimedMessage(now_s, rank_of(m), i, "notes", m) for i, m in enumerate([ON, OFF]))
    client.cycle()  # the note-off goes first, so that the note sounds
    pending.add([TimedMessage(now_s, 0, 0, "notes", OFF)])
    client.cycle()
    ours, synth = client.ports["notes"], client.others[0]
    client.note_connection(ours, synth, False)
    client.note_connection(synth, synth, True)
    client.note_connection(ours, synth, True)
    cycles = [client.cycle() for _ in range(CYCLES_TO_LEAVE + 3)]
    assert cycles == [[]] * CYCLES_TO_LEAVE + [[OFF], [], []]
