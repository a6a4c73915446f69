"""MIDI files, read in bulk."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from symusic.core import ScoreTick, TrackTick

from daw_bridge.corpora.material import Material, Reader, Reading, Source, Track, Unreadable
from daw_bridge.corpora.pieces import Events
from daw_bridge.corpora.readers import nesmdb
from daw_bridge.music.time import PPQ, Meter

_TEMPO_QPM = 120.0
"""Where a file names no tempo, or one that nobody plays."""


def read(data: bytes, source: Source, reading: Reading) -> Iterator[Material]:
    """Read the tracks of a file; for the role "tx1" in the samples of NES-MDB."""
    score = _score(data)
    if reading.role == "tx1":
        yield nesmdb.in_samples(score, [_track(track, 1.0) for track in score.tracks], source)
        return
    scale = PPQ / score.ticks_per_quarter
    tracks = [_track(track, scale) for track in score.tracks if len(track.notes)]
    if score.ticks_per_quarter == nesmdb.PPQ:
        tracks = [nesmdb.with_drums(track) for track in tracks]
    if reading.role != "drums" and any(track.voice is not None for track in tracks):
        tracks = [track for track in tracks if track.voice is not None]
    tempo = source.tempo_qpm or (float(score.tempos[0].qpm) if len(score.tempos) else _TEMPO_QPM)
    yield Material(
        source.name,
        tracks,
        _meters(score, scale),
        tempo if 5 < tempo < 1000 else _TEMPO_QPM,
        source.split,
        dict(source.conditions),
    )


def _score(data: bytes) -> ScoreTick:
    if not data:
        raise Unreadable("an empty file")
    if data[:4] != b"MThd":
        raise Unreadable("no MIDI file")
    try:
        score = ScoreTick.from_midi(data)
    except Exception as error:  # symusic raises whatever its C++ did
        raise Unreadable(f"a damaged MIDI file ({error})") from error
    if score.ticks_per_quarter <= 0:
        raise Unreadable("a MIDI file without musical time")
    return score


def _track(track: TrackTick, scale: float) -> Track:
    notes = track.notes.numpy()
    onset = np.rint(notes["time"] * scale).astype(np.int64)
    end = np.rint((notes["time"] + notes["duration"].astype(np.int64)) * scale).astype(np.int64)
    velocity = np.clip(notes["velocity"].astype(np.int64), 1, 127)
    pitch = np.clip(notes["pitch"].astype(np.int64), 0, 127)
    voice = nesmdb.voice_of(track.name)
    events = Events.of(onset, pitch, np.maximum(end - onset, 1), velocity, voice or 0)
    return Track(track.name, bool(track.is_drum), events, voice)


def _meters(score: ScoreTick, scale: float) -> list[tuple[int, Meter]]:
    meters: list[tuple[int, Meter]] = []
    for change in score.time_signatures:
        try:
            meter = Meter(int(change.numerator), int(change.denominator))
        except ValueError as error:
            raise Unreadable(f"no meter of {change.numerator}/{change.denominator}") from error
        if not meters or meters[-1][1] != meter:
            meters.append((round(change.time * scale), meter))
    return meters


READER = Reader(read)
