"""`daw-bridge ctl`: tell a running jam something, ask it, watch it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from daw_bridge.cli.types import PATH, Whole
from daw_bridge.errors import UserError, UserErrors
from daw_bridge.files import whole

if TYPE_CHECKING:
    from daw_bridge.control.client import Client
    from daw_bridge.control.names import Name

PATIENCE_S = 30.0
"""How long `ctl` waits for a command to take effect: a bar, and a model that is loaded."""

Command = TypeVar("Command", bound=Callable[..., Any])

WHICH = "Which jam, where several run: see `daw-bridge ctl list`."


def _named_before() -> str | None:
    """Return the jam that was named before the command: `ctl --name drums undo`."""
    group = click.get_current_context().parent
    return None if group is None else group.params.get("name")


_of_daemon = click.option("--name", metavar="DAEMON", default=_named_before, help=WHICH)


class _Names(click.Group):
    """The commands of the table beside those that ask."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take no arguments at all as a wish for help."""
        return super().parse_args(ctx, args or ["--help"])

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List all names, in the order of the table, and then those that ask."""
        del ctx
        from daw_bridge.control.names import table  # noqa: PLC0415  pydantic

        return [*table(), *self.commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return what asks, or what says a name of the table."""
        from daw_bridge.control.names import find, table  # noqa: PLC0415  pydantic

        if (own := super().get_command(ctx, cmd_name)) is not None:
            return own
        try:
            return _teller(table()[cmd_name] if cmd_name in table() else find(cmd_name))
        except UserError as error:
            raise click.UsageError(str(error), ctx) from error


@click.group(
    cls=_Names,
    epilog="Examples: daw-bridge ctl temperature 0.8\n\ndaw-bridge ctl tempo 96 --at bar\n\n"
    "daw-bridge ctl status --json",
)
@click.option("--name", metavar="DAEMON", help=f"{WHICH} It may come after the command as well.")
def ctl(name: str | None) -> None:
    """Tell a running jam something while it plays; most of it acts on the next bar line.

    A `*` stands for a word: condition.style, voice.0.channel.
    """
    del name  # the command finds it


def _teller(name: Name) -> click.Command:
    """Return the command that says a name and its value."""
    params: list[click.Parameter] = [
        click.Option(
            ["--at"],
            type=click.Choice(name.at),
            default=name.at[0],
            show_default=True,
            help="When it acts: now, or on the next bar line.",
        ),
        click.Option(["--wait/--no-wait"], default=True, help="Whether to wait until it acts."),
        click.Option(["--name"], metavar="DAEMON", default=_named_before, help=WHICH),
    ]
    if name.setting is not None:
        params.insert(0, click.Argument(["value"], nargs=-1, required=True))

    def tell(at: str, *, wait: bool, value: tuple[str, ...] = (), **options: Any) -> int:
        return _tell(name, " ".join(value) if value else None, at, options["name"], wait=wait)

    return click.Command(
        name.name,
        context_settings={"ignore_unknown_options": True},  # of a value such as -1
        params=params,
        callback=tell,
        help=name.words(),
        short_help=name.words(),
    )


def _tell(name: Name, value: str | None, at: str, daemon: str | None, *, wait: bool) -> int:
    """Say a name and its value; wait until it has acted or is refused."""
    from daw_bridge.control.client import Client  # noqa: PLC0415

    is_path = value is not None and (Path(value).name != value or Path(value).suffix != "")
    if is_path and name.setting is not None and name.setting.is_file:
        value = str(Path(str(value)).absolute())  # the jam may run in another folder
    name.command(value, at)  # what is wrong with it is told without a jam as well
    with Client(daemon) as jam:
        if not wait:
            jam.say({"do": name.name, "value": value, "at": at})
            return 0
        event = jam.tell(name.name, value, at, PATIENCE_S)
    if event is None:
        click.echo(f"{name.name}: said, and not in effect yet", err=True)
    elif event["event"] == "refused":
        found = f"a refusal ({event['why']})"
        raise UserError(f"{name.name} to be obeyed", found, "what plays goes on")
    elif event["event"] == "stopped" and name.name != "stop":
        return _ended(str(event["why"]))
    return 0


def _ended(why: str) -> int:
    click.echo(f"the jam has ended: {why}", err=True)
    return 0


@ctl.command("list")
def names() -> None:
    """List the jams that run, and all names with what they take."""
    from daw_bridge.control.names import table  # noqa: PLC0415  pydantic
    from daw_bridge.control.places import running  # noqa: PLC0415

    click.echo(f"running: {', '.join(running()) or 'none'}")
    for each in table().values():
        click.echo(f"{each.name:18} {each.form() or '-':44} {'|'.join(each.at)}")


@ctl.command()
@click.option("--json", "as_json", is_flag=True, help="All of it, for programs.")
@_of_daemon
def status(name: str | None, *, as_json: bool) -> None:
    """Tell how a jam is: its bar, its tempo, its settings."""
    from daw_bridge.control.client import Client  # noqa: PLC0415

    with Client(name) as jam:
        told: Mapping[str, Any] = jam.say({"ask": "status"})["status"]
    if as_json:
        click.echo(json.dumps(told, indent=1))
        return
    rows = [(key, value) for key, value in told.items() if key != "settings" and value is not None]
    for key, value in rows:
        _show(key, value)
    click.echo("settings")
    for key, value in told["settings"].items():
        _show(f"  {key}", value)


