"""A policy led by what it is told: away from what it would play without."""

from __future__ import annotations

from typing import Any

import numpy as np

from daw_bridge.encoding.codec import TokenTable
from daw_bridge.errors import UserError
from daw_bridge.music.form import Label
from daw_bridge.music.time import Meter
from daw_bridge.policies.card import Card
from daw_bridge.policies.policy import Logits, Policy


def untold(tokens: TokenTable) -> list[int]:
    """Return for each token the one that names the same key and nothing else; most are their own.

    Of those that name a key the first tells no more than that, as codecs have them.
    """
    keys = tokens.key.tolist()
    return [keys.index(key) if key >= 0 else token for token, key in enumerate(keys)]


class Guided:
    """A policy over tokens that hears the music twice, told and untold; so it takes twice as long.

    With a `guidance` of 1 it plays as it has learnt, with 2 twice as far from where it is told no
    more than the key. The method is classifier-free guidance (Ho and Salimans, 2022), on the logits
    of tokens.

    Raises:
        UserError: there is nothing but a key that it could be told.
    """

    foretells_feel = False

    def __init__(self, policy: Policy, tokens: TokenTable, guidance: float) -> None:
        self._policy = policy
        self._untold = untold(tokens)
        if self._untold == list(range(len(self._untold))):
            what = "a model that is told a style, or of drums, for guidance"
            raise UserError(what, policy.card.name, "leave it out")
        self._lead = np.float32(guidance - 1)

    @property
    def card(self) -> Card:
        """The card of the policy."""
        return self._policy.card

    def initial_state(self) -> tuple[Any, Any]:
        """Return the states before a piece: told, untold."""
        state = self._policy.initial_state()
        return state, state

    def step(self, token: int, state: tuple[Any, Any]) -> tuple[Logits, tuple[Any, Any]]:
        """Take a token in both; return the logits that lead, and the new states."""
        led, led_state = self._policy.step(token, state[0])
        free, free_state = self._policy.step(self._untold[token], state[1])
        return led + self._lead * (led - free), (led_state, free_state)

    def told(self, label: Label, meter: Meter, state: tuple[Any, Any]) -> tuple[Any, Any]:
        """Return the states before a bar, both told what that bar is to be."""
        led, free = state
        return self._policy.told(label, meter, led), self._policy.told(label, meter, free)
