"""The notes of a MIDI file in seconds, as instruments play them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from daw_bridge.errors import UserError
from daw_bridge.midi.files import Score, read
from daw_bridge.music.tempo_map import TempoMap
from daw_bridge.music.time import Ticks
from daw_bridge.render.engine import Failure, RenderError


@dataclass(frozen=True, slots=True)
class Played:
    """A note: when it begins and ends, in seconds from the file's tick 0; `channel` is 0..15."""

    start_s: float
    end_s: float
    pitch: int
    velocity: int
    channel: int


@dataclass(frozen=True, slots=True)
class Song:
    """All notes of a file in the order in which they begin, and how long it is in whole bars."""

    notes: tuple[Played, ...]
    length_s: float

    @property
    def channels(self) -> list[int]:
        """The channels that are played on, in order."""
        return sorted({note.channel for note in self.notes})


def score_of(path: Path) -> Score:
    """Read a MIDI file; what of it is damaged is left out.

    Raises:
        RenderError: there is none that can be read.
    """
    try:
        return read(path)
    except UserError as error:
        kind = Failure.FAILED if path.exists() else Failure.MISSING
        raise RenderError(kind, error) from error


def song_of(path: Path) -> Song:
    """Read a MIDI file, with all its changes of tempo; what of it is damaged is left out.

    Raises:
        RenderError: there is none that can be read.
    """
    score = score_of(path)
    try:
        last, meter = score.bar_lines()[-1]
    except UserError as error:
        raise RenderError(Failure.FAILED, error) from error
    seconds_at = TempoMap(score.tempos).seconds_at
    notes = tuple(
        Played(
            seconds_at(note.start),
            seconds_at(Ticks(note.start + note.duration)),
            note.pitch,
            note.velocity,
            note.channel,
        )
        for note in score.notes
    )
    return Song(notes, seconds_at(Ticks(last + meter.bar_length())))