def _show(key: str, value: Any) -> None:
    """Print a line for a value, or one for each that it is made of."""
    if isinstance(value, Mapping):
        for name, inside in value.items():
            _show(f"{key} {name}", inside)
    else:
        click.echo(f"{key:24} {_in_words(value)}".rstrip())


def _in_words(value: Any) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.6g}"
        case list():
            return ", ".join(map(_in_words, value)) or "-"
    return str(value)


@ctl.command()
@click.option("--count", type=Whole(1, 32), default=4, show_default=True, help="How many.")
@click.option("--next", "of_next", is_flag=True, help="Those that are made, and come next.")
@click.option(
    "--into",
    type=PATH,
    help="Keep them in a file instead, until the jam ends or somebody takes the file away.",
)
@_of_daemon
def bars(name: str | None, count: int, into: Path | None, *, of_next: bool) -> None:
    """Print the last bars that were placed: a line for each, and one for each of its notes.

    `bar NUMBER LENGTH`, and `note START DURATION PITCH VELOCITY VOICE`, in ticks of 480 a quarter.
    """
    from daw_bridge.cli.batch import refuse_to_overwrite  # noqa: PLC0415  pydantic
    from daw_bridge.control.client import Client  # noqa: PLC0415

    with Client(name) as jam:
        if into is None:
            click.echo(_bars(jam, count, of_next=of_next), nl=False)
            return
        refuse_to_overwrite([into], force=False)
        jam.say({"ask": "watch", "only": ["placed", "ahead"]})
        ours = None
        for _ in chain([None], jam.events()):
            if ours is not None and not (into.exists() and into.stat().st_ino == ours):
                return  # who wanted it has gone, or another has begun to write it
            with whole(into) as file:
                file.write_text(_bars(jam, count, of_next=of_next))
            ours = into.stat().st_ino


def _bars(jam: Client, count: int, *, of_next: bool) -> str:
    lines = []
    for bar in jam.say({"ask": "bars", "count": count, "next": of_next})["bars"]:
        lines.append(f"bar {bar['number']} {bar['length']}\n")
        lines += (f"note {' '.join(map(str, note))}\n" for note in bar["notes"])
    return "".join(lines)


@ctl.command()
@click.option("--only", multiple=True, metavar="EVENT", help="Such as placed; may be repeated.")
@_of_daemon
def watch(name: str | None, only: tuple[str, ...]) -> None:
    """Print what happens, a line of JSON for each event, until the jam ends."""
    from daw_bridge.control.client import Client  # noqa: PLC0415

    with Client(name) as jam:
        jam.say({"ask": "watch", "only": list(only)})
        for event in jam.events():
            click.echo(json.dumps(event))
            sys.stdout.flush()


@ctl.command()
@click.argument("setting", metavar="NAME")
@click.argument("value", nargs=-1)
@_of_daemon
def learn(setting: str, value: tuple[str, ...], name: str | None) -> int:
    """Have the next knob, pad or pedal that is moved set NAME; with VALUE: to that.

    Move it after that, at the port `in` of the jam. A knob takes over where the setting is.
    """
    from daw_bridge.control.client import Client  # noqa: PLC0415

    with Client(name) as jam:
        jam.say({"ask": "watch", "only": ["changed", "refused", "stopped"]})
        given = " ".join(value) if value else None
        key = jam.say({"ask": "learn", "name": setting, "value": given})["ok"]
        click.echo("move a knob, press a pad or a pedal; Ctrl-C ends the wait", err=True)
        for event in jam.events():
            if event["event"] == "refused" and event["what"] == "learn":
                raise UserErrors([str(event["why"])])
            if event.get("what") == key:
                click.echo(f"{event['value']} sets {key.removeprefix('learn.')}")
                return 0
    return _ended("it was stopped")


@ctl.command()
@click.argument("setting", metavar="NAME")
@_of_daemon
def forget(setting: str, name: str | None) -> None:
    """Let no knob, pad or pedal set NAME any more."""
    from daw_bridge.control.client import Client  # noqa: PLC0415

    with Client(name) as jam:
        jam.say({"ask": "forget", "name": setting})


@ctl.command()
@_of_daemon
def learnt(name: str | None) -> None:
    """List the knobs, pads and pedals that set something, and what."""
    from daw_bridge.control.client import Client  # noqa: PLC0415

    with Client(name) as jam:
        for control, sets in jam.say({"ask": "learnt"})["learnt"].items():
            click.echo(f"{control}: {sets}")


class _Addresses(click.Command):
    """A command whose help lists the addresses of OSC."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List every address, and what is sent back."""
        from daw_bridge.control.osc import ANSWERS, addresses  # noqa: PLC0415  pythonosc

        del ctx
        with formatter.section("Addresses"):
            formatter.write_dl(list(addresses()))
        with formatter.section("Sent to those who /watch, beside the addresses of what changes"):
            formatter.write_dl(list(ANSWERS.items()))


@ctl.command(cls=_Addresses)
@_of_daemon
def osc(name: str | None) -> None:
    """Tell where a jam listens for OSC: start it with --osc PORT.

    An address is a name of `ctl`, with its value; `now` or `bar` may come after the value where
    both are possible. Everything is sent back to those who say /watch.
    """
    from daw_bridge.control.client import Client  # noqa: PLC0415

    with Client(name) as jam:
        where = jam.say({"ask": "status"})["status"].get("osc")
    click.echo(where or "nowhere: start the jam with --osc 9140")
