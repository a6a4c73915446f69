"""The contract of everything that plays: one token in, logits for the next one out."""

from __future__ import annotations

from typing import Any, Protocol, TypeGuard

import numpy as np
from numpy.typing import NDArray

from daw_bridge.music.form import Label
from daw_bridge.music.time import Meter
from daw_bridge.policies.card import Card

Logits = NDArray[np.float32]


class Policy(Protocol):
    """A player that foretells the next token from all tokens before it.

    LSTM and RL policies are this one protocol: an RL policy is the same network with other
    weights. States are opaque values; `step` leaves the one it is given untouched, so that a
    caller may keep it, go back to it or branch from it.
    """

    @property
    def card(self) -> Card:
        """Return the card that the policy was loaded from."""

    @property
    def foretells_feel(self) -> bool:
        """Whether it plays drums, each hit with a velocity and an offset of its own."""

    def initial_state(self) -> Any:
        """Return the state before a piece; the codec's `start_token` is the first to step with."""

    def step(self, token: int, state: Any) -> tuple[Logits, Any]:
        """Take a token; give the logits [vocab_size] of the one after it, and the new state."""

    def told(self, label: Label, meter: Meter, state: Any) -> Any:
        """Return the state before a bar, told what that bar is to be, where the policy minds.

        The token of the meter says its beats, and this how they are grouped.
        """

    def guided(self, guidance: float) -> Policy:
        """Return the policy led by what it is told: 1 as it has learnt, 2 twice as far.

        Raises:
            UserError: there is nothing that it could be told.
        """


class Drummer(Policy, Protocol):
    """A player of drums with their feel, or without, where that of what came before is unknown."""

    def initial_state(self, *, hears_feel: bool = True) -> Any:
        """Return the state before a piece, or before words whose feel is not known."""


def is_drummer(policy: Policy) -> TypeGuard[Drummer]:
    """Whether a policy foretells the feel of drums, and so may go without hearing it."""
    return policy.foretells_feel
