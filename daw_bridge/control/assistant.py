"""What an assistant can do with running jams: the names of the table, as plain functions.

Nothing here starts a program, and no path comes in: models and presets go by their names.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from daw_bridge.control.client import Client
from daw_bridge.control.names import find, table
from daw_bridge.control.places import running
from daw_bridge.errors import UserError
from daw_bridge.jam.prepared import Value

PATIENCE_S = 20.0
"""How long a command may take to act: some bars, and a model that is loaded."""

MOST_EVENTS = 200


def jams() -> list[str]:
    """List the jams that run."""
    return running()


def names() -> list[dict[str, str]]:
    """List what can be told to a jam: each name, the value that it takes, when it acts, and help.

    A `*` stands for a word, as in condition.style.
    """
    return [
        {"name": each.name, "value": each.form(), "acts": " or ".join(each.at), "help": each.help}
        for each in table().values()
    ]


def tell(name: str, value: Value = "", at: str = "", jam: str = "") -> dict[str, Any]:
    """Tell a jam a name and a value; return what came of it: changed, refused, or not yet.

    `at` is now or bar, where both are possible. `jam` says which, where several run.

    Raises:
        UserError: there is no such name, value or jam.
    """
    found = find(name)
    given = None if value == "" else value
    found.refuse_path(given)
    found.command(given, at or None)  # what is wrong with it is told without a jam as well
    with Client(jam or None) as there:
        event = there.tell(found.name, given, at or None, PATIENCE_S)
    if event is not None:
        return event
    return {"event": "said", "what": found.name, "why": "it is not in effect yet"}


def status(jam: str = "") -> dict[str, Any]:
    """Return how a jam is: its bar, tempo and meter, all settings, and what was refused last.

    Raises:
        UserError: there is no such jam.
    """
    with Client(jam or None) as there:
        told: dict[str, Any] = there.say({"ask": "status"})["status"]
    return told


def watch(count: int = 20, jam: str = "") -> list[dict[str, Any]]:
    """Return the next events of a jam, such as the bars that are placed with their notes.

    At most 200, and fewer where nothing happens for some time.

    Raises:
        UserError: there is no such jam.
    """
    found = list[dict[str, Any]]()
    with Client(jam or None) as there:
        there.say({"ask": "watch", "only": list(_TOLD)})
        for event in there.events(PATIENCE_S):
            found.append(event)
            if len(found) >= min(max(count, 1), MOST_EVENTS):
                break
    return found


_TOLD = ("placed", "changed", "refused", "tempo", "moved", "heardbar", "stopped")


def inside(folder: Path, name: str) -> Path:
    """Return the path of a name in a folder, which it does not leave: not by a link either.

    Raises:
        UserError: it would.
    """
    home = folder.resolve()
    try:
        path = (home / name).resolve()
    except (OSError, ValueError, RuntimeError):  # a zero in it, a circle of links
        path = home.parent
    if path == home or not path.is_relative_to(home):
        raise UserError("a name in the folder", repr(name)[:60], "no `..`, and no link out of it")
    return path


def files(folder: Path, most: int = 500) -> list[Mapping[str, Any]]:
    """List the files of a folder and of those in it, with their sizes in bytes; hidden ones not."""
    home = folder.resolve()
    found = list[Mapping[str, Any]]()
    for path in sorted(home.rglob("*")):
        relative = path.relative_to(home)
        hidden = any(part.startswith(".") for part in relative.parts)
        if not hidden and path.is_file() and path.resolve().is_relative_to(home):
            found.append({"name": relative.as_posix(), "bytes": path.stat().st_size})
            if len(found) == most:
                break
    return found
