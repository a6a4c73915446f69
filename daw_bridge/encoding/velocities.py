"""What a codec makes of a bar, with the velocities that were played."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from daw_bridge.encoding.codec import Codec
from daw_bridge.music.notes import Bar, Note


def as_played(codec: Codec, bar: Bar) -> Bar:
    """Return the nearest bar that a codec holds, each note as loud as the one that it was."""
    near = codec.quantise(bar)
    voices = defaultdict[int, list[Note]](list)
    for note in bar.notes:
        voices[note.voice].append(note)

    def played(note: Note) -> Note:
        was = min(voices.get(note.voice, bar.notes), key=lambda other: _unlike(note, other))
        return replace(note, velocity=was.velocity)

    return Bar.of(map(played, near.notes), near.meter)


def _unlike(note: Note, other: Note) -> tuple[int, int, int]:
    """Rank what a note of a voice may have been: one at its time, of its pitch or an octave."""
    apart = abs(note.pitch - other.pitch)
    return abs(note.start - other.start), apart % 12, apart
