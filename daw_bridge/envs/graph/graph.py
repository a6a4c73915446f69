"""A graph: the chains of a text, checked and put in the order in which they are computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from daw_bridge.envs.graph.kernels import filters
from daw_bridge.envs.graph.nodes import COMPOUNDS, KINDS, Argument, Kind
from daw_bridge.envs.graph.parse import (
    SLOT,
    Chain,
    Node,
    Reference,
    Slot,
    Value,
    Word,
    parse,
    positional,
)
from daw_bridge.errors import near

AS_GLICOL: Mapping[str, Kind] = {
    name: replace(KINDS[name], kernel=kernel)
    for name, kernel in {
        "lpf": filters.lacking_lpf,
        "hpf": filters.lacking_hpf,
        "rhpf": filters.lacking_hpf,
    }.items()
}
"""Nodes in which Glicol has a fault that ours do not have."""


@dataclass(frozen=True, slots=True)
class Step:
    """A node to be computed: it writes the row of its own place among the steps.

    `x` is the row of what comes in, or -1; `refs` the rows of signals that stand for arguments, or
    -1; `values` numbers, and slots of those that are left open.
    """

    kind: Kind
    x: int
    refs: tuple[int, ...]
    values: tuple[float | Slot, ...]


@dataclass(frozen=True, slots=True)
class Hole:
    """A number left open: what it is an argument of, and where it stands."""

    node: str
    argument: Argument
    word: Word

    def check(self, low: float, high: float) -> None:
        """Check that numbers low..high may stand there.

        Raises:
            UserError: some may not.
        """
        if should := self.argument.wrong(low, high):
            found = f"{low:g}" if low == high else f"{low:g} to {high:g}"
            raise self.word.wrong(
                f"{should} as the {self.argument.name} of {self.node!r}", "change its bounds", found
            )


@dataclass(frozen=True, slots=True)
class Graph:
    """What is computed for a text, the last step being what is heard."""

    code: str
    steps: tuple[Step, ...]
    holes: tuple[Hole, ...]

    @classmethod
    def of(cls, code: str, *, as_glicol: bool = False) -> Graph:
        """Read a text; `as_glicol`: with the faults that Glicol has, so that both sound alike.

        Raises:
            UserError: what is wrong with it, with line and column.
        """
        order = _Order(parse(code), AS_GLICOL if as_glicol else {})
        order.finish()
        return cls(code, tuple(order.steps), tuple(order.holes[i] for i in sorted(order.holes)))

    def filled(self, values: Sequence[float | None]) -> str:
        """Return the text with numbers in place of what is left open, as Glicol reads it.

        Where there is None, it stays open.
        """
        parts = self.code.split(SLOT)
        wholes = [hole.argument.whole for hole in self.holes]
        words = [
            SLOT if value is None else str(round(value)) if whole else positional(value)
            for value, whole in zip(values, wholes, strict=True)
        ]
        return "".join(text for pair in zip(parts, [*words, ""], strict=True) for text in pair)


_PITCH = Argument("note", 0, 127, whole=True)
_ANY = Argument("value")


@dataclass
class _Order:
    """Puts chains in order; each is made when it is first asked for."""

    chains: Sequence[Chain]
    other: Mapping[str, Kind]
    steps: list[Step] = field(default_factory=list)
    holes: dict[int, Hole] = field(default_factory=dict)
    made: dict[str, int] = field(default_factory=dict)
    making: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.by_name = {each.name: each for each in self.chains}

    def finish(self) -> None:
        for chain in self.chains:
            self._row(Reference(chain.name, chain.word))
        heard = tuple(self.made[each.name] for each in self.chains if each.is_heard)
        self._step(KINDS["mix"], -1, heard, ())

    def _step(
        self, kind: Kind, x: int, refs: tuple[int, ...], values: tuple[float | Slot, ...]
    ) -> int:
        self.steps.append(Step(kind, x, refs, values))
        return len(self.steps) - 1

    def _row(self, reference: Reference) -> int:
        """Return the row of a chain's signal; make it, where it is not yet."""
        name = reference.name
        if name in self.made:
            return self.made[name]
        if name not in self.by_name:
            raise reference.word.wrong("a chain that there is", near(name, self.by_name))
        if name in self.making:
            circle = " -> ".join([*self.making[self.making.index(name) :], name])
            raise reference.word.wrong(
                "chains that do not refer to themselves", "open the loop", f"a loop, {circle}"
            )
        self.making.append(name)
        row = -1
        for node in self.by_name[name].nodes:
            row = self._node(node, row)
        self.making.pop()
        self.made[name] = row
        return row

    def _node(self, node: Node, x: int) -> int:
        if not node.kind:
            reference = node.values[0]
            assert isinstance(reference, Reference)  # noqa: S101  as `parse` makes it
            return self._row(reference)
        if node.kind in COMPOUNDS:
            return self._compound(node, x)
        kind = self.other.get(node.kind, KINDS[node.kind])
        if node.kind == "mix":
            rows = [self._row(each) for value in node.values for each in self._named(value)]
            return self._step(kind, -1, tuple(rows), ())
        values = node.values
        arguments = kind.arguments or (_ANY,) * len(values)
        if node.kind == "seq":
            values = tuple(each.pitch for each in node.notes)
            arguments = (_PITCH,) * len(values)
        refs = tuple(self._row(each) if isinstance(each, Reference) else -1 for each in values)
        for value, argument in zip(values, arguments, strict=True):
            if isinstance(value, Slot):
                self.holes.setdefault(value.index, Hole(node.kind, argument, node.word))
        numbers = tuple(0.0 if isinstance(each, Reference) else each for each in values)
        places = tuple(each.place for each in node.notes)
        return self._step(kind, x, refs or (-1,), (*places, *numbers))

    def _named(self, value: Value) -> list[Reference]:
        """Return what an argument of `mix` names: a chain, or with .. all that begin so."""
        assert isinstance(value, Reference)  # noqa: S101  as `parse` makes it
        if not value.name.endswith(".."):
            return [value]
        beginning = value.name.removesuffix("..")
        found = [name for name in self.by_name if name.startswith(beginning)]
        if not found:
            raise value.word.wrong("chains that begin so", near(beginning, self.by_name))
        return [Reference(name, value.word) for name in found]

    def _compound(self, node: Node, x: int) -> int:
        """Make the chains that a compound stands for, with its arguments in them."""

        def filled(inner: Node) -> Node:
            values = [
                node.values[each.index] if isinstance(each, Slot) else each for each in inner.values
            ]
            return replace(inner, word=node.word, values=tuple(values))

        chains = [
            replace(chain, nodes=tuple(map(filled, chain.nodes)))
            for chain in parse(COMPOUNDS[node.kind].code)
        ]
        inside = _Order(chains, self.other, self.steps, self.holes, {"~in": x})
        return inside._row(Reference("out", node.word))
