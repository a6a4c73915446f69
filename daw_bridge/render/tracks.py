"""Which track of a preset plays which notes of a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

from pydantic import Field

from daw_bridge.config.schema import Schema

Channel = Annotated[int, Field(ge=1, le=16)]
Key = Annotated[int, Field(ge=0, le=127)]
Name = Annotated[str, Field(min_length=1)]


class Track(Schema):
    """What every track of an engine says: its name, and whose notes it plays.

    These are the notes of its `parts`, as the card of a model calls its voices ("pulse 1"), and of
    its `channels`, 1..16; a track that says neither plays what no other one does. Tracks that say
    the same play it together: a layer. `keys` moves single notes, such as those of a drum, to
    others.
    """

    name: Name
    parts: tuple[Name, ...] = ()
    channels: tuple[Channel, ...] = ()
    keys: dict[Key, Key] = Field(default={})
    gain: Annotated[float, Field(ge=-60, le=12, title="decibels")] = 0.0

    @property
    def factor(self) -> float:
        """The gain as what samples are multiplied by."""
        return float(10 ** (self.gain / 20))


def channels_of(
    tracks: Sequence[Track], parts: Mapping[int, str], played: Iterable[int]
) -> list[frozenset[int]]:
    """Return for each track the channels 0..15 that it plays, of those that are `played`.

    `parts` are those of a job: where it names the part of a channel, and a track asks for that
    part, the channel's number is of no importance.
    """
    named = {part for track in tracks for part in track.parts}
    taken: list[set[int]] = [set() for _ in tracks]
    for channel in played:
        part = parts.get(channel)
        for i, track in enumerate(tracks):
            wanted = part in track.parts if part in named else channel + 1 in track.channels
            if wanted:
                taken[i].add(channel)
    left = frozenset(played).difference(*taken)
    return [
        left if not (track.parts or track.channels) else frozenset(each)
        for track, each in zip(tracks, taken, strict=True)
    ]
