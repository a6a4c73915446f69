"""Events of NES songs as the TX1 benchmark has them (Donahue and others, LakhNES, 2019).

Time is in samples at 44.1 kHz, so there are no bars, and nothing is played from it: it is there to
be compared with published perplexities. A song is a row of waits, notes and ends of notes of four
voices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from daw_bridge.encoding.codec import Token, Tokens, TokenTable
from daw_bridge.encoding.kind import Kind

RANGES = (range(33, 109), range(33, 109), range(21, 109), range(1, 17))
"""What pulse 1, pulse 2, triangle and noise play."""

NOISE = 3
"""This voice plays kinds of noise, not pitches."""

LONGEST_WAIT = 100_000
_FINE = ((100, 1), (1_000, 10), (10_000, 100), (LONGEST_WAIT, 1_000))
"""Waits up to so many samples are rounded to so many."""


def quantised(wait: NDArray[np.int64]) -> NDArray[np.int64]:
    """Round waits as the benchmark does, and cut what is longer than the longest."""
    wait = np.minimum(wait, LONGEST_WAIT)
    out = wait.copy()
    for (above, _), (_, unit) in pairwise(_FINE):
        long = wait > above
        out[long] = unit * np.floor(wait[long] / unit + 0.5).astype(np.int64)
    return out


WAITS = np.unique(quantised(np.arange(1, LONGEST_WAIT + 1)))
N_WAITS = len(WAITS)
_OFF = np.cumsum([N_WAITS, *(len(notes) + 1 for notes in RANGES)])
START = int(_OFF[-1])
VOCAB_SIZE = START + 1


def off_token(voice: int) -> int:
    """Return the token that ends the note of a voice."""
    return int(_OFF[voice])


def on_token(voice: int, pitch: int) -> int:
    """Return the token that begins a note of a voice."""
    return int(_OFF[voice]) + 1 + RANGES[voice].index(pitch)


def tokens_of(voices: Sequence[Sequence[tuple[int, int, int]]], end: int) -> Tokens:
    """Return the tokens of a song that ends at the sample `end`.

    `voices` has the notes of each voice as (start, end, pitch) in samples, by start.
    """
    events: list[tuple[int, int]] = []
    for voice, notes in enumerate(voices):
        for place, (start, stop, pitch) in enumerate(notes):
            if pitch not in RANGES[voice]:
                continue
            events.append((start, on_token(voice, pitch)))
            if place + 1 == len(notes) or notes[place + 1][0] != stop:
                events.append((stop, off_token(voice)))
    events.sort(key=lambda event: event[0])  # stable: the voices stay in their order
    times = np.array([0, *(time for time, _ in events), max(end, events[-1][0] if events else 0)])
    waits = np.searchsorted(WAITS, quantised(np.maximum(np.diff(times), 1)))
    out: list[int] = []
    for wait, gap, event in zip(waits, np.diff(times), [*events, None], strict=True):
        if gap > 0:
            out.append(int(wait))
        if event is not None:
            out.append(event[1])
    return np.array(out, np.int64)


@dataclass(frozen=True, slots=True)
class Tx1:
    """The vocabulary of a card of this benchmark; it holds no bars."""

    name: ClassVar[str] = "tx1"
    kind: ClassVar[Kind] = "events"
    vocab_size: ClassVar[int] = VOCAB_SIZE
    start_token: ClassVar[int] = START

    @property
    def tokens(self) -> TokenTable:
        """What each token is and does."""
        return _tokens()


@cache
def _tokens() -> TokenTable:
    """Describe all tokens; each is a step of its own."""
    an_event = Token("", rank=0, ends_step=True)
    tokens = [an_event._replace(name=f"WAIT_{wait}") for wait in WAITS.tolist()]
    for voice, notes in enumerate(RANGES):
        struck = an_event._replace(voice=voice, strikes=1)
        tokens.append(an_event._replace(name=f"OFF_{voice}", ends_voice=voice))
        tokens += (
            struck._replace(name=f"NOTE_{voice}_{note}", pitch=-1 if voice == NOISE else note)
            for note in notes
        )
    return TokenTable.of([*tokens, an_event._replace(name="START")], 0)
