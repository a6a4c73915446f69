"""Who is followed: the one that a user names, or the first that rolls."""

from __future__ import annotations

import math
from dataclasses import replace
from enum import StrEnum

from daw_bridge.jam.commands import Heard, Located
from daw_bridge.jam.events import Followed
from daw_bridge.jam.follow import ClockFollower, SppUnit
from daw_bridge.music.position import Position
from daw_bridge.music.time import HIGHEST_QPM, LOWEST_QPM, Seconds


class Sync(StrEnum):
    """Whose time a jam keeps."""

    AUTO = "auto"
    INTERNAL = "internal"
    MIDI_CLOCK = "midi-clock"
    LINK = "link"
    JACK = "jack"


TEMPO_OF_ITS_OWN = (Sync.MIDI_CLOCK, Sync.LINK)
"""Who has a tempo to keep though nothing rolls."""


class Masters:
    """The masters that there are, and the one among them that is followed.

    Where anyone may be, it is the first that rolls, and another one only where that starts while
    the first stands: of two at once, one is obeyed and the other is not.
    """

    def __init__(self, sync: Sync) -> None:
        self.followed: Sync | None = None if sync in (Sync.AUTO, Sync.INTERNAL) else sync
        self._anyone = sync is Sync.AUTO
        self._rolls: dict[Sync, bool] = {}

    def follows(self, master: Sync, position: Position) -> bool:
        """Take where a master is; tell whether that is where we are to be."""
        started = position.rolling and not self._rolls.get(master, False)
        self._rolls[master] = position.rolling
        if self._anyone and started and not (self.followed and self._rolls[self.followed]):
            self.followed = master
        return master is self.followed

    @property
    def others(self) -> tuple[Sync, ...]:
        """Those that roll and are not followed."""
        return tuple(each for each, rolls in self._rolls.items() if rolls and each != self.followed)


class Following:
    """What comes from masters, and where the one that is followed is.

    `tempo_qpm` is what a MIDI clock is taken to have before two of its clocks have come. `tempo` is
    that of one that stands, while nobody is followed; None where there is none.
    """

    def __init__(self, sync: Sync, tempo_qpm: float, spp_unit: SppUnit = SppUnit.AUTO) -> None:
        self.tempo: float | None = None
        self._masters = Masters(sync)
        self._clock = ClockFollower(tempo_qpm, spp_unit)

    @property
    def master(self) -> Sync | None:
        """Who is followed."""
        return self._masters.followed

    @property
    def deadline_s(self) -> Seconds:
        """When `pass_time` has something to do though nothing came."""
        return self._clock.deadline_s

    def state(self) -> Followed:
        """Return who is followed, and what is to be said of it."""
        clock = self.master is Sync.MIDI_CLOCK
        return Followed(
            self.master,
            self._masters.others,
            self._clock.unit.value if clock else "",
            self._trouble() if clock else "",
        )

    def _trouble(self) -> str:
        """Return what is wrong with the clock; "" where nothing is."""
        if self._clock.failed:
            return "its clock has failed and was taken to stop"
        return "its clock is uneven, or two send one at once" if self._clock.uneven else ""

    def take(self, thing: Heard | Located) -> Position | None:
        """Take what came; return where we are to be now, if that says it."""
        if isinstance(thing, Heard):
            return self._from(Sync.MIDI_CLOCK, self._clock.take(thing.time_s, thing.data))
        if not math.isfinite(thing.position.tempo_qpm):
            return None
        tempo_qpm = min(max(thing.position.tempo_qpm, LOWEST_QPM), HIGHEST_QPM)
        return self._from(Sync(thing.source), replace(thing.position, tempo_qpm=tempo_qpm))

    def pass_time(self, now_s: Seconds) -> Position | None:
        """Learn that time has passed; return where we are to be, where a clock has failed."""
        return self._from(Sync.MIDI_CLOCK, self._clock.take(now_s))

    def _from(self, master: Sync, position: Position | None) -> Position | None:
        if position is None:
            return None
        follows = self._masters.follows(master, position)
        alone = self.master is None and master in TEMPO_OF_ITS_OWN
        self.tempo = position.tempo_qpm if alone else None
        return position if follows else None
