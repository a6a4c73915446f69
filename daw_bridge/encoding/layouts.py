"""How the tokens of an encoding fall on steps, and how far back a network over them looks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding import chip_voices, frames, line, polyphony, tx1
from daw_bridge.encoding.chip_voices import ChipVoices
from daw_bridge.encoding.codec import Codec
from daw_bridge.encoding.frames import Frames
from daw_bridge.encoding.line import Line
from daw_bridge.encoding.meters import N_KEYS, N_METERS, meter_at, step_ticks
from daw_bridge.encoding.polyphony import Polyphony
from daw_bridge.encoding.tx1 import Tx1
from daw_bridge.errors import UserError

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

N_KEPT = 10
"""How many tokens of a step are kept, at most: not looked at is what is below the tenth of a
chord."""

N_COMPARED = 32
"""How many steps back the comparison goes."""

LONG = 1024
"""How many steps back a match is looked for in play, which may go on for hours."""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Say how the tokens of an encoding fall on steps; arrays are by token [vocab_size].

    `order` ranks a token within its step, in which it only rises; -1 stands between steps. `closes`
    marks what ends a step; `learnt` what a grammar leaves open. `pitch` is the MIDI note that
    transposing moves, -1 for none. `meters` has the steps of the bar that a token opens, 0 for one
    that opens none. Looked at are `near` steps back and `bars` bars back; compared, and copied
    from, are `copied` bars back, and for each of `matches` the last place where as many steps were
    played as have just been. `alike` gives tokens that pass for one another there the same number;
    absent, none do. In play a match is looked for among the last `long` steps.
    """

    vocab_size: int
    order: Ints
    closes: Bools
    learnt: Bools
    pitch: Ints
    meters: Ints
    near: tuple[int, ...]
    bars: tuple[int, ...]
    copied: tuple[int, ...]
    matches: tuple[int, ...] = ()
    keys: tuple[int, int] = (0, 0)
    kept: int = N_KEPT
    alike: Ints | None = None
    long: int = LONG

    @property
    def nothing(self) -> int:
        """Give the token that stands where there is none."""
        return self.vocab_size

    @property
    def n_seen(self) -> int:
        """Count the steps that are looked at; the best matching bar is one of them."""
        return len(self.near) + len(self.bars) + 1

    @property
    def n_copied(self) -> int:
        """Count the places that are compared and copied from."""
        return len(self.copied) + len(self.matches)

    def reach(self, n_steps: int) -> int:
        """Count the steps that must be remembered, in bars of `n_steps`."""
        bars = n_steps * max(*self.bars, *self.copied) + max(self.near)
        return max(bars + N_COMPARED, self.long if self.matches else 0)

    def only_copying(self, copied: tuple[int, ...]) -> Layout:
        """Give the same layout, with other bars to compare and copy from, and nothing else."""
        return replace(self, copied=copied, matches=())

    def moved(self, semitones: int) -> Ints:
        """Give the token that each becomes some semitones higher: [vocab_size + 1].

        A pitch that would leave the encoding's range comes back into it by an octave.
        """
        table = np.arange(self.vocab_size + 1)
        families = np.cumsum(np.diff(self.pitch, prepend=-1) < 0).tolist()
        pitched = zip(families, self.pitch.tolist(), range(self.vocab_size), strict=True)
        places = {(family, pitch): token for family, pitch, token in pitched if pitch >= 0}
        for (family, pitch), token in places.items():
            wanted = (places.get((family, pitch + semitones + octave)) for octave in (0, 12, -12))
            table[token] = next(each for each in wanted if each is not None)
        first, end = self.keys
        for token in range(first, end):
            key = (token - first) % N_KEYS
            tonic = (key - 1) % 12
            table[token] += (tonic + semitones) % 12 - tonic if key else 0
        return table

    def home(self) -> Ints:
        """Give for each key by how much music in it is moved to be in C, -6..5: [n_keys]."""
        n_keys = max(self.keys[1] - self.keys[0], 1)
        tonics = np.arange(n_keys) % N_KEYS - 1
        return np.where(tonics < 0, 0, (6 - tonics) % 12 - 6)


BARS = (1, 2, 4)
MATCHES = (32, 12, 5)
COPIED = (1, 2, 3, 4, 5, 6, 7, 8, 12, 16)
FRAMES_COPIED = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)


