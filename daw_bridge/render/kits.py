"""The engine that needs nothing installed: instruments of our own, mixed block by block."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from daw_bridge import __version__
from daw_bridge.config.schema import Schema
from daw_bridge.midi.messages import DRUM_CHANNEL
from daw_bridge.render.chip_drums import ChipDrums
from daw_bridge.render.drums import Drums
from daw_bridge.render.instruments import ChipNoise, ChipVoice, Note, Partials, Some
from daw_bridge.render.job import Job
from daw_bridge.render.played import Played, song_of
from daw_bridge.render.programs import Programs
from daw_bridge.render.sounding import Sounding
from daw_bridge.render.wave import WaveWriter

AnyInstrument = Annotated[
    ChipVoice | ChipNoise | ChipDrums | Partials | Drums | Programs, Field(discriminator="wave")
]

BLOCK_S = 20
"""Seconds that are mixed at a time, so that an hour takes no more memory than a minute."""

CHOKE_S = 0.008
"""In which an open hi-hat is closed."""


class KitSettings(Schema):
    """The instruments of a kit by the names of voices, as models' cards have them.

    A channel of another name, or of none, is played by `drums` if it is channel 10, else by those
    of `others`, one channel after another.
    """

    voices: dict[str, AnyInstrument] = Field(default={})
    drums: AnyInstrument = Drums(wave="drums")
    others: Some[AnyInstrument] = (Partials(wave="partials"),)


@dataclass(frozen=True, slots=True)
class Placed:
    """What sounds from sample `start` on, up to `end`, before which it fades out in `fade` samples.

    `gains` are of the channels. Of those with the same `choked`, one at a time sounds.
    """

    start: int
    end: int
    sounding: Sounding
    gains: tuple[float, ...]
    choked: Hashable | None = None
    fade: int = 0

    def samples(self, first: int, last: int) -> NDArray[np.float32]:
        """Return what of it sounds in the samples first..last-1 of the song."""
        out = self.sounding.samples(first - self.start, last - self.start)
        if self.fade and last > self.end - self.fade:
            left = np.arange(self.end - first, self.end - last, -1, dtype=np.float32)
            out *= np.minimum(left / self.fade, 1)
        return out

    def add_to(self, block: NDArray[np.float32], begin: int) -> None:
        """Add what of it sounds in a block [channel, sample] that begins at sample `begin`."""
        here = max(self.start, begin), min(self.end, begin + block.shape[1])
        if here[0] < here[1]:
            samples = self.samples(*here)
            for channel, gain in zip(block, self.gains, strict=True):
                channel[here[0] - begin : here[1] - begin] += samples * np.float32(gain)

    def cut_by(self, other: Placed, fade: int) -> Placed:
        """Return it as it sounds where another one begins, which may choke it."""
        if other.choked is None or other.choked != self.choked or other.start + fade >= self.end:
            return self
        return replace(self, end=other.start + fade, fade=fade)


class Kits:
    """Instruments that are computed as whole arrays: exact, and many times faster than real time.

    The name that users write is `pyo`, after the library that first played them. It renders some
    twenty times faster than real time, has no noise of a shift register, and needs to be installed.
    """

    Settings = KitSettings

    def __init__(self, settings: KitSettings) -> None:
        self._settings = settings

    def missing(self) -> str | None:
        """Say what must be installed: nothing."""
        return None

    def version(self) -> str:
        """Name the instruments: they are of this version of ours."""
        return f"daw-bridge {__version__}"

    def render(self, job: Job, out: Path) -> None:
        """Write the sound of a file, as floats, in one channel where no instrument is panned."""
        song = song_of(job.midi)
        instruments = self._instruments(song.channels, job.parts)
        channels = 2 if any(each.is_wide for each in instruments.values()) else 1
        placed = _placed(song.notes, instruments, job.rate, channels)
        length = round((song.length_s + job.tail_s) * job.rate)
        with WaveWriter(out, job.rate, channels) as file:
            for block in _mixed(placed, length, channels, job.rate):
                file.write(block)

    def _instruments(
        self, channels: Sequence[int], parts: Mapping[int, str]
    ) -> dict[int, AnyInstrument]:
        """Return what plays each channel."""
        settings, found = self._settings, dict[int, AnyInstrument]()
        for channel in channels:
            named = settings.voices.get(parts.get(channel, ""))
            if named is None and channel == DRUM_CHANNEL:
                named = settings.drums
            if named is not None:
                found[channel] = named
        unnamed = [each for each in channels if each not in found]
        for i, channel in enumerate(unnamed):
            found[channel] = settings.others[i % len(settings.others)]
        return found


def _placed(
    notes: Sequence[Played], instruments: Mapping[int, AnyInstrument], rate: int, channels: int
) -> Iterator[Placed]:
    """Begin each note, in the order of their starts."""
    for note in notes:
        instrument = instruments[note.channel]
        start = round(note.start_s * rate)
        held = max(round(note.end_s * rate) - start, 1)
        sounding = instrument.begin(Note(note.pitch, note.velocity, held), rate)
        choked = note.channel if instrument.chokes(note.pitch) else None
        gains = gains_of(instrument, note.pitch, channels)
        yield Placed(start, start + sounding.length, sounding, gains, choked)


def gains_of(instrument: AnyInstrument, pitch: int, channels: int) -> tuple[float, ...]:
    """Return how loud an instrument is in each of one or two channels."""
    gain = 10 ** (instrument.gain_db / 20)
    if channels == 1:
        return (gain,)
    angle = (instrument.pan_of(pitch) + 1) * np.pi / 4
    return gain * 2**0.5 * float(np.cos(angle)), gain * 2**0.5 * float(np.sin(angle))


def _mixed(
    coming: Iterator[Placed], length: int, channels: int, rate: int
) -> Iterator[NDArray[np.float32]]:
    """Mix what sounds, a block at a time: [sample, channel]."""
    sounding: list[Placed] = []
    first = next(coming, None)
    for begin in range(0, length, BLOCK_S * rate):
        end = min(begin + BLOCK_S * rate, length)
        while first is not None and first.start < end:
            if first.choked is not None:
                sounding = [each.cut_by(first, round(CHOKE_S * rate)) for each in sounding]
            sounding.append(first)
            first = next(coming, None)
        block = np.zeros((channels, end - begin), np.float32)
        for each in sounding:
            each.add_to(block, begin)
        yield block.T
        sounding = [each for each in sounding if each.end > end]
