"""A melody: one note at a time, rests, held notes, in a key.

A bar is its meter, its key, then one token for each step:

    METER KEY (PITCH | TIE PITCH | HOLD | OFF)* END

`PITCH` strikes a note and ends the one before; `HOLD` lets a note sound or a rest last; `OFF` ends
a note. `TIE`, at the bar line alone, says that the pitch after it has been sounding since the bar
before. A note that still sounds at the end of its bar ends there unless the next bar ties it. These
are the events of a primer melody of Magenta's melody_rnn: a pitch, -2 for no event, -1 for note
off. Stated quantisation: starts and ends to the nearest step, velocities to the accents of the
meter, chords to their highest note.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding.codec import Token, Tokens, TokenTable, mask_of
from daw_bridge.encoding.keyed_bars import KeyedBars, KeyedGrammar
from daw_bridge.encoding.meters import (
    N_KEYS,
    N_METERS,
    in_thirds,
    key_tokens,
    meter_tokens,
    note_on_steps,
    on_steps,
    step_ticks,
    with_thirds,
)
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Meter

N_PITCHES = 128
HOLD = N_PITCHES
OFF = HOLD + 1
TIE = OFF + 1
END = TIE + 1
"""Ends a bar; it also stands before the first bar of a piece."""
METER = END + 1
KEY = METER + N_METERS
VOCAB_SIZE = KEY + N_KEYS


@dataclass(frozen=True, slots=True)
class Line(KeyedBars):
    """A melody on a grid, in a key."""

    name = "line"
    kind = "line"
    start_token = END
    first_meter = METER

    @property
    def tokens(self) -> TokenTable:
        """What each token is and does."""
        return line_tokens(self.steps_per_quarter, triplets=self.triplets)

    def quantise(self, bar: Bar) -> Bar:
        """Keep the highest note of each step, and end each note where the next begins."""
        meter = bar.meter.usual
        step = step_ticks(self.steps_per_quarter)
        thirds = in_thirds(bar.notes, meter) if self.triplets else ()
        kept: list[tuple[int, int, Note]] = []
        for first, end, note in on_steps(bar.notes, meter, step):
            if kept and kept[-1][0] == first:
                kept.pop()
            elif kept:
                kept[-1] = (kept[-1][0], min(kept[-1][1], first), kept[-1][2])
            kept.append((first, end, note))
        notes = (
            note_on_steps(a, b, n.pitch, meter, step, tied=n.tied and a == 0, thirds=thirds)
            for a, b, n in kept
        )
        return Bar.of(notes, meter)

    def encode(self, bar: Bar) -> Tokens:
        """Return the tokens [n_tokens] of a bar in the key of this codec."""
        step = step_ticks(self.steps_per_quarter)
        steps = [HOLD] * bar.meter.steps(step)
        opening: list[int] = []
        near = self.quantise(bar)
        placed = on_steps(near.notes, bar.meter, step)
        for first, end, note in placed:
            steps[first] = note.pitch
            if end < len(steps):
                steps[end] = OFF  # a note that follows at once is written over it
            if note.tied:
                opening = [TIE]
        tokens = [[*opening, steps[0]], *([token] for token in steps[1:])]
        for quarter in in_thirds(near.notes, near.meter) if self.triplets else ():
            tokens[4 * quarter].insert(0, self.end_key)
        return np.array([*self.conditions(bar.meter), *chain(*tokens), END], np.int64)

    def follow(self, meter: Meter, conditions: tuple[int, ...]) -> LineGrammar:
        """Start following a bar whose first tokens are these conditions; the others are free."""
        return LineGrammar(self, meter, conditions)


@cache
def line_tokens(
    steps_per_quarter: int, told: tuple[str, ...] = ("",), *, triplets: bool = False
) -> TokenTable:
    """Describe the tokens of a melody; those of all keys come for each thing `told` besides."""
    a_note = Token("", voice=0, rank=1, ends_step=True, strikes=1)
    tokens = [
        *(a_note._replace(name=f"NOTE_{pitch}", pitch=pitch) for pitch in range(N_PITCHES)),
        Token("HOLD", rank=1, ends_step=True),
        Token("OFF", rank=1, ends_step=True, ends_voice=0),
        Token("TIE", rank=0, ties=True),
        Token("END"),
        *meter_tokens(steps_per_quarter),
        *(key for suffix in told for key in key_tokens(suffix)),
    ]
    return TokenTable.of(with_thirds(tokens) if triplets else tokens, steps_per_quarter)


class _Masks(NamedTuple):
    """What may come, by what has come."""

    pitches: NDArray[np.bool_]
    at_the_line: NDArray[np.bool_]
    while_silent: NDArray[np.bool_]
    while_sounding: NDArray[np.bool_]
    last: NDArray[np.bool_]


@cache
def _masks(vocab_size: int) -> _Masks:
    return _Masks(
        mask_of(vocab_size, (0, N_PITCHES)),
        mask_of(vocab_size, (0, HOLD + 1), (TIE, TIE + 1)),
        mask_of(vocab_size, (0, HOLD + 1)),
        mask_of(vocab_size, (0, OFF + 1)),
        mask_of(vocab_size, (END, END + 1)),
    )


class LineGrammar(KeyedGrammar):
    """What may come next in one bar of a melody."""

    def __init__(self, codec: Line, meter: Meter, conditions: tuple[int, ...]) -> None:
        super().__init__(codec, meter, conditions)
        self._masks = _masks(codec.vocab_size)
        self._steps: list[int] = []
        self._tied = False
        self._sounding = False
        self._complete = False

    def _allowed_in_bar(self) -> NDArray[np.bool_] | None:
        if self._complete:
            return None
        if len(self._steps) == self._n_steps:
            return self._masks.last
        if not self._steps:
            return self._masks.pitches if self._tied else self._masks.at_the_line
        return self._masks.while_sounding if self._sounding else self._masks.while_silent

    def _push_in_bar(self, token: int) -> None:
        if token == END:
            self._complete = True
        elif token == TIE:
            self._tied = True
        else:
            self._steps.append(token)
            if token != HOLD:
                self._sounding = token < N_PITCHES

    def bar(self) -> Bar:
        """Return the bar of all that was pushed."""
        changes = [(place, t) for place, t in enumerate(self._steps) if t != HOLD]
        ends = [*(place for place, _ in changes), self._n_steps][1:]
        notes = (
            note_on_steps(
                first,
                end,
                token,
                self._meter,
                self._step,
                tied=self._tied and first == 0,
                thirds=self._thirds,
            )
            for (first, token), end in zip(changes, ends, strict=True)
            if token < N_PITCHES
        )
        return Bar.of(notes, self._meter)
