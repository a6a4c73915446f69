"""A quick synth for listeners: each note is made once, and music is the sum of notes.

The instruments are those of `kits`, at a rate that is enough to tell music by, in one channel. What
it gives are the samples that the kit writes of the same notes, its channels mixed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from daw_bridge.config.render import load_render, preset_for
from daw_bridge.errors import UserError
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import USUAL_QPM, Ticks, Transport
from daw_bridge.render.instruments import Note
from daw_bridge.render.kits import CHOKE_S, AnyInstrument, KitSettings, gains_of

Floats = NDArray[np.float32]

RATE = 16_000

MOST_KEPT = 8192
"""Notes that are kept of a bank: those that were not played longest are made anew."""


class Struck(NamedTuple):
    """A note of a piece in ticks from its start, which goes on over bar lines."""

    start: int
    end: int
    pitch: int
    velocity: int
    voice: int


def struck_in(bars: Iterable[Bar]) -> list[Struck]:
    """Return the notes of bars in order, each with all that is tied to it.

    What rushes the very first bar line starts there.
    """
    line = 0
    out: list[Struck] = []
    last: dict[tuple[int, int], int] = {}
    for bar in bars:
        for note in bar.notes:
            start, part = max(line + note.start, 0), (note.voice, note.pitch)
            end = start + note.duration
            if note.tied and part in last and out[last[part]].end == start:
                out[last[part]] = out[last[part]]._replace(end=end)
                continue
            last[part] = len(out)
            out.append(Struck(start, end, note.pitch, note.velocity, note.voice))
        line += bar.meter.bar_length()
    return sorted(out)


class NoteBank:
    """Instruments by the numbers of voices, and the notes of them that were made.

    Raises:
        UserError: a piece has a voice without an instrument.
    """

    def __init__(self, instruments: Sequence[AnyInstrument], rate: int = RATE) -> None:
        self.rate = rate
        self._instruments = tuple(instruments)
        self._made = lru_cache(MOST_KEPT)(self._make)

    @classmethod
    def of_voices(cls, voices: Sequence[str], preset: str | None = None, rate: int = RATE) -> Self:
        """Take the instruments of a render preset for voices, as a model's card names them.

        None: the preset that has instruments for the most of them.

        Raises:
            UserError: there is no such preset, or it is none of our own instruments.
        """
        file = load_render(preset or preset_for("pyo", voices))
        if file.engine != "pyo":
            what = "a render preset of our own instruments (pyo)"
            raise UserError(what, f"one of {file.engine}", "name another")
        kit = KitSettings.model_validate_json(json.dumps(file.settings))
        named: Mapping[str, AnyInstrument] = kit.voices
        return cls([named.get(voice, kit.others[0]) for voice in voices], rate)

    def sound(self, bars: Sequence[Bar], tempo_qpm: float = USUAL_QPM) -> Floats:
        """Return the samples of bars, from the first bar line to the end of the last bar."""
        seconds_at = Transport(tempo_qpm).seconds_at
        length = sum(bar.meter.bar_length() for bar in bars)
        out = np.zeros(round(seconds_at(Ticks(length)) * self.rate), np.float32)
        choked_at: dict[int, int] = {}
        for note in reversed(struck_in(bars)):
            instrument = self._instrument(note.voice)
            start = round(seconds_at(Ticks(note.start)) * self.rate)
            held = max(round(seconds_at(Ticks(note.end)) * self.rate) - start, 1)
            samples = self._made(note.voice, note.pitch, note.velocity, held)
            if instrument.chokes(note.pitch):
                samples = self._cut(samples, choked_at.get(note.voice, len(out)) - start)
                choked_at[note.voice] = start
            here = samples[: max(len(out) - start, 0)]
            out[start : start + len(here)] += here
        return out

    def _instrument(self, voice: int) -> AnyInstrument:
        if voice >= len(self._instruments):
            known = f"voices 0 to {len(self._instruments) - 1}"
            raise UserError(known, f"voice {voice}", "name an instrument for each")
        return self._instruments[voice]

    def _make(self, voice: int, pitch: int, velocity: int, held: int) -> Floats:
        """Make a note as loud as it is in the middle of its channels."""
        instrument = self._instruments[voice]
        sounding = instrument.begin(Note(pitch, velocity, held), self.rate)
        gains = gains_of(instrument, pitch, 2 if instrument.is_wide else 1)
        return sounding.samples(0, sounding.length) * np.float32(sum(gains) / len(gains))

    def _cut(self, samples: Floats, length: int) -> Floats:
        """Return a note that another one chokes after so many samples."""
        fade = round(CHOKE_S * self.rate)
        if length + fade >= len(samples):
            return samples
        out = samples[: length + fade].copy()
        out[length:] *= np.arange(fade, 0, -1, dtype=np.float32) / np.float32(fade)
        return out
