"""What a touch observes of a note that is struck: where it stands, and how loud others were.

A bar and its notes are the same to it in training and in play. Times are on the grid of the codec;
velocities are the only thing that it does not know.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding.codec import Vocabulary
from daw_bridge.encoding.meters import accent
from daw_bridge.music.form import FARTHEST, Label
from daw_bridge.music.gm_drums import CLASS_OF
from daw_bridge.music.loudness import Loudness
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import PPQ, SIXTEENTH
from daw_bridge.policies.observe_form import STANDS, form_features

Floats = NDArray[np.float32]

N_VOICES = 4
N_DRUMS = 9
N_VELOCITIES = 128
"""0 stands for none."""

BEFORE = 3
"""How many velocities are known that a note may have again: see `Heard.before`."""

_N_PLACED = 10
LOUD = slice(_N_PLACED + N_VOICES + N_DRUMS, _N_PLACED + N_VOICES + N_DRUMS + len(Loudness))
FORM = slice(LOUD.stop, LOUD.stop + STANDS.stop)
"""Of the features: the loudness that is told, and what is told of the bar."""

N_TOUCH = FORM.stop + 1

_NO_STEPS = np.zeros(0, np.int64)


def drum_voices(vocabulary: Vocabulary) -> frozenset[int]:
    """Return the voices that play drums."""
    tokens = vocabulary.tokens
    return frozenset(tokens.voice[tokens.drums > 0].tolist())


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard up to a note: pitches and velocities of each voice's last note, and of all.

    `bars` are the velocities by voice and start of the last bars, the last first; `here` those of
    the bar at hand. Only `take` changes it, and only `here` and the last notes: `closed` makes of
    it what was heard before the next bar.
    """

    pitch: dict[int, int] = field(default_factory=dict)
    velocity: dict[int, int] = field(default_factory=dict)
    last: list[int] = field(default_factory=lambda: [0])
    here: dict[tuple[int, int], int] = field(default_factory=dict)
    bars: tuple[Mapping[tuple[int, int], int], ...] = ()

    def before(self, note: Note, back: int) -> tuple[int, int, int]:
        """Return the last velocities of a note's voice and of all, and that of its place.

        The place is the same one in the bar `back` bars before, where the bar returns to one.
        """
        place: Mapping[tuple[int, int], int] = (
            self.bars[back - 1] if 0 < back <= len(self.bars) else {}
        )
        return (
            self.velocity.get(note.voice, 0),
            self.last[0],
            place.get((note.voice, note.start), 0),
        )

    def take(self, note: Note, velocity: int) -> None:
        """Hear a note that is struck."""
        self.pitch[note.voice] = note.pitch
        self.velocity[note.voice] = self.last[0] = velocity
        self.here[note.voice, note.start] = velocity

    def copy(self) -> Heard:
        """Return the same, to be changed."""
        return Heard(dict(self.pitch), dict(self.velocity), [*self.last], {}, self.bars)

    def closed(self) -> Heard:
        """Return what was heard before the next bar."""
        bars = (self.here, *self.bars[: FARTHEST - 1])
        return Heard(self.pitch, self.velocity, self.last, {}, bars)


def struck(bar: Bar) -> list[Note]:
    """Return the notes of a bar that are struck, in the order in which a touch sees them."""
    return sorted((n for n in bar.notes if not n.tied), key=lambda n: (n.start, n.voice, n.pitch))


def observe(
    bar: Bar,
    notes: list[Note],
    heard: Heard,
    label: Label,
    loudness: Loudness | None,
    drums: frozenset[int],
) -> Floats:
    """Return the features [n, N_TOUCH] of the notes that are struck in a bar, in their order."""
    out = np.zeros((len(notes), N_TOUCH), np.float32)
    pitches = dict(heard.pitch)
    rows = [
        _placed(note, chord, bar, len(notes), pitches, drums)
        for _, group in groupby(notes, key=lambda n: n.start)
        for chord in [list(group)]
        for note in chord
    ]
    out[:, :_N_PLACED] = np.array(rows).reshape(-1, _N_PLACED)
    for row, note in zip(out, notes, strict=True):
        row[_N_PLACED + min(note.voice, N_VOICES - 1)] = 1
        if note.voice in drums and note.pitch in CLASS_OF:
            row[_N_PLACED + N_VOICES + CLASS_OF[note.pitch]] = 1
    if loudness is not None:
        out[:, LOUD.start + loudness] = 1
    out[:, FORM] = form_features(label, _NO_STEPS, 1)[: STANDS.stop]
    out[:, FORM.stop] = bar.meter.denominator >= 8 and set(bar.meter.groups) == {3}
    return out


def _placed(
    note: Note,
    chord: list[Note],
    bar: Bar,
    n_struck: int,
    pitches: dict[int, int],
    drums: frozenset[int],
) -> tuple[float, ...]:
    """Return where a note stands in its bar, its chord and its line; put it into `pitches`."""
    length = bar.meter.bar_length()
    pitched = note.voice not in drums
    step = note.pitch - pitches.get(note.voice, note.pitch) if pitched else 0
    if pitched:
        pitches[note.voice] = note.pitch
    return (
        (accent(note.start, bar.meter) - 86) / 14,
        note.start / length,
        note.start % PPQ / PPQ,
        (note.pitch - 60) / 24 if pitched else 0.0,
        min(max(step / 12, -2.0), 2.0),
        abs(step) / 12 if abs(step) < 24 else 2.0,
        math.log2(max(note.duration, 30) / SIXTEENTH) / 4,
        len(chord) / 4,
        float(note.pitch == max(other.pitch for other in chord)),
        n_struck / 16,
    )
