"""The files in presets/sounds: a synth program with open numbers, and a sound to match with it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from daw_bridge.config.files import find
from daw_bridge.config.schema import Schema
from daw_bridge.config.validation import validate
from daw_bridge.document import read

KIND = "presets/sounds"

Text = Annotated[str, Field(min_length=1)]


class SoundFile(Schema):
    """A program, the ranges of its numbers, and for each step the numbers of the target."""

    title: Text
    remarks: tuple[Text, ...] = ()
    code: Text
    action_space: tuple[tuple[Any, ...], ...]
    numbers: Annotated[tuple[tuple[float, ...], ...], Field(min_length=1)]
    step_len: float = Field(gt=0, le=60, title="seconds")


def load_sound(name_or_path: str) -> SoundFile:
    """Read a sound by its name or its path.

    Raises:
        UserError: there is none of that name, or what is wrong with the file, all at once by line.
    """
    return validate(read(find(KIND, name_or_path)), SoundFile)
