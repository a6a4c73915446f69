"""Whose turn a bar is: the modes of a jam with a player, each a small value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from daw_bridge.music.form import FARTHEST, UNKNOWN, Kind, Label

LONGEST_PHRASE = 16
"""A phrase that does not end by itself is over after so many bars."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What happens in a bar: the jam `plays`, and what is played to it is heard, or not.

    `answers` counts the bars of the call that it is to be like, 0 for none, and `around` says which
    of the bars that were heard, counted back from the last, may go on sounding with it. `again` is
    how many bars before it one lies that is played once more as it was, and `label` what a bar that
    is made is to be; where it is None, the form of the jam says it. `counts_in`: it is before all.
    """

    plays: bool = True
    hears: bool = False
    answers: int = 0
    around: int = 0
    again: int = 0
    label: Label | None = None
    counts_in: bool = False


PLAY = Turn()
HEAR = Turn(plays=False, hears=True)
BOTH = Turn(hears=True, around=1)
COUNT_IN = Turn(plays=False, counts_in=True)
SILENT = Turn(plays=False)


@dataclass(frozen=True, slots=True)
class Past:
    """What a mode knows at a bar line: how the turns went.

    `bars` counts all of this mode, `in_turn` those since the player and the jam last changed over,
    and `plays` says whose they were. `call` counts the bars of the last call, from the first in
    which something was played. `quiet`: nothing sounds any more. `kept`: the loop was. `there` are
    the bars that may come again, wherever a DAW went in between.
    """

    bars: int = 0
    in_turn: int = 0
    plays: bool = False
    call: int = 0
    quiet: bool = True
    kept: bool = False
    there: int = 0

    def after(self, turn: Turn, *, played: bool = False, quiet: bool = True) -> Past:
        """Return what is known a bar later; `played`: something was, in that bar."""
        changed = turn.plays != self.plays
        in_turn = 0 if turn.counts_in else 1 if changed else self.in_turn + 1
        call = self.call
        if turn.hears and not turn.plays:
            call = int(played) if changed or not call else call + 1
        return replace(
            self,
            bars=self.bars + 1,
            in_turn=in_turn,
            plays=turn.plays,
            call=call,
            quiet=quiet,
            there=self.there + 1,
        )


class Mode(Protocol):
    """Whose turn each bar is: frozen and pure."""

    def turn(self, past: Past) -> Turn:
        """Return the turn of the bar that begins now."""


@dataclass(frozen=True, slots=True)
class Solo:
    """The jam plays; it `hears` the player only where it is to be told of him."""

    hears: bool = False

    def turn(self, past: Past) -> Turn:
        """Play."""
        del past
        return Turn(hears=self.hears)


@dataclass(frozen=True, slots=True)
class Continue:
    """The jam hears so many bars, from the first in which something is played, and then plays on.

    `bars` None: until the player falls silent. What he played is played `again` first, or not.
    """

    bars: int | None = None
    count_in: int = 0
    again: bool = False

    def turn(self, past: Past) -> Turn:
        """Hear until there is enough, then play for ever."""
        if past.plays:
            return _answer(past.call, past.in_turn, again=self.again, goes_on=True)
        if past.bars < self.count_in:
            return COUNT_IN
        over = _falls_silent(past) if self.bars is None else past.call >= self.bars
        return _answer(past.call, 0, again=self.again, goes_on=True) if over else HEAR


@dataclass(frozen=True, slots=True)
class CallResponse:
    """The player plays so many bars, and the jam answers with as many, and again.

    `bars` None: a call is over when the player falls silent, and the answer is as long. Where
    nothing was played, nothing is answered. The call is played `again` before its answer, or not.
    """

    bars: int | None = 2
    count_in: int = 1
    again: bool = False

    def turn(self, past: Past) -> Turn:
        """Hear the call to its end, then answer it."""
        if past.bars < self.count_in:
            return COUNT_IN
        call = past.call if self.bars is None else self.bars
        if past.plays:
            over = past.in_turn >= call * (1 + self.again)
            return HEAR if over else _answer(call, past.in_turn, again=self.again)
        if self.bars is None:
            over = _falls_silent(past)
        else:
            over = past.call > 0 and past.in_turn % self.bars == 0
        return _answer(call, 0, again=self.again) if over else HEAR


@dataclass(frozen=True, slots=True)
class Accompany:
    """The jam plays all the time, and hears what is played to it."""

    def turn(self, past: Past) -> Turn:
        """Play and hear."""
        del past
        return BOTH


@dataclass(frozen=True, slots=True)
class Loop:
    """The jam plays loops of so many bars, new ones until one is kept: that stays.

    One that is kept before it is whole is made whole first. Where it is to `vary`, the one that was
    kept comes back in variations. It `hears` the player only where it is to be told of him.
    """

    bars: int = 4
    vary: bool = False
    hears: bool = False

    def turn(self, past: Past) -> Turn:
        """Play a new bar, or that of the loop that was kept."""
        if not past.kept or past.there < self.bars:
            return Turn(hears=self.hears)
        if not self.vary or self.bars > FARTHEST:
            return Turn(hears=self.hears, again=self.bars)
        return Turn(hears=self.hears, label=Label(Kind.VARIED, self.bars))


@dataclass(frozen=True, slots=True)
class Follow:
    """What is played is harmonised as it is played: there are no bars of the jam's own."""

    def turn(self, past: Past) -> Turn:
        """Be silent."""
        del past
        return SILENT


