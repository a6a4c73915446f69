"""A jam for `faults.py`: `daw-bridge` as its user runs it, which also obeys lines that come in.

    python benchmarks/faults_jam.py jam groove ...

On standard input, `tempo QPM`, `map NAME` and `panic` are commands to the session; with `hang` the
next bar is never made, with `raise` its policy fails.
"""

from __future__ import annotations

import sys
import threading

from daw_bridge.cli.main import main
from daw_bridge.config.drum_map import load_drum_map
from daw_bridge.daemon.part import Part
from daw_bridge.jam import commands
from daw_bridge.jam.ask import Ask
from daw_bridge.jam.bars import BarSource
from daw_bridge.jam.commands import Command, Inbox, Panic, SetDrumMap, SetTempo
from daw_bridge.jam.relief import NOTHING, SoFar
from daw_bridge.music.notes import Bar

TROUBLE: list[str] = []
"""What the next bar is to meet with."""


class Troubled:
    """A source that hangs or fails when it is told to."""

    def __init__(self, source: BarSource) -> None:
        self._source = source

    def bar(self, ask: Ask) -> Bar:
        """Make a bar, unless there is trouble."""
        if TROUBLE:
            if TROUBLE.pop() == "hang":
                threading.Event().wait()
            raise RuntimeError("a fault was asked for")
        return self._source.bar(ask)

    def hear(self, number: int, bar: Bar | None) -> None:
        """Learn that the bar of a number was another one."""
        self._source.hear(number, bar)


def command_of(line: str) -> Command | None:
    """Return what a line asks of the session; None where it asks for trouble."""
    match line.split():
        case ["tempo", tempo_qpm]:
            return SetTempo(float(tempo_qpm))
        case ["map", name]:
            return SetDrumMap(load_drum_map(name))
        case ["panic"]:
            return Panic()
        case [trouble]:
            TROUBLE.append(trouble)
    return None


def obey(inbox: Inbox) -> None:
    """Pass on lines of standard input until it ends, which ends nothing."""
    for line in sys.stdin:
        if (command := command_of(line)) is not None:
            inbox.put(command)


def troubled(part: Part, so_far: SoFar = NOTHING) -> BarSource:
    """Load the model, as the jam does."""
    return Troubled(load(part, so_far))


if __name__ == "__main__":
    inbox = Inbox()
    commands.Inbox = lambda: inbox
    load, Part.__call__ = Part.__call__, troubled
    threading.Thread(target=obey, args=(inbox,), daemon=True).start()
    main()