def layout_of(codec: Codec) -> Layout:
    """Give the layout of an encoding.

    Raises:
        UserError: the encoding has none.
    """
    match codec:
        case Line():
            return _line(codec)
        case Polyphony():
            return _polyphony(codec)
        case ChipVoices():
            return _chip(codec)
        case Frames():
            return _frames()
        case Tx1():
            return _tx1()
    raise UserError("a codec of pitched music", codec.name, "use a network of kind lstm for it")


def _meters(size: int, first: int, steps_per_quarter: int) -> Ints:
    out = np.zeros(size, np.int64)
    step = step_ticks(steps_per_quarter)
    out[first : first + N_METERS] = [meter_at(k).steps(step) for k in range(N_METERS)]
    return out


def _near(steps_per_quarter: int) -> tuple[int, ...]:
    return (1, 2, steps_per_quarter, 2 * steps_per_quarter)


def _line(codec: Line) -> Layout:
    size = codec.vocab_size
    order = np.full(size, -1)
    order[: line.OFF + 1] = 1
    order[line.TIE] = 0
    closes = order == 1
    learnt = order >= 0
    pitch = np.full(size, -1)
    pitch[: line.N_PITCHES] = np.arange(line.N_PITCHES)
    meters = _meters(size, line.METER, codec.steps_per_quarter)
    near = _near(codec.steps_per_quarter)
    keys, kept = (line.KEY, size), 2  # a tie and a pitch
    return Layout(
        size, order, closes, learnt, pitch, meters, near, BARS, COPIED, MATCHES, keys, kept
    )


def _polyphony(codec: Polyphony) -> Layout:
    size, n = codec.vocab_size, polyphony.N_PITCHES
    order = np.full(size, -1)
    order[: 2 * n] = np.tile(np.arange(n)[::-1], 2)
    order[polyphony.STEP_END] = n
    closes = np.arange(size) == polyphony.STEP_END
    pitch = np.full(size, -1)
    pitch[: 2 * n] = np.tile(np.arange(n), 2)
    meters = _meters(size, polyphony.METER, codec.steps_per_quarter)
    near = _near(codec.steps_per_quarter)
    keys = polyphony.KEY, size
    learnt = order >= 0
    return Layout(size, order, closes, learnt, pitch, meters, near, BARS, COPIED, MATCHES, keys)


def _chip(codec: ChipVoices) -> Layout:
    size = codec.vocab_size
    order, pitch = np.full(size, -1), np.full(size, -1)
    for token in range(chip_voices.OFF):
        voice, note = chip_voices.note_of(token)
        order[token] = 2 * voice + 1
        pitch[token] = -1 if voice == chip_voices.NOISE else note
    order[chip_voices.OFF : chip_voices.TIE] = 2 * np.arange(chip_voices.NOISE) + 1
    order[chip_voices.STEP] = 2 * chip_voices.N_VOICES
    order[chip_voices.TIE : chip_voices.STEP] = 2 * np.arange(chip_voices.NOISE)
    closes = np.arange(size) == chip_voices.STEP
    meters = _meters(size, chip_voices.METER, codec.steps_per_quarter)
    near = _near(codec.steps_per_quarter)
    keys = chip_voices.KEY, size
    learnt = order >= 0
    return Layout(size, order, closes, learnt, pitch, meters, near, BARS, COPIED, MATCHES, keys)


def _tx1() -> Layout:
    size = tx1.VOCAB_SIZE
    order, zeros = np.zeros(size, np.int64), np.zeros(size, np.int64)
    always = np.ones(size, np.bool_)
    near, far = (1, 2, 3, 4), (6, 8, 12)
    matches = (32, 16, 8, 4, 2)
    # Samples are fine: a phrase that comes again seldom has all its waits again.
    alike = np.arange(size + 1)
    alike[: tx1.N_WAITS] = 0
    pitch = tx1.Tx1().tokens.pitch
    layout = Layout(size, order, always, always, pitch, zeros, near, far, (), matches, kept=1)
    # No jam plays these: they are heard to their end, as in training.
    return replace(layout, alike=alike, long=1 << 20)


def _frames() -> Layout:
    size = frames.VOCAB_SIZE
    order = np.concatenate([np.arange(frames.N_KEYS)[::-1], [frames.N_KEYS]])
    closes = np.arange(size) == frames.END_OF_FRAME
    pitch = np.where(closes, -1, np.arange(size) + frames.LOWEST)
    none = np.zeros(size, np.int64)
    learnt = np.ones(size, np.bool_)
    near, far = (1, 2, 3, 4), (6, 8, 16)
    return Layout(size, order, closes, learnt, pitch, none, near, far, FRAMES_COPIED, (16, 8, 4))
