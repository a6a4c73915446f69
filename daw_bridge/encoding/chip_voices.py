"""Four voices as on the NES: two pulses, a triangle and noise, each one note at a time.

A bar is its meter, its key, then for each step what changes in it, voice by voice, and `STEP`:

    METER KEY (([TIE_v] NOTE_v p | OFF_v)* STEP)*

There are three tokens for each key: for music with drums, without, and for any.

A note lasts until its voice has another event or the bar ends. `TIE_v`, at the bar line alone,
says that the note after it has been sounding since the bar before. The noise voice plays the nine
drums, a step each. Stated quantisation: starts and ends to the nearest step, velocities to the
accents of the meter, pitches into the range of their voice by octaves; of a chord in one voice the
highest note stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding.codec import Token, Tokens, TokenTable, mask_of
from daw_bridge.encoding.drum_classes import PITCHES, bit
from daw_bridge.encoding.keyed_bars import KeyedBars, KeyedGrammar
from daw_bridge.encoding.meters import (
    N_KEYS,
    N_METERS,
    key_tokens,
    meter_tokens,
    note_on_steps,
    on_steps,
    step_ticks,
)
from daw_bridge.music.gm_drums import CLASS_OF
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Meter

PULSE_1, PULSE_2, TRIANGLE, NOISE = range(4)
RANGES = (range(33, 109), range(33, 109), range(21, 109))
"""What the pitched voices can play; the noise voice plays `drum_classes.PITCHES`."""

N_VOICES = 4
_SIZES = (*map(len, RANGES), len(PITCHES))
_FIRST = tuple(accumulate(_SIZES, initial=0))
"""The first note of each voice, and where notes end."""
OFF = _FIRST[N_VOICES]
TIE = OFF + NOISE
STEP = TIE + NOISE
START = STEP + 1
END = START + 1
METER = END + 1
KEY = METER + N_METERS
_DRUMS = ("", "_without_drums", "_with_drums")
N_KEY_TOKENS = len(_DRUMS) * N_KEYS
VOCAB_SIZE = KEY + N_KEY_TOKENS


def note_token(voice: int, pitch: int) -> int:
    """Return the token that strikes a pitch, within its range, in a voice."""
    if voice == NOISE:
        return _FIRST[NOISE] + CLASS_OF[pitch]
    return _FIRST[voice] + RANGES[voice].index(pitch)


@cache
def note_of(token: int) -> tuple[int, int]:
    """Return the voice and the pitch of a note's token."""
    voice = max(voice for voice in range(N_VOICES) if _FIRST[voice] <= token)
    place = token - _FIRST[voice]
    return voice, PITCHES[place] if voice == NOISE else RANGES[voice][place]


def in_range(pitch: int, voice: int) -> int | None:
    """Bring a pitch into the range of its voice by octaves; None: the noise has no such drum."""
    if voice == NOISE:
        return PITCHES[CLASS_OF[pitch]] if pitch in CLASS_OF else None
    while pitch not in RANGES[voice]:
        pitch += 12 if pitch < RANGES[voice].start else -12
    return pitch


@dataclass(frozen=True, slots=True)
class ChipVoices(KeyedBars):
    """Four voices on a grid, in a key and with drums or not, as `encode` says; None is any."""

    drums: bool | None = None

    name = "chip-voices"
    kind = "chip"
    start_token = START
    """Stands after the last bar of a piece; no bar holds it."""
    first_meter = METER
    n_key_tokens = N_KEY_TOKENS

    @property
    def tokens(self) -> TokenTable:
        """What each token is and does."""
        return _tokens(self.steps_per_quarter)

    def conditions(self, meter: Meter) -> tuple[int, int]:
        """Return the tokens that open a bar: meter, key and drums."""
        opened, key = KeyedBars.conditions(self, meter)
        return opened, key + N_KEYS * (0 if self.drums is None else 1 + self.drums)

    def quantise(self, bar: Bar) -> Bar:
        """Leave each voice one note at a time, in its range; notes of other voices are left out."""
        step = step_ticks(self.steps_per_quarter)
        kept: dict[int, list[tuple[int, int, int, bool]]] = {v: [] for v in range(N_VOICES)}
        for first, end, note in on_steps(bar.notes, bar.meter, step):
            pitch = in_range(note.pitch, note.voice) if note.voice in kept else None
            if pitch is None or (note.voice == NOISE and note.tied):
                continue
            line = kept[note.voice]
            if line and line[-1][0] == first:
                line.pop()
            elif line:
                line[-1] = (line[-1][0], min(line[-1][1], first), *line[-1][2:])
            line.append((first, first + 1 if note.voice == NOISE else end, pitch, note.tied))
        return Bar.of(
            (
                note_on_steps(a, b, p, bar.meter, step, voice=voice, tied=tied and a == 0)
                for voice, line in kept.items()
                for a, b, p, tied in line
            ),
            bar.meter,
        )

    def encode(self, bar: Bar) -> Tokens:
        """Return the tokens [n_tokens] of a bar in the key of this codec."""
        step = step_ticks(self.steps_per_quarter)
        steps: list[dict[int, list[int]]] = [{} for _ in range(bar.meter.steps(step))]
        for first, end, note in on_steps(self.quantise(bar).notes, bar.meter, step):
            opening = [TIE + note.voice] if note.tied else []
            steps[first][note.voice] = [*opening, note_token(note.voice, note.pitch)]
            if end < len(steps) and note.voice != NOISE:
                steps[end].setdefault(note.voice, [OFF + note.voice])
        tokens = list(self.conditions(bar.meter))
        for changes in steps:
            for voice in sorted(changes):
                tokens.extend(changes[voice])
            tokens.append(STEP)
        return np.array(tokens, np.int64)

    def follow(self, conditions: tuple[int, ...]) -> ChipGrammar:
        """Start following a bar whose first tokens are these conditions; the others are free."""
        return ChipGrammar(self, conditions)


