"""What is rendered inside DawDreamer: instruments with effects behind them, and their mix.

DawDreamer is under the GPL, and so only imported where a user has installed it and asks for it
(`pip install 'daw-bridge[plugin]'`), in a process of its own.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daw_bridge.errors import UserError, near
from daw_bridge.render.job import Job
from daw_bridge.render.played import Played, song_of
from daw_bridge.render.tracks import Track, channels_of
from daw_bridge.render.wave import WaveWriter

Processor = Any
"""An instrument or an effect of DawDreamer's, which is untyped."""

Samples = NDArray[np.float32]
"""[channel, sample] of two channels."""

BLOCK = 512
"""Samples that are computed at once; notes begin between them all the same."""


def missing() -> str | None:
    """Say what must be installed."""
    if importlib.util.find_spec("dawdreamer") is None:
        return "DawDreamer (pip install 'daw-bridge[plugin]'; it is under the GPL)"
    return None


def name_and_version() -> str:
    """Name it for a manifest."""
    return f"DawDreamer {version('dawdreamer')}"


def new_engine(rate: int) -> Any:
    """Make an engine of a rate, in which processors are made."""
    return importlib.import_module("dawdreamer").RenderEngine(rate, BLOCK)


def numbered(
    known: Mapping[str, int], wanted: Mapping[str, float], place: str
) -> list[tuple[int, float]]:
    """Return parameters by their numbers; `known` tells the number of each, `place` whose they are.

    Raises:
        UserError: there is none of a name.
    """
    for name in wanted.keys() - known.keys():
        raise UserError("a parameter's name", f"{name!r} of {place}", near(name, known))
    return [(known[name], value) for name, value in wanted.items()]


class Rack:
    """Tracks of processors, ready to play songs of a rate; each chain begins with an instrument."""

    def __init__(
        self,
        engine: Any,
        tracks: Sequence[tuple[Track, Sequence[Processor]]],
        effects: Sequence[Processor] = (),
    ) -> None:
        self._engine, self._tracks, self._effects = engine, tracks, effects

    def render(self, job: Job, out: Path) -> None:
        """Play a file, track by track, and write the mix, with the effects that are on all.

        Raises:
            UserError: the file cannot be read.
        """
        song = song_of(job.midi)
        length = round((song.length_s + job.tail_s) * job.rate)
        channels = channels_of([track for track, _ in self._tracks], job.parts, song.channels)
        mix = None
        for (track, chain), own in zip(self._tracks, channels, strict=True):
            if own:
                _score(chain[0], track, (note for note in song.notes if note.channel in own))
                sound = self._through(chain, job.rate, length)
                sound = sound if track.factor == 1 else sound * np.float32(track.factor)
                mix = sound if mix is None else mix + sound
        if mix is None:
            mix = np.zeros((2, length), np.float32)
        if self._effects:
            source = self._engine.make_playback_processor("the mix", np.array(mix))
            mix = self._through([source, *self._effects], job.rate, length)
        with WaveWriter(out, job.rate, 2) as file:
            file.write(mix.T)

    def _through(self, chain: Sequence[Processor], rate: int, length: int) -> Samples:
        """Return what comes out of a chain; what plugins say that they are late by is taken off."""
        late = sum(_latency(each) for each in chain)
        names = [each.get_name() for each in chain]
        inputs = [[], *([name] for name in names[:-1])]
        self._engine.load_graph(list(zip(chain, inputs, strict=True)))
        self._engine.render((length + late) / rate)
        sound = np.asarray(self._engine.get_audio(), np.float32)[:2, late : late + length]
        return np.broadcast_to(sound, (2, sound.shape[1]))  # one channel is heard on both


def _score(instrument: Processor, track: Track, notes: Iterable[Played]) -> None:
    instrument.clear_midi()
    for note in notes:
        pitch = track.keys.get(note.pitch, note.pitch)
        instrument.add_midi_note(pitch, note.velocity, note.start_s, note.end_s - note.start_s)


def _latency(processor: Processor) -> int:
    asked = getattr(processor, "get_latency_samples", None)  # only plugins have one
    return int(asked()) if asked else 0
