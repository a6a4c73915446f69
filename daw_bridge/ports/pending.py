"""Messages that wait for their moment, and the notes that they left sounding."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable

from daw_bridge.midi.messages import TimedMessage
from daw_bridge.midi.sounding import SoundingNotes
from daw_bridge.music.time import Seconds


class Pending:
    """Hold what is to be sent, hand it out when it is due, and keep the ledger of it.

    Runs in the port process. One thread fills it and one drains it. They meet in a deque, whose
    single operations are atomic, so the draining side (a JACK callback) never waits for a lock.
    """

    def __init__(self) -> None:
        self._inbox: deque[TimedMessage] = deque()
        self._heap: list[TimedMessage] = []
        self._silence = False
        self.sounding = SoundingNotes()

    def add(self, messages: Iterable[TimedMessage]) -> None:
        """Put messages in; those already overdue go out at the next drain."""
        self._inbox.extend(messages)

    def silence(self) -> None:
        """Drop what waits and end what sounds, at the next drain."""
        self._inbox.clear()
        self._silence = True

    def due(self, until_s: Seconds, now_s: Seconds) -> list[TimedMessage]:
        """Take out what is due before `until_s`, in order, and take it down as sent.

        What `silence` asked for comes first, due at `now_s`.
        """
        out: list[TimedMessage] = []
        if self._silence:
            self._silence = False
            self._heap.clear()
            out.extend(
                TimedMessage(now_s, 0, serial, port, data)
                for serial, (port, data) in enumerate(self.sounding.end_all())
            )
        while self._inbox:
            heapq.heappush(self._heap, self._inbox.popleft())
        while self._heap and self._heap[0].due_s < until_s:
            message = heapq.heappop(self._heap)
            self.sounding.sent(message.port, message.data)
            out.append(message)
        return out

    def next_due_s(self) -> Seconds | None:
        """Give when the next message is due; None where nothing waits."""
        times = [message.due_s for message in (*self._heap[:1], *self._inbox.copy())]
        return min(times) if times else None
