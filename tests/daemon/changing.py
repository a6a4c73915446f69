"""A jam that is told something while it plays, in virtual time, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from daw_bridge.config.jam import JamFile
from daw_bridge.daemon import opening
from daw_bridge.daemon.part import Part
from daw_bridge.daemon.settings import Ready, jam_of, ready
from daw_bridge.jam.commands import (
    Command,
    Inbox,
)
from daw_bridge.jam.events import (
    Event,
    Placed,
    Sounded,
)
from daw_bridge.midi.sounding import SoundingNotes
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Ticks

BARS = 8


BAR = 1920


Played = list[Event]


def jam(folder: Path, **values: Any) -> Ready:
    drum_map = values.pop("drum_map", None)
    values = {"bars": BARS, "bpm": 200.0, "seed": 3, "backend": "offline", **values}
    return ready(JamFile(model=str(folder / "tiny"), **values), {}, drum_map=drum_map)


def play(
    jam: Ready,
    commands: Mapping[int, Sequence[Command]] | None = None,
    *watchers: Callable[[Event], None],
    placed: Mapping[int, Sequence[Command]] | None = None,
) -> Played:
    """Play a jam in virtual time; commands are given by the number of a bar.

    Those that are given when it is `placed` may act on its line, the others act on the next one.
    """
    told: Played = []
    inbox, part = Inbox(), Part(jam)
    at_line: dict[Ticks, list[Command]] = {}
    at_once = {**(placed or {})}

    def watch(event: Event) -> None:
        told.append(event)
        if isinstance(event, Sounded | Placed):
            for line in [line for line in at_line if line <= event.tick]:
                for command in at_line.pop(line):
                    inbox.put(command)
        if isinstance(event, Placed):
            at_line[event.tick] = [*(commands or {}).get(event.number, ())]
            for command in at_once.pop(event.number, ()):
                inbox.put(command)

    all_of_them = [*watchers, watch]
    opening.jam(jam_of(jam), part, again=part, watchers=all_of_them, inbox=inbox, part=part)
    return told


def bars_of(told: Played) -> list[Bar]:
    """Return the bars as they were placed last."""
    placed = {each.number: each for each in told if isinstance(each, Placed)}
    assert not any(each.late for each in placed.values())
    assert [*placed] == list(range(len(placed)))
    return [each.bar for each in placed.values()]


def of_kind(told: Played, kind: type) -> list[Event]:
    return [each for each in told if isinstance(each, kind)]


def left_sounding(told: Played) -> int:
    sounding = SoundingNotes()
    for each in told:
        if isinstance(each, Sounded):
            sounding.sent(each.port, each.data)
    return len(sounding)


def struck(told: Played) -> list[tuple[int, int]]:
    return [
        (each.tick, each.data[1])
        for each in told
        if isinstance(each, Sounded) and each.data[0] >> 4 == 9
    ]
