"""Give the drums of a MIDI file other notes, and leave everything else in it as it is."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from daw_bridge.midi import smf
from daw_bridge.midi.messages import (
    CONTROL_CHANGE,
    DRUM_CHANNEL,
    NOTE_OFF,
    NOTE_ON,
    note_off,
    note_on,
)
from daw_bridge.music.drum_map import Table, Translation

POLY_PRESSURE = 0xA0


@dataclass(frozen=True, slots=True)
class Remapped:
    """Hold what became of the hits of a file.

    `sent` counts hits by (note before, note after); `dropped` by the note before.
    """

    sent: Counter[tuple[int, int]] = field(default_factory=Counter)
    dropped: Counter[int] = field(default_factory=Counter)

    def __add__(self, other: Remapped) -> Remapped:
        return Remapped(self.sent + other.sent, self.dropped + other.dropped)


def note_counts(file: smf.Smf) -> Counter[int]:
    """Count the notes that start on each channel (0..15) of a file."""
    statuses = (
        event.status
        for track in file.tracks
        for event in track
        if event.status & 0xF0 == NOTE_ON and event.data[1]
    )
    return Counter(status & 0x0F for status in statuses)


def remap(
    file: smf.Smf, translation: Translation, channel: int | None = DRUM_CHANNEL
) -> tuple[bytes, Remapped]:
    """Translate the drums of a file on a channel (0..15; None: on all); they go to channel 10.

    Each note-off ends the note that its note-on became. Where two drums of a track become one note,
    the earlier hit ends when the later one starts, so that every note-on has its own note-off.
    Pressure on a key follows its note. The pedal may lie in a track of its own. All other events
    keep their tick, order and bytes.

    Returns:
        The bytes of the new file, and what became of the hits.
    """
    counts = Remapped()
    pedals = [_pedal(track, translation, channel) for track in file.tracks]
    tracks = []
    for place, track in enumerate(file.tracks):
        elsewhere = sorted(chain(*pedals[:place], *pedals[place + 1 :]), key=lambda moved: moved[0])
        walk = _Track(translation, channel, counts, deque(elsewhere))
        tracks.append(list(walk.events(track)))
    return smf.pack(tracks, file.division, file.kind), counts


def remap_pitches(pitches: NDArray[np.integer], table: Table) -> NDArray[np.int16]:
    """Translate many hits at once: pitches [n] of 0..127 to notes [n], -1 where one is dropped."""
    notes = np.array([-1 if note is None else note for note in table], np.int16)
    sent: NDArray[np.int16] = notes[pitches]
    return sent


def _pedal(
    track: Iterable[smf.Event], translation: Translation, channel: int | None
) -> list[tuple[int, int]]:
    """Give when the pedal moves in a track, and to where."""
    return [
        (event.tick, event.data[1])
        for event in track
        if event.status & 0xF0 == CONTROL_CHANGE
        and event.data[0] == translation.controller
        and channel in (None, event.status & 0x0F)
    ]


class _Track:
    """Walk through the events of one track, remembering what sounds."""

    def __init__(
        self,
        translation: Translation,
        channel: int | None,
        counts: Remapped,
        elsewhere: deque[tuple[int, int]],
    ) -> None:
        self._translation = translation
        self._channel = channel
        self._counts = counts
        self._elsewhere = elsewhere
        self._pedal: int | None = None
        self._became: dict[tuple[int, int], int | None] = {}
        """The note after, of each key (channel, note) before that is held."""
        self._held_by: dict[int, tuple[int, int]] = {}
        """The key before, of each note after that sounds."""

    def events(self, track: tuple[smf.Event, ...]) -> Iterator[tuple[int, bytes]]:
        """Give the track's events anew, the ends of what is held at its end among them."""
        end = track[-1].tick if track else 0
        for event in track:
            if event.meta == smf.END_OF_TRACK:
                break
            while self._elsewhere and self._elsewhere[0][0] <= event.tick:
                _, self._pedal = self._elsewhere.popleft()
            ours = self._channel is None or event.status & 0x0F == self._channel
            if event.status < 0xF0 and ours:
                for message in self._translated(event):
                    yield event.tick, message
            else:
                yield event.tick, smf.message_of(event)
        for note in sorted(self._held_by):
            yield end, note_off(DRUM_CHANNEL, note)
        yield end, smf.meta(smf.END_OF_TRACK, b"")

    def _translated(self, event: smf.Event) -> tuple[bytes, ...]:
        kind, data = event.status & 0xF0, event.data
        key = (event.status & 0x0F, data[0])
        if kind == NOTE_ON and data[1]:
            return self._start(key, data[1])
        if kind in (NOTE_ON, NOTE_OFF):
            return self._end(key, kind, data[1])
        if kind == POLY_PRESSURE:
            held = key in self._became
            note = self._became[key] if held else self._translation.note(data[0], self._pedal)
            return () if note is None else (bytes((kind | DRUM_CHANNEL, note, data[1])),)
        if kind == CONTROL_CHANGE and data[0] == self._translation.controller:
            self._pedal = data[1]
        return (bytes((kind | DRUM_CHANNEL, *data)),)

    def _start(self, key: tuple[int, int], velocity: int) -> tuple[bytes, ...]:
        ended = self._end(key, NOTE_OFF, 0) if key in self._became else ()
        note = self._translation.note(key[1], self._pedal)
        self._became[key] = note
        if note is None:
            self._counts.dropped[key[1]] += 1
            return ended
        self._counts.sent[key[1], note] += 1
        if note in self._held_by:
            ended = (*ended, note_off(DRUM_CHANNEL, note))
        self._held_by[note] = key
        return (*ended, note_on(DRUM_CHANNEL, note, velocity))

    def _end(self, key: tuple[int, int], kind: int, velocity: int) -> tuple[bytes, ...]:
        note = self._became.pop(key, None)
        if note is None or self._held_by.get(note) != key:
            return ()
        del self._held_by[note]
        return (bytes((kind | DRUM_CHANNEL, note, velocity)),)