@cache
def _tokens(steps_per_quarter: int) -> TokenTable:
    return TokenTable.of(
        [
            *map(_note, range(OFF)),
            *(Token(f"OFF_{v}", rank=2 * v + 1, ends_voice=v) for v in range(NOISE)),
            *(Token(f"TIE_{v}", rank=2 * v, ties=True) for v in range(NOISE)),
            Token("STEP", rank=2 * N_VOICES, ends_step=True),
            Token("START"),
            Token("END"),
            *meter_tokens(steps_per_quarter),
            *(each for drums in _DRUMS for each in key_tokens(drums)),
        ],
        steps_per_quarter,
    )


def _note(token: int) -> Token:
    voice, pitch = note_of(token)
    played = Token(f"NOTE_{voice}_{pitch}", pitch, voice, rank=2 * voice + 1, strikes=1)
    return played._replace(pitch=-1, drums=bit(CLASS_OF[pitch])) if voice == NOISE else played


_STEP = STEP, STEP + 1


class ChipGrammar(KeyedGrammar):
    """What may come in a bar: voices rise within a step, and only what sounds is ended."""

    def __init__(self, codec: ChipVoices, conditions: tuple[int, ...]) -> None:
        super().__init__(codec, conditions)
        self._place = 0
        self._next_voice = PULSE_1
        self._tied: int | None = None
        self._open: dict[int, tuple[int, int, bool]] = {}
        self._notes: list[Note] = []

    def _allowed_in_bar(self) -> NDArray[np.bool_] | None:
        if self._place == self._n_steps:
            return None
        if self._tied is not None:
            return mask_of(VOCAB_SIZE, (_FIRST[self._tied], _FIRST[self._tied + 1]))
        notes = _FIRST[self._next_voice], OFF
        ends = (OFF + v for v in range(self._next_voice, NOISE) if v in self._open)
        ties = TIE + self._next_voice, STEP if self._place == 0 else 0
        return mask_of(VOCAB_SIZE, notes, *((end, end + 1) for end in ends), ties, _STEP)

    def _push_in_bar(self, token: int) -> None:
        if token == STEP:
            self._place += 1
            self._next_voice = PULSE_1
        elif token >= TIE:
            self._tied = token - TIE
        elif token >= OFF:
            self._end(token - OFF)
            self._next_voice = token - OFF + 1
        else:
            voice, pitch = note_of(token)
            self._end(voice)
            if voice == NOISE:
                self._note(self._place, self._place + 1, pitch, voice, tied=False)
            else:
                self._open[voice] = (self._place, pitch, self._tied is not None)
            self._tied = None
            self._next_voice = voice + 1

    def bar(self) -> Bar:
        """Return the bar of all that was pushed."""
        for voice in list(self._open):
            self._end(voice)
        return Bar.of(self._notes, self._meter)

    def _end(self, voice: int) -> None:
        if voice in self._open:
            first, pitch, tied = self._open.pop(voice)
            self._note(first, self._place, pitch, voice, tied=tied)

    def _note(self, first: int, end: int, pitch: int, voice: int, *, tied: bool) -> None:
        self._notes.append(
            note_on_steps(first, end, pitch, self._meter, self._step, voice=voice, tied=tied)
        )
