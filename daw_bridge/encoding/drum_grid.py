"""Drums with feel: a word a 16th, then velocity and microtiming of every hit.

A bar is four condition tokens (meter, style, tempo, fill), for every 16th one word of nine classes
and for each hit of the word, in the order of its bits, a velocity and an offset, and `BAR`:

    METER STYLE TEMPO FILL (WORD (VELOCITY OFFSET_MORE)* VELOCITY OFFSET_LAST ...)* BAR

`OFFSET_MORE` says that another hit of the same class follows in the same 16th, so flams and
rolls are kept. Stated quantisation: velocity to within 2, time to within 2 ticks (2 ms at
120 quarters a minute; 3 ticks in the middle between two 16ths), hits of one class on the same
4 ticks become the louder one.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding.codec import Token, Tokens, TokenTable, mask_of
from daw_bridge.encoding.drum_classes import N_WORDS, PITCHES, bit, classes_of, word_tokens
from daw_bridge.encoding.kind import Kind
from daw_bridge.encoding.meters import N_METERS, meter_at, meter_number, meter_tokens
from daw_bridge.errors import UserError, near
from daw_bridge.music.gm_drums import CLASS_OF
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import PPQ, SIXTEENTH, Meter, Ticks

BAR = N_WORDS
"""The token that ends a bar; it also stands before the first bar of a piece."""

BIN_TICKS, N_OFFSETS = 4, 31
"""Offsets are -60, -56, ... 60 ticks from the step."""

BIN_VELOCITIES, N_VELOCITIES = 4, 32
"""Velocity bin b holds 4b+1 .. 4b+4 and is played as 4b+3."""

HIT_DURATION = Ticks(60)

VELOCITY = BAR + 1
OFFSET_LAST = VELOCITY + N_VELOCITIES
OFFSET_MORE = OFFSET_LAST + N_OFFSETS
METER = OFFSET_MORE + N_OFFSETS
TEMPO = METER + N_METERS
TEMPO_BOUNDS_QPM = tuple(round(50 * 1.125**k) for k in range(1, 16))
"""Where one tempo bucket ends and the next begins: 56, 63, 71, ... 293; about an eighth each."""

FILL = TEMPO + len(TEMPO_BOUNDS_QPM) + 2
STYLE = FILL + 3
"""First token of each group; the first of TEMPO, FILL and STYLE means "any"."""

STYLES = (
    "afrobeat",
    "afrocuban",
    "blues",
    "country",
    "dance",
    "funk",
    "gospel",
    "highlife",
    "hiphop",
    "jazz",
    "latin",
    "middleeastern",
    "neworleans",
    "pop",
    "punk",
    "reggae",
    "rock",
    "soul",
)
"""The primary styles of the Groove MIDI Dataset."""

Hit = tuple[int, int]
"""Offset bin and velocity bin of one hit, both from 0."""

Step = tuple[tuple[Hit, ...], ...]
"""The hits of each class in one 16th, by offset."""


def scaled_velocity(velocity_bin: int) -> float:
    """Return a velocity bin as networks see it: above 0, up to 1; 0 stands for no hit."""
    return (velocity_bin + 1) / N_VELOCITIES


def scaled_offset(offset_bin: int) -> float:
    """Return an offset bin as networks see it: in half steps, -1..1."""
    return (offset_bin - N_OFFSETS // 2) / (N_OFFSETS // 2)


def meter_token(meter: Meter) -> int:
    """Return the token of a meter.

    Raises:
        UserError: the meter has over 16 beats, or beats that are no half, quarter, eighth or 16th.
    """
    return METER + meter_number(meter)


def meter_of(token: int) -> Meter:
    """Return the meter of a token."""
    return meter_at(token - METER)


@dataclass(frozen=True, slots=True)
class DrumGrid:
    """Drums on a grid, with the conditions that `encode` writes and `grammar` forces; None is any.

    Raises:
        UserError: the style is unknown, or the tempo is not above 0.
    """

    style: str | None = None
    tempo_qpm: float | None = None
    fill: bool | None = None

    kind: ClassVar[Kind] = "drums"
    meter: ClassVar[None] = None
    styles: ClassVar[tuple[str, ...]] = STYLES

    def __post_init__(self) -> None:
        if self.style is not None and self.style not in STYLES:
            raise UserError("a style", repr(self.style), near(self.style, STYLES))
        if self.tempo_qpm is not None and not 0 < self.tempo_qpm < math.inf:
            raise UserError("a tempo above 0", str(self.tempo_qpm), "name another")

    @property
    def name(self) -> str:
        """The name under which cards ask for this codec."""
        return "drum-grid"

    @property
    def vocab_size(self) -> int:
        """The count of tokens."""
        return STYLE + 1 + len(STYLES)

    @property
    def start_token(self) -> int:
        """The token that stands before the first bar of a piece."""
        return BAR

    @property
    def tokens(self) -> TokenTable:
        """What each token is and does; how a hit is played stands after the step of its word."""
        return _tokens()

    def conditions(self, meter: Meter) -> tuple[int, int, int, int]:
        """Return the tokens that open a bar: meter, style, tempo, fill."""
        tempo = 0 if self.tempo_qpm is None else 1 + bisect(TEMPO_BOUNDS_QPM, self.tempo_qpm)
        style = 0 if self.style is None else 1 + STYLES.index(self.style)
        fill = 0 if self.fill is None else 1 + self.fill
        return meter_token(meter), STYLE + style, TEMPO + tempo, FILL + fill

    def quantise(self, bar: Bar) -> Bar:
        """Fold pitches to classes, drop what is no drum, round velocity and time to bins."""
        return _bar_of(steps_of(bar), bar.meter.usual)

    def encode(self, bar: Bar) -> Tokens:
        """Return the tokens [n_tokens] of a bar under the conditions of this codec."""
        tokens = list(self.conditions(bar.meter))
        for step in steps_of(bar):
            tokens.extend(_tokens_of(step))
        return np.array([*tokens, BAR], np.int64)

    def decode(self, tokens: Iterable[int]) -> Bar:
        """Return the bar of tokens; its conditions are not part of it.

        Raises:
            ValueError: the tokens are not those of one whole bar.
        """
        grammar: GridGrammar | None = None
        for token in (int(token) for token in tokens):
            if grammar is None:
                if not METER <= token < TEMPO:
                    raise ValueError(f"expected a meter first, found token {token}")
                grammar = GridGrammar(meter_of(token), (token,), self.vocab_size)
            mask = grammar.allowed()
            if mask is None or not (0 <= token < mask.size and mask[token]):
                raise ValueError(f"expected another token than {token} in a bar of this encoding")
            grammar.push(token)
        if grammar is None or grammar.allowed() is not None:
            raise ValueError("expected the tokens of one whole bar")
        return grammar.bar()

    def grammar(self, meter: Meter) -> GridGrammar:
        """Start following a new bar: its meter and the conditions of this codec come first."""
        return GridGrammar(meter, self.conditions(meter), self.vocab_size)


@cache
def _tokens() -> TokenTable:
    offsets = [f"{BIN_TICKS * (k - N_OFFSETS // 2):+d}" for k in range(N_OFFSETS)]
    tempos = ["any", f"below_{TEMPO_BOUNDS_QPM[0]}", *(f"from_{b}" for b in TEMPO_BOUNDS_QPM)]

    def group(name: str, of: Iterable[object], strikes: int = 0) -> list[Token]:
        return [Token(f"{name}_{each}", strikes=strikes) for each in of]

    return TokenTable.of(
        [
            *word_tokens(),
            Token("BAR"),
            *group("VELOCITY", (BIN_VELOCITIES * k + 3 for k in range(N_VELOCITIES))),
            *group("OFFSET_LAST", offsets),
            *group("OFFSET_MORE", offsets, strikes=1),
            *meter_tokens(PPQ // SIXTEENTH),
            *group("TEMPO", tempos),
            *group("FILL", ("any", "no", "yes")),
            *group("STYLE", ("any", *STYLES)),
        ],
        PPQ // SIXTEENTH,
    )


class GridGrammar:
    """What may come next in one bar.

    `conditions` are the condition tokens that are forced, from the first; the others are free.
    """

    def __init__(self, meter: Meter, conditions: tuple[int, ...], vocab_size: int) -> None:
        self._meter = meter
        self._steps: list[Step] = []
        self._n_steps = self._meter.steps()
        self._forced = conditions
        self._vocab_size = vocab_size
        self._place = 0
        self._drums: tuple[int, ...] | None = None
        self._open: list[list[Hit]] = []
        self._velocity: int | None = None
        self._complete = False

    def allowed(self) -> NDArray[np.bool_] | None:
        """Return a mask [vocab_size] of what may come next; None when the bar is complete."""
        return None if self._complete else mask_of(self._vocab_size, *self._next())

    def _next(self) -> Iterable[tuple[int, int]]:
        if self._place < 4:
            if self._place < len(self._forced):
                return ((self._forced[self._place], self._forced[self._place] + 1),)
            return (_GROUPS[self._place],)
        if self._drums is None:
            return _WORDS if len(self._steps) < self._n_steps else _END
        if self._velocity is None:
            return _VELOCITIES
        low, high = offset_range(len(self._steps))
        first = self._open[-1][-1][0] + 1 if self._open[-1] else low
        # The last bin is not followed by another.
        return (OFFSET_LAST + first, OFFSET_LAST + high + 1), (
            OFFSET_MORE + first,
            OFFSET_MORE + high,
        )

    def push(self, token: int) -> None:
        """Take the token that was drawn."""
        if self._place < 4:
            self._place += 1
        elif token == BAR:
            self._complete = True
        elif token < N_WORDS:
            self._drums, self._open = classes_of(token), [[]]
            self._close_if_full(self._drums)
        elif token < OFFSET_LAST:
            self._velocity = token - VELOCITY
        else:
            self._take_offset(token)

    def _take_offset(self, token: int) -> None:
        more = token >= OFFSET_MORE
        offset = token - (OFFSET_MORE if more else OFFSET_LAST)
        if self._velocity is None or self._drums is None:
            raise ValueError("expected a velocity before an offset")
        self._open[-1].append((offset, self._velocity))
        self._velocity = None
        if not more:
            self._open.append([])
            self._close_if_full(self._drums)

    def _close_if_full(self, drums: tuple[int, ...]) -> None:
        if len(self._open) > len(drums):
            step = list(_SILENT)
            for drum, hits in zip(drums, self._open, strict=False):
                step[drum] = tuple(hits)
            self._steps.append(tuple(step))
            self._drums = None

    def bar(self) -> Bar:
        """Return the bar of all that was pushed."""
        return _bar_of(self._steps, self._meter)


_GROUPS = ((METER, TEMPO), (STYLE, STYLE + 1 + len(STYLES)), (TEMPO, FILL), (FILL, STYLE))
"""The tokens that open a bar, in their order."""

_WORDS, _END, _VELOCITIES = ((0, N_WORDS),), ((BAR, BAR + 1),), ((VELOCITY, OFFSET_LAST),)


def steps_of(bar: Bar) -> list[Step]:
    """Put the hits of a bar on its 16ths: one `Step` each.

    A hit before the first step's half or after the last one's is held at the end of its range.
    """
    last = bar.meter.steps() - 1
    struck: dict[int, dict[int, dict[int, int]]] = {}
    for note in bar.notes:
        if (drum := CLASS_OF.get(note.pitch)) is not None:
            step = min(max(round(note.start / SIXTEENTH), 0), last)
            offset = round((note.start - step * SIXTEENTH) / BIN_TICKS) + N_OFFSETS // 2
            low, high = offset_range(step)
            offset = min(max(offset, low), high)
            velocity = (note.velocity - 1) // BIN_VELOCITIES
            here = struck.setdefault(step, {}).setdefault(drum, {})
            here[offset] = max(velocity, here.get(offset, 0))
    return [_step_of(struck[step]) if step in struck else _SILENT for step in range(last + 1)]


_SILENT: Step = ((),) * len(PITCHES)


def _step_of(struck: dict[int, dict[int, int]]) -> Step:
    hits: list[tuple[Hit, ...]] = list(_SILENT)
    for drum, at in struck.items():
        hits[drum] = tuple(sorted(at.items())) if len(at) > 1 else tuple(at.items())
    return tuple(hits)


def offset_range(step: int) -> tuple[int, int]:
    """Return the least and the greatest offset bin on a step.

    The middle between two steps belongs to the even one, so the odd ones end a bin before it.
    """
    return step % 2, N_OFFSETS - 1 - step % 2


def word_of(step: Step) -> int:
    """Return the nine-bit word of a step."""
    return sum(bit(drum) for drum, hits in enumerate(step) if hits)


def _tokens_of(step: Step) -> list[int]:
    if step is _SILENT:
        return [0]
    tokens = [0]
    for drum, hits in enumerate(step):
        if hits:
            tokens[0] |= _BITS[drum]
            for offset, velocity in hits[:-1]:
                tokens += (VELOCITY + velocity, OFFSET_MORE + offset)
            offset, velocity = hits[-1]
            tokens += (VELOCITY + velocity, OFFSET_LAST + offset)
    return tokens


_BITS = tuple(bit(drum) for drum in range(len(PITCHES)))


def _bar_of(steps: list[Step], meter: Meter) -> Bar:
    struck: dict[tuple[int, int], int] = {}
    for place, step in enumerate(steps):
        for drum, hits in enumerate(step):
            for offset, velocity in hits:
                key = drum, place * SIXTEENTH + (offset - N_OFFSETS // 2) * BIN_TICKS
                struck[key] = max(velocity, struck.get(key, 0))
    notes = []
    ends: dict[int, int] = {}
    for drum, start in sorted(struck, reverse=True):
        duration = min(HIT_DURATION, ends.get(drum, start + HIT_DURATION) - start)
        velocity = min(struck[drum, start] * BIN_VELOCITIES + 3, 127)
        notes.append(Note(Ticks(start), PITCHES[drum], Ticks(duration), velocity))
        ends[drum] = start
    return Bar.of(notes, meter)
