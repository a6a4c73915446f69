"""Searches for the numbers of a sound without learning: at random, and CMA-ES (extra `cma`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daw_bridge.envs.sound_match import Action, SoundMatch
from daw_bridge.errors import UserError

Shares = NDArray[np.float64]
Cost = Callable[[Shares], float]
"""The distance that choices in 0..1 give."""

Search = Callable[[Cost, int, int, int], Iterator[tuple[float, Shares]]]
"""(cost, how many numbers, tries, seed) -> the distance of each try, and its choices."""


def nearest(tries: Iterable[tuple[float, Any]]) -> tuple[float, Any]:
    """Return the try of the smallest distance, the first of equal ones."""
    return min(tries, key=lambda each: each[0])


def step_by_step(env: SoundMatch, search: Search, tries: int, seed: int) -> list[Action]:
    """Search for the action of each step of an episode, those before it being settled.

    Raises:
        UserError: the search needs what is not installed.
    """
    settled: list[Action] = []

    def cost(shares: Shares) -> float:
        return distance_of(env, [*settled, shares])

    for step in range(env.steps):
        found = nearest(search(cost, env.parameters.free, tries, seed + step))[1]
        settled.append(np.clip(found, 0, 1).astype(np.float32))
    return settled


def distance_of(env: SoundMatch, actions: Sequence[Any]) -> float:
    """Return how far from the target an episode is after some actions."""
    env.begin()
    for action in actions:
        distance: float = env.step(action)[-1]["distance"]
    return distance


def at_random(cost: Cost, numbers: int, tries: int, seed: int) -> Iterator[tuple[float, Shares]]:
    """Try choices each as likely as another, the middle first."""
    generator = np.random.default_rng(seed)
    for i in range(tries):
        shares = generator.random(numbers) if i else np.full(numbers, 0.5)
        yield cost(shares), shares


def by_cma(cost: Cost, numbers: int, tries: int, seed: int) -> Iterator[tuple[float, Shares]]:
    """Try what CMA-ES asks for, from the middle on, with its own defaults.

    Raises:
        UserError: it is not installed.
    """
    try:
        import cma  # noqa: PLC0415  an extra
    except ModuleNotFoundError as error:
        raise UserError("the package cma", "none", "pip install 'daw-bridge[cma]'") from error
    left = tries
    while left:  # where it ends early it begins anew
        options = {"bounds": [0, 1], "seed": seed + tries - left + 1, "verbose": -9}
        strategy = cma.CMAEvolutionStrategy(np.full(numbers, 0.5), 0.25, options)
        while left and not strategy.stop():
            asked: Sequence[Any] = strategy.ask()[:left]
            costs = [cost(np.clip(shares, 0, 1)) for shares in asked]
            left -= len(asked)
            yield from zip(costs, asked, strict=True)
            if left:
                strategy.tell(asked, costs)
