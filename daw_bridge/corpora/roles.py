"""From what a source says to a piece: the notes of a role, cut into bars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from daw_bridge.corpora.material import Material, Reading, Track, Unreadable
from daw_bridge.corpora.pieces import Events, NoteTable, Piece, cut, rests_cut
from daw_bridge.corpora.voices import NOISE, choir, four_voices, melody, polyphony
from daw_bridge.drums.remap import remap_pitches
from daw_bridge.music.keys import estimate
from daw_bridge.music.time import Meter

Canonical = Callable[[Events], Events]
Bars = tuple[NoteTable, NDArray[np.int16]]
"""A table of notes, and the meter of every bar."""


def piece_of(material: Material, reading: Reading) -> Piece | None:
    """Return the piece that a role plays of some material; None: it holds no notes for it.

    Raises:
        Unreadable: the role is frames of pitches, and the material is not.
    """
    unmapped: Counter[int] = Counter()

    def canonical(events: Events) -> Events:
        pitch = remap_pitches(events.pitch, reading.drums)
        unmapped.update(events.pitch[pitch < 0].tolist())
        known = Events(events.onset, pitch, events.duration, events.velocity, events.voice)
        return known.where(pitch >= 0)

    conditions = dict(material.conditions)
    if reading.role == "events":
        notes, meters = _one_bar(material.tracks)
        sounds = bool(len(notes)) or conditions.get("end", "0") != "0"  # silence has its length
    elif reading.role == "drums":
        notes, meters = _drums(material, canonical)
        sounds = bool(len(notes))
    else:
        events = _pitched(material.tracks, reading, canonical)
        frames = reading.role == "frames"
        notes, meters = _frames(material, events) if frames else _held(material, events)
        sounds = bool(len(notes))
        if key := _key(events):
            conditions["key"] = key
    if not sounds:
        return None
    about = material.tempo_qpm, material.split, conditions, dict(unmapped), material.damage
    return Piece(material.name, notes, meters, *about)


def _drums(material: Material, canonical: Canonical) -> Bars:
    hits = Events.join([canonical(track.events) for track in material.tracks if track.is_drum])
    hits = Events.of(hits.onset, hits.pitch, hits.duration, hits.velocity, 0)
    notes, meters = cut(hits, material.meters, held=False, rush=material.rush)
    return notes, meters if material.bars is None else material.bars


def _pitched(tracks: Sequence[Track], reading: Reading, canonical: Canonical) -> Events:
    if reading.role == "line":
        return melody(tracks, reading.way)
    if reading.role == "chip":
        return four_voices(tracks, canonical, reading.way)
    return choir(tracks) if reading.role == "choir" else polyphony(tracks)


def _held(material: Material, events: Events) -> Bars:
    notes, meters = cut(events, material.meters, held=True, rush=material.rush)
    return rests_cut(notes, meters) if len(notes) else (notes, meters)


def _frames(material: Material, events: Events) -> Bars:
    if material.bars is None:
        raise Unreadable("the frames encoding reads frames of pitches, and this is none")
    notes, _ = cut(events, [(0, Meter(1, 4))], held=False)
    return notes, material.bars


def _one_bar(tracks: Sequence[Track]) -> Bars:
    """Put the notes of four voices into one table as they are, by voice and start."""
    events = Events.join([track.events for track in tracks])
    zero = np.zeros_like(events.onset)
    columns = [zero, events.onset, events.pitch, events.duration, events.velocity, events.voice]
    order = np.lexsort((events.onset, events.voice))
    return np.stack([*columns, zero], 1)[order].astype(np.int32), np.array([[1, 4]], np.int16)


def _key(events: Events) -> str:
    """Name the key that the pitches are in, "" where there are none."""
    pitched = events.where(events.voice != NOISE)
    weights = np.bincount(pitched.pitch % 12, pitched.duration, 12)
    key = estimate(weights.tolist())
    return "" if key is None else str(key)
