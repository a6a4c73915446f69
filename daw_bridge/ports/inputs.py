"""What comes in: whole messages, no more than a bound, played on where that is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count

from daw_bridge.midi.messages import (
    ALL_NOTES_OFF,
    CONTROL_CHANGE,
    RESET,
    STATUS,
    SYSTEM,
    TimedMessage,
    starts_note,
)
from daw_bridge.midi.sounding import SoundingNotes
from daw_bridge.midi.stream import Stream
from daw_bridge.music.time import Seconds
from daw_bridge.ports.backend import PLAYED, OnInput, OnNews, PortSettings
from daw_bridge.ports.clock import frame_at
from daw_bridge.ports.pending import Pending

MOST = 500
"""How many messages are taken at one input within `WITHIN_S`: ten times what a cable carries of
clock and chords. What is more is dropped, and would else delay what we play."""

WITHIN_S = 0.1

ECHO_S = 0.25
"""What comes back comes within this time: hosts add a block or two."""

ECHOES = 8
"""So many notes on end that are ours, as loud, are no chance."""

QUIET_S = 5.0
"""So long nothing must come back, until it is believed that it does not any more."""


class Thru:
    """What is played to us, played on as it comes, and what of it sounds."""

    def __init__(self, pending: Pending, port: str) -> None:
        self._pending = pending
        self._port = port
        self._held = SoundingNotes()
        self._serials = count(-(1 << 62))  # below the daemon's, which takes its own back

    def play(self, time_s: Seconds, data: bytes) -> None:
        """Play a message on in the order in which it came; at a reset, end what is held."""
        if STATUS <= data[0] < SYSTEM:
            self._held.sent(self._port, data)
            self._add(time_s, [data])
        elif data[0] == RESET:
            ends = (message for _, message in self._held.end_all())
            self._add(time_s, [each for each in ends if not _ends_all(each)])

    def _add(self, time_s: Seconds, messages: Sequence[bytes]) -> None:
        self._pending.add(
            TimedMessage(time_s, 1, next(self._serials), self._port, each) for each in messages
        )


def _ends_all(data: bytes) -> bool:
    """Whether a message would also end what others play on its channel."""
    return data[0] & 0xF0 == CONTROL_CHANGE and data[1] == ALL_NOTES_OFF


class Echo:
    """What finds that what we play comes back to us, by whatever way, and then lets nothing in."""

    def __init__(self, pending: Pending, on_news: OnNews) -> None:
        self._pending = pending
        self._on_news = on_news
        self._in_a_row = 0
        self._last_s = Seconds(0.0)

    def let_in(self, time_s: Seconds, role: str, data: bytes) -> bytes:
        """Return a message, or a reset where too many of ours have come back; else b""."""
        if not STATUS <= data[0] < SYSTEM:
            return data
        echoes = starts_note(data) and self._is_ours(time_s, data)
        if echoes:
            self._last_s = time_s
        if self._in_a_row >= ECHOES:
            if time_s - self._last_s < QUIET_S:
                return b""
            self._in_a_row = 0
        if starts_note(data):
            self._in_a_row = self._in_a_row + 1 if echoes else 0
        if self._in_a_row < ECHOES:
            return data
        self._on_news(
            f"what we play comes back to our port {role!r}: it is not listened to until that ends"
        )
        return bytes((RESET,))

    def _is_ours(self, time_s: Seconds, data: bytes) -> bool:
        since = frame_at(Seconds(time_s - ECHO_S), self._pending.rate)
        return any(frame >= since and sent == data for frame, sent in list(self._pending.lately))


class _Input:
    """What is kept of one input: unfinished bytes, and how many messages came lately."""

    def __init__(self) -> None:
        self.stream = Stream()
        self.since_s = Seconds(float("-inf"))
        self.came = 0


class Inputs:
    """Everything that comes to our inputs, between a backend and who listens.

    One flood does not delay what is played: of more messages than `MOST` the rest is dropped, and
    a reset (0xff) ends what they would have ended. A backend says with a reset as well that who was
    connected has gone. Each input may have a thread of its own.
    """

    def __init__(
        self, roles: Iterable[str], on_input: OnInput, echo: Echo, thru: Thru | None = None
    ) -> None:
        self._inputs = {role: _Input() for role in roles}
        self._on_input = on_input
        self._echo = echo
        self._thru = thru

    def take(self, time_s: Seconds, role: str, data: bytes) -> None:
        """Take what a backend heard, which may be any bytes."""
        heard = self._inputs[role]
        if time_s - heard.since_s >= WITHIN_S:
            heard.since_s, heard.came = time_s, 0
        for message in heard.stream.take(data):
            heard.came += 1
            if heard.came <= MOST:
                self._pass_on(time_s, role, message)
            elif heard.came == MOST + 1:
                self._pass_on(time_s, role, bytes((RESET,)))

    def _pass_on(self, time_s: Seconds, role: str, message: bytes) -> None:
        if role == PLAYED:
            message = self._echo.let_in(time_s, role, message)
            if not message:
                return
            if self._thru is not None:
                self._thru.play(time_s, message)
        self._on_input(time_s, role, message)


def inputs_of(
    settings: PortSettings, pending: Pending, on_input: OnInput, on_news: OnNews
) -> Inputs:
    """Return the inputs of some ports, whose thru goes to their first output."""
    thru = Thru(pending, settings.outputs[0].role) if settings.thru else None
    roles = [spec.role for spec in settings.inputs]
    return Inputs(roles, on_input, Echo(pending, on_news), thru)
