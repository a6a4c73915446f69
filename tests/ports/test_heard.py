"""Ports that are heard as well: who gets what, by which clock, and what one alone does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import pytest

from daw_bridge.errors import UserError
from daw_bridge.midi.messages import TimedMessage, note_on
from daw_bridge.music.time import Seconds
from daw_bridge.ports import heard, process
from daw_bridge.ports.backend import PortSettings, PortSpec, SoundSettings
from daw_bridge.ports.clock import VirtualClock
from daw_bridge.ports.open import open_ports

SOUND = SoundSettings("auto", "{}")
NO_MIDI = UserError("a MIDI system", "none", "start JACK")


class FakeProcess:
    """A port process that keeps what it gets; MIDI's clock shows 7 s, the sound's 100."""

    made: ClassVar[list[FakeProcess]]
    systems: ClassVar = {"midi": "rtmidi", "sound": "portaudio"}
    midi_is_there = True

    def __init__(self, settings, on_input, _on_lost, _on_position) -> None:
        kind = "midi" if settings.sound is None else "sound"
        if kind == "midi" and not self.midi_is_there:
            raise NO_MIDI
        self.backend = self.systems[kind]
        self.clock = VirtualClock(Seconds(7.0 if kind == "midi" else 100.0))
        self.shift_s = Seconds(0.25 if kind == "midi" else 0.0)
        self.settings, self.on_input = settings, on_input
        self.sent: list[TimedMessage] = []
        self.said: list[str] = []
        self.lives, self.closed, self.silenced = True, False, 0
        self.back: list[int] = []
        self.tuned: list[tuple[str, Seconds | None]] = []
        self.made.append(self)

    def send(self, messages: Sequence[TimedMessage]) -> None:
        self.sent += messages

    def silence(self) -> None:
        self.silenced += 1

    def take_back(self, serial: int) -> None:
        self.back.append(serial)

    def instruments(self, kit: str, from_s: Seconds | None = None) -> None:
        self.tuned.append((kit, from_s))

    def tell(self, news: str) -> None:
        self.said.append(news)

    def alive(self) -> bool:
        return self.lives

    def why_lost(self) -> str:
        return f"{self.backend} went"

    def restart(self) -> None:
        self.lives = True

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def made(monkeypatch) -> list[FakeProcess]:
    made: list[FakeProcess] = []
    monkeypatch.setattr(FakeProcess, "made", made, raising=False)
    for module in (heard, process):
        monkeypatch.setattr(module, "PortProcess", FakeProcess)
    return made


def opened(settings=PortSettings(sound=SOUND), came=None):
    came = [] if came is None else came
    return open_ports(settings, lambda *event: came.append(event), print, print)


def test_both_get_each_message_when_it_is_due_by_their_own_clock(made):
    ports = opened()
    sound, midi = made
    due = TimedMessage(Seconds(7.5), 2, 0, "notes", note_on(9, 36, 100))
    ports.send([due])
    assert midi.sent == [due]
    assert sound.sent == [due._replace(due_s=Seconds(100.5))]


def test_those_of_one_jack_server_are_on_one_clock(made, monkeypatch):
    monkeypatch.setattr(FakeProcess, "systems", {"midi": "jack", "sound": "jack"})
    ports = opened()
    ports.send([TimedMessage(Seconds(7.5), 2, 0, "notes", note_on(9, 36, 100))])
    assert [each.due_s for each in made[0].sent] == [7.25]


def test_without_midi_sound_plays_alone_and_says_so(made, monkeypatch):
    monkeypatch.setattr(FakeProcess, "midi_is_there", False)
    ports = opened()
    assert ports is made[0]
    assert not made[0].closed
    assert made[0].said == [f"heard, but sent nowhere: {NO_MIDI}"]


@pytest.mark.parametrize(
    "asked",
    [
        PortSettings("jack", sound=SOUND),
        PortSettings(outputs=(PortSpec("notes", "synth"),), sound=SOUND),
        PortSettings(inputs=(PortSpec("in", "keyboard"),), sound=SOUND),
    ],
)
def test_a_midi_system_or_port_that_was_asked_for_must_be_there(made, monkeypatch, asked):
    monkeypatch.setattr(FakeProcess, "midi_is_there", False)
    with pytest.raises(UserError, match="a MIDI system"):
        opened(asked)
    assert [each.closed for each in made] == [True]


def test_instruments_are_for_what_is_heard_from_a_second_on_by_its_own_clock(made):
    ports = opened()
    sound, midi = made
    ports.instruments("kit")
    ports.instruments("kit", Seconds(7.5))
    assert sound.tuned == [("kit", None), ("kit", 100.5)]
    assert midi.tuned == []


@pytest.mark.parametrize(("thru", "count"), [(True, 1), (False, 0)])
def test_what_is_played_is_heard_where_it_goes_on_by_midi(made, thru, count):
    came = []
    opened(PortSettings(sound=SOUND, thru=thru), came)
    sound, midi = made
    for role in ("in", "sync"):
        midi.on_input(Seconds(3.0), role, note_on(0, 60, 90))
    assert [(m.due_s, m.port, m.data) for m in sound.sent] == [
        (100.0, "notes", note_on(0, 60, 90))
    ] * count
    assert len(came) == 2


def test_one_that_is_lost_is_opened_again_while_the_other_plays_on(made):
    ports = opened()
    sound, midi = made
    sound.lives = False
    assert (ports.alive(), ports.why_lost()) == (False, "portaudio went")
    ports.silence()
    ports.take_back(7)
    ports.restart()
    assert (ports.alive(), sound.silenced, midi.silenced) == (True, 1, 1)
    assert sound.back == midi.back == [7]
    ports.close()
    assert (sound.closed, midi.closed) == (True, True)
