"""What several commands take: numbers with bounds, meters, conditions, and places to write to."""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from daw_bridge.errors import UserError
from daw_bridge.music.time import HIGHEST_QPM, LOWEST_QPM, MOST_BARS

Command = TypeVar("Command", bound=Callable[..., Any])


class _Type(click.ParamType):  # type: ignore[type-arg]  # not generic in every click we allow
    """Be the base of the types here."""


class Whole(_Type):
    """Take a whole number of at least `least`, and at most `most`."""

    name = "number"

    def __init__(self, least: int, most: int = 10**18) -> None:
        self.least, self.most = least, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Give the number, or fail in one line."""
        text = str(value).strip()
        good = re.fullmatch(r"[+-]?[0-9]{1,19}", text) is not None
        if not good or not self.least <= int(text) <= self.most:
            upper = f" to {self.most}" if self.most < 10**18 else " or more"
            self.fail(f"expected a whole number, {self.least}{upper}, found {value!r}", param, ctx)
        return int(text)


class Real(_Type):
    """Take a number in words' bounds: `accepts` tells whether it is one, `words` which are."""

    name = "number"

    def __init__(self, words: str, accepts: Callable[[float], bool]) -> None:
        self.words, self.accepts = words, accepts

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Give the number, or fail in one line."""
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or not self.accepts(number):
            self.fail(f"expected {self.words}, found {str(value)!r}", param, ctx)
        return number


class MeterText(_Type):
    """Take a meter such as 4/4 or 7/8."""

    name = "meter"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Give it as text that is known to be a meter, or fail in one line."""
        from daw_bridge.music.time import Meter  # noqa: PLC0415

        try:
            return str(Meter.parse(str(value)))
        except ValueError as error:
            text = str(error)
            found = "" if repr(value) in text else f" in {value!r}"
            return self.fail(text + found, param, ctx)


class Setting(_Type):
    """Take `name=value`."""

    name = "name=value"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str | float | bool]:
        """Give the name and the value: true, false, a number or text."""
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


class Numbers(_Type):
    """Take a list of numbers, or of lists of them: `[60, -2]`, `[(36, 42), (), (42,)]`."""

    name = "list"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Give it as tuples, or fail in one line."""
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


class NoteRange(_Type):
    """Take two MIDI notes, `48-72`."""

    name = "low-high"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Give both, or fail in one line."""
        if isinstance(value, tuple):
            return value[0], value[1]
        found = re.fullmatch(r"([0-9]{1,3})-([0-9]{1,3})", str(value))
        if found is None or not int(found[1]) <= int(found[2]) <= 127:
            self.fail(f"expected MIDI notes such as 48-72, found {value!r}", param, ctx)
        return int(found[1]), int(found[2])


BPM = Real(
    f"a tempo in quarter notes a minute, {LOWEST_QPM} to {HIGHEST_QPM}",
    lambda bpm: LOWEST_QPM <= bpm <= HIGHEST_QPM,
)
TEMPERATURE = Real("a temperature, 0 to 10", lambda temperature: 0 <= temperature <= 10)
TOP_P = Real("a top-p above 0 and up to 1", lambda top_p: 0 < top_p <= 1)


def drawing(command: Command) -> Command:
    """Add the options that say how bars are drawn; one that is not given is None."""
    for option in reversed(
        (
            click.option("--bars", type=Whole(1, MOST_BARS), help="How many bars."),
            click.option("--seed", type=Whole(0), help="Same seed, same music."),
            click.option(
                "--temperature",
                type=TEMPERATURE,
                help="1: as trained; less: tamer; 0: always the likeliest.",
            ),
            click.option("--top-p", type=TOP_P, help="Draw from the likeliest only, up to this."),
            click.option("--bpm", type=BPM, help="Quarter notes a minute."),
            click.option("--meter", type=MeterText(), help="Such as 4/4 or 7/8."),
            click.option("--drum-map", metavar="MAP", help="The kit: see `daw-bridge drums maps`."),
            click.option(
                "--condition",
                "conditions",
                type=Setting(),
                multiple=True,
                help="What the model is told, such as style=funk; may be repeated.",
            ),
            *_STEERING,
        )
    ):
        command = option(command)
    return command


