"""A user's own names for the drums of a loop pack: `daw-bridge drums standardise --rules FILE`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field

from daw_bridge.config.files import Document, Schema, read, validate
from daw_bridge.errors import UserErrors, near
from daw_bridge.loops.names import Rules, words
from daw_bridge.music.drums import DRUMS

Name = Annotated[str, Field(min_length=1)]


class LoopRulesFile(Schema):
    """Names by drum, such as `clap: [snap, finger click]`."""

    names: dict[str, Annotated[list[Name], Field(min_length=1)]] = Field(min_length=1)


def load_loop_rules(path: Path) -> Rules:
    """Read a file of rules.

    Raises:
        UserErrors: a line for everything that is wrong, as `file:line: key: ...`.
    """
    document = read(path)
    file = validate(document, LoopRulesFile)
    wrong = list(_wrong(document, file))
    if wrong:
        raise UserErrors(wrong)
    return Rules({words(name): drum for drum, names in file.names.items() for name in names})


def _wrong(document: Document, file: LoopRulesFile) -> Iterator[str]:
    taken: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for drum, names in file.names.items():
        place = f"{document.path}:{document.line_of(('names', drum))}: names.{drum}"
        if drum not in DRUMS:
            yield f"{place}: expected a drum, found {drum!r}: {near(drum, DRUMS)}"
        for name in names:
            if not words(name):
                yield f"{place}: expected a name of letters or digits, found {name!r}"
            taken[words(name)].add(drum)
            if len(taken[words(name)]) > 1:
                others = " and ".join(sorted(taken[words(name)]))
                yield f"{place}: {name!r} is given to {others}: keep one"
