"""A user's own names for the drums of a loop pack: `daw-bridge drums standardise --rules FILE`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from daw_bridge.config.schema import Schema
from daw_bridge.config.validation import compared
from daw_bridge.document import read, refusal
from daw_bridge.drums.loop_names import Rules, words
from daw_bridge.errors import Problem, near
from daw_bridge.music.gm_drums import DRUMS

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
    file, problems = compared(document, LoopRulesFile)
    problems += _problems(_readable(document.data))
    if file is None or problems or document.repeated:
        raise refusal(document, problems)
    return Rules({words(name): drum for drum, names in file.names.items() for name in names})


def _readable(data: Any) -> dict[str, list[str]]:
    """Return the names that can be read, so that what is wrong with them is told with the rest."""
    names = data.get("names") if isinstance(data, dict) else None
    return {
        str(drum): [name for name in each if isinstance(name, str) and name]
        for drum, each in (names.items() if isinstance(names, dict) else ())
        if isinstance(each, list)
    }


def _problems(names: dict[str, list[str]]) -> Iterator[Problem]:
    taken: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for drum, each in names.items():
        if drum not in DRUMS:
            yield Problem(("names", drum), f"expected a drum, found {drum!r}: {near(drum, DRUMS)}")
        for name in each:
            said = words(name)
            if not said:
                what = f"expected a name of letters or digits, found {name!r}"
                yield Problem(("names", drum), what)
            taken[said].add(drum)
            if said and len(taken[said]) > 1:
                what = f"{name!r} is given to {' and '.join(sorted(taken[said]))}: keep one"
                yield Problem(("names", drum), what)
