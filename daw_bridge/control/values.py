"""What the value of a setting may be, whoever gives it: text, JSON, a number of OSC, a knob."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from math import isfinite
from types import GenericAlias, UnionType
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import ConfigDict, TypeAdapter, ValidationError

from daw_bridge.config.bounds import Bounds
from daw_bridge.config.fields import Described
from daw_bridge.config.files import names
from daw_bridge.config.validation import problems
from daw_bridge.errors import Problem, UserErrors
from daw_bridge.jam.prepared import Value

NONE = ("", "none")
"""How a text says that a setting has no value."""

LONGEST = 1000
"""Of a text, in characters."""

FOLDERS = {"model": "models", "jam": "presets/jams", "map": "presets/drum_maps"}
"""Where those values are found that are names of files."""

_STEPS = 127
"""A knob has one step more than this."""

_COUNTLESS = 10**9
"""A bound above this is not worth a word."""

_LAX = ConfigDict(allow_inf_nan=False)


@dataclass(frozen=True)
class Setting:
    """The values that a field of a schema may have; `span` is what a knob goes through.

    The bounds and choices are the field's. `span` None: a knob goes from bound to bound.
    """

    field: Described
    span: tuple[float, float] | None = None

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        info = self.field.field
        form: Any = info.annotation
        if info.metadata:
            form = Annotated[(form, *info.metadata)]
        listed: Any = GenericAlias(list, (form,))  # of a list, so that `_LAX` is obeyed
        return TypeAdapter(listed, config=_LAX)

    @property
    def may_be_none(self) -> bool:
        """Whether it may have no value."""
        return type(None) in get_args(self.field.field.annotation)

    @property
    def is_file(self) -> bool:
        """Whether it names a model, a preset or a map, which can also be a path."""
        return self.field.flag.kind in FOLDERS

    @property
    def choices(self) -> tuple[str, ...]:
        """What there is to choose from; () where it is no choice."""
        kind = self.field.kind
        if get_origin(kind) is Literal:
            return get_args(kind)
        if (folder := FOLDERS.get(self.field.flag.kind)) is not None:
            return tuple(names(folder))
        return ()

    def read(self, name: str, given: Any) -> Value:
        """Return a value as a preset has it; `name` is what an error calls the setting.

        Raises:
            UserErrors: it is of the wrong type, out of bounds, or none of the choices.
        """
        if isinstance(given, str) and len(given) > LONGEST:
            raise UserErrors([f"{name}: expected a text of at most {LONGEST} letters, found more"])
        if self._is_truth(given):
            what = f"expected {self.form()}, found {json.dumps(given)[:40]}"
            raise UserErrors([f"{name}: {what}"])
        try:
            found = self._adapter.validate_python([self._parted(given)])
            return _plain(self._adapter.dump_python(found, mode="json")[0])
        except ValidationError as error:
            wrong = [Problem((name,), self._in_words(each.what)) for each in problems(error)]
            raise UserErrors(map(str, wrong[:1])) from error
        except RecursionError as error:
            raise UserErrors([f"{name}: expected a value, found a list of lists"]) from error
        except UnicodeEncodeError as error:
            what = f"expected text in letters that there are, found {given!a}"
            raise UserErrors([f"{name}: {what}"]) from error

    def _is_truth(self, given: Any) -> bool:
        """Whether it is true or false in place of a number, or holds one of them in a list."""
        if isinstance(given, list | tuple):
            return any(isinstance(each, bool) for each in given)
        return isinstance(given, bool) and self.field.kind in (int, float)

    def _in_words(self, what: str) -> str:
        """Say what is wrong as whoever gives the value knows it: a range is no list to him."""
        return what.replace("expected a list", f"expected {self.form()}", 1)

    def _parted(self, given: Any) -> Any:
        """Take a text apart that stands for several values, or for none."""
        if not isinstance(given, str):
            return given
        text = given.strip()
        if self.may_be_none and text.lower() in NONE:
            return None
        match get_origin(self.field.kind) or self.field.kind:
            case kind if kind is tuple:
                return _several(text, named=Ellipsis in get_args(self.field.kind))
            case kind if kind is UnionType:
                return _scalar(text)
            case kind:
                return given if kind is str else text

    def form(self) -> str:
        """Say in a few words what it takes: its bounds, its choices."""
        kind = self.field.kind
        flag = self.field.flag.kind
        if flag in FOLDERS:
            words = f"the name of a {flag if flag != 'map' else 'drum map'}"
        elif self.choices:
            words = "|".join(self.choices)
        elif kind in (int, float):
            what = "whole number" if kind is int else "number"
            bounds = Bounds.of(self.field.beside)
            if bounds.le is not None and bounds.le > _COUNTLESS:
                bounds = replace(bounds, le=None)
            words = f"a {what}{bounds}"
        elif kind is bool:
            words = "true|false"
        elif get_origin(kind) is tuple:
            words = "names, with commas" if Ellipsis in get_args(kind) else "low-high such as 48-72"
        else:
            words = "text"
        return f"{words}, or none" if self.may_be_none else words

    @property
    def _ends(self) -> tuple[float, float] | None:
        """What a knob goes through, from its lowest to its highest value; None: it cannot."""
        if self.choices:
            return 0, len(self.choices) - 1
        if self.field.kind is bool:
            return 0, 1
        bounds = Bounds.of(self.field.beside)
        low = bounds.ge if bounds.ge is not None else bounds.gt
        if self.field.kind not in (int, float) or (self.span is None and None in (low, bounds.le)):
            return None
        assert self.span is not None or (low is not None and bounds.le is not None)  # noqa: S101
        return self.span or (float(low or 0), float(bounds.le or 0))

    @property
    def turns(self) -> bool:
        """Whether a knob can set it."""
        return self._ends is not None

    def of_knob(self, step: float) -> Value:
        """Return the value at a step of a knob, 0 to 127; a fine one has fractions of them."""
        assert self._ends is not None  # noqa: S101  # it `turns`
        low, high = self._ends
        number = low + (high - low) * step / _STEPS
        if self.choices:
            return self.choices[round(number)]
        if self.field.kind is bool:
            return step > _STEPS // 2
        bounds = Bounds.of(self.field.beside)
        if bounds.gt is not None and number <= bounds.gt:
            number = low + (high - low) / _STEPS
        return round(number) if self.field.kind is int else round(number, 4)

    def stepped(self, value: Value, by: int) -> Value:
        """Return the value some steps of a knob further; a step is one choice, or one of a number.

        One that is on no knob goes to where a knob begins.
        """
        assert self._ends is not None  # noqa: S101  # it `turns`
        low, high = self._ends
        at = self._on_knob(value)
        if at is None:
            return self.of_knob(0)
        whole = bool(self.choices) or self.field.kind is not float
        step = (high - low) / _STEPS
        at = min(max(at + by * (max(round(step), 1) if whole else step), low), high)
        return self.of_knob((at - low) / (high - low) * _STEPS if high > low else 0)

    def _on_knob(self, value: Value) -> float | None:
        """Return where between its ends a value is; None for one that is on no knob."""
        if self.choices:
            return float(self.choices.index(str(value))) if value in self.choices else None
        if isinstance(value, bool | int | float) and isfinite(value):
            return float(value)
        return None

    def to_knob(self, value: Value) -> int | None:
        """Return the step of a knob at which a value is; None for what is on no knob."""
        if self._ends is None:
            return None
        low, high = self._ends
        number = self._on_knob(value)
        if number is None:
            return None
        if high == low:
            return 0
        return min(max(round((number - low) / (high - low) * _STEPS), 0), _STEPS)


def _several(text: str, *, named: bool) -> Any:
    """Take apart a list in JSON, words with commas (`named`), or two numbers such as 48-72."""
    if text.startswith("["):
        with suppress(ValueError, RecursionError):
            return json.loads(text)
    elif named:
        return [] if text.lower() in NONE else [each.strip() for each in text.split(",")]
    elif pair := re.fullmatch(r"([0-9]{1,3})-([0-9]{1,3})", text):
        return [int(pair[1]), int(pair[2])]
    return text


def _scalar(text: str) -> str | float | bool:
    """Return true, false or a number that a text is; else the text."""
    if text in ("true", "false"):
        return text == "true"
    try:
        return float(text)
    except ValueError:
        return text


def _plain(value: Any) -> Value:
    """Return a value with tuples in place of lists, so that it can be compared and kept."""
    if isinstance(value, list):
        return tuple(value)
    assert value is None or isinstance(value, str | int | float | bool)  # noqa: S101
    return value
