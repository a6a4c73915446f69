"""`daw-bridge mcp`: the commands of a jam and MIDI files, as tools of an assistant.

The assistant starts this and speaks with it over standard input and output; nothing listens.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daw_bridge.cli.types import FOLDER
from daw_bridge.errors import UserError, near
from daw_bridge.jam.prepared import Value

if TYPE_CHECKING:
    from mcp.server import MCPServer
    from pydantic import ValidationError

MOST_BARS, MOST_FILES = 256, 64
"""Of one request: some seconds of work."""


@click.command(epilog="Example: daw-bridge mcp ~/takes")
@click.argument("folder", type=FOLDER, default=Path())
def mcp(folder: Path) -> None:
    """Serve an assistant that drives a DAW, over standard input and output.

    Its files stay in FOLDER, the one you are in where none is given. It can tell running jams all
    that `daw-bridge ctl` can, and nothing else: no shell, and no path out of the folder.
    """
    if not folder.is_dir():
        raise UserError("a folder for its files", str(folder), "make it, or name another")
    server_of(folder).run("stdio")


def server_of(folder: Path) -> MCPServer:
    """Return the server of an assistant whose files stay in a folder.

    Raises:
        UserError: the extra is not installed.
    """
    try:
        from mcp.server import MCPServer  # noqa: PLC0415  an extra
        from mcp.server.mcpserver.exceptions import ToolError  # noqa: PLC0415
    except ImportError as error:
        do = "pip install 'daw-bridge[mcp]'"
        raise UserError("mcp, which assistants speak", "none installed", do) from error
    from pydantic import ValidationError  # noqa: PLC0415

    from daw_bridge.control import assistant  # noqa: PLC0415  pydantic

    tools: dict[str, Callable[..., Any]] = {}

    class Server(MCPServer):
        """Says in our words what is wrong with the arguments of a tool."""

        async def call_tool(self, name: str, arguments: dict[str, Any], context: Any = None) -> Any:
            if name in tools and (wrong := [*_misnamed(tools[name], arguments)]):
                raise ToolError(f"{name}: {'; '.join(wrong)}")
            try:
                return await super().call_tool(name, arguments, context)
            except ToolError as error:
                if isinstance(error.__cause__, ValidationError):
                    wrong = [*_mistyped(error.__cause__, arguments)]
                    raise ToolError(f"{name}: {'; '.join(wrong)}") from error
                raise

    server = Server(
        "DAW Bridge",
        instructions="Tell a running jam what to play: see the tool `names`. `generate` writes "
        "MIDI files from a model without one.",
    )

    def files() -> list[Any]:
        """List the files that are there, with their sizes."""
        return list(assistant.files(folder))

    def models() -> list[str]:
        """List the models that generate and play."""
        from daw_bridge.config.files import names  # noqa: PLC0415

        return names("models")

    def generate(
        model: str,
        into: str,
        bars: int = 8,
        count: int = 1,
        seed: int = 1,
        settings: dict[str, Value] | None = None,
    ) -> list[str]:
        """Write `count` MIDI files of `bars` bars from a model into a new folder `into`.

        `settings` are names and values of the tool `names`, such as temperature: 0.8.
        """
        return _generate(folder, model, into, (bars, count, seed), settings or {})

    for tool in (
        assistant.jams, assistant.names, assistant.tell, assistant.status, assistant.watch,
        files, models, generate,
    ):  # fmt: skip
        tools[tool.__name__] = tool
        server.add_tool(_telling(tool))
    return server


def _misnamed(tool: Callable[..., Any], arguments: Mapping[str, Any]) -> Iterator[str]:
    """Say which arguments a tool lacks, and which are none of its."""
    known = signature(tool).parameters
    for each in known.values():
        if each.default is each.empty and each.name not in arguments:
            yield f"expected {each.name}, found none: give it"
    for name in arguments:
        if name not in known:
            yield f"expected an argument of it, found {name[:40]!r}: {near(name[:40], known)}"


def _mistyped(error: ValidationError, arguments: Mapping[str, Any]) -> Iterator[str]:
    """Say which arguments of a tool are of another type than it takes."""
    from daw_bridge.config.validation import problems  # noqa: PLC0415  pydantic

    for name in dict.fromkeys(str(each.location[0]) for each in problems(error)):
        wrong = [each for each in problems(error) if each.location[0] == name]
        shown = json.dumps(arguments.get(name))[:40]
        several = f"{name}: expected a text, a number, true, false or names, found {shown}"
        yield f"{wrong[0] if len(wrong) == 1 else several}: say another"


def _telling(tool: Callable[..., Any]) -> Callable[..., Any]:
    """Let a user's error be what the assistant is told; it is told of no other."""
    from mcp.server.mcpserver.exceptions import ToolError  # noqa: PLC0415  an extra

    @wraps(tool)
    def called(*arguments: Any, **named: Any) -> Any:
        try:
            return tool(*arguments, **named)
        except UserError as error:
            raise ToolError(str(error)) from error

    return called


def _generate(
    folder: Path, model: str, into: str, numbers: tuple[int, int, int], settings: dict[str, Value]
) -> list[str]:
    """Write MIDI files; return their names in the folder.

    Raises:
        UserError: there is no such model or setting, or the place is taken or not in the folder.
    """
    from daw_bridge.config.changes import changed  # noqa: PLC0415
    from daw_bridge.config.jam import JamFile  # noqa: PLC0415
    from daw_bridge.control.assistant import inside  # noqa: PLC0415
    from daw_bridge.control.names import find  # noqa: PLC0415
    from daw_bridge.daemon.settings import ready  # noqa: PLC0415
    from daw_bridge.daemon.takes import write_takes  # noqa: PLC0415
    from daw_bridge.jam.events import nobody  # noqa: PLC0415

    bars, count, seed = numbers
    out = inside(folder, into)
    if out.exists():
        raise UserError("a new folder to write into", repr(into), "name another")
    if not (0 < bars <= MOST_BARS and 0 < count <= MOST_FILES):
        found = f"{bars} bars, {count} files"
        raise UserError(f"up to {MOST_BARS} bars and {MOST_FILES} files", found, "ask for fewer")
    said: dict[str, Value] = {"model": model, "seed": seed, **settings}
    named = [(find(name), value) for name, value in said.items()]
    for name, value in named:
        name.refuse_path(value)
    values = [(name.key, name.value(value)) for name, value in named]
    preset = changed(JamFile(model=model, bars=bars, ending=False), values[1:])
    paths = write_takes(ready(preset, {}), count, out, nobody)
    return [path.relative_to(folder.resolve()).as_posix() for path in paths]
