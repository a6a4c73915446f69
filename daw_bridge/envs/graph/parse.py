"""The text of the synth language to chains of nodes, with the line and column of each word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass

from daw_bridge.envs.graph.nodes import COMPOUNDS, ELSEWHERE, KINDS
from daw_bridge.errors import UserError, UserErrors, near

LARGEST = 1 << 16
"""Letters of a text, at most."""

MOST_NODES = 500

_TOKEN = re.compile(r"[ \t|\r]+|//[^\n]*|(?P<word>\n|;|:|>>|(?:(?!//)[^\s|;:>])+|.)", re.ASCII)
_NAME = re.compile(r"[~_]?[a-z]+[a-z0-9_]*")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*([eE][+-]?[0-9]+)?)?")
_NOTE = re.compile(r"[0-9]+|_|~[a-z]|\{\}")
SLOT = "{}"


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text and where it stands, both from 1."""

    text: str
    line: int
    column: int

    def wrong(self, expected: str, do: str, found: str = "") -> UserError:
        """Say that something else was expected here."""
        what = found or (repr(self.text) if self.text.strip() else "the end of the line")
        return UserError(expected, f"{what} (line {self.line}, column {self.column})", do)


@dataclass(frozen=True, slots=True)
class Slot:
    """A number that is left open, the `index`-th of a text from 0."""

    index: int


@dataclass(frozen=True, slots=True)
class Reference:
    """The signal of another chain."""

    name: str
    word: Word


Value = float | Slot | Reference


@dataclass(frozen=True, slots=True)
class Note:
    """A note of a `seq`: where in the bar, 0..1, and its pitch."""

    place: float
    pitch: Value


