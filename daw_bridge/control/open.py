"""All ways into a jam, opened as it begins and closed as it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from daw_bridge.config.jam import JamFile
from daw_bridge.control.desk import Desk
from daw_bridge.control.places import open_door
from daw_bridge.control.server import Server
from daw_bridge.control.state import State
from daw_bridge.jam.commands import Inbox


@contextmanager
def controlled(name: str, file: JamFile, inbox: Inbox, *, exactly: bool) -> Iterator[Desk]:
    """Let a jam be told and asked while it plays; yield its desk, which is to watch it.

    Its name is `name`, or, where another jam has that and not `exactly`, that with a number.

    Raises:
        UserError: the name is none, or taken, or there is no place for its socket.
    """
    door = open_door(name, exactly=exactly)
    desk = Desk(inbox, State(door.name, file))
    with closing(
        Server(door, desk, {"status": lambda _said: {"status": desk.state.status()}})
    ) as it:
        desk.listen(it)
        yield desk
