"""Ports whose messages are heard as well: MIDI's process, and beside it one that makes sound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from daw_bridge.errors import UserError
from daw_bridge.midi.messages import TimedMessage, rank_of
from daw_bridge.midi.sounding import Key
from daw_bridge.music.position import Position
from daw_bridge.music.time import Meter, Seconds, Ticks
from daw_bridge.ports.api import Ports
from daw_bridge.ports.backend import (
    PLAYED,
    Counts,
    OnInput,
    OnLost,
    OnPosition,
    PortSettings,
    PortSpec,
    SoundSettings,
)
from daw_bridge.ports.clock import Clock
from daw_bridge.ports.process import PortProcess, later


def open_heard(
    settings: PortSettings,
    sound: SoundSettings,
    on_input: OnInput,
    on_lost: OnLost,
    on_position: OnPosition,
) -> Ports:
    """Open sound and MIDI; sound alone where no MIDI can be had and none was asked for by name.

    Raises:
        UserError: sound cannot be had, or the MIDI system or port that was asked for.
    """
    speakers = replace(settings, backend=sound.audio, inputs=(), sources=(), connections=())
    heard = PortProcess(speakers, on_input, on_lost, on_position)
    try:
        return HeardPorts(replace(settings, sound=None), heard, on_input, on_lost, on_position)
    except UserError as error:
        named = any(spec.other for spec in (*settings.outputs, *settings.inputs))
        if named or settings.backend != "auto":
            heard.close()
            raise
        heard.tell(f"heard, but sent nowhere: {error}")
        return heard
    except BaseException:
        heard.close()
        raise


class HeardPorts:
    """The ports of MIDI, in whose time all is due, and loudspeakers that get what they get."""

    def __init__(
        self,
        settings: PortSettings,
        sound: PortProcess,
        on_input: OnInput,
        on_lost: OnLost,
        on_position: OnPosition,
    ) -> None:
        self._sound = sound
        self._thru = settings.outputs[0].role if settings.thru else None
        self._on_input = on_input
        self._midi = PortProcess(settings, self._hear, on_lost, on_position)
        self._both = (self._midi, sound)

    @property
    def clock(self) -> Clock:
        """MIDI's clock."""
        return self._midi.clock

    @property
    def frame_rate(self) -> int | None:
        """The frames per second of MIDI's clock."""
        return self._midi.frame_rate

    @property
    def names(self) -> Mapping[str, str]:
        """The full names of MIDI's ports."""
        return self._midi.names

    def open_more(self, spec: PortSpec) -> None:
        """Open one more output, that is heard as well."""
        self._midi.open_more(spec)
        self._sound.open_more(spec)

    def send(self, messages: Sequence[TimedMessage]) -> None:
        """Commit messages to both."""
        self._midi.send(messages)
        self._sound.send(self._heard(messages))

    def cue(self, place: Position, messages: Sequence[TimedMessage]) -> None:
        """Have messages ready; loudspeakers hear of no start, and get them as they are sent."""
        self._midi.cue(place, messages)

    def silence(self) -> None:
        """Drop what waits and end what sounds, in both."""
        for each in self._both:
            each.silence()

    def take_back(self, serial: int) -> None:
        """Drop what waits of the messages from a serial on, in both."""
        for each in self._both:
            each.take_back(serial)

    def follow(self, source: str | None) -> None:
        """Stop where this source does; MIDI alone is told when."""
        self._midi.follow(source)

    def lead(self, position: Position) -> None:
        """Move the transport that is ours."""
        self._midi.lead(position)

    def measure(self, meter: Meter, tick: Ticks) -> None:
        """Have other bars in what is led."""
        self._midi.measure(meter, tick)

    def instruments(self, kit: str, from_s: Seconds | None = None) -> None:
        """Have instruments made ready, and played from a second of MIDI's clock on."""
        if from_s is not None:
            from_s = Seconds(from_s + self._later_s())
        self._sound.instruments(kit, from_s)

    def counts(self) -> Counts:
        """Count what MIDI sent."""
        return self._midi.counts()

    def alive(self) -> bool:
        """Whether both work."""
        return all(each.alive() for each in self._both)

    def why_lost(self) -> str:
        """Return why one of them was lost."""
        return "; ".join(each.why_lost() for each in self._both if not each.alive())

    def restart(self) -> None:
        """Open again what is lost; the other one plays on."""
        for each in self._both:
            if not each.alive():
                each.restart()

    def close(self) -> None:
        """End every sounding note, and close both."""
        for each in self._both:
            each.close()

    def news(self) -> list[str]:
        """Return what happened to both since the last call."""
        return [text for each in self._both for text in each.news()]

    def may_sound(self) -> tuple[Key, ...]:
        """List the keys of MIDI that may sound: a loudspeaker's end is certain."""
        return self._midi.may_sound()

    def _hear(self, time_s: Seconds, role: str, data: bytes) -> None:
        """Pass on what comes in; what is played sounds at once, where it goes on by MIDI."""
        if self._thru is not None and role == PLAYED:
            now_s = self._sound.clock.now()
            self._sound.send([TimedMessage(now_s, rank_of(data), 0, self._thru, data)])
        self._on_input(time_s, role, data)

    def _heard(self, messages: Sequence[TimedMessage]) -> list[TimedMessage]:
        """Return messages as they are due by the clock of the sound."""
        return later(messages, self._later_s())

    def _later_s(self) -> float:
        """Return by how much the clock of the sound is ahead of MIDI's.

        Those of one JACK server are one clock; any other two drift, and are compared each time.
        """
        midi, sound = self._both
        if midi.backend == sound.backend:
            return sound.shift_s - midi.shift_s
        return sound.clock.now() - midi.clock.now()
