"""Voices that do not leap too far: from each note to the next one of its voice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from daw_bridge.encoding.codec import Bools, Grammar, TokenTable, Vocabulary
from daw_bridge.errors import UserError

if TYPE_CHECKING:
    from daw_bridge.jam.ask import Ask


@dataclass(frozen=True, slots=True)
class NoLeapsOver:
    """The constraint that a voice's next note lies at most `semitones` from its last one.

    What a voice played before the last bar is forgotten. Drums are free.

    Raises:
        UserError: the encoding has no voices of one note at a time.
    """

    vocabulary: Vocabulary
    semitones: int

    def __post_init__(self) -> None:
        if not ((self.vocabulary.tokens.pitch >= 0) & (self.vocabulary.tokens.voice >= 0)).any():
            what = "a model whose voices play one note at a time, for a limit of leaps"
            raise UserError(what, self.vocabulary.name, "leave out --leap")

    def __call__(self, grammar: Grammar, ask: Ask) -> Grammar:
        """Return the grammar of a bar whose leaps are limited, from the bar before as well."""
        before = () if ask.before is None else ask.before.notes
        last = {note.voice: note.pitch for note in sorted(before, key=lambda note: note.start)}
        return _Near(grammar, self.vocabulary.tokens, self.semitones, last)


class _Near:
    """Follow the tokens of one bar, and leave out notes that lie too far from the last ones."""

    def __init__(
        self, inner: Grammar, tokens: TokenTable, semitones: int, last: dict[int, int]
    ) -> None:
        self._inner, self._tokens, self._semitones = inner, tokens, semitones
        self._free: Bools = np.ones(len(tokens.names), np.bool_)
        for voice, pitch in last.items():
            self._keep_near(voice, pitch)

    def allowed(self) -> Bools | None:
        """Return a mask [vocab_size] of what may come next; None when the bar is complete."""
        mask = self._inner.allowed()
        if mask is None:
            return None
        near = mask & self._free
        return near if near.any() else mask

    def push(self, token: int) -> None:
        """Take the token that was drawn."""
        self._inner.push(token)
        if self._tokens.pitch[token] >= 0:
            self._keep_near(int(self._tokens.voice[token]), int(self._tokens.pitch[token]))

    def _keep_near(self, voice: int, pitch: int) -> None:
        notes = (self._tokens.voice == voice) & (self._tokens.pitch >= 0)
        self._free[notes] = np.abs(self._tokens.pitch[notes] - pitch) <= self._semitones