@dataclass(frozen=True, slots=True)
class Node:
    """A node of a chain; `values` has its arguments, `notes` those of a `seq`.

    A reference at the beginning of a chain is a node whose word is "".
    """

    word: Word
    kind: str
    values: tuple[Value, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Chain:
    """A named line; one whose name begins with ~ is heard only where it is referred to."""

    name: str
    word: Word
    nodes: tuple[Node, ...]

    @property
    def is_heard(self) -> bool:
        """Whether it goes to the output."""
        return not self.name.startswith("~")


def parse(code: str) -> tuple[Chain, ...]:
    """Read a text.

    Raises:
        UserErrors: all that is wrong with it, a line each, with line and column.
    """
    if len(code) > LARGEST:
        raise UserError(f"a text of at most {LARGEST} letters", f"{len(code)}", "shorten it")
    statements = list(_statements(code))
    reader = _Reader({words[0].text for words in statements})
    chains: dict[str, Chain] = {}
    wrong: list[UserError] = []
    for statement in statements:
        try:
            chain = reader.chain(statement)
            if chain.name in chains:
                raise chain.word.wrong("each name once", "rename one of the two")
            chains[chain.name] = chain
        except UserError as error:
            wrong.append(error)
    if wrong:
        raise UserErrors(map(str, wrong))
    if not any(each.is_heard for each in chains.values()):
        raise UserError(
            "a chain that is heard", "none", "name one without ~, such as `out: sin 440`"
        )
    if sum(len(each.nodes) for each in chains.values()) > MOST_NODES:
        raise UserError(f"at most {MOST_NODES} nodes", "more", "shorten it")
    return tuple(chains.values())


def _tokens(code: str) -> Iterator[Word]:
    line, start = 1, 0
    for match in _TOKEN.finditer(code):
        if match["word"] is not None:
            yield Word(match["word"], line, match.start() - start + 1)
            if match["word"] == "\n":
                line, start = line + 1, match.end()
    yield Word("\n", line, len(code) - start + 1)


def _statements(code: str) -> Iterator[list[Word]]:
    """Cut a text into lines, each with its end; one that begins with `>>` goes on with the last."""
    held: list[Word] = []
    for word in _tokens(code):
        if word.text in ("\n", ";"):
            if held and held[-1].text not in ("\n", ";"):
                held.append(word)
            continue
        if held and held[-1].text in ("\n", ";"):
            goes_on = word.text == ">>" and held[-1].text == "\n"
            if goes_on:
                held.pop()
            else:
                yield held
                held = []
        held.append(word)
    if held:
        yield held


class _Reader:
    """Reads statements, knowing the names of all, and counts the numbers that are left open."""

    def __init__(self, names: Set[str]) -> None:
        self._names = names
        self._slots = 0

    def chain(self, words: list[Word]) -> Chain:
        name, colon, *rest = words
        if not _NAME.fullmatch(name.text):
            raise name.wrong(
                "a name such as ~env or kick", "begin it with a small letter, and use a-z, 0-9, _"
            )
        if colon.text != ":":
            raise colon.wrong(f"a colon after {name.text!r}", "write `name: node >> node`")
        parts: list[list[Word]] = [[]]
        for word in rest[:-1]:
            if word.text == ">>":
                parts[-1].append(word)
                parts.append([])
            else:
                parts[-1].append(word)
        parts[-1].append(rest[-1] if rest else colon)
        nodes = [self._node(each) for each in parts]
        for before, node in zip([None, *nodes], nodes, strict=False):
            _fits(before, node)
        return Chain(name.text, name, tuple(nodes))

    def _node(self, words: list[Word]) -> Node:
        """Read a node: its word, its arguments, and whatever ends it."""
        word, *arguments, end = words if len(words) > 1 else [words[0], words[0]]
        known = {**KINDS, **COMPOUNDS}
        if word.text in known:
            if word.text == "seq":
                return Node(word, word.text, notes=self._notes(arguments, end))
            return Node(word, word.text, self._values(word, arguments, end))
        if word.text in ELSEWHERE:
            raise word.wrong("a node", ELSEWHERE[word.text])
        if self._refers(word):
            if arguments:
                raise arguments[0].wrong(">> after a reference", "a reference has no arguments")
            return Node(word, "", (_reference(word),))
        raise word.wrong("a node", near(word.text, known))

    def _refers(self, word: Word) -> bool:
        """Whether a word is meant as that of a chain."""
        return word.text in self._names or word.text[0] in "~_"

    def _values(self, word: Word, arguments: list[Word], end: Word) -> tuple[Value, ...]:
        if word.text == "mix":
            return tuple(_reference(each) for each in _some(arguments, end, "a reference"))
        if word.text == "choose":
            return tuple(self._number(each) for each in _some(arguments, end, "a number"))
        wanted = (KINDS.get(word.text) or COMPOUNDS[word.text]).arguments
        if len(arguments) < len(wanted):
            names = " ".join(each.name for each in wanted)
            raise end.wrong(
                f"the {wanted[len(arguments)].name} of {word.text!r}",
                f"write `{word.text} {names}`",
            )
        if len(arguments) > len(wanted):
            extra = arguments[len(wanted)]
            raise extra.wrong(f"{len(wanted)} numbers after {word.text!r}", "remove it")
        values: list[Value] = []
        for each, argument in zip(arguments, wanted, strict=True):
            if argument.modulable and self._refers(each):
                values.append(_reference(each))
                continue
            value = self._number(each)
            if isinstance(value, float) and (should := argument.wrong(value, value)):
                raise each.wrong(f"{should} as the {argument.name} of {word.text!r}", "change it")
            values.append(value)
        return tuple(values)

    def _number(self, word: Word) -> Value:
        if word.text == SLOT:
            return self._slot()
        if self._refers(word):
            raise word.wrong("a number", "a signal cannot stand here")
        if not _NUMBER.fullmatch(word.text):
            raise word.wrong("a number", _written(word.text))
        value = float(word.text)
        if abs(value) > 1e30:
            raise word.wrong("a number below 1e30", "write a smaller one")
        return value

    def _slot(self) -> Slot:
        self._slots += 1
        return Slot(self._slots - 1)

    def _notes(self, arguments: list[Word], end: Word) -> tuple[Note, ...]:
        """Read the words of a bar, equally long, each of notes and rests equally long."""
        words = _some(arguments, end, "a note, such as 60, or a rest, _")
        notes = []
        for k, word in enumerate(words):
            parts = _NOTE.findall(word.text)
            if "".join(parts) != word.text:
                raise word.wrong("notes such as 60, _, ~a or 60__67", "write them as whole numbers")
            for i, part in enumerate(parts):
                place = (k + i / len(parts)) / len(words)
                if part != "_":
                    notes.append(Note(place, self._pitch(part, word)))
        return tuple(notes)

    def _pitch(self, part: str, word: Word) -> Value:
        if part == SLOT:
            return self._slot()
        if part.startswith("~"):
            return Reference(part, word)
        if int(part) > 127:
            raise word.wrong("notes up to 127", "put _ or a blank between two")
        return float(part)


def _some(arguments: list[Word], end: Word, what: str) -> list[Word]:
    if not arguments:
        raise end.wrong(what, "write at least one")
    return arguments


def _reference(word: Word) -> Reference:
    if not _NAME.fullmatch(word.text.removesuffix("..")):
        raise word.wrong("a reference such as ~env", "begin it with ~")
    return Reference(word.text, word)


def _written(text: str) -> str:
    """Say how Glicol, which reads neither .5 nor 1e-3, wants a number to be written."""
    try:
        value = float(text)
    except ValueError:
        return "write it as 0.5 or 440"
    if not abs(value) <= 1e30:
        return "write one that is finite"
    return f"Glicol cannot read it; write {positional(value)}"


def positional(value: float) -> str:
    """Write a number so that Glicol reads the same 32-bit float: with a point, no exponent."""
    import numpy as np  # noqa: PLC0415

    return np.format_float_positional(np.float32(value), trim="0")


def _fits(before: Node | None, node: Node) -> None:
    """Check that a node may follow another in a chain; None: it begins one."""
    kind = KINDS.get(node.kind)
    begins = not node.kind or (kind is not None and kind.is_source)
    if before is None and not begins:
        raise node.word.wrong(
            "a source or a reference",
            f"begin with `~name >> {node.kind}`, or a source as `sin 440`",
        )
    if before is not None and begins and not (kind and kind.follows == before.kind != ""):
        raise node.word.wrong("a node that takes a signal", "begin another chain with it")
    if before is not None and before.kind == "speed" and node.kind != "seq":
        raise node.word.wrong("seq after speed", "write `speed 2.0 >> seq 60`")
