"""What a schema is made of: exact types, values that are text in a file, flags of the commands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer


class Schema(BaseModel):
    """The base of every schema: exact types, no unknown keys, no NaN, never changed.

    An option of a command is a field: its bounds, and its `description` as the help, stand there
    once. `title` says in an error what a number is.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


AS_TEXT = PlainSerializer(str, when_used="json")
"""Write a value into a file as its text; in the program it stays what it is."""


Seed = Annotated[int, Field(ge=0, le=2**63 - 1)]


@dataclass(frozen=True, slots=True)
class Flag:
    """How an option gives a field, where its name and type do not tell.

    `name` is without the dashes; `kind` is what a text stands for, such as "model": options
    complete it, and show it in their help.
    """

    name: str = ""
    kind: str = ""
