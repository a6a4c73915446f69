"""The files in presets/render: an engine, and what it is told."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from typing import Annotated, Any

from pydantic import Field

from daw_bridge.config.files import find, names
from daw_bridge.config.schema import Schema
from daw_bridge.config.validation import compared
from daw_bridge.document import Document, read, refusal
from daw_bridge.errors import Problem, UserError, near
from daw_bridge.registry import ENGINES

KIND = "presets/render"

Text = Annotated[str, Field(min_length=1)]


class RenderFile(Schema):
    """A preset of a render job; `settings` are of the engine's own schema."""

    title: Text
    engine: Text
    remarks: tuple[Text, ...] = ()
    rate: int = Field(default=48_000, ge=8_000, le=192_000, title="samples a second")
    tail: float = Field(default=1.0, ge=0, le=60, title="seconds")
    settings: dict[str, Any] = Field(default={})


def load_render(name_or_path: str) -> RenderFile:
    """Read a render preset by its name or its path.

    Raises:
        UserError: there is none of that name, or what is wrong with the file, all at once by line.
    """
    return render_file_of(read(find(KIND, name_or_path)))


def preset_for(engine: str, voices: Collection[str]) -> str:
    """Return the preset of an engine that has instruments for the most of some voices, by name.

    Raises:
        UserError: the engine has none.
    """
    fit: dict[str, int] = {}
    for name in names(KIND):
        with contextlib.suppress(UserError):  # one that is not in order suits nobody
            file = load_render(name)
            if file.engine == engine:
                fit[name] = len(set(voices) & _played_by(file.settings))
    if not fit:
        raise UserError(f"a render preset of {engine}", "none", "add --preset")
    return max(fit, key=lambda name: fit[name])


def _played_by(settings: Mapping[str, Any]) -> set[str]:
    """Return the voices that settings name an instrument for, by name or as parts of a track."""
    tracks = settings.get("tracks", ())
    return {
        *settings.get("voices", ()),
        *(part for each in tracks for part in each.get("parts", ())),
    }


def render_file_of(document: Document) -> RenderFile:
    """Return what a document says, its engine's settings with all of their defaults.

    Raises:
        UserErrors: a line for everything that is wrong, as `file:line: key: ...`.
    """
    file, problems = compared(document, RenderFile)
    if file is None:
        raise refusal(document, problems)
    if file.engine not in ENGINES:
        what = f"expected an engine, found {file.engine!r}; {near(file.engine, ENGINES)}"
        raise refusal(document, [Problem(("engine",), what)])
    inside = Document(
        document.path,
        document.data.get("settings", {}),
        {place[1:]: line for place, line in document.lines.items() if place[:1] == ("settings",)},
    )
    settings, problems = compared(inside, ENGINES[file.engine].Settings)
    if settings is None or document.repeated:
        raise refusal(document, [each.under("settings") for each in problems])
    return file.model_copy(update={"settings": settings.model_dump(mode="json")})
