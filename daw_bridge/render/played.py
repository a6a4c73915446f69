"""The notes of a MIDI file in seconds, as instruments play them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from daw_bridge.errors import UserError
from daw_bridge.midi.files import read
from daw_bridge.music.time import Ticks, Transport
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


def song_of(path: Path) -> Song:
    """Read a MIDI file, with all its changes of tempo; what of it is damaged is left out.

    Raises:
        RenderError: there is none that can be read.
    """
    try:
        score = read(path)
        bar_lines = score.bar_lines()
    except UserError as error:
        kind = Failure.FAILED if path.exists() else Failure.MISSING
        raise RenderError(kind, error) from error
    last, meter = bar_lines[-1]
    clock = _Clock(score.tempos)
    notes = tuple(
        Played(
            clock.seconds_at(note.start),
            clock.seconds_at(Ticks(note.start + note.duration)),
            note.pitch,
            note.velocity,
            note.channel,
        )
        for note in score.notes
    )
    return Song(notes, clock.seconds_at(Ticks(last + meter.bar_length())))


class _Clock:
    """Ticks to seconds over all changes of tempo."""

    def __init__(self, tempos: Iterable[tuple[Ticks, float]]) -> None:
        self._segments: list[Transport] = []
        for tick, tempo in tempos:
            before = self._segments[-1:] or [Transport(tempo)]
            self._segments.append(before[0].with_tempo(tempo, tick))

    def seconds_at(self, tick: Ticks) -> float:
        """Return the second of a tick, from tick 0."""
        i = bisect_right(self._segments, tick, key=lambda segment: segment.origin_tick) - 1
        return float(self._segments[max(i, 0)].seconds_at(tick))
