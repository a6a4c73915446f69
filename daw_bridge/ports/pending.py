"""Messages that wait for their frame, and the notes that they left sounding."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable

from daw_bridge.midi.messages import (
    STALE_S,
    TimedMessage,
    ends_note,
    is_real_time,
    note_off,
    starts_note,
)
from daw_bridge.midi.sounding import Key, SoundingNotes, key_of
from daw_bridge.music.time import Seconds
from daw_bridge.ports.clock import frame_at, seconds_at

LATELY = 128
"""How many messages are kept that were sent, to know them when they come back."""

MICROSECONDS = 1_000_000
"""The frame rate of a backend that has none of its own."""


class Pending:
    """What is to be sent: handed out when it is due, and entered in a ledger.

    One thread fills it (`add`, `silence`, `take_back`) and one drains it (`drain`, `next_frame`).
    They meet in deques, whose single operations are atomic, so the draining side (a JACK callback)
    never waits for a lock. `rate` is in frames per second. Two messages are at one instant when
    they fall on one frame: rank and serial then order them, whatever noise their seconds carry.
    `lately` are the last frames and messages that were sent.
    `on_change` is called on the filling thread after each change, to wake a draining thread.
    """

    def __init__(
        self, rate: int = MICROSECONDS, on_change: Callable[[], None] = lambda: None
    ) -> None:
        self.rate = rate
        self.on_change = on_change
        self.sounding = SoundingNotes()
        self.sent = 0
        self.late = 0
        self.stale = 0
        self.lately: deque[tuple[int, bytes]] = deque(maxlen=LATELY)
        self._stale_frames = frame_at(Seconds(STALE_S), rate)
        self._inbox: deque[TimedMessage | int | None] = deque()  # None: end what sounds
        self._heap: list[tuple[int, int, int, TimedMessage]] = []
        self._ending = False
        self._connected: deque[str] = deque()
        self._missed: set[Key] = set()
        self._struck: dict[Key, int] = {}
        self._too_soon: list[Key] = []

    def add(self, messages: Iterable[TimedMessage]) -> None:
        """Put messages in; those already overdue go out at the next drain."""
        self._inbox.extend(list(messages))
        self.on_change()

    def silence(self) -> None:
        """Drop what waits and end what sounds, at the next drain; what is added later is kept.

        A clock goes on: whoever follows it counts.
        """
        self._inbox.append(None)
        self.on_change()

    def take_back(self, serial: int) -> None:
        """Drop what waits of the messages from a serial on, at the next drain.

        A note of theirs that was struck before that is ended.
        """
        self._inbox.append(serial)
        self.on_change()

    def connected(self, port: str) -> None:
        """End once more, at the next drain, what was ever started on a port and does not sound.

        A receiver that was unplugged in the middle of a note missed its end. Any thread may call.
        """
        self._connected.append(port)
        self.on_change()

    def drain(self, start: int, length: int) -> list[tuple[int, TimedMessage]]:
        """Take out what is due in `length` frames from `start`, and take it down as sent.

        Gives (offset from `start`, message) in the order of sending. What was due earlier is late:
        it is counted and goes out at offset 0. A note that should have begun over `STALE_S` ago is
        dropped with its note-off, and counted as stale. What is ended by force comes first.
        """
        self._take_in()
        out = self._forced_ends(start)
        while self._heap and self._heap[0][0] < start + length:
            frame, _, _, message = heapq.heappop(self._heap)
            if self._misses(message, stale=frame < start - self._stale_frames):
                self.stale += 1
                continue
            self.late += frame < start
            self.sounding.sent(message.port, message.data)
            if starts_note(message.data):
                self._struck[key_of(message.port, message.data)] = message.serial
            out.append((max(0, frame - start), message))
        self.lately += ((start + at, message.data) for at, message in out)
        self.sent += len(out)
        return out

    def next_frame(self) -> int | None:
        """Return the frame of what is due next, 0 where that is at once; None if nothing waits."""
        self._take_in()
        if self._ending or self._connected or self._too_soon:
            return 0
        return self._heap[0][0] if self._heap else None

    def is_empty(self) -> bool:
        """Whether nothing waits any more; any thread may ask, and get a moment's answer."""
        waits = self._inbox or self._heap or self._ending or self._connected or self._too_soon
        return not waits

    def _misses(self, message: TimedMessage, *, stale: bool) -> bool:
        """Whether a message is of a note that is not struck any more."""
        port, data = message.port, message.data
        if starts_note(data):
            if stale:
                self._missed.add(key_of(port, data))
            return stale
        if not (self._missed and ends_note(data)):
            return False
        return key_of(port, data) in self._missed and not self.sounding.sounds(port, data)

    def _forced_ends(self, start: int) -> list[tuple[int, TimedMessage]]:
        """End what is not to sound any more, and what new receivers may hold."""
        ends: list[tuple[str, bytes]] = []
        for port, channel, pitch in self._too_soon:
            end = note_off(channel, pitch)
            self.sounding.sent(port, end)
            ends.append((port, end))
        self._too_soon.clear()
        while self._connected:
            port = self._connected.popleft()
            ends += ((port, data) for data in self.sounding.at_rest(port))
        if self._ending:
            self._ending = False
            ends += self.sounding.end_all()
        now_s = seconds_at(start, self.rate)
        return [
            (0, TimedMessage(now_s, 0, serial, port, data))
            for serial, (port, data) in enumerate(ends)
        ]

    def _take_in(self) -> None:
        while True:
            try:
                message = self._inbox.popleft()
            except IndexError:  # asking first whether it is empty would race with `silence`
                return
            if message is None:
                self._heap = [each for each in self._heap if is_real_time(each[-1].data)]
                heapq.heapify(self._heap)
                self._missed.clear()
                self._ending = True
            elif isinstance(message, int):
                self._heap = [each for each in self._heap if each[-1].serial < message]
                heapq.heapify(self._heap)
                struck = [key for key, serial in self._struck.items() if serial >= message]
                for key in struck:
                    del self._struck[key]
                    if self.sounding.sounds(key[0], note_off(*key[1:])):
                        self._too_soon.append(key)
            else:
                frame = frame_at(message.due_s, self.rate)
                heapq.heappush(self._heap, (frame, message.rank, message.serial, message))
