"""The drums of a MIDI file on other notes, and everything else in it as it is."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from daw_bridge.errors import UserError
from daw_bridge.midi import smf
from daw_bridge.midi.messages import (
    CONTROL_CHANGE,
    DRUM_CHANNEL,
    NOTE_OFF,
    NOTE_ON,
    note_on,
)
from daw_bridge.midi.pairing import ends_of
from daw_bridge.music.drum_map import Table, Translation
from daw_bridge.music.gm_drums import DRUMS

POLY_PRESSURE = 0xA0


@dataclass(frozen=True, slots=True)
class Remapped:
    """What became of the hits of a file.

    `sent` counts hits by (note before, note after); `dropped` by the note before.
    """

    sent: Counter[tuple[int, int]] = field(default_factory=Counter)
    dropped: Counter[int] = field(default_factory=Counter)


def note_counts(file: smf.Smf) -> Counter[int]:
    """Count the notes that start on each channel (0..15) of a file."""
    statuses = (
        event.status
        for track in file.tracks
        for event in track
        if event.status & 0xF0 == NOTE_ON and event.data[1]
    )
    return Counter(status & 0x0F for status in statuses)


def drum_channel(channels: Iterable[int], wanted: int | None) -> int:
    """Return the channel (0..15) of the drums among those that have notes: 10, or the wanted one.

    Raises:
        UserError: there are no notes, or none there.
    """
    found = sorted(channels)
    channel = DRUM_CHANNEL if wanted is None else wanted
    if channel in found:
        return channel
    if not found:
        raise UserError("drums", "a file without notes", "leave it out")
    told = ", ".join(str(each + 1) for each in found)
    raise UserError(
        f"drums on channel {channel + 1}",
        f"notes on {told} only",
        f"say where they are, such as --channel {found[0] + 1}",
    )


def remap(
    file: smf.Smf, translation: Translation, channel: int | None = DRUM_CHANNEL
) -> tuple[bytes, Remapped]:
    """Translate the drums of a file on a channel (0..15; None: on all); they go to channel 10.

    Each note-off ends the note that its note-on became, by `midi.pairing`. Where two drums of a
    track become one note, the earlier hit ends when the later one starts, so that every note-on has
    its own note-off and only hits of one tick overlap. Pressure on a key follows its note. The
    pedal may lie in a track of its own. All other events keep their tick, order and bytes.

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


def to_one_drum(file: smf.Smf, drum: str) -> tuple[bytes, int]:
    """Move every note of a file to the General MIDI note of a drum, on channel 10.

    Returns:
        The bytes of the new file, and how many different notes became one.

    Raises:
        UserError: there are no notes.
    """
    raw, counts = remap(file, Translation((DRUMS[drum].note,) * 128), channel=None)
    if not counts.sent:
        raise UserError("a loop with notes", "none", "remove the file")
    return raw, len(counts.sent)


def remap_pitches(pitches: NDArray[np.integer], table: Table) -> NDArray[np.int64]:
    """Translate many hits at once: pitches [n] of 0..127 to notes [n], -1 where one is dropped."""
    notes = np.array([-1 if note is None else note for note in table], np.int64)
    sent: NDArray[np.int64] = notes[pitches]
    return sent


def _pedal(
    track: Iterable[smf.Event], translation: Translation, channel: int | None
) -> list[tuple[int, int]]:
    """Return when the pedal moves in a track, and to where."""
    return [
        (event.tick, event.data[1])
        for event in track
        if event.status & 0xF0 == CONTROL_CHANGE
        and event.data[0] == translation.controller
        and channel in (None, event.status & 0x0F)
    ]


