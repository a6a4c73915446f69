"""Chords and counterpoint: the events of Magenta's polyphony_rnn, a bar at a time.

A bar is its meter, its key, then for each step the notes that sound in it from the highest down,
and `STEP_END`:

    METER KEY ((NEW_NOTE p | CONTINUED_NOTE p)* STEP_END)*

A continued note at the bar line is one that was held over it. `START` stands before a piece and
`END` after it. Stated quantisation: starts and ends to the nearest step, velocities to the accents
of the meter, all notes in one voice.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding.codec import Token, Tokens, TokenTable
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
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter

N_PITCHES = 128
NEW_NOTE = 0
CONTINUED_NOTE = N_PITCHES
STEP_END = CONTINUED_NOTE + N_PITCHES
START = STEP_END + 1
END = START + 1
METER = END + 1
KEY = METER + N_METERS
VOCAB_SIZE = KEY + N_KEYS


@dataclass(frozen=True, slots=True)
class Polyphony(KeyedBars):
    """Chords and counterpoint on a grid, in a key."""

    name = "polyphony"
    kind = "polyphony"
    start_token = START
    """Stands after the last bar of a piece; no bar holds it."""
    first_meter = METER

    @property
    def tokens(self) -> TokenTable:
        """What each token is and does."""
        return _tokens(self.steps_per_quarter, triplets=self.triplets)

    def quantise(self, bar: Bar) -> Bar:
        """Put notes on steps; a note ends where its pitch is struck again."""
        meter = bar.meter.usual
        step = step_ticks(self.steps_per_quarter)
        thirds = in_thirds(bar.notes, meter) if self.triplets else ()
        struck: dict[tuple[int, int], tuple[int, bool]] = {}
        for first, end, note in on_steps(bar.notes, meter, step):
            ends, tied = struck.get((note.pitch, first), (end, note.tied))
            struck[note.pitch, first] = max(end, ends), tied and note.tied
        notes = []
        following: dict[int, int] = {}
        for pitch, first in sorted(struck, reverse=True):
            end, tied = struck[pitch, first]
            end = min(end, following.get(pitch, end))
            following[pitch] = first
            notes.append(
                note_on_steps(
                    first, end, pitch, meter, step, tied=tied and first == 0, thirds=thirds
                )
            )
        return Bar.of(notes, meter)

    def encode(self, bar: Bar) -> Tokens:
        """Return the tokens [n_tokens] of a bar in the key of this codec."""
        step = step_ticks(self.steps_per_quarter)
        steps: list[list[tuple[int, int]]] = [[] for _ in range(bar.meter.steps(step))]
        near = self.quantise(bar)
        thirds = in_thirds(near.notes, near.meter) if self.triplets else ()
        for first, end, note in on_steps(near.notes, bar.meter, step):
            steps[first].append((note.pitch, CONTINUED_NOTE if note.tied else NEW_NOTE))
            for place in range(first + 1, end):
                steps[place].append((note.pitch, CONTINUED_NOTE))
        tokens = list(self.conditions(bar.meter))
        for place, sounding in enumerate(steps):
            if place % 4 == 0 and place // 4 in thirds:
                tokens.append(self.end_key)
            tokens.extend(kind + pitch for pitch, kind in sorted(sounding, reverse=True))
            tokens.append(STEP_END)
        return np.array(tokens, np.int64)

    def follow(self, meter: Meter, conditions: tuple[int, ...]) -> PolyphonyGrammar:
        """Start following a bar whose first tokens are these conditions; the others are free."""
        return PolyphonyGrammar(self, meter, conditions)


@cache
def _tokens(steps_per_quarter: int, *, triplets: bool) -> TokenTable:
    def notes(name: str, strikes: int) -> list[Token]:
        below_the_top = range(N_PITCHES - 1, -1, -1)
        return [
            Token(f"{name}_{pitch}", pitch, rank=rank, strikes=strikes)
            for pitch, rank in enumerate(below_the_top)
        ]

    tokens = [
        *notes("NEW_NOTE", 1),
        *notes("CONTINUED_NOTE", 0),
        Token("STEP_END", rank=N_PITCHES, ends_step=True),
        Token("START"),
        Token("END"),
        *meter_tokens(steps_per_quarter),
        *key_tokens(),
    ]
    return TokenTable.of(with_thirds(tokens) if triplets else tokens, steps_per_quarter)


class PolyphonyGrammar(KeyedGrammar):
    """What may come in a bar: pitches fall within a step, and only what sounds continues."""

    def __init__(self, codec: Polyphony, meter: Meter, conditions: tuple[int, ...]) -> None:
        super().__init__(codec, meter, conditions)
        self._steps: list[list[int]] = [[]]
        # Every pitch may have been held over the bar line: that is known only to the bar before.
        self._sounding = np.ones(N_PITCHES, np.bool_)

    def _allowed_in_bar(self) -> NDArray[np.bool_] | None:
        if len(self._steps) > self._n_steps:
            return None
        mask = np.zeros(self._vocab_size, np.bool_)
        here = self._steps[-1]
        below = here[-1] % N_PITCHES if here else N_PITCHES
        mask[NEW_NOTE : NEW_NOTE + below] = True
        mask[CONTINUED_NOTE : CONTINUED_NOTE + below] = self._sounding[:below]
        mask[STEP_END] = True
        return mask

    def _push_in_bar(self, token: int) -> None:
        if token == STEP_END:
            self._sounding[:] = False
            self._sounding[[event % N_PITCHES for event in self._steps[-1]]] = True
            self._steps.append([])
        else:
            self._steps[-1].append(token)

    def bar(self) -> Bar:
        """Return the bar of all that was pushed."""
        firsts: dict[int, int] = {}
        notes = []

        def end(pitch: int, place: int) -> None:
            first = firsts.pop(pitch)
            tied = first == 0 and CONTINUED_NOTE + pitch in self._steps[0]
            note = note_on_steps(
                first, place, pitch, self._meter, self._step, tied=tied, thirds=self._thirds
            )
            notes.append(note)

        for place, events in enumerate(self._steps[: self._n_steps]):
            here = {event % N_PITCHES for event in events}
            for pitch in [pitch for pitch in firsts if pitch not in here]:
                end(pitch, place)
            for event in events:
                pitch = event % N_PITCHES
                if event < CONTINUED_NOTE and pitch in firsts:
                    end(pitch, place)
                firsts.setdefault(pitch, place)
        for pitch in list(firsts):
            end(pitch, self._n_steps)
        return Bar.of(notes, self._meter)
