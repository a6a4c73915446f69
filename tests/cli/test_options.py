"""Options made from the fields of a schema: names, types, bounds, help and choices stand once."""

from typing import Annotated, Literal

import click
import pytest
from click.testing import CliRunner
from pydantic import Field

from daw_bridge.cli.options import given, options_of
from daw_bridge.config.jam import LIVE, JamFile
from daw_bridge.config.schema import Flag, Schema
from daw_bridge.config.training import LoopFile
from daw_bridge.registry import BACKENDS, COMMANDS


class Oven(Schema):
    door: Annotated[bool, Flag("open-door")] = Field(default=False, description="Open it (not).")
    shelf: int | None = Field(default=None, ge=1, description="From below.")


class Pie(Schema):
    heat: float = Field(default=1.0, title="a heat", gt=0, le=9, description="How hot.")
    slices: int = Field(default=4, ge=2, le=8, description="How many.")
    crust: Literal["thin", "thick"] = Field(default="thin", description="Of which kind.")
    fruit: tuple[Annotated[str, Flag(kind="drum")], ...] = Field(default=(), description="One.")
    oven: Oven = Oven()
    secret: str = ""


def bake(*arguments: str) -> dict[str, object]:
    """Give what options of a pie say, or the error."""
    found: dict[str, object] = {}

    @click.command()
    @options_of(Pie, without={"crust"} if "--thin" in arguments else ())
    def command(**options: object) -> None:
        found.update(given(options))

    done = CliRunner().invoke(command, arguments)
    return found if done.exit_code == 0 and found else {"said": done.output}


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ("--heat 2.5 --slices 3", {"heat": 2.5, "slices": 3}),
        ("--crust thick", {"crust": "thick"}),
        ("--fruit apple --fruit pear", {"fruit": ("apple", "pear")}),
        ("--shelf 1 --open-door", {"oven": {"shelf": 1, "door": True}}),
        ("--no-open-door", {"oven": {"door": False}}),
    ],
)
def test_what_is_given_has_the_form_of_the_schema(arguments, options):
    assert bake(*arguments.split()) == options
    Pie.model_validate({**options, "oven": options.get("oven", {})})


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--heat 0", "expected a heat above 0 and up to 9, found '0'"),
        ("--slices 9", "expected a whole number, 2 to 8, found '9'"),
        ("--shelf 0", "expected a whole number, 1 or more, found '0'"),
        ("--shelf 9" + 18 * "9" + "9", "expected a whole number, 1 to 1000000000000000000, found"),
        ("--crust soft", "'soft' is not one of 'thin', 'thick'"),
        ("--crust thin --thin", "--crust"),
        ("--secret x", "No such option"),
    ],
)
def test_what_is_outside_the_bounds_of_a_field_is_refused(arguments, words):
    assert words in bake(*arguments.split())["said"]


def test_the_help_says_what_the_fields_say():
    said = " ".join(bake("--help")["said"].split())
    for text in ("--heat NUMBER How hot.", "--crust [thin|thick] Of which kind.",
                 "--fruit DRUM One.", "--open-door / --no-open-door Open it (not)."):  # fmt: skip
        assert text in said
    assert "secret" not in said


def test_the_defaults_of_a_schema_are_those_of_a_command_that_has_no_preset():
    ours = {each.name: each.default for each in COMMANDS["generate"].params}
    fields = {name: field for name, field in JamFile.model_fields.items() if name in ours}
    assert ours.pop("bars") == 8  # there must be an end
    for name in fields.keys() & ours.keys() - {"conditions", "model"}:
        assert ours[name] == fields[name].default, name


def options(name: str) -> set[str]:
    return {each.name or "" for each in COMMANDS[name].params}


def test_every_setting_of_a_jam_that_has_a_description_is_an_option():
    fields = {name for name, field in JamFile.model_fields.items() if field.description}
    assert fields <= options("jam")
    assert fields - {"model", "backend", *LIVE} <= options("generate")
    loop = {f"loop__{name}" for name, field in LoopFile.model_fields.items() if field.description}
    assert len(loop) > 12
    assert loop <= options("train")


def test_every_backend_of_the_registry_is_a_choice():
    choices = next(each for each in COMMANDS["jam"].params if each.name == "backend").type.choices
    assert tuple(choices) == ("auto", *BACKENDS)
