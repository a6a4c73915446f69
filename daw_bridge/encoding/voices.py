"""Voices that play one note at a time, as a choir's and a chip's do: what their encodings share.

A bar is its meter, its key, then for each step what changes in it, voice by voice, and `STEP`:

    METER KEY (([TIE_v] NOTE_v p | OFF_v)* STEP)*

A note lasts until its voice has another event or the bar ends. `TIE_v`, at the bar line alone,
says that the note after it has been sounding since the bar before. A voice of drums plays them a
step each. Stated quantisation: starts and ends to the nearest step, velocities to the accents of
the meter, pitches into the range of their voice by octaves; of a chord in one voice the highest
note stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding.codec import Token, Tokens, TokenTable, mask_of
from daw_bridge.encoding.drum_classes import PITCHES, bit
from daw_bridge.encoding.keyed_bars import KeyedBars, KeyedGrammar
from daw_bridge.encoding.meters import (
    N_METERS,
    in_thirds,
    key_tokens,
    meter_tokens,
    note_on_steps,
    on_steps,
    step_ticks,
    with_thirds,
)
from daw_bridge.music.gm_drums import CLASS_OF
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Meter


class Voices:
    """Voices of pitched notes, each with the `ranges` that it can play, and one of drums or none.

    `off`, `tie`, `step`, `start`, `end`, `meter` and `key` are the first tokens of each sort; the
    notes of voice v are the tokens from `first[v]` to before `first[v + 1]`.
    """

    def __init__(self, ranges: tuple[range, ...], *, drums: bool = False) -> None:
        self.held = len(ranges)
        self._pitches = (*map(tuple, ranges), *([PITCHES] if drums else []))
        self.first = tuple(accumulate(map(len, self._pitches), initial=0))
        self.count = len(self._pitches)
        self.off = self.first[-1]
        self.tie = self.off + self.held
        self.step = self.tie + self.held
        self.start, self.end = self.step + 1, self.step + 2
        self.meter = self.end + 1
        self.key = self.meter + N_METERS

    def note_token(self, voice: int, pitch: int) -> int:
        """Return the token that strikes a pitch, within its range, in a voice."""
        place = CLASS_OF[pitch] if voice == self.held else self._pitches[voice].index(pitch)
        return self.first[voice] + place

    def note_of(self, token: int) -> tuple[int, int]:
        """Return the voice and the pitch of a note's token."""
        voice = max(voice for voice in range(self.count) if self.first[voice] <= token)
        return voice, self._pitches[voice][token - self.first[voice]]

    def plays(self, note: Note) -> bool:
        """Whether there is a voice that plays a note; no drum goes on from the bar before."""
        if note.voice == self.held < self.count:
            return note.pitch in CLASS_OF and not note.tied
        return 0 <= note.voice < self.held

    def in_range(self, pitch: int, voice: int) -> int:
        """Bring a pitch into the range of its voice by octaves, or to the note of its drum."""
        if voice == self.held:
            return PITCHES[CLASS_OF[pitch]]
        low, high = self._pitches[voice][0], self._pitches[voice][-1]
        while not low <= pitch <= high:
            pitch += 12 if pitch < low else -12
        return pitch

    def tokens(
        self, steps_per_quarter: int, keys: tuple[str, ...], *, triplets: bool
    ) -> TokenTable:
        """Describe all tokens; there is one for each key with each of the suffixes `keys`."""
        tokens = [
            *map(self._note, range(self.off)),
            *(Token(f"OFF_{v}", rank=2 * v + 1, ends_voice=v) for v in range(self.held)),
            *(Token(f"TIE_{v}", rank=2 * v, ties=True) for v in range(self.held)),
            Token("STEP", rank=2 * self.count, ends_step=True),
            Token("START"),
            Token("END"),
            *meter_tokens(steps_per_quarter),
            *(each for suffix in keys for each in key_tokens(suffix)),
        ]
        return TokenTable.of(with_thirds(tokens) if triplets else tokens, steps_per_quarter)

    def _note(self, token: int) -> Token:
        voice, pitch = self.note_of(token)
        played = Token(f"NOTE_{voice}_{pitch}", pitch, voice, rank=2 * voice + 1, strikes=1)
        if voice < self.held:
            return played
        return played._replace(pitch=-1, drums=bit(CLASS_OF[pitch]))


