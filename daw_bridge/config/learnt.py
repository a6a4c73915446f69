"""What a preset says of knobs, pads and pedals: the settings that they have been learnt to set."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from daw_bridge.config.files import is_shipped, user_folder
from daw_bridge.config.schema import Schema
from daw_bridge.document import LARGEST_BYTES, parse
from daw_bridge.errors import UserError
from daw_bridge.files import read_text, whole

KEY = "learn"
"""The key of a preset that it all stands under."""

_BLOCK = re.compile(r"^learn:[^\n]*\n(?:(?:[ \t-][^\n]*)?\n)*", re.MULTILINE)
"""The key in the form in which it is written here: a list, an entry on each line."""


Kind = Literal["cc", "note", "program", "nrpn", "rpn"]

KINDS: tuple[Kind, ...] = get_args(Kind)
"""What a control may be, each a key of its entry."""


class LearntFile(Schema):
    """One control of a controller: a `cc`, `note`, `nrpn` or `rpn`; without, program changes.

    `channel` is 1..16. With `value` the control sets that, whenever it is pressed; without, what it
    is turned to.
    """

    name: Annotated[str, Field(min_length=1, max_length=100)]
    cc: Annotated[int, Field(ge=0, le=119)] | None = None
    note: Annotated[int, Field(ge=0, le=127)] | None = None
    program: Annotated[int, Field(ge=0, le=127)] | None = None
    nrpn: Annotated[int, Field(ge=0, lt=1 << 14)] | None = None
    rpn: Annotated[int, Field(ge=0, lt=1 << 14)] | None = None
    channel: Annotated[int, Field(title="a channel", ge=1, le=16)]
    value: str | int | float | bool | tuple[str | int | float | bool | None, ...] | None = None

    @model_validator(mode="after")
    def _one_control(self) -> Self:
        given = [key for key in KINDS if getattr(self, key) is not None]
        if len(given) > 1:
            raise ValueError(f"expected one control, found {' and '.join(given)}")
        return self


def save(preset: Path, learnt: Iterable[LearntFile]) -> Path:
    """Write what is learnt into a preset, whole, and leave the rest of it as it is, comments too.

    A preset that is shipped is left alone: what is written is the user's own of that name.

    Returns:
        Where it is written.

    Raises:
        UserError: the preset cannot be read or written, or has the key in a form of its own.
    """
    text = read_text(preset, LARGEST_BYTES, "a jam preset")
    rest = _BLOCK.sub("", text)
    before, after = parse(text, preset).data, parse(rest, preset).data
    if not isinstance(after, dict) or {**after, KEY: None} != {**before, KEY: None} or KEY in after:
        do = "write a list there, an entry on each line"
        raise UserError(f"`{KEY}:` with a list below it", f"another form in {preset}", do)
    lines = [
        f"- {json.dumps(each.model_dump(exclude_none=True), ensure_ascii=False)}\n"
        for each in learnt
    ]
    told = f"{rest.rstrip()}\n\n{KEY}:\n{''.join(lines)}" if lines else f"{rest.rstrip()}\n"
    path = user_folder() / "presets" / "jams" / preset.name if is_shipped(preset) else preset
    with whole(path) as temporary:
        temporary.write_text(told, encoding="utf-8")
    return path
