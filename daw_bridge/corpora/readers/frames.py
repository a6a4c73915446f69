"""Frames of pitches in JSON, by split, as the Bach chorales are passed on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike

from daw_bridge.corpora.material import Material, Reader, Reading, Source, Track, Unreadable
from daw_bridge.corpora.pieces import Events
from daw_bridge.corpora.splits import split_of
from daw_bridge.corpora.voices import PULSE_1, PULSE_2, TRIANGLE
from daw_bridge.music.time import PPQ

Frames = Sequence[Sequence[int]]

TEMPO_QPM = 90.0

_CHOIR = (("soprano", PULSE_1), ("alto", PULSE_2), ("tenor", None), ("bass", TRIANGLE))
"""The voices of a frame of four; a chip has none for the tenor."""


def read(data: bytes, source: Source, reading: Reading) -> Iterator[Material]:
    """Read pieces by split; the file's name tells quarters from 16ths, and a choir's voices."""
    stem = source.path.stem.lower()
    length = PPQ if "quarter" in stem else PPQ // 4
    try:
        for split, pieces in json.loads(data).items():
            for number, frames in enumerate(pieces):
                if any(int(pitch) > 127 for chord in frames for pitch in chord):
                    raise ValueError("expected MIDI notes, or numbers below 0 for silence")
                name = f"{source.name}:{split}:{number}"
                if reading.role == "frames":
                    yield _struck(name, frames, split_of(split))
                else:
                    choir = "satb" in stem and all(len(chord) == 4 for chord in frames)
                    tracks = _voices(frames, length) if choir else [_held("", frames, length)]
                    yield Material(name, tracks, [], TEMPO_QPM, split_of(split))
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise Unreadable("no frames of pitches") from error


def piece_of_frames(
    name: str, place: ArrayLike, pitch: ArrayLike, n_frames: int, split: str
) -> Material:
    """Make a piece in which every pitch of every frame is a note, and a frame a bar of 1/4."""
    events = Events.of(np.asarray(place) * PPQ, pitch, PPQ, 90, 0)
    bars = np.tile(np.array([[1, 4]], np.int16), (n_frames, 1))
    return Material(
        name, [Track("", is_drum=False, events=events)], [], TEMPO_QPM, split, bars=bars
    )


def _struck(name: str, frames: Frames, split: str) -> Material:
    pairs = [(place, int(p)) for place, chord in enumerate(frames) for p in chord if p >= 0]
    place, pitch = np.array(pairs, np.int64).reshape(-1, 2).T
    return piece_of_frames(name, place, pitch, len(frames), split)


def _voices(frames: Frames, length: int) -> list[Track]:
    """Part soprano, alto, tenor and bass."""
    return [
        _held(name, [[f[i]] if f[i] >= 0 else [] for f in frames], length, voice)
        for i, (name, voice) in enumerate(_CHOIR)
    ]


def _held(name: str, frames: Frames, length: int, voice: int | None = None) -> Track:
    """Join a pitch that stays from frame to frame into one note."""
    roll = np.zeros((len(frames) + 2, 128), np.int8)
    for place, chord in enumerate(frames, 1):
        roll[place, [int(pitch) for pitch in chord if pitch >= 0]] = 1
    change = np.diff(roll, axis=0)
    pitch, first = np.nonzero(change.T == 1)
    _, end = np.nonzero(change.T == -1)
    events = Events.of(first * length, pitch, (end - first) * length, 90, 0)
    return Track(name, is_drum=False, events=events, voice=voice)


READER = Reader(read, largest_bytes=1 << 24)
