"""The kit as it is played live: notes begin before their ends are known, and sound block by block.

The arrays are those of `kits`, so a jam sounds as its file does that is rendered later.
"""

from __future__ import annotations

from dataclasses import replace
from queue import SimpleQueue

import numpy as np
from numpy.typing import NDArray

from daw_bridge.config.schema import Schema
from daw_bridge.midi.messages import (
    ALL_NOTES_OFF,
    CONTROL_CHANGE,
    DRUM_CHANNEL,
    TimedMessage,
    ends_note,
    starts_note,
)
from daw_bridge.midi.sounding import Key, key_of
from daw_bridge.render.instruments import Note
from daw_bridge.render.kits import CHOKE_S, AnyInstrument, KitSettings, Placed, gains_of

CHANNELS = 2

FIRST_S = 1.0
"""How long a note is at first taken to be held; one that is held on is made twice as long."""

MOST_NOTES = 64
"""How many notes sound at once; of more, those that began first are cut."""


class Part(Schema):
    """What plays on a channel (0..15) of one of our outputs.

    `voice` is the model's name for it. `notes` are General MIDI's for those of a kit, -1 for none;
    empty: the kit is General MIDI's, or no kit.
    """

    port: str
    channel: int
    voice: str
    notes: tuple[int, ...] = ()


class LiveSettings(Schema):
    """A kit, and what of it plays where."""

    kit: KitSettings
    parts: tuple[Part, ...] = ()


class Voice:
    """A note that has begun, and is held until `release`."""

    def __init__(
        self, key: Key, placed: Placed, instrument: AnyInstrument, note: Note, rate: int
    ) -> None:
        self.key = key
        self.placed = placed
        self.held = True
        self._instrument = instrument
        self._note = note
        self._rate = rate

    def hold(self, until: int) -> None:
        """Hold it up to a sample at least, if it is held."""
        while self.held and until > self.placed.start + self._note.held:
            self._last(2 * self._note.held)

    def release(self, at: int) -> None:
        """End what is held at a sample."""
        if self.held:
            self.held = False
            self._last(max(at - self.placed.start, 1))

    def cut(self, at: int, fade: int) -> None:
        """Fade out from a sample on, whatever rings."""
        if at + fade < self.placed.end:
            self.placed = replace(self.placed, end=at + fade, fade=fade)

    def _last(self, held: int) -> None:
        """Make it as long as it is held; what has sounded of it stays as it was."""
        self._note = replace(self._note, held=held)
        sounding = self._instrument.begin(self._note, self._rate)
        end = self.placed.start + sounding.length
        if self.placed.fade:
            end = min(end, self.placed.end)
        self.placed = replace(self.placed, sounding=sounding, end=end)


class LiveKit:
    """Instruments that are played by messages; one thread plays and mixes.

    Samples are counted from anywhere, upwards; what has been mixed is past.
    """

    def __init__(self, settings: LiveSettings, rate: int) -> None:
        self._rate = rate
        self._fade = round(CHOKE_S * rate)
        self._instruments: dict[tuple[str, int], AnyInstrument] = {}
        self._notes: dict[tuple[str, int], tuple[int, ...]] = {}
        self._told: SimpleQueue[tuple[int, LiveSettings]] = SimpleQueue()
        self._to_come: list[tuple[int, LiveSettings]] = []
        self._voices: list[Voice] = []
        self._take(settings)

    def change(self, at: int, settings: LiveSettings) -> None:
        """Play on other instruments from a sample on, as told last; on any thread."""
        self._told.put((at, settings))

    def prepare(self) -> None:
        """Make what takes long to make, so that no first note is late."""
        for each in (*self._instruments.values(), self._kit.drums, *self._kit.others):
            each.prepare(self._rate)

    def play(self, at: int, message: TimedMessage) -> None:
        """Take a message that is of a sample, which has not been mixed."""
        while not self._told.empty():
            told = self._told.get()
            self._to_come = [*(each for each in self._to_come if each[0] < told[0]), told]
        while self._to_come and self._to_come[0][0] <= at:
            self._take(self._to_come.pop(0)[1])
        port, data = message.port, message.data
        if starts_note(data):
            self._begin(at, port, data)
        elif ends_note(data):
            for voice in self._voices:
                if voice.key == key_of(port, data):
                    voice.release(at)
        elif data[0] & 0xF0 == CONTROL_CHANGE and data[1] == ALL_NOTES_OFF:
            for voice in self._voices:
                if voice.key[:2] == (port, data[0] & 0x0F):
                    voice.release(at)
                    voice.cut(at, self._fade)

    def mix(self, first: int, last: int) -> NDArray[np.float32]:
        """Return the samples first..last-1 as [channel, sample], within -1..1."""
        block = np.zeros((CHANNELS, last - first), np.float32)
        for voice in self._voices:
            voice.hold(last)
            voice.placed.add_to(block, first)
        self._voices = [each for each in self._voices if each.held or each.placed.end > last]
        return np.clip(block, -1, 1, out=block)

    def _take(self, settings: LiveSettings) -> None:
        """Play on these instruments; what is on no channel of them keeps the one that it had."""
        self._kit, self._unnamed = settings.kit, 0
        for each in settings.parts:
            place = each.port, each.channel
            self._notes[place] = each.notes
            self._instruments.pop(place, None)
            if each.voice in settings.kit.voices:
                self._instruments[place] = settings.kit.voices[each.voice]

    def _begin(self, at: int, port: str, data: bytes) -> None:
        key = key_of(port, data)
        _, channel, pitch = key
        if notes := self._notes.get((port, channel), ()):
            pitch = notes[pitch]
        if pitch < 0:
            return
        instrument = self._instrument(port, channel)
        note = Note(pitch, data[2], round(FIRST_S * self._rate))
        sounding = instrument.begin(note, self._rate)
        choked = (port, channel) if instrument.chokes(pitch) else None
        gains = gains_of(instrument, pitch, CHANNELS)
        placed = Placed(at, at + sounding.length, sounding, gains, choked)
        for voice in self._voices:
            voice.placed = voice.placed.cut_by(placed, self._fade)
        for voice in self._voices[: max(len(self._voices) + 1 - MOST_NOTES, 0)]:
            voice.held = False
            voice.cut(at, self._fade)
        self._voices.append(Voice(key, placed, instrument, note, self._rate))

    def _instrument(self, port: str, channel: int) -> AnyInstrument:
        """Return what plays on a channel; one that no part names gets the next of the others."""
        found = self._instruments.get((port, channel))
        if found is None:
            found = self._kit.drums
            if channel != DRUM_CHANNEL:
                found = self._kit.others[self._unnamed % len(self._kit.others)]
                self._unnamed += 1
            self._instruments[port, channel] = found
        return found
