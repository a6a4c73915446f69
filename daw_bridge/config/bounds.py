"""The bounds of a number, as a schema has them and as people read them."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of a number, as a schema names them; None: there is none."""

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None

    @classmethod
    def of(cls, metadata: Iterable[Any]) -> Bounds:
        """Read them off what stands beside a type."""
        found = {
            each.name: bound
            for each in fields(cls)
            for beside in metadata
            if (bound := getattr(beside, each.name, None)) is not None
        }
        return cls(**found)

    def hold(self, number: float) -> bool:
        """Whether a number is within them."""
        bounds = (
            (operator.ge, self.ge),
            (operator.gt, self.gt),
            (operator.le, self.le),
            (operator.lt, self.lt),
        )
        return all(bound is None or holds(number, bound) for holds, bound in bounds)

    def __str__(self) -> str:
        if self.ge is not None and self.le is not None:
            return f", {self.ge:g} to {self.le:g}"
        bounds = (
            ("above", self.gt),
            ("of at least", self.ge),
            ("below", self.lt),
            ("up to", self.le),
        )
        words = [f"{word} {bound:g}" for word, bound in bounds if bound is not None]
        return f" {' and '.join(words)}" if words else ""
