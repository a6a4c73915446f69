"""What a source of music is, and what it says before a role is picked from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daw_bridge.corpora.pieces import RUSH, Events
from daw_bridge.encoding.kind import Kind
from daw_bridge.midi.files import LARGEST_BYTES
from daw_bridge.music.drum_map import DrumMap, Table
from daw_bridge.music.gm_drums import CLASS_OF
from daw_bridge.music.time import USUAL_QPM, Meter

KNOWN_DRUMS = tuple(pitch if pitch in CLASS_OF else None for pitch in range(128))
"""For each MIDI note the canonical drum: General MIDI's and those of Groove's kit."""


def drums_of(drum_map: DrumMap) -> Table:
    """Return for each MIDI note the canonical drum that it is in a map."""
    return tuple(drum_map.to_canonical(note) for note in range(128))


class Unreadable(Exception):  # noqa: N818  it reports what a source is, not a defect
    """Why a source gives no music, in a few words."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file, or a member of a zip, and what its surroundings say of it.

    `split` is "train", "valid", "test", or "" where nothing says so.
    """

    path: Path
    member: str = ""
    name: str = ""
    split: str = ""
    conditions: tuple[tuple[str, str], ...] = ()
    tempo_qpm: float | None = None

    @property
    def suffix(self) -> str:
        """The format, by the end of the name: ".mid"."""
        return Path(self.member or self.path).suffix.lower()


@dataclass(frozen=True, slots=True)
class Reading:
    """What to read: the role, which is the kind of the codec, and what drum each MIDI note is.

    `way` is the number of the way in which a melody or four voices are found among many tracks.
    """

    role: Kind = "drums"
    drums: Table = KNOWN_DRUMS
    way: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """The notes of one track; `voice` is that of a chip, where the track names one."""

    name: str
    is_drum: bool
    events: Events
    voice: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """What a source says before a role is picked from it.

    `meters` are changes of meter by tick. `bars` [n, 2] has the meter of every bar where the source
    counts them, so that silence at its end is kept. `rush` is how early a note of the next bar may
    be: text is on its grid. `damage` says what of the file could not be read, or "".
    """

    name: str
    tracks: list[Track]
    meters: list[tuple[int, Meter]]
    tempo_qpm: float = USUAL_QPM
    split: str = ""
    conditions: Mapping[str, str] = field(default_factory=dict)
    bars: NDArray[np.int16] | None = None
    rush: int = RUSH
    damage: str = ""


Read = Callable[[bytes, Source, Reading], Iterator[Material]]


@dataclass(frozen=True, slots=True)
class Reader:
    """What reads a format, from bytes of which there are at most `largest_bytes`."""

    read: Read
    largest_bytes: int = LARGEST_BYTES

    def __call__(self, data: bytes, source: Source, reading: Reading) -> Iterator[Material]:
        """Read what a source holds.

        Raises:
            Unreadable: the bytes are none of the format, or give nothing.
        """
        return self.read(data, source, reading)