_STEERING = (
    click.option("--primer-pitches", type=Numbers(), help='A chord to begin with: "[67,64,60]".'),
    click.option(
        "--primer-melody",
        type=Numbers(),
        help='A melody in 16ths: "[60,-2,62,-1]"; -2 no event, -1 note off.',
    ),
    click.option("--primer-drums", type=Numbers(), help='Drums in 16ths: "[(36,42),(),(42,),()]".'),
    click.option("--primer-midi", metavar="FILE", help="Music to begin with."),
    click.option(
        "--condition-on-primer/--no-condition-on-primer",
        default=None,
        help="Whether the model hears the primer first (it does).",
    ),
    click.option(
        "--inject-primer/--no-inject-primer",
        default=None,
        help="Whether the primer goes on sounding, to be harmonised (not).",
    ),
    click.option(
        "--keep-primer/--no-keep-primer",
        default=None,
        help="Whether the primer is in what comes out (not).",
    ),
    click.option("--scale", metavar="KEY", help="Only notes of it: C, 'F# minor', 'D dorian'."),
    click.option(
        "--range", "note_range", type=NoteRange(), help="Only MIDI notes from low to high."
    ),
    click.option("--density", type=Whole(0), help="At most so many notes a bar."),
    click.option("--polyphony", type=Whole(1), help="At most so many notes at once."),
    click.option("--mute", metavar="DRUM", multiple=True, help="A drum that never sounds."),
    click.option(
        "--lock",
        metavar="DRUM",
        multiple=True,
        help="A drum that plays as in the primer's last bar.",
    ),
)


def given(options: dict[str, Any]) -> dict[str, Any]:
    """Keep the options that were given, to come before a preset's, in the parts they belong to."""
    out: dict[str, Any] = {}
    for name, value in options.items():
        if value in (None, ()):
            continue
        if name in _PARTS:
            part, key = _PARTS[name]
            out.setdefault(part, {})[key] = value
        else:
            out[name] = value
    return out


_PARTS = {
    **{f"primer_{name}": ("primer", name) for name in ("pitches", "melody", "drums", "midi")},
    **{f"{name}_primer": ("primer", name) for name in ("inject", "keep")},
    "condition_on_primer": ("primer", "condition"),
    "note_range": ("limits", "range"),
    **{n: ("limits", n) for n in ("scale", "density", "polyphony", "mute", "lock")},
}
"""Where an option stands in a jam: the part, and the key in it."""


def folder_to_write(path: Path) -> Path:
    """Check, before any work, that files can be written in a folder that may not exist yet.

    Raises:
        UserError: it is no folder, or is not ours to write to.
    """
    try:
        there = next(each for each in (path, *path.absolute().parents) if each.exists())
    except OSError as error:
        raise UserError("a folder", f"{path} ({error.strerror})", "name another") from error
    if not there.is_dir():
        raise UserError("a folder to write to", f"a file, {there}", "name another")
    if not os.access(there, os.W_OK | os.X_OK):
        raise UserError("a folder to write to", f"{there}, which is read-only", "name another")
    return path


def file_to_write(path: Path) -> Path:
    """Check, before any work, that a file can be written.

    Raises:
        UserError: it is a folder or a device, or lies in a folder that is not ours to write to.
    """
    try:
        is_folder, is_taken = path.is_dir(), path.exists() and not path.is_file()
    except OSError as error:
        raise UserError("a file name", f"{path} ({error.strerror})", "name another") from error
    if is_folder:
        raise UserError("a file to write", f"a folder, {path}", "add a file name")
    if is_taken:
        raise UserError("a file to write", f"a device or pipe, {path}", "name another")
    folder_to_write(path.absolute().parent)
    return path
