"""A bar that is placed and may still become another one."""

from __future__ import annotations

from dataclasses import dataclass

from daw_bridge.jam.conductor import Conductor
from daw_bridge.jam.lately import Put
from daw_bridge.music.time import Ticks


@dataclass(frozen=True, slots=True)
class Again:
    """A bar that is placed, at a line, and may become another one.

    `back` is how many bars of the feed it is: 0 where that makes another one for the same place.
    One that is not `made` needs none of the feed, which is to give that of a `number` next.
    """

    line: Ticks
    back: int
    made: bool = True
    number: int = 0


def again_of(put: Put, conductor: Conductor | None, number: int, *, in_song: bool) -> Again | None:
    """Return how the bar that was placed last may become another one; None: it hangs on more.

    With a player the `conductor` knows what it took before it, and may have taken none; once it
    drafts the next one, that hangs on it. `number` is that of the next bar of a feed whose bars
    come one after another, where they are not places `in_song`.
    """
    if conductor is None:
        if in_song or put.late:
            return Again(put.line, 0)
        return Again(put.line, 1) if put.number == number - 1 else None
    before = conductor.before
    if put.late or before is None or conductor.drafts:
        return None
    if put.number is None:
        return Again(put.line, 0, made=False, number=before.number)
    return Again(put.line, 1) if put.number == before.waits_for else None
