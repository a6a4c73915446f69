"""What options take: numbers with bounds, meters, keys, lists, names that can be completed."""

from __future__ import annotations

import contextlib
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from daw_bridge.config.bounds import Bounds
from daw_bridge.errors import UserError

if TYPE_CHECKING:
    Type = click.ParamType[Any]
else:  # not generic in every click that we allow
    Type = click.ParamType


class Place(click.Path):
    """A path that is not empty: a shell's unset variable does not mean the folder one is in."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path, or fail in one line."""
        if value == "":
            self.fail("expected a file or folder, found '': `.` is the one you are in", param, ctx)
        return super().convert(value, param, ctx)


PATH = Place(path_type=Path)
FOLDER = Place(path_type=Path, file_okay=False)

MOST = 10**18
"""Of a whole number that has no bound of its own."""


class Whole(Type):
    """A whole number of at least `least`, and at most `most`; `what` is what it is."""

    name = "number"

    def __init__(self, least: int, most: int = MOST, what: str = "a whole number") -> None:
        self.least, self.most, self.what = least, most, what

    @classmethod
    def within(cls, bounds: Bounds, what: str = "a whole number") -> Whole:
        """Take a whole number within bounds."""
        return cls(
            -MOST if bounds.ge is None else int(bounds.ge),
            MOST if bounds.le is None else int(bounds.le),
            what,
        )

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number, or fail in one line."""
        text = str(value).strip()
        number = int(text) if re.fullmatch(r"[+-]?[0-9]{1,400}", text) else None
        if number is None or not self.least <= number <= self.most:
            named = self.most < MOST or (number is not None and number > self.most)
            upper = f" to {self.most}" if named else " or more"
            self.fail(f"expected {self.what}, {self.least}{upper}, found {value!r}", param, ctx)
        return number


class Real(Type):
    """A number within bounds; `what` is what it is, such as "a tempo"."""

    name = "number"

    def __init__(self, what: str, bounds: Bounds) -> None:
        self.what, self.bounds = what, bounds

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number, or fail in one line."""
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or not self.bounds.hold(number):
            self.fail(f"expected {self.what}{self.bounds}, found {str(value)!r}", param, ctx)
        return number


class Parsed(Type):
    """Text that `parse` reads, such as a meter, or says in a `ValueError` why it cannot."""

    def __init__(self, name: str, parse: Callable[[str], Any]) -> None:
        self.name, self._parse = name, parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return what the text stands for, or fail in one line."""
        if not isinstance(value, str):
            return value
        try:
            return self._parse(value)
        except ValueError as error:
            found = "" if repr(value) in str(error) else f" in {value!r}"
            return self.fail(f"{error}{found}", param, ctx)


class Setting(Type):
    """A pair `name=value`."""

    name = "name=value"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str | float | bool]:
        """Return the name and the value: true, false, a number or text."""
        if isinstance(value, tuple):
            return value[0], value[1]
        name, equals, text = str(value).partition("=")
        if not (name and equals and text):
            self.fail(f"expected name=value, such as style=funk, found {value!r}", param, ctx)
        if text in ("true", "false"):
            return name, text == "true"
        with contextlib.suppress(ValueError):
            return name, float(text)
        return name, text


class Numbers(Type):
    """A list of numbers, or of lists of them: `[60, -2]`, `[(36, 42), (), (42,)]`."""

    name = "list"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return it as tuples, or fail in one line."""
        if isinstance(value, tuple):
            return value
        text = "".join(str(value).split()).replace("(", "[").replace(")", "]").replace(",]", "]")
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, list) or not found:
            self.fail(f"expected a list such as [60, 64, 67], found {value!r}", param, ctx)
        return tuple(tuple(each) if isinstance(each, list) else each for each in found)


class Named(Type):
    """A name, or a path to a file of that kind; `known` lists the names there are."""

    def __init__(
        self, name: str, known: Callable[[], Iterable[str]] = tuple, *, paths: bool = True
    ) -> None:
        self.name, self._known, self._paths = name, known, paths

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """List the names that begin so; where none does, let the shell list files."""
        del ctx, param
        found = list[CompletionItem]()
        with contextlib.suppress(UserError):
            found = [CompletionItem(n) for n in self._known() if n.startswith(incomplete)]
        return found or [CompletionItem(incomplete, type="file")][: self._paths]


class NoteRange(Type):
    """Two MIDI notes, `48-72`."""

    name = "low-high"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Return both, or fail in one line."""
        if isinstance(value, tuple):
            return value[0], value[1]
        found = re.fullmatch(r"([0-9]{1,3})-([0-9]{1,3})", str(value))
        if found is None or not int(found[1]) <= int(found[2]) <= 127:
            self.fail(f"expected MIDI notes such as 48-72, found {value!r}", param, ctx)
        return int(found[1]), int(found[2])


def _presets(kind: str) -> Iterable[str]:
    from daw_bridge.config.files import names  # noqa: PLC0415

    return names(kind)


def _ports(direction: str) -> Iterable[str]:
    from daw_bridge.ports.open import list_ports  # noqa: PLC0415

    return [port.name for port in list_ports() if port.direction == direction]


def _drums() -> Iterable[str]:
    from daw_bridge.music.gm_drums import DRUM_CLASSES  # noqa: PLC0415

    return [each.name for each in DRUM_CLASSES]


NAMED: Mapping[str, Type] = {
    "model": Named("model", partial(_presets, "models")),
    "map": Named("map", partial(_presets, "presets/drum_maps")),
    "jam": Named("preset", partial(_presets, "presets/jams")),
    "render": Named("preset", partial(_presets, "presets/render")),
    "training": Named("preset", partial(_presets, "presets/training")),
    "tuning": Named("preset", partial(_presets, "presets/tuning")),
    "sound": Named("sound", partial(_presets, "presets/sounds")),
    "port": Named("name", partial(_ports, "out"), paths=False),
    "source": Named("name", partial(_ports, "in"), paths=False),
    "file": Named("file"),
    "drum": Named("drum", _drums, paths=False),
}
"""What stands for a name of each kind."""
