"""MIDI files."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from daw_bridge.corpora.material import Material, Reader, Reading, Source, Track, Unreadable
from daw_bridge.corpora.pieces import Events
from daw_bridge.corpora.readers import nesmdb
from daw_bridge.midi.columns import Columns, Part, columns_of
from daw_bridge.midi.messages import DRUM_CHANNEL
from daw_bridge.midi.smf import SmfError
from daw_bridge.music.time import HIGHEST_QPM, LOWEST_QPM, USUAL_QPM


def read(data: bytes, source: Source, reading: Reading) -> Iterator[Material]:
    """Read the tracks of a file; for the role "events" in the samples of NES-MDB."""
    try:
        file = columns_of(data)
    except SmfError as error:
        why = f"no MIDI file ({error.found})" if data else "an empty file"
        raise Unreadable(why) from error
    if reading.role == "events":
        yield nesmdb.in_samples(file, _tracks(file), source)
        return
    tracks = _tracks(file.at_480())
    if file.division == nesmdb.PPQ:
        tracks = [nesmdb.with_drums(track) for track in tracks]
    if reading.role != "drums" and any(track.voice is not None for track in tracks):
        tracks = [track for track in tracks if track.voice is not None]
    yield Material(
        source.name,
        tracks,
        list(file.at_480().meters),
        source.tempo_qpm or _tempo(file),
        source.split,
        dict(source.conditions),
        damage="; ".join(file.damage),
    )


def _tempo(file: Columns) -> float:
    tempo = file.tempos[0][1] if file.tempos else USUAL_QPM
    return tempo if LOWEST_QPM < tempo < HIGHEST_QPM else USUAL_QPM


def _tracks(file: Columns) -> list[Track]:
    """Part the notes of each track by channel and program: one instrument each."""
    tracks = []
    for part in file.parts:
        instrument = part.channel << 7 | part.program
        tracks += [_track(part, instrument == number) for number in np.unique(instrument)]
    return tracks


def _track(part: Part, ours: np.ndarray) -> Track:
    start, duration = part.start[ours], (part.end - part.start)[ours]
    pitch, velocity = part.pitch[ours], part.velocity[ours]
    order = np.lexsort((velocity, pitch, duration, start))
    voice = nesmdb.voice_of(part.name)
    columns = (column[order] for column in (start, pitch, duration, velocity))
    is_drum = bool(part.channel[ours][0] == DRUM_CHANNEL)
    return Track(part.name, is_drum, Events.of(*columns, voice or 0), voice)


READER = Reader(read)
