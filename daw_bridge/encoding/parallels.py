"""Voices that do not go side by side: no parallel fifths, octaves or unisons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from daw_bridge.encoding.codec import Bools, Grammar, TokenTable, Vocabulary
from daw_bridge.errors import UserError

if TYPE_CHECKING:
    from daw_bridge.jam.ask import Ask

PERFECT = (0, 7)
"""Unison and octave, and the fifth, modulo an octave."""

Pitches = dict[int, int]
"""What each voice that sounds plays."""


@dataclass(frozen=True, slots=True)
class NoParallels:
    """The constraint that no two voices move in one direction from a fifth to a fifth.

    Nor from an octave or a unison to another. That is the first rule of counterpoint: such voices
    are heard as one.

    Raises:
        UserError: the encoding has no two voices.
    """

    vocabulary: Vocabulary

    def __post_init__(self) -> None:
        voices = self.vocabulary.tokens.voice[self.vocabulary.tokens.pitch >= 0]
        if voices.max(initial=-1) < 1:
            what = "a model of several voices, for parallels to be left out"
            raise UserError(what, self.vocabulary.name, "leave out --no-parallels")

    def __call__(self, grammar: Grammar, ask: Ask) -> Grammar:
        """Return the grammar of a bar without parallels, to the bar before as well."""
        before = () if ask.before is None else ask.before.notes
        end = 0 if ask.before is None else ask.before.meter.bar_length()
        held = {n.voice: n.pitch for n in before if n.start + n.duration >= end}
        return _Apart(grammar, self.vocabulary.tokens, held)


class _Apart:
    """Follow the tokens of one bar, and leave out notes that would make a parallel."""

    def __init__(self, inner: Grammar, tokens: TokenTable, held: Pitches) -> None:
        self._inner, self._tokens = inner, tokens
        self._last, self._now = held, dict(held)
        self._moved: list[int] = []

    def allowed(self) -> Bools | None:
        """Return a mask [vocab_size] of what may come next; None when the bar is complete."""
        mask = self._inner.allowed()
        if mask is None or not self._moved:
            return mask
        apart = mask & ~self._parallel()
        return apart if apart.any() else mask

    def push(self, token: int) -> None:
        """Take the token that was drawn."""
        self._inner.push(token)
        tokens = self._tokens
        voice, pitch = int(tokens.voice[token]), int(tokens.pitch[token])
        if pitch >= 0:
            if self._last.get(voice, pitch) != pitch:
                self._moved.append(voice)
            self._now[voice] = pitch
        self._now.pop(int(tokens.ends_voice[token]), None)
        if tokens.ends_step[token]:
            self._last, self._moved = dict(self._now), []

    def _parallel(self) -> Bools:
        """Mask the notes that move beside a voice which has moved in this step."""
        tokens, out = self._tokens, np.zeros(len(self._tokens.names), np.bool_)
        for other in self._moved:
            was, now = self._last[other], self._now[other]
            for voice, pitch in self._last.items():
                apart = (was - pitch) % 12
                if voice == other or apart not in PERFECT:
                    continue
                rises = tokens.pitch > pitch if now > was else tokens.pitch < pitch
                same = (now - tokens.pitch) % 12 == apart
                out |= (tokens.voice == voice) & (tokens.pitch >= 0) & rises & same
        return out
