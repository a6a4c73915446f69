"""What is known of a bar before it is made."""

from __future__ import annotations

from dataclasses import dataclass

from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask for one bar.

    `number` counts the bars of the session before it: it always rises. `song_bar` is the bar of
    the DAW's song that it falls on, which jumps where the DAW does; None where no song is followed.
    `before` is what sounded last, None before the first bar. `heard` is what was played, or the
    primer's bar: to answer, or to accompany.
    """

    number: int = 0
    song_bar: int | None = None
    meter: Meter = Meter()
    before: Bar | None = None
    heard: Bar | None = None
