"""Feeds and kits that do what a test says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from daw_bridge.jam.ask import Ask
from daw_bridge.music.drum_map import DrumMap, Pad
from daw_bridge.music.gm_drums import DRUMS
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Ticks


class ScriptedFeed:
    """Hand out the bars of a script; None is a late bar, an exception is raised."""

    failed = ""

    def __init__(self, script: Iterable[Bar | Exception | None]) -> None:
        self._script = list(script)
        self.wanted: list[Ask] = []
        self.taken: list[Ask] = []

    def want(self, ask: Ask) -> None:
        self.wanted.append(ask)

    def take(self, ask: Ask) -> Bar | None:
        self.taken.append(ask)
        item = self._script.pop(0)
        if isinstance(item, Exception):
            raise item
        return item

    def ahead(self) -> dict[int, Bar]:
        return {}

    def drop(self) -> None:
        raise AssertionError("nothing drops bars yet")

    def hear(self, number: int, bar: Bar) -> None:
        raise AssertionError(f"nobody else makes bars: {number}, {bar}")

    def hear_player(self, ask: Ask) -> None:
        raise AssertionError(f"nobody plays: {ask}")

    def close(self, timeout_s: float = 1.0) -> None:
        pass


def numbered(number: int) -> Bar:
    """Give a bar of one kick, as loud as its number."""
    return Bar.of([Note(Ticks(0), 36, Ticks(960), number)])


class CountingSource:
    """Make numbered bars, from 1; fail after `fail_after` of them."""

    def __init__(self, fail_after: int | None = None) -> None:
        self.made = 0
        self.heard: list[tuple[int, Bar | None]] = []
        self._fail_after = fail_after

    def bar(self, ask: Ask) -> Bar:
        if ask.number == self._fail_after:
            raise RuntimeError("out of bars")
        self.made += 1
        return numbered(ask.number + 1)

    def hear(self, number: int, bar: Bar | None) -> None:
        self.heard.append((number, bar))


def kit(pads: Mapping[str, int], nearest: Mapping[str, str] | None = None) -> DrumMap:
    """Build a map of a few pads, which drops all other drums."""
    nearest = nearest or {}
    return DrumMap(
        "kit",
        tuple(Pad(drum, note) for drum, note in pads.items()),
        nearest,
        frozenset(set(DRUMS) - set(pads) - set(nearest)),
    )
