"""The NES Music Database: MIDI files whose tracks name the voices of the chip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from daw_bridge.corpora.material import Material, Source, Track
from daw_bridge.corpora.voices import NOISE, PULSE_1, PULSE_2, TRIANGLE
from daw_bridge.midi.columns import Columns

PPQ = 22050
"""The ticks of a quarter in its files: at 120 a minute, one for each sample."""

_VOICES = {"p1": PULSE_1, "p2": PULSE_2, "tr": TRIANGLE, "no": NOISE}


def voice_of(name: str) -> int | None:
    """Return the voice that a track is, by its name; None: it is of no chip."""
    return _VOICES.get(name.strip().lower())


def with_drums(track: Track) -> Track:
    """Sort sixteen kinds of noise, the low ones dark, as far as that goes: kick, snare, hat."""
    if track.voice != NOISE:
        return track
    pitch = track.events.pitch
    drums = np.where(pitch <= 5, 36, np.where(pitch <= 10, 38, 42))
    return replace(track, events=replace(track.events, pitch=drums))


def in_samples(file: Columns, named: Sequence[Track], source: Source) -> Material:
    """Keep the data set's own time, in which a tick is one of 44,100 samples a second."""
    # The end of a song stands in the file as its last change of meter.
    end = max((tick for tick, _ in file.meters), default=0)
    voices = [track for track in named if track.voice is not None]
    return Material(source.name, voices, [], split=source.split, conditions={"end": str(end)})