class Name(StrEnum):
    """What modes are called."""

    SOLO = "solo"
    CONTINUE = "continue"
    CALL_RESPONSE = "call-response"
    ACCOMPANY = "accompany"
    FOLLOW = "follow"
    TRADE = "trade"
    LOOP = "loop"
    VARY = "vary"


CALLING = (Name.CONTINUE, Name.CALL_RESPONSE)
"""Those that are counted in, and in which a player plays alone: the count-in and the calls."""

HEARING = (Name.CONTINUE, Name.CALL_RESPONSE, Name.ACCOMPANY, Name.FOLLOW)
"""Those in which what a player plays is heard."""

PHRASE = 2
"""The bars of a turn, where they are not told."""


class Clicks(StrEnum):
    """When a metronome clicks."""

    OFF = "off"
    COUNT_IN = "count-in"
    CALL = "call"
    ALWAYS = "always"

    def sound_in(self, turn: Turn) -> bool:
        """Whether it clicks in a bar."""
        return (
            self is Clicks.ALWAYS
            or (self is not Clicks.OFF and turn.counts_in)
            or (self is Clicks.CALL and turn.hears and not turn.plays)
        )


@dataclass(frozen=True, slots=True)
class Interplay:
    """How a jam and a player take turns: what makes a mode.

    `bars` are those of a turn, None for as long as the player plays. `again`: what he played is in
    what comes out. `told`: something follows him, so that he is heard in any mode.
    """

    mode: Name = Name.SOLO
    bars: int | None = PHRASE
    count_in: int = 1
    again: bool = False
    told: bool = False
    clicks: Clicks = Clicks.COUNT_IN

    @property
    def with_a_player(self) -> bool:
        """Whether a bar may be other than the jam's own, or hang on what is heard."""
        return self.hears or self.mode in (Name.LOOP, Name.VARY)

    @property
    def hears(self) -> bool:
        """Whether a player is heard."""
        return self.told or self.mode in HEARING

    @property
    def may_click(self) -> bool:
        """Whether a port for clicks is wanted."""
        return self.clicks is Clicks.ALWAYS or (self.clicks is not Clicks.OFF and self.hears)

    def made(self) -> Mode:
        """Return the mode."""
        match self.mode:
            case Name.CONTINUE:
                return Continue(self.bars, self.count_in, self.again)
            case Name.CALL_RESPONSE:
                return CallResponse(self.bars, self.count_in, self.again)
            case Name.ACCOMPANY:
                return Accompany()
            case Name.FOLLOW:
                return Follow()
            case Name.LOOP | Name.VARY:
                return Loop(self.bars or PHRASE, self.mode is Name.VARY, self.told)
        return Solo(hears=self.told)


def _falls_silent(past: Past) -> bool:
    """Whether a call of any length has ended."""
    return past.call > 0 and (past.quiet or past.call >= LONGEST_PHRASE)


def _answer(call: int, place: int, *, again: bool, goes_on: bool = False) -> Turn:
    """Return the turn of a bar after a call of so many bars, which comes `again` first, or not.

    The answer takes up every other bar of the call, and goes its own way between; where it
    `goes_on`, it is free after as many bars as the call had.
    """
    if again and place < call:
        return Turn(again=call)
    place -= call if again else 0
    if place >= call:
        return PLAY if goes_on else HEAR
    takes_up = place % 2 == 0 and call <= FARTHEST
    label = Label(Kind.VARIED, call) if takes_up else UNKNOWN
    return Turn(answers=call, around=call - place, label=label)
