"""Searches for the numbers of a sound without learning: at random, and CMA-ES (extra `cma`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daw_bridge.errors import UserError

Shares = NDArray[np.float64]
Cost = Callable[[Shares], float]
"""The distance that choices in 0..1 give."""


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