class _Track:
    """A walk through the events of one track, remembering what sounds."""

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
        self._sounding: dict[int, int] = {}
        """The note after of each that sounds, by the place of its note-on in the track."""
        self._struck: dict[int, tuple[int, list[int]]] = {}
        """When each note after was last struck, and the places of the note-ons that did so."""
        self._latest: dict[tuple[int, int], int] = {}
        """The place of the last note-on of each key (channel, note) before."""

    def events(self, track: tuple[smf.Event, ...]) -> Iterator[tuple[int, bytes]]:
        """Yield the track's events anew, the ends of what sounds at its end among them."""
        ended_at = self._ends(track)
        for place, event in enumerate(track):
            if event.meta == smf.END_OF_TRACK:
                break
            while self._elsewhere and self._elsewhere[0][0] <= event.tick:
                _, self._pedal = self._elsewhere.popleft()
            if self._is_ours(event):
                for message in self._translated(place, event, ended_at[place]):
                    yield event.tick, message
            else:
                yield event.tick, smf.message_of(event)
        end = track[-1].tick if track else 0
        for message in self._ended(list(self._sounding)):
            yield end, message
        yield end, smf.meta(smf.END_OF_TRACK, b"")

    def _is_ours(self, event: smf.Event) -> bool:
        return event.status < 0xF0 and self._channel in (None, event.status & 0x0F)

    def _ends(self, track: tuple[smf.Event, ...]) -> dict[int, list[int]]:
        """Return the places of the note-ons that each event ends, by its place."""
        places = [
            place
            for place, event in enumerate(track)
            if self._is_ours(event) and event.status & 0xF0 in (NOTE_ON, NOTE_OFF)
        ]
        events = [track[place] for place in places]
        ends = ends_of(
            [event.tick for event in events],
            [event.status << 8 & 0x0F00 | event.data[0] for event in events],
            [event.status & 0xF0 == NOTE_ON and event.data[1] > 0 for event in events],
        )
        ended_at: dict[int, list[int]] = defaultdict(list)
        for place, end in zip(places, ends.tolist(), strict=True):
            if end >= 0:
                ended_at[places[end]].append(place)
        return ended_at

    def _translated(self, place: int, event: smf.Event, ended: list[int]) -> Iterator[bytes]:
        kind, data = event.status & 0xF0, event.data
        if kind == NOTE_ON and data[1]:
            yield from self._ended(ended)
            yield from self._start(place, event)
        elif kind in (NOTE_ON, NOTE_OFF):
            yield from self._ended(ended, kind, data[1])
        elif kind == POLY_PRESSURE:
            note = self._pressed((event.status & 0x0F, data[0]))
            if note is not None:
                yield bytes((kind | DRUM_CHANNEL, note, data[1]))
        else:
            if kind == CONTROL_CHANGE and data[0] == self._translation.controller:
                self._pedal = data[1]
            yield bytes((kind | DRUM_CHANNEL, *data))

    def _start(self, place: int, event: smf.Event) -> Iterator[bytes]:
        before, velocity = event.data
        note = self._translation.note(before, self._pedal)
        if note is None:
            self._counts.dropped[before] += 1
            return
        self._counts.sent[before, note] += 1
        struck, places = self._struck.get(note, (event.tick, []))
        if struck < event.tick:
            yield from self._ended(places)
            places = []
        places.append(place)
        self._struck[note] = event.tick, places
        self._sounding[place] = note
        self._latest[event.status & 0x0F, before] = place
        yield note_on(DRUM_CHANNEL, note, velocity)

    def _ended(
        self, places: Iterable[int], kind: int = NOTE_OFF, velocity: int = 0
    ) -> Iterator[bytes]:
        """Yield the ends of those notes that still sound."""
        for place in places:
            note = self._sounding.pop(place, None)
            if note is not None:
                yield bytes((kind | DRUM_CHANNEL, note, velocity))

    def _pressed(self, key: tuple[int, int]) -> int | None:
        """Return the note that pressure on a key goes to: the one it became, while it is held."""
        note = self._sounding.get(self._latest.get(key, -1))
        return self._translation.note(key[1], self._pedal) if note is None else note
