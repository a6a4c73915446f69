"""From logits to a token: pure functions of logits, settings and an explicit generator."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daw_bridge.errors import UserError

GRID = 1024
"""Logits are rounded to 1/1024: computed by another BLAS, or by torch, they differ by a thousandth
of that, and the music stays the same."""


Draw = Callable[[NDArray[np.float32], NDArray[np.bool_] | None], int]
"""From logits and what is allowed to a token."""


def generator(seed: int, *branch: int) -> np.random.Generator:
    """Give a generator whose numbers are the same on every machine for the same seed.

    Each `branch` of a seed, such as a bar of a piece, has numbers of its own.

    Raises:
        UserError: the seed is negative.
    """
    if seed < 0:
        raise UserError("a seed of 0 or more", str(seed), "choose another")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=branch)))


def sample(
    logits: NDArray[np.float32],
    *,
    temperature: float = 1.0,
    top_p: float = 1.0,
    allowed: NDArray[np.bool_] | None = None,
    rng: np.random.Generator,
) -> int:
    """Draw a token from logits [vocab_size].

    Temperature 0 takes the likeliest token. `top_p` keeps the fewest tokens whose chances reach it.
    `allowed` [vocab_size] says what may be drawn. One number is taken from `rng` for each draw
    that is left to chance. Tokens of equal logits rank by number.

    Raises:
        UserError: temperature or `top_p` is out of its range, or nothing is allowed.
    """
    _check(temperature, top_p)
    possible = logits > -np.inf
    candidates = np.flatnonzero(possible if allowed is None else possible & allowed)
    if len(candidates) == 1:
        return int(candidates[0])
    scores = np.rint(logits[candidates].astype(np.float64) * GRID) / GRID
    order = np.argsort(-scores, kind="stable")
    if not len(order) or not math.isfinite(scores[order[0]]):
        raise UserError(
            "a token that may come next", "none that is allowed", "loosen the constraints"
        )
    if temperature == 0:
        return int(candidates[order[0]])
    mass = np.cumsum(np.exp((scores[order] - scores[order[0]]) / temperature))
    kept = int(np.searchsorted(mass, top_p * mass[-1])) + 1
    mass = mass[:kept]
    place = int(np.searchsorted(mass, rng.random() * mass[-1], side="right"))
    return int(candidates[order[min(place, len(mass) - 1)]])


@dataclass(frozen=True, slots=True)
class Sampler:
    """Hold how tokens are drawn: the settings of `sample`, and a seed.

    Raises:
        UserError: a setting is out of its range.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        _check(self.temperature, self.top_p)
        generator(self.seed)

    def of_bar(self, number: int) -> Draw:
        """Give what draws the tokens of one bar: the same, whatever was drawn before them."""
        rng = generator(self.seed, number)

        def draw(logits: NDArray[np.float32], allowed: NDArray[np.bool_] | None) -> int:
            return sample(
                logits, temperature=self.temperature, top_p=self.top_p, allowed=allowed, rng=rng
            )

        return draw


def _check(temperature: float, top_p: float) -> None:
    if not 0 <= temperature < math.inf:
        raise UserError("a temperature of 0 or more", str(temperature), "1 is the model as it is")
    if not 0 < top_p <= 1:
        raise UserError("a top-p above 0 and up to 1", str(top_p), "1 keeps every token")
