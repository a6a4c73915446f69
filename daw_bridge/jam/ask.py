"""What is known of a bar before it is made."""

from __future__ import annotations

from dataclasses import dataclass

from daw_bridge.jam.listen import Found
from daw_bridge.music.form import Label
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter


@dataclass(frozen=True, slots=True)
class Ask:
    """What is known of the bar that is asked for.

    `number` counts the bars that were made for the session before it: it always rises, and only a
    bar that was late, or that is made again, is asked for twice. `song_bar` is the bar of the DAW's
    song that it falls on, which jumps where the DAW does; None where no song is followed. `before`
    is what came last; None where nothing did, and where the source made it, which knows. `heard`
    is what was played, or the primer's bar: to accompany, or, where the bar is the player's and not
    ours, only to hear (`hears`), as is one of `ours` that comes again. `found` is what was found
    in what was played last, which the bar `accompanies`, or not. `label` says what it is to be,
    where the form of the jam does not.
    """

    number: int = 0
    song_bar: int | None = None
    meter: Meter = Meter()
    before: Bar | None = None
    heard: Bar | None = None
    hears: bool = False
    ours: bool = False
    found: Found | None = None
    accompanies: bool = False
    label: Label | None = None
