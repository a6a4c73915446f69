"""What a player plays, as a model hears it, and what a bar that accompanies him is to be like."""

from __future__ import annotations

from dataclasses import dataclass, replace

from daw_bridge.encoding.chip_voices import NOISE, PULSE_1, PULSE_2, TRIANGLE
from daw_bridge.encoding.choir_voices import CHOIR
from daw_bridge.encoding.codec import Codec, Grammar
from daw_bridge.encoding.kind import Kind
from daw_bridge.jam.ask import Ask
from daw_bridge.jam.primer import parted
from daw_bridge.midi.messages import DRUM_CHANNEL
from daw_bridge.music.loudness import VELOCITIES
from daw_bridge.music.notes import Bar

CHOIR_CHANNELS = {channel: channel for channel in range(CHOIR)}
"""The voice of each channel, where a choir has one for each; else chords are parted."""

CHIP_CHANNELS = {0: PULSE_1, 1: PULSE_2, 2: TRIANGLE, DRUM_CHANNEL: NOISE}
"""The voice of each channel, as a chip is played; other channels are the first voice."""

BESIDE = 8
"""So many notes a bar may be struck beside a player, and as many more as he strikes himself."""


def as_voices(bar: Bar, kind: Kind) -> Bar:
    """Return a player's bar, of which a voice is a channel, with the voices that a model has.

    Drums are drums on whatever channel they come. Of a choir, and of a chip, what is all on one
    channel is parted, the melody to the first voice.
    """
    several = len({note.voice for note in bar.notes}) > 1
    voices = {"choir": CHOIR_CHANNELS, "chip": CHIP_CHANNELS}.get(kind, {})
    alone = [replace(note, voice=0) for note in bar.notes]
    if kind in ("choir", "chip") and not several and not _is_drums(bar):
        return parted((Bar.of(alone, bar.meter),), CHOIR if kind == "choir" else TRIANGLE + 1)[0]
    return Bar.of((replace(n, voice=voices.get(n.voice, 0)) for n in bar.notes), bar.meter)


def _is_drums(bar: Bar) -> bool:
    return any(note.voice == DRUM_CHANNEL for note in bar.notes)


def as_loud(bar: Bar, ask: Ask) -> Bar:
    """Return a bar that accompanies a player, on the whole as loud as he plays."""
    loudness = None if ask.found is None else ask.found.loudness
    if not ask.accompanies or loudness is None or not bar.notes:
        return bar
    ours = sum(note.velocity for note in bar.notes) / len(bar.notes)
    more = VELOCITIES[loudness] - ours
    notes = (replace(n, velocity=min(max(round(n.velocity + more), 1), 127)) for n in bar.notes)
    return Bar.of(notes, bar.meter)


@dataclass(frozen=True, slots=True)
class BesideAPlayer:
    """The constraint that a bar which accompanies a player is the denser, the denser he plays."""

    codec: Codec

    def __call__(self, grammar: Grammar, ask: Ask) -> Grammar:
        """Return the grammar of a bar beside what was found in the player's."""
        if not ask.accompanies or ask.found is None:
            return grammar
        from daw_bridge.encoding.limits import Limits, Within  # noqa: PLC0415  # most need none

        most = BESIDE + round(ask.found.density)
        return Within(self.codec, Limits(density=most))(grammar, ask)
