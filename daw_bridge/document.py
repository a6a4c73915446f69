"""Read one YAML file, and remember on which line each value stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Any

import yaml

from daw_bridge.errors import Location, Problem, UserError, UserErrors
from daw_bridge.files import open_regular, text_of

LARGEST_BYTES = 1 << 20
"""More than any preset needs; what is larger is some other file."""


MOST_BITS = 1 << 10
"""Of a whole number; Python itself refuses to write one of several thousand digits."""


@dataclass(frozen=True, slots=True)
class Document:
    """The data of a file, and the line of each of its keys.

    `repeated` tells the keys that stand there again; `data` has the last one.
    """

    path: Path
    data: Any
    lines: Mapping[Location, int]
    repeated: tuple[Problem, ...] = ()

    def line_of(self, location: Location) -> int:
        """Return the line, from 1, of a key, or of the nearest key around it that is there."""
        return self.lines.get(self.place_of(location), 1)

    def place_of(self, location: Location) -> Location:
        """Return the keys of a location as far as they are there.

        A number that is not there is passed over: a schema may count what the file has once.
        """
        place: Location = ()
        for key in map(str, location):
            if (*place, key) in self.lines:
                place = (*place, key)
            elif not key.isdecimal():
                break
        return place


def refusal(
    document: Document, problems: Iterable[Problem], others: Iterable[str] = ()
) -> UserErrors:
    """Make the error that tells all problems of a document at once, from the top down.

    Keys that stand there twice are told as well; `others` are whole lines, of other files.
    """
    told = [
        (document.line_of(each.location) if each.line is None else each.line, str(each))
        for each in (*document.repeated, *problems)
    ]
    lines = [f"{document.path}:{line}: {what}" for line, what in sorted(told, key=itemgetter(0))]
    return UserErrors([*lines, *others])


def read(path: Path) -> Document:
    """Read a YAML file, or the front matter (between two lines `---`) of a Markdown file.

    Only plain data is made: no tags, no anchors. Repeated keys are left to the caller, who tells
    them together with whatever else is wrong.

    Raises:
        UserError: the file cannot be read or is no YAML.
    """
    try:
        with open_regular(path, "a file to read") as file:
            raw = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise UserError(
            "a file to read", f"{path} ({error.strerror})", "check the name and its rights"
        ) from error
    if len(raw) > LARGEST_BYTES:
        raise UserError("a file below 1 MB", f"a larger one ({path})", "name another file")
    try:
        text = text_of(raw)
    except UnicodeDecodeError as error:
        raise UserError(
            "text in UTF-8", f"other bytes at byte {error.start} of {path}", "save it as UTF-8"
        ) from error
    return parse_front_matter(text, path) if path.suffix == ".md" else parse(text, path)


def parse_front_matter(text: str, path: Path) -> Document:
    """Read the front matter of Markdown text that came from `path`, which errors name.

    Raises:
        UserError: there is none, or it is no YAML.
    """
    return parse(_front_matter(text, path), path)


@lru_cache(maxsize=32)  # reading YAML takes its time, and a thousand tracks are of one preset
def parse(text: str, path: Path) -> Document:
    """Read YAML text that came from `path`, which errors name; the same text is read once.

    Raises:
        UserError: the text is no YAML.
    """
    try:
        loader = _PlainLoader(text)
        node = loader.get_single_node()
        if node is None:
            return Document(path, None, {})
        data = _plain(loader.construct_document(node))
        repeated, lines = tuple(_repeated(node)), dict(_lines(node, ()))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise _no_yaml(path, line, error.problem or error.context) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _no_yaml(path, 1, error) from error
    return Document(path, data, lines, repeated)


def _no_yaml(path: Path, line: int, problem: object) -> UserErrors:
    return UserErrors([f"{path}:{line}: this is not YAML: {' '.join(str(problem).split())}"])


def _plain(data: Any) -> Any:
    """Return the data with every key as text or a whole number, as a schema takes them.

    Raises:
        ValueError: a whole number is too large to be written in an error.
    """
    if isinstance(data, dict):
        return {
            _plain(key) if type(key) in (str, int) else str(key): _plain(value)
            for key, value in data.items()
        }
    if isinstance(data, int) and data.bit_length() > MOST_BITS:
        raise ValueError(f"a whole number of {data.bit_length()} bits")
    return [_plain(value) for value in data] if isinstance(data, list) else data


class _PlainLoader(yaml.SafeLoader):
    """A loader of plain data only; aliases are refused: nested ones grow without bound."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # of PyYAML
            problem = "an alias (*name) is not supported: write the value out"
            raise yaml.composer.ComposerError(None, None, problem, mark)
        return super().compose_node(parent, index)


def _front_matter(text: str, path: Path) -> str:
    lines = text.splitlines()
    if not lines or lines[0].rstrip() != "---" or "---" not in [x.rstrip() for x in lines[1:]]:
        raise UserErrors(
            [f"{path}:1: expected YAML between two lines '---', found none: add a card"]
        )
    end = next(i for i, line in enumerate(lines[1:], 1) if line.rstrip() == "---")
    return "\n".join(["", *lines[1:end]])  # the empty line keeps the numbers of the others


def _repeated(node: yaml.Node) -> Iterator[Problem]:
    """Find the keys that a mapping holds twice; YAML itself would keep the last in silence."""
    if isinstance(node, yaml.MappingNode):
        seen = set[str]()
        for key, value in node.value:
            name = str(key.value)
            if name in seen:
                what = "expected each key once, found it again: remove one"
                yield Problem((name,), what, key.start_mark.line + 1)
            seen.add(name)
            yield from _repeated(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _repeated(value)


def _lines(node: yaml.Node, location: Location) -> Iterator[tuple[Location, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inside = (*location, str(key.value))
            yield inside, key.start_mark.line + 1
            yield from _lines(value, inside)
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            inside = (*location, str(i))
            yield inside, value.start_mark.line + 1
            yield from _lines(value, inside)
