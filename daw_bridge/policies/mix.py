"""A tuned model and the one that it was tuned from, their weights mixed: a knob between the two.

Networks that were tuned from the same weights may be averaged: what lies between plays as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from daw_bridge.errors import Problem, UserError
from daw_bridge.policies.card import Card, shown
from daw_bridge.policies.lstm import Weights

KEY = "tuned_from"
"""What a tuned model's card calls the one that it was tuned from."""


@dataclass(frozen=True, slots=True)
class Origin:
    """A model by its name or folder, and the hash of its weights."""

    model: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Mix:
    """The folder of the model that was tuned, and the share of what it became: 0 to 1."""

    start: Path
    share: float


def origin(card: Card) -> Origin:
    """Return what a model was tuned from.

    Raises:
        UserError: it was not tuned.
    """
    if KEY not in card.facts:
        what = "a tuned model, whose card has `tuned_from`, to be mixed"
        raise UserError(what, card.name, "leave out --rl-mix")
    return Origin(card.facts[KEY]["model"], card.facts[KEY]["sha256"].lower())


def problems(card: Card) -> Iterator[Problem]:
    """Find what is wrong with what a card says of the model that it was tuned from."""
    said = card.facts.get(KEY, {"model": "", "sha256": ""})
    if not isinstance(said, dict):
        yield Problem((KEY,), f"expected keys and values, found {shown(said)}")
        return
    for name in ("model", "sha256"):
        if not isinstance(said.get(name), str):
            yield Problem((KEY, name), f"expected text, found {shown(said.get(name))}")


def mixed(tuned: Weights, start: Weights, share: float) -> Weights:
    """Return weights between those of two models; what the start has not is nothing there."""
    more, less, none = map(np.float32, (share, 1 - share, 0))
    return {name: more * each + less * start.get(name, none) for name, each in tuned.items()}