@dataclass(frozen=True, slots=True)
class VoicedBars(KeyedBars):
    """The grid and the key of bars of some `voices`; `key_suffixes` name what else keys tell."""

    voices: ClassVar[Voices]
    key_suffixes: ClassVar[tuple[str, ...]] = ("",)

    @property
    def tokens(self) -> TokenTable:
        """What each token is and does."""
        return _tokens(type(self), self.steps_per_quarter, triplets=self.triplets)

    def quantise(self, bar: Bar) -> Bar:
        """Leave each voice one note at a time, in its range; notes of other voices are left out."""
        meter = bar.meter.usual
        step, voices = step_ticks(self.steps_per_quarter), self.voices
        kept: dict[int, list[tuple[int, int, int, bool]]] = {v: [] for v in range(voices.count)}
        notes = [note for note in bar.notes if voices.plays(note)]
        thirds = in_thirds(notes, meter) if self.triplets else ()
        for first, end, note in on_steps(notes, meter, step):
            pitch, drum = voices.in_range(note.pitch, note.voice), note.voice == voices.held
            line = kept[note.voice]
            if line and line[-1][0] == first:
                line.pop()
            elif line:
                line[-1] = (line[-1][0], min(line[-1][1], first), *line[-1][2:])
            line.append((first, first + 1 if drum else end, pitch, note.tied))
        return Bar.of(
            (
                note_on_steps(
                    a, b, p, meter, step, voice=voice, tied=tied and a == 0, thirds=thirds
                )
                for voice, line in kept.items()
                for a, b, p, tied in line
            ),
            meter,
        )

    def encode(self, bar: Bar) -> Tokens:
        """Return the tokens [n_tokens] of a bar in the key of this codec."""
        step, voices = step_ticks(self.steps_per_quarter), self.voices
        steps: list[dict[int, list[int]]] = [{} for _ in range(bar.meter.steps(step))]
        near = self.quantise(bar)
        for first, end, note in on_steps(near.notes, bar.meter, step):
            opening = [voices.tie + note.voice] if note.tied else []
            steps[first][note.voice] = [*opening, voices.note_token(note.voice, note.pitch)]
            if end < len(steps) and note.voice < voices.held:
                steps[end].setdefault(note.voice, [voices.off + note.voice])
        thirds = in_thirds(near.notes, near.meter) if self.triplets else ()
        tokens = list(self.conditions(bar.meter))
        for place, changes in enumerate(steps):
            if place % 4 == 0 and place // 4 in thirds:
                tokens.append(self.end_key)
            for voice in sorted(changes):
                tokens.extend(changes[voice])
            tokens.append(voices.step)
        return np.array(tokens, np.int64)

    def follow(self, meter: Meter, conditions: tuple[int, ...]) -> VoicedGrammar:
        """Start following a bar whose first tokens are these conditions; the others are free."""
        return VoicedGrammar(self, meter, conditions)


@cache
def _tokens(codec: type[VoicedBars], steps_per_quarter: int, *, triplets: bool) -> TokenTable:
    return codec.voices.tokens(steps_per_quarter, codec.key_suffixes, triplets=triplets)


class VoicedGrammar(KeyedGrammar):
    """Follow the tokens of one bar: voices rise within a step, and only what sounds is ended."""

    def __init__(self, codec: VoicedBars, meter: Meter, conditions: tuple[int, ...]) -> None:
        super().__init__(codec, meter, conditions)
        self._voices = codec.voices
        self._place = 0
        self._next_voice = 0
        self._tied: int | None = None
        self._open: dict[int, tuple[int, int, bool]] = {}
        self._notes: list[Note] = []

    def _allowed_in_bar(self) -> NDArray[np.bool_] | None:
        voices, voice = self._voices, self._next_voice
        if self._place == self._n_steps:
            return None
        if self._tied is not None:
            return mask_of(
                self._vocab_size, (voices.first[self._tied], voices.first[self._tied + 1])
            )
        notes = voices.first[voice], voices.off
        ends = (voices.off + v for v in range(voice, voices.held) if v in self._open)
        ties = voices.tie + voice, voices.step if self._place == 0 else 0
        step = voices.step, voices.step + 1
        return mask_of(self._vocab_size, notes, *((end, end + 1) for end in ends), ties, step)

    def _push_in_bar(self, token: int) -> None:
        voices = self._voices
        if token == voices.step:
            self._place += 1
            self._next_voice = 0
        elif token >= voices.tie:
            self._tied = token - voices.tie
        elif token >= voices.off:
            self._end(token - voices.off)
            self._next_voice = token - voices.off + 1
        else:
            voice, pitch = voices.note_of(token)
            self._end(voice)
            if voice == voices.held:
                self._note(self._place, self._place + 1, pitch, voice, tied=False)
            else:
                self._open[voice] = (self._place, pitch, self._tied is not None)
            self._tied = None
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
            note_on_steps(
                first,
                end,
                pitch,
                self._meter,
                self._step,
                voice=voice,
                tied=tied,
                thirds=self._thirds,
            )
        )
