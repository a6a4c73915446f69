"""What the fields of a schema say of themselves: their types, and what stands beside these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from types import NoneType
from typing import Annotated, Any, get_args, get_origin

from pydantic.fields import FieldInfo

from daw_bridge.config.schema import Flag, Schema


@dataclass(frozen=True, slots=True)
class Described:
    """A field that a user sees, since it has a description.

    `part` is the field that it stands within, such as `limits`; "" for none. `kind` is its type,
    without None and without what stands beside it, which is `beside`.
    """

    part: str
    key: str
    field: FieldInfo
    kind: Any
    beside: Sequence[Any]

    @property
    def flag(self) -> Flag:
        """How it is given where its name and type do not tell."""
        return flag_of(self.beside)

    @property
    def name(self) -> str:
        """What users call it, with `-` between words."""
        return self.flag.name or self.key.replace("_", "-")


def described(schema: type[Schema], part: str = "") -> Iterator[Described]:
    """List the fields of a schema that have a description, and those of its parts, in order."""
    for key, field in schema.model_fields.items():
        kind, beside = bare(field.annotation, field.metadata)
        if hasattr(kind, "model_fields"):
            yield from described(kind, key)
        elif field.description:
            yield Described(part, key, field, kind, beside)


def bare(annotation: Any, metadata: Sequence[Any] = ()) -> tuple[Any, Sequence[Any]]:
    """Take a type out of `Annotated` and of `| None`; return it and all that stands beside it."""
    if get_origin(annotation) is Annotated:
        annotation, *more = get_args(annotation)
        return bare(annotation, (*metadata, *more))
    if NoneType in (each := get_args(annotation)):
        return bare(reduce(or_, [kind for kind in each if kind is not NoneType]), metadata)
    return annotation, metadata


def flag_of(beside: Sequence[Any]) -> Flag:
    """Return the flag that stands beside a type; one that says nothing where there is none."""
    return next((each for each in beside if isinstance(each, Flag)), Flag())
