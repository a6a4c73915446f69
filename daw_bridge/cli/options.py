"""Options made from the fields of a schema."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args, get_origin

import click
from click.core import ParameterSource

from daw_bridge.cli.types import (
    NAMED,
    Named,
    NoteRange,
    Numbers,
    Parsed,
    Real,
    Setting,
    Type,
    Whole,
)
from daw_bridge.config.bounds import Bounds
from daw_bridge.errors import UserError
from daw_bridge.music.keys import Key
from daw_bridge.music.time import Meter

if TYPE_CHECKING:
    from daw_bridge.config.schema import Schema

Command = TypeVar("Command", bound=Callable[..., Any])

_VALUES: Mapping[Any, Type] = {
    Meter: Parsed("meter", Meter.parse),
    Key: Parsed("key", Key.parse),
    dict: Setting(),
    str: Named("text"),
}
"""How a value of each type is given."""


def options_of(
    schema: type[Schema], *, without: Collection[str] = (), defaults: bool = False
) -> Callable[[Command], Command]:
    """Add an option for every field of a schema that a command line can say.

    The bounds, the help and the choices are the field's, and so is, with `defaults`, the default;
    else an option that is not given is None, or empty where it may be repeated. The option of a
    field within a field is passed as `part__field`, which `given` takes apart.
    """

    def add(command: Command) -> Command:
        for option in reversed([*_options(schema, without, defaults=defaults)]):
            command = option(command)
        return command

    return add


def option_of(
    schema: type[Schema], name: str, *, default: Any = None, words: str = ""
) -> Callable[[Command], Command]:
    """Add the option of one field, with the field's default and help where no other is given."""
    field = schema.model_fields[name]
    return click.option(
        f"--{name.replace('_', '-')}",
        type=type_of(schema, name),
        default=field.default if default is None else default,
        show_default=True,
        help=words or field.description,
    )


def type_of(schema: type[Schema], name: str) -> Type:
    """Return what an option of one field takes."""
    from daw_bridge.config.fields import bare  # noqa: PLC0415  pydantic

    field = schema.model_fields[name]
    return _type(*bare(field.annotation, field.metadata), field.title)


def given(options: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what was given to this command, the options of a part of the schema in that part."""
    source_of = click.get_current_context().get_parameter_source
    out: dict[str, Any] = {}
    for name, value in options.items():
        if source_of(name) is not ParameterSource.DEFAULT:
            part, _, key = name.rpartition("__")
            (out.setdefault(part, {}) if part else out)[key] = value
    return out


def _options(
    schema: type[Schema], without: Collection[str], *, defaults: bool
) -> Iterator[Callable[[Command], Command]]:
    from daw_bridge.config.fields import described  # noqa: PLC0415  pydantic

    for each in described(schema):
        if each.key in without and not each.part:
            continue
        kind, flag, several = each.kind, each.name, _one_of_several(each.kind)
        yield click.option(
            f"--{flag}/--no-{flag}" if kind is bool else f"--{flag}",
            f"{each.part}__{each.key}" if each.part else each.key,
            type=None
            if kind is bool
            else _type(*(several or (kind, each.beside)), each.field.title),
            default=each.field.default if defaults and several is None else None,
            show_default=defaults,
            multiple=several is not None,
            help=each.field.description,
        )


def _type(kind: Any, metadata: Sequence[Any], title: str | None) -> Type:
    """Choose how a value of a type is given, within the bounds that stand beside it."""
    origin, inside = get_origin(kind), get_args(kind)
    from daw_bridge.config.fields import flag_of  # noqa: PLC0415  pydantic

    if named := flag_of(metadata).kind:
        return NAMED[named]
    if kind is float:
        return Real(title or "a number", Bounds.of(metadata))
    if kind is int:
        return Whole.within(Bounds.of(metadata), title or "a whole number")
    if origin is tuple:
        return Numbers() if inside[-1] is Ellipsis else NoteRange()
    return click.Choice(inside) if origin is Literal else _VALUES[origin or kind]


def _one_of_several(kind: Any) -> tuple[Any, Sequence[Any]] | None:
    """Return the type of what an option gives that may be repeated; None: it may not."""
    from daw_bridge.config.fields import bare  # noqa: PLC0415  pydantic

    if get_origin(kind) is dict:
        return kind, ()
    if get_origin(kind) is tuple and get_args(kind)[-1] is Ellipsis:
        one = bare(get_args(kind)[0])
        return one if one[0] is str else None
    return None


def without_extra(what: str) -> UserError:
    """Return the error that something is missing which only the extra `train` installs."""
    return UserError(what, "none installed", "pip install 'daw-bridge[train]'")
