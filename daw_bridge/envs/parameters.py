"""What an agent may choose: a range for each number that a graph leaves open."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daw_bridge.envs.graph.graph import Graph, Hole
from daw_bridge.errors import UserError, near

Entry = Sequence[Any]
"""("lin", a, b), ("exp", a, b), ("choose", [values]) or ("rel", index, function or factor)."""


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from `low` to `high`, evenly, or evenly in their logarithm."""

    low: float
    high: float
    is_log: bool

    def at(self, share: float) -> float:
        """Return the number at a share, 0..1, of the way."""
        if self.is_log:
            value = self.low * math.exp(share * math.log(self.high / self.low))
        else:
            value = self.low + (self.high - self.low) * share
        return min(max(value, self.low), self.high)

    def share(self, value: float) -> float:
        """Return the share of the way at which a number is."""
        if self.is_log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


@dataclass(frozen=True, slots=True)
class Choice:
    """Some numbers, each with an equal share of the way."""

    values: tuple[float, ...]

    def at(self, share: float) -> float:
        """Return the number at a share, 0..1, of the way."""
        return self.values[min(int(share * len(self.values)), len(self.values) - 1)]

    def share(self, value: float) -> float:
        """Return a share of the way at which a number is."""
        return (self.values.index(value) + 0.5) / len(self.values)


@dataclass(frozen=True, slots=True)
class Relative:
    """A function of a number before it, which leaves no choice."""

    index: int
    function: Callable[[float], float]


Parameter = Range | Choice | Relative

_CLOSE = 1e-6
"""By which a function may go beyond the bounds of its argument, as floats do: it is held there."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """The numbers of a graph, as an agent's choices in 0..1 give them."""

    graph: Graph
    all: tuple[Parameter, ...]

    @classmethod
    def of(cls, graph: Graph, entries: Sequence[Entry]) -> Parameters:
        """Read an `action_space`, and check that each of its numbers may stand where it does.

        Raises:
            UserError: what is wrong with which entry.
        """
        if len(entries) != len(graph.holes):
            what = f"an entry of action_space for each of the {len(graph.holes)} {{}} in the code"
            raise UserError(what, f"{len(entries)}", "add or remove some")
        read = tuple(_read(entry, i) for i, entry in enumerate(entries))
        parameters = cls(graph, read)
        for share in (0.0, 0.5, 1.0):
            parameters.values([share] * parameters.free)
        for each, hole in zip(read, graph.holes, strict=True):
            if isinstance(each, Range):
                hole.check(each.low, each.high)
        return parameters

    @property
    def free(self) -> int:
        """How many choices there are."""
        return sum(not isinstance(each, Relative) for each in self.all)

    def values(self, shares: Sequence[float] | NDArray[Any]) -> list[float]:
        """Return the numbers of choices in 0..1.

        Raises:
            UserError: a choice is no number, or a function gives one that cannot stand there.
        """
        values: list[float] = []
        left = iter(numbers_in(shares, self.free).tolist())
        for each, hole in zip(self.all, self.graph.holes, strict=True):
            if isinstance(each, Relative):
                value = _held(each.function(values[each.index]), hole)
            else:
                share = next(left)
                if not 0 <= share <= 1:
                    raise UserError("an action in 0..1", f"{share}", "cut it off, or scale it")
                value = each.at(share)
                if hole.argument.whole:
                    value = float(round(value))
            values.append(value)
        return values

    def shares(self, values: Sequence[float]) -> NDArray[np.float32]:
        """Return the choices in 0..1 that give some numbers; those of `rel` are passed over."""
        return np.array(
            [
                each.share(value)
                for each, value in zip(self.all, values, strict=True)
                if not isinstance(each, Relative)
            ],
            np.float32,
        )


def numbers_in(action: Any, count: int) -> NDArray[np.float64]:
    """Return an action as so many numbers.

    Raises:
        UserError: it is something else, or one is no number.
    """
    try:
        numbers = np.asarray(action, np.float64)
    except (TypeError, ValueError):
        numbers = np.zeros(0)
    if numbers.shape != (count,) or not np.isfinite(numbers).all():
        raise UserError(f"an action of {count} numbers", f"{action!s:.60}", "mend it")
    return numbers


def _held(value: Any, hole: Hole) -> float:
    low, high = hole.argument.low, hole.argument.high
    close = _CLOSE * max(1.0, min(abs(high), abs(value)))
    if math.isfinite(value) and low - close <= value <= high + close:
        return min(max(float(value), low), high)
    hole.check(value, value)
    raise hole.word.wrong("a number", "change the function of its rel", f"{value}")


def _read(entry: Entry, place: int) -> Parameter:
    name = f"entry {place} of action_space"
    kinds: dict[str, Callable[..., Parameter]] = {
        "lin": _range,
        "exp": _range,
        "choose": _choice,
        "rel": _relative,
    }
    kind, *rest = entry if len(entry) else ("",)
    if kind not in kinds:
        raise UserError(f"lin, exp, rel or choose in {name}", repr(kind), near(str(kind), kinds))
    return kinds[kind](str(kind), rest, name, place)


def _range(kind: str, rest: Sequence[Any], name: str, place: int) -> Range:
    del place
    if len(rest) != 2:
        raise UserError(f'("{kind}", low, high) as {name}', f"{len(rest)} numbers", "give two")
    low, high = (_number(each, name) for each in rest)
    if low >= high:
        raise UserError(f"low below high in {name}", f"{low:g} and {high:g}", "swap them")
    if kind == "exp" and low <= 0:
        raise UserError(f"exp from above 0 in {name}", f"{low:g}", "raise it, or take lin")
    return Range(low, high, kind == "exp")


def _choice(kind: str, rest: Sequence[Any], name: str, place: int) -> Choice:
    del kind, place
    values = rest[0] if len(rest) == 1 and isinstance(rest[0], Sequence) else ()
    if not len(values):
        raise UserError(f'("choose", [numbers]) as {name}', "none", "give a list")
    return Choice(tuple(_number(each, name) for each in values))


def _relative(kind: str, rest: Sequence[Any], name: str, place: int) -> Relative:
    del kind
    if len(rest) != 2:
        raise UserError(f'("rel", index, function) as {name}', f"{len(rest)} values", "give two")
    index, function = rest
    if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < place:
        what = f"the index of an entry before it, 0 to {place - 1}," if place else "lin or exp"
        raise UserError(f"{what} in {name}", f"rel {index!r}", "let it point back")
    if not callable(function):
        factor = _number(function, name)
        return Relative(index, lambda value: value * factor)
    return Relative(index, function)


def _number(value: Any, name: str) -> float:
    try:
        number = math.nan if isinstance(value, bool | str) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise UserError(f"a number in {name}", repr(value), "give one that is finite")
    return number
