"""What a daemon needs of its ports, wherever they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from daw_bridge.errors import UserError
from daw_bridge.midi.messages import TimedMessage
from daw_bridge.midi.sounding import Key
from daw_bridge.music.position import Position
from daw_bridge.music.time import Meter, Seconds, Ticks
from daw_bridge.ports.backend import MOST_PORTS, Counts, PortSpec
from daw_bridge.ports.clock import Clock


class Ports(Protocol):
    """All that a daemon needs of MIDI: where to send, and what time it is.

    One thread sends. `frame_rate` and `names` may be others after a `restart`, and `names` has one
    more after an `open_more`.
    """

    @property
    def clock(self) -> Clock:
        """The clock of this run; it goes on through a restart."""
        ...

    @property
    def frame_rate(self) -> int | None:
        """The frames per second of the clock; None where it is not made of frames."""
        ...

    @property
    def names(self) -> Mapping[str, str]:
        """The full name of each role's port, as the system shows it."""
        ...

    def open_more(self, spec: PortSpec) -> None:
        """Open one more output while the others play, unless there is one of its role.

        It is in `names` from then on, and comes back with them after a `restart`. Waits for it,
        within bounds; on any thread but the one that sends.

        Raises:
            UserError: it cannot be opened, or not in time.
        """
        ...

    def send(self, messages: Sequence[TimedMessage]) -> None:
        """Commit messages, each due at its second of `clock`; to lost ports they go nowhere.

        Raises:
            ValueError: a message names a role that was not opened.
        """
        ...

    def cue(self, place: Position, messages: Sequence[TimedMessage]) -> None:
        """Have messages ready for a start of the source that is followed, where it now stands.

        They are due in seconds after it, and sent without another word; what is `send` after it as
        well is sent once, and what is not is ended. What was ready before is forgotten.

        Raises:
            ValueError: a message names a role that was not opened.
        """
        ...

    def silence(self) -> None:
        """Drop what was committed and is not yet sent, and end every sounding note, now."""
        ...

    def take_back(self, serial: int) -> None:
        """Drop what is not yet sent of the messages from a serial on: others come in their place.

        Notes of theirs that have begun all the same are ended.
        """
        ...

    def follow(self, source: str | None) -> None:
        """End every sounding note at once where this source stops, without waiting for `silence`.

        "midi-clock", "jack" or "link". What is sent between such a stop and the `silence` that
        answers it goes nowhere. None: nobody is followed.
        """
        ...

    def lead(self, position: Position) -> None:
        """Move the transport of the sources that can be led: JACK's if it is ours, and Link's.

        It is where `position` says at its second of `clock`, and goes on from there or stands.
        """
        ...

    def measure(self, meter: Meter, tick: Ticks) -> None:
        """Have bars of another meter from a tick of the song on, where a source takes ours.

        JACK's transport does if it is ours, and Link, whose peers agree on bars as long as that.
        """
        ...

    def instruments(self, kit: str, from_s: Seconds | None = None) -> None:
        """Have instruments made ready, and played from a second of `clock` on, where one is given.

        `kit` is as in `SoundSettings`; where nothing is heard, it is nobody's. On any thread.
        """
        ...

    def counts(self) -> Counts:
        """Count what was sent, as of a moment ago; exact after `close`."""
        ...

    def alive(self) -> bool:
        """Whether the ports still work; `on_lost` was called when they ceased to."""
        ...

    def why_lost(self) -> str:
        """Return the reason with which the ports were last lost; "" where they never were."""
        ...

    def restart(self) -> None:
        """Open lost ports again under the same roles, and end what they left sounding.

        Raises:
            UserError: that is not possible yet.
        """
        ...

    def close(self) -> None:
        """End every sounding note, wait (bounded) until that has left, close. Twice is once."""
        ...

    def news(self) -> list[str]:
        """Return what users should know that happened since the last call: who went and came."""
        ...

    def may_sound(self) -> tuple[Key, ...]:
        """List the keys that may sound: after `close`, those whose end nobody confirmed."""
        ...


def check_roles(messages: Sequence[TimedMessage], names: Mapping[str, str]) -> None:
    """Refuse a message whose role has no port."""
    for message in messages:
        if message.port not in names:
            raise ValueError(f"expected a port among {sorted(names)}, found {message.port!r}")


def check_room(names: Mapping[str, str]) -> None:
    """Refuse one port too many.

    Raises:
        UserError: there are as many as there may be.
    """
    if len(names) >= MOST_PORTS:
        raise UserError(
            f"at most {MOST_PORTS} ports", "one more", "route the voice to one that is open"
        )
