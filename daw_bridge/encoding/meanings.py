"""What the tokens of each encoding do, in one table: for whatever must know it of all of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding import chip_voices, line, polyphony
from daw_bridge.encoding.chip_voices import ChipVoices
from daw_bridge.encoding.codec import Codec
from daw_bridge.encoding.drum_classes import N_CLASSES, N_WORDS, bit
from daw_bridge.encoding.drum_grid import DrumGrid
from daw_bridge.encoding.drum_text import DrumText
from daw_bridge.encoding.line import Line
from daw_bridge.encoding.polyphony import Polyphony
from daw_bridge.encoding.wrapped import Wrapped
from daw_bridge.errors import UserError
from daw_bridge.music.gm_drums import CLASS_OF

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Meanings:
    """Say what the tokens of an encoding do; arrays are by token [vocab_size].

    `pitch` and `voice` are -1 where there is none. `struck` counts the notes that a token strikes,
    and `drums` has the bits of those that are drums. `silences` is the voice that a token ends,
    else -1. `order` ranks tokens within a step, -1 between steps; `ends_step` closes one. `ties`
    make of the next note a held one.
    """

    pitch: Ints
    voice: Ints
    struck: Ints
    drums: Ints
    silences: Ints
    order: Ints
    ends_step: Bools
    ties: Bools


def meanings_of(codec: Codec) -> Meanings:
    """Say what the tokens of a codec do; worked out once for each, so it may be asked every bar.

    Raises:
        UserError: the codec is none of music that is played.
    """
    match codec:
        case Wrapped():
            return meanings_of(codec.codec)
        case DrumGrid() | DrumText():
            return _drums(codec)
        case Line() | Polyphony() | ChipVoices():
            return _pitched(codec)
    raise UserError("a codec that takes limits", codec.name, "leave the limits out")


@cache
def _drums(codec: DrumGrid | DrumText) -> Meanings:
    size = codec.vocab_size
    words = np.arange(size) < N_WORDS
    drums = np.where(words, np.arange(size), 0)
    struck = ((drums[:, None] >> np.arange(N_CLASSES)) & 1).sum(1)
    none = np.full(size, -1)
    no_ties = np.zeros(size, np.bool_)
    return Meanings(none, none, struck, drums, none, np.where(words, 0, -1), words, no_ties)


@cache
def _pitched(codec: Line | Polyphony | ChipVoices) -> Meanings:
    from daw_bridge.encoding.layouts import layout_of  # noqa: PLC0415  # drums need none

    layout = layout_of(codec)
    size = codec.vocab_size
    voice, silences = np.full(size, -1), np.full(size, -1)
    drums, struck = np.zeros(size, np.int64), (layout.pitch >= 0).astype(np.int64)
    ties = np.zeros(size, np.bool_)
    match codec:
        case Line():
            voice[: line.N_PITCHES], silences[line.OFF], ties[line.TIE] = 0, 0, True
        case Polyphony():
            struck[polyphony.CONTINUED_NOTE : polyphony.STEP_END] = 0
        case ChipVoices():
            for token in range(chip_voices.OFF):
                voice[token], note = chip_voices.note_of(token)
                if voice[token] == chip_voices.NOISE:
                    drums[token] = bit(CLASS_OF[note])
            struck[: chip_voices.OFF] = 1
            silences[chip_voices.OFF : chip_voices.TIE] = np.arange(chip_voices.NOISE)
            ties[chip_voices.TIE : chip_voices.STEP] = True
    return Meanings(layout.pitch, voice, struck, drums, silences, layout.order, layout.closes, ties)
