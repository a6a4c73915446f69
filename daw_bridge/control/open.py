"""All ways into a jam, opened as it begins and closed as it ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial

from daw_bridge.config.jam import JamFile
from daw_bridge.config.learnt import LearntFile, save
from daw_bridge.control.desk import Desk
from daw_bridge.control.hands import Hands
from daw_bridge.control.learn import Learnt
from daw_bridge.control.places import open_door
from daw_bridge.control.server import Answer, Server
from daw_bridge.control.state import State
from daw_bridge.jam.commands import Inbox


@dataclass(frozen=True, slots=True)
class Ways:
    """How a jam can be told something: its name, and where it listens for OSC, or not.

    Not `exactly`: where another jam has the name, that with a number. `ableton` is the track of
    Live that kept bars are written into; None: Live is not spoken with.
    """

    name: str
    exactly: bool = False
    osc: tuple[str, int] | None = None
    ableton: str | None = None


@contextmanager
def controlled(ways: Ways, file: JamFile, inbox: Inbox) -> Iterator[Desk]:
    """Let a jam be told and asked while it plays; yield its desk, which is to watch it.

    Raises:
        UserError: the name is none, or taken, or there is no place for its socket; or no port.
    """
    with ExitStack() as stack:
        door = open_door(ways.name, exactly=ways.exactly)
        desk = Desk(inbox, State(door.name, file))
        hands = Hands(desk, Learnt(file.learn), partial(_save, file))
        answers: dict[str, Answer] = {
            "status": lambda _said: {"status": desk.state.status()},
            "bars": desk.state.bars,
            "learn": hands.answer_learn,
            "forget": hands.answer_forget,
            "learnt": hands.answer_learnt,
        }
        desk.listen(stack.enter_context(closing(Server(door, desk, answers))))
        desk.listen(hands)
        if ways.osc is not None:
            from daw_bridge.control.osc import Osc  # noqa: PLC0415  pythonosc: where it is asked for

            host, port = ways.osc
            osc = stack.enter_context(closing(Osc(desk, port, host)))
            desk.listen(osc)
            desk.state.note(osc=f"{host}:{osc.port}")
        if ways.ableton is not None:
            from daw_bridge.control.ableton import Ableton  # noqa: PLC0415  pythonosc

            desk.listen(stack.enter_context(closing(Ableton(desk, ways.ableton))))
        yield desk


def _save(file: JamFile, learnt: Iterable[LearntFile]) -> str:
    """Write what is learnt into the preset that was read; return its path."""
    if file.document is None:
        return "no preset, since there is none"
    return str(save(file.document.path, learnt))
