"""Feeds and kits that do what a test says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from daw_bridge.music.drums import DRUMS, DrumMap, Pad
from daw_bridge.music.notes import Bar


class ScriptedFeed:
    """Hand out the bars of a script; None is a late bar, an exception is raised."""

    def __init__(self, script: Iterable[Bar | Exception | None]) -> None:
        self._script = list(script)

    def ready(self) -> bool:
        return bool(self._script)

    def take(self) -> Bar | None:
        item = self._script.pop(0)
        if isinstance(item, Exception):
            raise item
        return item


def kit(pads: Mapping[str, int], nearest: Mapping[str, str] | None = None) -> DrumMap:
    """Build a map of a few pads, which drops all other drums."""
    nearest = nearest or {}
    return DrumMap(
        "kit",
        tuple(Pad(drum, note) for drum, note in pads.items()),
        nearest,
        frozenset(set(DRUMS) - set(pads) - set(nearest)),
    )
