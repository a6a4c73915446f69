"""How music without a past begins, and comes back after a silence: on the one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from daw_bridge.encoding.codec import Bools, Grammar, Vocabulary
from daw_bridge.encoding.drum_classes import bit

if TYPE_CHECKING:
    from daw_bridge.jam.ask import Ask

KICK = 0
"""The class of the kick."""


@dataclass(frozen=True, slots=True)
class OnTheOne:
    """The constraint that a bar after none, or a silent one, begins with a note in its first step.

    Drums alone begin with a kick. Where no note may be struck nothing changes. Players may begin
    with a pickup or a rest, and a model that is asked for the likeliest only would rest for ever.
    """

    vocabulary: Vocabulary

    def __call__(self, grammar: Grammar, ask: Ask) -> Grammar:
        """Return the grammar of a bar that begins on the one, if this one is to."""
        if ask.before and ask.before.notes:
            return grammar
        tokens = self.vocabulary.tokens
        wanted = tokens.strikes > 0
        if self.vocabulary.kind == "drums":
            wanted &= tokens.drums & bit(KICK) != 0
        return Opening(grammar, wanted, tokens.ends_step)


class Opening:
    """The grammar of a bar in whose first step, where they may come, `wanted` tokens come."""

    def __init__(self, inner: Grammar, wanted: Bools, ends_step: Bools) -> None:
        self._inner = inner
        self._wanted = wanted
        self._ends_step = ends_step
        self._begun = False

    def allowed(self) -> Bools | None:
        """Return a mask [vocab_size] of what may come next; None when the bar is complete."""
        mask = self._inner.allowed()
        if mask is None or self._begun or not (mask & self._wanted).any():
            return mask
        return mask & self._wanted

    def push(self, token: int) -> None:
        """Take the token that was drawn."""
        self._begun = self._begun or bool(self._wanted[token] or self._ends_step[token])
        self._inner.push(token)
