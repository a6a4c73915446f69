"""What comes in: bounded, whole, and played on where that is asked for."""

from __future__ import annotations

import random
import threading

import pytest

from daw_bridge.midi.messages import TimedMessage, control_change, note_off, note_on, rank_of
from daw_bridge.music.time import Seconds
from daw_bridge.ports.backend import PortSettings
from daw_bridge.ports.inputs import ECHOES, MOST, QUIET_S, WITHIN_S, inputs_of
from daw_bridge.ports.offline import LocalPorts, OfflineBackend
from daw_bridge.ports.pending import Pending

KICK, KICK_OFF = note_on(9, 36, 100), note_off(9, 36)
PANIC = [control_change(9, 64, 0), control_change(9, 123, 0)]
RESET = b"\xff"

Heard = list[tuple[Seconds, str, bytes]]


class Played:
    """Ports of virtual time, what they send and what they hear."""

    def __init__(self, *, thru: bool = True) -> None:
        settings = PortSettings("offline", thru=thru)
        self.sent: list[TimedMessage] = []
        self.heard: Heard = []
        self.backend = OfflineBackend(settings, on_sent=self.sent.append)
        self.ports = LocalPorts(
            self.backend, lambda *event: self.heard.append(event), print, settings
        )

    def play(self, data: bytes, role: str = "in") -> None:
        self.backend.play_in(role, data)

    def wait(self, seconds: float = 0.01) -> None:
        clock = self.ports.clock
        clock.wait_until(Seconds(clock.now() + seconds), threading.Event())

    @property
    def messages(self) -> list[bytes]:
        return [message.data for message in self.sent]


@pytest.fixture
def played() -> Played:
    return Played()


def test_what_is_played_goes_to_the_first_output_at_its_frame_and_is_heard(played: Played) -> None:
    played.wait(0.25)
    played.play(note_on(3, 60, 77))
    played.wait()
    assert [(m.due_s, m.port, m.data) for m in played.sent] == [(0.25, "notes", note_on(3, 60, 77))]
    assert played.heard == [(0.25, "in", note_on(3, 60, 77))]


def test_without_thru_it_is_heard_and_not_played() -> None:
    played = Played(thru=False)
    played.play(KICK)
    played.wait()
    assert (played.messages, len(played.heard)) == ([], 1)


def test_only_what_has_a_channel_and_comes_to_the_players_input_is_played_on(
    played: Played,
) -> None:
    for data in (b"\xf8", b"\xfa", b"\xf2\x01\x02", b"\xf0\x01\xf7"):
        played.play(data)
    played.play(KICK, "sync")
    played.wait()
    assert played.messages == []


def test_messages_of_one_instant_keep_the_order_in_which_they_were_played(played: Played) -> None:
    phrase = [KICK, KICK_OFF, control_change(9, 64, 127), KICK, KICK_OFF]
    for data in phrase:
        played.play(data)
    played.wait()
    assert played.messages == phrase


@pytest.mark.parametrize("end", ["close", "silence"])
def test_what_was_played_on_is_ended_with_all_else(played: Played, end: str) -> None:
    played.play(KICK)
    played.wait()
    getattr(played.ports, end)()
    played.wait()
    assert played.messages == [KICK, KICK_OFF, *PANIC]
    assert played.ports.may_sound() == ()


def test_whoever_is_unplugged_leaves_no_note_and_ours_go_on(played: Played) -> None:
    ours = note_on(9, 40, 1)
    played.ports.send([TimedMessage(Seconds(0), rank_of(ours), 0, "notes", ours)])
    played.play(KICK)
    played.wait()
    played.play(RESET)
    played.wait()
    assert played.messages == [KICK, ours, KICK_OFF, control_change(9, 64, 0)]
    assert played.ports.may_sound() == (("notes", 9, 40),)
    assert played.heard[-1][2] == RESET


def test_a_flood_is_cut_and_what_it_may_have_held_is_ended(played: Played) -> None:
    for index in range(10 * MOST):
        played.play(note_on(0, index % 128, 1))
    played.wait(WITHIN_S)
    assert len(played.heard) == MOST + 1
    assert played.heard[-1][2] == RESET
    assert played.ports.may_sound() == ()
    played.play(KICK)
    assert played.heard[-1][2] == KICK


def test_a_flood_of_one_input_takes_nothing_of_another(played: Played) -> None:
    for _ in range(2 * MOST):
        played.play(KICK)
    played.play(b"\xf8", "sync")
    assert played.heard[-1][1:] == ("sync", b"\xf8")


def test_a_million_random_bytes_are_no_matter() -> None:
    pending, heard = Pending(48_000), 0

    def hear(_time_s: Seconds, _role: str, data: bytes) -> None:
        nonlocal heard
        heard += 1
        assert 1 <= len(data) <= 3

    inputs = inputs_of(PortSettings(thru=True), pending, hear, print)
    noise = random.Random(5)  # noqa: S311 -- no secret
    for block in range(1000):
        frame = block * 480
        inputs.take(Seconds(frame / 48_000), "in", noise.randbytes(1000))
        for _, message in pending.drain(frame, 480):
            assert len(message.data) in (2, 3)
    assert 0 < heard <= 101 * (MOST + 1)
    pending.silence()
    pending.drain(480_000, 480)
    assert pending.is_empty()
    assert len(pending.sounding) == 0


def test_running_status_goes_on_from_one_piece_to_the_next_of_its_own_input() -> None:
    heard: Heard = []
    inputs = inputs_of(PortSettings(), Pending(48_000), lambda *event: heard.append(event), print)
    inputs.take(Seconds(0), "in", b"\x90\x3c")
    inputs.take(Seconds(0), "sync", b"\x05")
    inputs.take(Seconds(1), "in", b"\x40")
    assert heard == [(1, "in", b"\x90\x3c\x40")]


def looped(played: Played, seconds: float) -> int:
    """Let all that is sent come back to the input, a cycle later; count what is sent."""
    done = len(played.sent)
    for _ in range(int(seconds / 0.003)):
        played.wait(0.003)
        for message in played.sent[done:]:
            played.play(message.data)
            done += 1
    return done


def test_feedback_is_found_told_and_cut_and_no_note_is_left(played: Played) -> None:
    played.play(KICK)
    played.wait()
    for message in list(played.sent):
        played.play(message.data)
    assert looped(played, 1.0) < 2 * ECHOES + 8
    [news] = played.ports.news()
    assert news.startswith("what we play comes back to our port 'in'")
    assert played.heard[-1][2] == RESET
    assert played.ports.may_sound() == ()
    assert played.ports.news() == []


def test_when_nothing_comes_back_any_more_the_input_is_listened_to_again(played: Played) -> None:
    played.play(KICK)
    played.wait()
    played.play(KICK)
    looped(played, 0.5)
    played.play(note_on(0, 60, 5))
    assert played.heard[-1][2] == RESET
    played.wait(QUIET_S)
    played.play(note_on(0, 60, 5))
    assert played.heard[-1][2] == note_on(0, 60, 5)


def test_a_player_who_plays_along_is_no_feedback() -> None:
    played = Played(thru=False)
    for index in range(100):
        ours = [note_on(9, 36, 100), note_off(9, 36)]
        now_s = played.ports.clock.now()
        played.ports.send(TimedMessage(Seconds(now_s), rank_of(m), index, "notes", m) for m in ours)
        played.wait(0.05)
        played.play(note_on(9, 36, 100 if index % 4 else 99))  # as loud as ours, three in four
        played.play(note_off(9, 36))
        played.wait(0.05)
    assert played.ports.news() == []
    assert len(played.heard) == 200
