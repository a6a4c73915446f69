"""Four voices as on the NES: two pulses, a triangle and noise, each one note at a time.

A bar is its meter, its key, then for each step what changes in it, voice by voice, and `STEP`:

    METER KEY (([TIE] NOTE_v p | OFF_v)* STEP)*

A note lasts until its voice has another event or the bar ends. `TIE`, at the bar line alone, says
that the note after it has been sounding since the bar before. The noise voice plays the nine drums,
a step each. Stated quantisation: starts and ends to the nearest step, velocities to the accents of
the meter, pitches into the range of their voice by octaves; of a chord in one voice the highest
note stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding.codec import Tokens
from daw_bridge.encoding.drum_classes import CLASS_OF, PITCHES
from daw_bridge.encoding.meters import (
    N_KEYS,
    N_METERS,
    key_number,
    meter_at,
    meter_number,
    note_on_steps,
    on_steps,
    step_ticks,
)
from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Meter

PULSE_1, PULSE_2, TRIANGLE, NOISE = range(4)
RANGES = (range(33, 109), range(33, 109), range(21, 109))
"""What the pitched voices can play; the noise voice plays `drum_classes.PITCHES`."""

N_VOICES = 4
_FIRST = (0, len(RANGES[0]), 2 * len(RANGES[0]), 2 * len(RANGES[0]) + len(RANGES[2]))
OFF = _FIRST[NOISE] + len(PITCHES)
TIE = OFF + NOISE
STEP = TIE + 1
START = STEP + 1
END = START + 1
METER = END + 1
KEY = METER + N_METERS
VOCAB_SIZE = KEY + N_KEYS


def note_token(voice: int, pitch: int) -> int:
    """Give the token that strikes a pitch, within its range, in a voice."""
    if voice == NOISE:
        return _FIRST[NOISE] + CLASS_OF[pitch]
    return _FIRST[voice] + RANGES[voice].index(pitch)


def note_of(token: int) -> tuple[int, int]:
    """Give the voice and the pitch of a note's token."""
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
class ChipVoices:
    """Hold the grid, and the key that `encode` writes and `grammar` forces; None is any.

    Raises:
        UserError: the grid does not divide a quarter note, or the key is neither major nor minor.
    """

    key: Key | None = None
    steps_per_quarter: int = 4

    def __post_init__(self) -> None:
        step_ticks(self.steps_per_quarter)
        key_number(self.key)

    @property
    def name(self) -> str:
        """Give the name under which cards ask for this codec."""
        return "chip-voices"

    @property
    def vocab_size(self) -> int:
        """Count the tokens."""
        return VOCAB_SIZE

    @property
    def start_token(self) -> int:
        """Give the token that stands before the first bar of a piece."""
        return START

    @property
    def end_token(self) -> int:
        """Give the token that stands after the last bar of a piece; no bar holds it."""
        return END

    def conditions(self, meter: Meter) -> tuple[int, int]:
        """Give the tokens that open a bar: meter, key."""
        return METER + meter_number(meter), KEY + key_number(self.key)

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
        """Give the tokens [n_tokens] of a bar in the key of this codec."""
        step = step_ticks(self.steps_per_quarter)
        steps: list[dict[int, list[int]]] = [{} for _ in range(bar.meter.steps(step))]
        for first, end, note in on_steps(self.quantise(bar).notes, bar.meter, step):
            opening = [TIE] if note.tied else []
            steps[first][note.voice] = [*opening, note_token(note.voice, note.pitch)]
            if end < len(steps) and note.voice != NOISE:
                steps[end].setdefault(note.voice, [OFF + note.voice])
        tokens = list(self.conditions(bar.meter))
        for changes in steps:
            for voice in sorted(changes):
                tokens.extend(changes[voice])
            tokens.append(STEP)
        return np.array(tokens, np.int64)

    def decode(self, tokens: Iterable[int]) -> Bar:
        """Give the bar of tokens; its key is not part of it.

        Raises:
            ValueError: the tokens are not those of one whole bar.
        """
        grammar: ChipGrammar | None = None
        for token in (int(token) for token in tokens):
            if grammar is None:
                if not METER <= token < KEY:
                    raise ValueError(f"expected a meter first, found token {token}")
                grammar = ChipGrammar((token,), self.steps_per_quarter)
            mask = grammar.allowed()
            if mask is None or not (0 <= token < VOCAB_SIZE and mask[token]):
                raise ValueError(f"expected another token than {token} in a bar of this encoding")
            grammar.push(token)
        if grammar is None or grammar.allowed() is not None:
            raise ValueError("expected the tokens of one whole bar")
        return grammar.bar()

    def grammar(self, meter: Meter) -> ChipGrammar:
        """Start following a new bar: its meter and the key of this codec come first."""
        return ChipGrammar(self.conditions(meter), self.steps_per_quarter)


class ChipGrammar:
    """Follow the tokens of one bar: voices rise within a step, and only what sounds is ended.

    `conditions` are the condition tokens that are forced, from the first; the others are free.
    """

    def __init__(self, conditions: tuple[int, ...], steps_per_quarter: int) -> None:
        self._meter = meter_at(conditions[0] - METER)
        self._step = step_ticks(steps_per_quarter)
        self._n_steps = self._meter.steps(self._step)
        self._forced = conditions
        self._n_opened = 0
        self._place = 0
        self._next_voice = PULSE_1
        self._tie = False
        self._open: dict[int, tuple[int, int, bool]] = {}
        self._notes: list[Note] = []

    def allowed(self) -> NDArray[np.bool_] | None:
        """Give a mask [vocab_size] of what may come next; None when the bar is complete."""
        if self._place == self._n_steps:
            return None
        mask = np.zeros(VOCAB_SIZE, np.bool_)
        if self._n_opened < len(self._forced):
            mask[self._forced[self._n_opened]] = True
        elif self._n_opened < 2:
            mask[KEY:] = True
        else:
            if self._next_voice < N_VOICES:
                mask[_FIRST[self._next_voice] : _FIRST[NOISE] if self._tie else OFF] = True
            for voice in self._open:
                mask[OFF + voice] = voice >= self._next_voice and not self._tie
            mask[TIE] = self._place == 0 and self._next_voice < NOISE and not self._tie
            mask[STEP] = not self._tie
        return mask

    def push(self, token: int) -> None:
        """Take the token that was drawn."""
        if self._n_opened < 2:
            self._n_opened += 1
        elif token == STEP:
            self._place += 1
            self._next_voice = PULSE_1
        elif token == TIE:
            self._tie = True
        elif token >= OFF:
            self._end(token - OFF)
            self._next_voice = token - OFF + 1
        else:
            voice, pitch = note_of(token)
            self._end(voice)
            if voice == NOISE:
                self._note(self._place, self._place + 1, pitch, voice, tied=False)
            else:
                self._open[voice] = (self._place, pitch, self._tie)
            self._tie = False
            self._next_voice = voice + 1

    def bar(self) -> Bar:
        """Build the bar of a complete sequence."""
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
