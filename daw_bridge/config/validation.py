"""Compare a document with a schema, and tell all that is wrong with it at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from daw_bridge.document import Document, refusal
from daw_bridge.errors import Location, Problem, near

Model = TypeVar("Model", bound=BaseModel)


def validate(document: Document, model: type[Model]) -> Model:
    """Return the document as a `model`.

    YAML is taken as JSON would be, so a list may fill a tuple and a mapping may have numbers as
    keys, while the text "120" fills no number.

    Raises:
        UserErrors: a line for each error, as `file:line: key: expected ..., found ...`.
    """
    found, problems = compared(document, model)
    if found is None or document.repeated:
        raise refusal(document, problems)
    return found


def compared(document: Document, model: type[Model]) -> tuple[Model | None, list[Problem]]:
    """Return the document as a `model`, or None and all that keeps it from being one."""
    try:
        return model.model_validate_json(json.dumps(document.data, default=str)), []
    except ValidationError as error:
        return None, [_problem(document, model, dict(e)) for e in error.errors(include_url=False)]


def problems(error: ValidationError) -> list[Problem]:
    """Return what is wrong with values that stand in no file."""
    return [
        Problem(_location(dict(each)), _what(dict(each)))
        for each in error.errors(include_url=False)
    ]


def _location(error: dict[str, Any]) -> Location:
    return tuple(part for part in error["loc"] if part != "[key]")


def _problem(document: Document, model: type[BaseModel], error: dict[str, Any]) -> Problem:
    location = _location(error)
    if error["type"] == "extra_forbidden":
        known = _keys(model, error["loc"])
        what = f"unknown key; {near(str(location[-1]), known)}"
        return Problem(document.place_of(location), what)
    if error["type"] == "missing":
        return Problem(location, "expected this key, found none: add it")
    return Problem(document.place_of(location), _what(error))


def _what(error: dict[str, Any]) -> str:
    found = _shown(error["input"])
    kind, context = error["type"], error.get("ctx", {})
    if kind in ("value_error", "assertion_error"):
        text = str(context.get("error", error["msg"]))
        return text if text.startswith("expected") else f"{text}, found {found}"
    if kind in ("literal_error", "enum"):
        options = [
            part.strip("' ") for part in context["expected"].replace(" or ", ", ").split(",")
        ]
        hint = near(error["input"], options) if isinstance(error["input"], str) else ""
        return f"expected {context['expected']}, found {found}{'; ' + hint if hint else ''}"
    for key, words in _LIMITS.items():
        if key in context:
            units = "character(s) of text" if kind.startswith("string") else "value(s)"
            return f"expected {words.format(context[key], units=units)}, found {found}"
    return f"expected {_EXPECTED.get(kind, 'another value')}, found {found}"


_LIMITS = {
    "gt": "a number above {}",
    "ge": "a number of at least {}",
    "lt": "a number below {}",
    "le": "a number of at most {}",
    "min_length": "at least {} {units}",
    "max_length": "at most {} {units}",
    "pattern": "text of the form {}",
}

_EXPECTED = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a whole number of fewer digits",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_parsing": "true or false",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "string_type": "text",
    "string_unicode": "text in letters that there are",
    "missing": "one value more",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "keys and values",
    "model_type": "keys and values",
    "model_attributes_type": "keys and values",
}


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "keys and values"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _keys(model: type[BaseModel], location: Location) -> set[str]:
    """Return the keys that a schema knows beside the last one of `location`."""
    here = {model}
    for part in location[:-1]:
        inside = {
            found
            for each in here
            if part in each.model_fields
            for found in _models(each.model_fields[str(part)].annotation)
        }
        here = inside or here
    return {field.alias or name for each in here for name, field in each.model_fields.items()}


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)
