"""From logits to a token: pure functions of logits, settings and an explicit generator."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daw_bridge.errors import UserError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

GRID = 1024
"""Logits are rounded to 1/1024: computed by another BLAS, or by torch, they differ by a thousandth
of that, and the music stays the same."""

LIKELY = 1e-3
"""What is at least as likely as this, to the likeliest token, is ranked first."""

HOTTER = 0.2
"""What is added to the temperature of each further attempt at a bar."""

_PER_LOGIT = np.float64(GRID)
"""Of this type, so that scores are as well."""

_SURELY_FIRST = 1 - 1e-9
"""Below 1 by more than sums of chances in another order can differ."""

Draw = Callable[[NDArray[np.float32], NDArray[np.bool_] | None], int]
"""From logits and what is allowed to a token."""


def generator(seed: int, *branch: int) -> np.random.Generator:
    """Return a generator whose numbers are the same on every machine for the same seed.

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
    return _sample(logits, allowed, temperature, top_p, rng)


def nats(
    logits: NDArray[np.float32], token: int, allowed: NDArray[np.bool_] | None = None
) -> float:
    """Return how little a token was awaited among those that were `allowed`; 0: surely."""
    scores = (logits if allowed is None else logits[allowed]).astype(np.float64)
    best = scores.max()
    return math.log(np.exp(scores - best).sum()) + float(best) - float(logits[token])


def _sample(
    logits: NDArray[np.float32],
    allowed: NDArray[np.bool_] | None,
    temperature: float,
    top_p: float,
    rng: np.random.Generator,
) -> int:
    """Draw as `sample`, of settings that were checked."""
    candidates = (logits > -np.inf if allowed is None else allowed).nonzero()[0]
    scores = logits[candidates] * _PER_LOGIT
    np.rint(scores, out=scores)
    best = int(scores.argmax()) if len(scores) else -1
    if best < 0 or not math.isfinite(scores[best]):
        raise UserError(
            "a token that may come next", "none that is allowed", "loosen the constraints"
        )
    if temperature == 0 or len(scores) == 1:
        return int(candidates[best])
    chances = scores - scores[best]
    chances /= GRID * temperature
    np.exp(chances, out=chances)
    total = np.add.reduce(chances)
    if total == 1 and np.count_nonzero(scores > -np.inf) == 1:
        return int(candidates[best])
    drawn = rng.random()
    # The likeliest is the first to be counted, and its chance is 1: half of all draws end here.
    if drawn * total < _SURELY_FIRST:
        return int(candidates[best])
    return int(candidates[_place(scores, chances, total, top_p, drawn)])


def _place(scores: Floats, chances: Floats, total: float, top_p: float, drawn: float) -> int:
    """Return the place of the token at a share `drawn` of the chances that `top_p` keeps.

    `chances` are to that of the likeliest token, and `total` is their sum. Nearly all draws end
    among the few likely ones, so only these are ranked at first.
    """
    order, mass = _ranked((chances >= LIKELY).nonzero()[0], scores, chances)
    if top_p < 1:
        last = mass.searchsorted(top_p * total)
        total = mass[last] if last < len(mass) else math.inf
    place = mass.searchsorted(drawn * total, side="right")
    if place < len(mass):
        return int(order[place])
    order, mass = _ranked(np.arange(len(scores)), scores, chances)
    mass = mass[: mass.searchsorted(top_p * mass[-1]) + 1]
    place = mass.searchsorted(drawn * mass[-1], side="right")
    return int(order[min(place, len(mass) - 1)])


def _ranked(places: Ints, scores: Floats, chances: Floats) -> tuple[Ints, Floats]:
    """Return places from the likeliest, and the sums of their chances up to each."""
    order = places[(-scores[places]).argsort(kind="stable")]
    return order, np.add.accumulate(chances[order])


@dataclass(frozen=True, slots=True)
class Sampler:
    """How tokens are drawn: the settings of `sample`, and a seed.

    Raises:
        UserError: a setting is out of its range.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        _check(self.temperature, self.top_p)
        generator(self.seed)

    def of_bar(self, number: int, attempt: int = 0, candidate: int = 0) -> Draw:
        """Return what draws the tokens of one bar: the same, whatever was drawn before them.

        Each further `attempt` at a bar is hotter, and keeps every token. Each `candidate` for it
        is another; the first is what is drawn where there is one.
        """
        branch = [attempt, candidate] if candidate else [attempt] if attempt else []
        rng = generator(self.seed, number, *branch)
        temperature = self.temperature + HOTTER * attempt
        top_p = 1.0 if attempt else self.top_p

        def draw(logits: NDArray[np.float32], allowed: NDArray[np.bool_] | None) -> int:
            return _sample(logits, allowed, temperature, top_p, rng)

        return draw


def _check(temperature: float, top_p: float) -> None:
    if not 0 <= temperature < math.inf:
        raise UserError("a temperature of 0 or more", str(temperature), "1 is the model as it is")
    if not 0 < top_p <= 1:
        raise UserError("a top-p above 0 and up to 1", str(top_p), "1 keeps every token")
