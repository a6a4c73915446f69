"""What a player plays, as a model hears it, and what bars are to be like that follow him."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from daw_bridge.encoding.chip_voices import NOISE, PULSE_1, PULSE_2, TRIANGLE
from daw_bridge.encoding.choir_voices import CHOIR
from daw_bridge.encoding.codec import Codec, Constraint, Grammar
from daw_bridge.encoding.kind import Kind
from daw_bridge.jam.ask import Ask
from daw_bridge.jam.primer import parted
from daw_bridge.midi.messages import DRUM_CHANNEL
from daw_bridge.music.loudness import VELOCITIES
from daw_bridge.music.notes import Bar
from daw_bridge.music.swing import swung

CHOIR_CHANNELS = {channel: channel for channel in range(CHOIR)}
"""The voice of each channel, where a choir has one for each; else chords are parted."""

CHIP_CHANNELS = {0: PULSE_1, 1: PULSE_2, 2: TRIANGLE, DRUM_CHANNEL: NOISE}
"""The voice of each channel, as a chip is played; other channels are the first voice."""

BESIDE = 8
"""So many notes a bar may be struck beside a player, and as many more as he strikes himself."""

OCTAVE = 12


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
    """Return a bar on the whole as loud as a player."""
    loudness = None if ask.found is None else ask.found.loudness
    if loudness is None or not bar.notes:
        return bar
    ours = sum(note.velocity for note in bar.notes) / len(bar.notes)
    more = VELOCITIES[loudness] - ours
    notes = (replace(n, velocity=min(max(round(n.velocity + more), 1), 127)) for n in bar.notes)
    return Bar.of(notes, bar.meter)


def as_loud_beside(bar: Bar, ask: Ask) -> Bar:
    """Return a bar as loud as the player whom it accompanies, if it does."""
    return as_loud(bar, ask) if ask.accompanies else bar


def as_swung(bar: Bar, ask: Ask) -> Bar:
    """Return a bar that swings as a player does."""
    swing = None if ask.found is None else ask.found.swing
    return bar if swing is None else swung(bar, swing)


@dataclass(frozen=True, slots=True)
class BesideAPlayer:
    """The constraint that a bar which accompanies a player is the denser, the denser he plays."""

    codec: Codec

    def __call__(self, grammar: Grammar, ask: Ask) -> Grammar:
        """Return the grammar of a bar beside what was found in the player's."""
        if not ask.accompanies or ask.found is None:
            return grammar
        return _within(self.codec, grammar, ask, density=BESIDE + round(ask.found.density))


@dataclass(frozen=True, slots=True)
class AsDense:
    """The constraint that each voice strikes at most as many notes in a bar as a player does."""

    codec: Codec

    def __call__(self, grammar: Grammar, ask: Ask) -> Grammar:
        """Return the grammar of a bar as dense as what was found in the player's."""
        density = 0.0 if ask.found is None else ask.found.density
        if not density:
            return grammar
        voices = max(int(self.codec.tokens.voice.max()) + 1, 1)
        return _within(self.codec, grammar, ask, density=voices * max(round(density), 1))


@dataclass(frozen=True, slots=True)
class InRegister:
    """The constraint that notes are as high and as low as a player's; of several voices, as high.

    What he plays is wider than it was by what is missing to an octave, and brought by octaves to
    where the model has notes.
    """

    codec: Codec

    def __call__(self, grammar: Grammar, ask: Ask) -> Grammar:
        """Return the grammar of a bar in the register that was found in the player's."""
        if ask.found is None or ask.found.low is None or ask.found.high is None:
            return grammar
        tokens = self.codec.tokens
        there = tokens.pitch[(tokens.pitch >= 0) & (tokens.drums == 0)]
        low, high = _register(ask.found.low, ask.found.high, int(there.min()), int(there.max()))
        alone = not (tokens.voice > 0).any()
        return _within(self.codec, grammar, ask, low=max(low, 0) if alone else 0, high=high)


FOLLOWING: Mapping[str, Callable[[Codec], Constraint]] = {
    "density": AsDense,
    "register": InRegister,
}
"""What holds bars to a condition that is the player's, where a constraint does."""


def _register(low: int, high: int, lowest: int, highest: int) -> tuple[int, int]:
    """Return a range of at least an octave, which has one in common with `lowest` to `highest`."""
    missing = max(OCTAVE - (high - low), 0)
    low, high = low - missing // 2, high + (missing + 1) // 2
    up = max(-(-(lowest + OCTAVE - high) // OCTAVE), 0)
    down = max(-(-(low + OCTAVE - highest) // OCTAVE), 0)
    by = OCTAVE * (up or -down)
    return low + by, min(high + by, 127)


def _within(
    codec: Codec,
    grammar: Grammar,
    ask: Ask,
    *,
    density: int | None = None,
    low: int = 0,
    high: int = 127,
) -> Grammar:
    """Return a grammar that keeps within limits besides."""
    from daw_bridge.encoding.limits import Limits, Within  # noqa: PLC0415  # most need none

    return Within(codec, Limits(low=low, high=high, density=density))(grammar, ask)
