"""What sounds the moment a DAW starts: it lies ready before, and waits for no daemon then."""

from __future__ import annotations

import math
from collections.abc import Sequence

from daw_bridge.midi.messages import TimedMessage, note_off, starts_note
from daw_bridge.midi.sounding import key_of
from daw_bridge.music.position import Position
from daw_bridge.music.time import PPQ, Seconds, Ticks

NEAR = Ticks(PPQ // 8)
"""By how much a DAW may start elsewhere than where it stood, and be there all the same."""

APART_S = 0.001
"""How long after the last one began a note ends that was not meant."""


class Cue:
    """The first messages of the place at which a DAW stands.

    Where it starts there they are sent, and the daemon, which hears of it later, sends them as
    well: then they are left out. What it does not send it has not meant, and that is ended.

    `ready` and `again` are for the thread that reads what the daemon says, the rest for those of
    the sources.
    """

    def __init__(self) -> None:
        self._ready: tuple[Position, Sequence[TimedMessage]] | None = None
        self._moved_s = Seconds(-math.inf)
        self._begun: list[TimedMessage] = []

    def ready(self, place: Position, messages: Sequence[TimedMessage]) -> None:
        """Take what is to sound where a DAW stands, due in seconds after its start."""
        self._ready = place, messages

    def leave(self, time_s: Seconds) -> None:
        """Learn that a DAW went elsewhere: what was ready for where it stood is void."""
        self._moved_s = time_s
        self._ready, self._begun = None, []

    def begin(self, time_s: Seconds, tick: Ticks | None = None) -> list[TimedMessage]:
        """Return what sounds now that a DAW starts at a second; None: where it last stood."""
        ready, self._ready = self._ready, None
        if ready is None or ready[0].time_s < self._moved_s:
            return []
        place, messages = ready
        passed = Ticks(0 if tick is None else tick - place.tick)
        if abs(passed) > NEAR:
            return []
        start_s = time_s - passed * 60 / (place.tempo_qpm * PPQ)
        self._moved_s = time_s
        self._begun = [each._replace(due_s=Seconds(start_s + each.due_s)) for each in messages]
        return self._begun

    def again(self, messages: Sequence[TimedMessage]) -> Sequence[TimedMessage]:
        """Return what is to be sent of what the daemon sends, and ends of what it did not mean."""
        begun = self._begun
        if not {each.port for each in begun} & {each.port for each in messages}:
            return messages
        self._begun = []
        sent, unmeant = list(messages), []
        for each in begun:
            twins = [other for other in sent if _what(other) == _what(each)]
            if twins:  # a pitch may be struck again soon: the nearest is the one
                sent.remove(_nearest(each, twins))
            else:
                unmeant.append(each)
        end_s = Seconds(begun[-1].due_s + APART_S)
        return [*(_end(each, end_s) for each in unmeant if starts_note(each.data)), *sent]


def _what(message: TimedMessage) -> tuple[str, bytes]:
    """Return what a message begins or ends; how loud it is does not matter."""
    return message.port, message.data[:2]


def _nearest(message: TimedMessage, others: Sequence[TimedMessage]) -> TimedMessage:
    """Return the one that is due next to when a message is."""
    return min(others, key=lambda other: abs(other.due_s - message.due_s))


def _end(message: TimedMessage, end_s: Seconds) -> TimedMessage:
    """Return the end of the note that a message began."""
    port, channel, pitch = key_of(message.port, message.data)
    return TimedMessage(end_s, 0, 0, port, note_off(channel, pitch))
