"""Commands that change who plays and how, carried out while a session plays."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from daw_bridge.control.state import settings_of
from daw_bridge.daemon.watched import Watched
from daw_bridge.errors import UserError
from daw_bridge.jam.bars import Feed
from daw_bridge.jam.commands import (
    Change,
    Command,
    Keep,
    Reject,
    SetMeter,
    SetMode,
    Undo,
    name_of,
)
from daw_bridge.jam.events import Changed, Judged, News, Refused, Watcher
from daw_bridge.jam.handover import Handover
from daw_bridge.jam.lately import Put
from daw_bridge.jam.modes import Name as Mode
from daw_bridge.jam.prepared import Prepared, Value
from daw_bridge.jam.primer import harmony_of
from daw_bridge.jam.relief import SoFar
from daw_bridge.jam.session import Session
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Seconds, Ticks

if TYPE_CHECKING:
    from daw_bridge.daemon.part import Part
    from daw_bridge.daemon.sound import Sound

NOT_HERE, NOTHING_YET = "not while a jam plays", "no bar has been heard yet: say it in one"
NOT_MADE = "the bar that is heard was not made just before: say it in one that was"
CHORDS = "who follows makes no bars, each note gets its chord at once: set another seed, or mode"
"""Why something is refused."""


class Parts(Protocol):
    """The parts that a jam has, one after the other, as its settings change."""

    @property
    def first(self) -> Part:
        """The part that plays first."""

    def want(self, change: Change, said_s: Seconds) -> None:
        """Have a change looked up that was said at a second; what comes of it goes to the inbox."""

    def part(self, prepared: Prepared) -> Part:
        """Return what was looked up."""

    def go_back(self, part: Part) -> None:
        """Change from here on a part that plays: what was looked up since then has failed."""

    def begin(self, part: Part, so_far: SoFar) -> Feed:
        """Start the feed of a part."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be otherwise from a bar line on, the first one after it was said at a second.

    `undone` is the number of the bar that is to be as if it had not been.
    """

    why: Prepared | Undo | Reject
    said_s: Seconds
    line: Ticks
    undone: int | None = None

    def names(self) -> list[str]:
        """Return what is told of it."""
        if isinstance(self.why, Prepared):
            return [name for name, _ in self.why.changed]
        return [name_of(self.why)]


class Turns:
    """The parts of a jam on a session, which goes over from one to the next on a bar line.

    `feed` is where the session gets its bars. Without `parts` its settings stay. What is wished
    while the first bar of a part is made waits for that, so that a knob which is turned all the
    time acts all the same.
    """

    def __init__(self, feed: Feed, parts: Parts | None, tell: Watcher) -> None:
        self._parts = parts
        self._latest = None if parts is None else parts.first
        self._settings: Mapping[str, Value] = {}
        if parts is not None:
            self._settings = settings_of(parts.first.ready.file.model_dump(mode="json"))
        self._tell = tell
        self._session: Session | None = None
        self._said_s, self._whole = Seconds(0.0), False
        self._wishes: deque[Wish] = deque()
        self.feed: Handover[Part | None, Sequence[Wish]] = Handover(
            Watched(feed, tell), self._latest, over=self._over, refused=self._refused
        )

    @property
    def sound(self) -> Sound | None:
        """The instruments on which what plays now is heard; None: it is not."""
        return None if self.feed.by is None else self.feed.by.ready.sound

    def carry_out(self, session: Session, thing: Command | Prepared, now_s: Seconds) -> bool:
        """Carry out a command that is for us; tell whether it was."""
        self._session = session
        match thing:
            case Change():
                self._want(thing, now_s)
            case SetMode(mode):
                self._want(Change((("mode", mode),)), now_s)
            case SetMeter(meter) if self._parts is not None and not session.follows:
                self._want(Change((("meter", str(meter)),)), now_s)
            case Prepared() if self._parts is not None:
                self._prepare(session, thing, now_s)
            case Undo() | Reject() if self._follows_a_player:
                self._tell(Refused(name_of(thing), CHORDS))
            case Undo() | Reject() | Keep():
                self._say_of_a_bar(session, thing, now_s)
            case _:
                return False
        return True

    def pass_time(self, session: Session, now_s: Seconds) -> None:
        """Have what is wished begin, and the bar that is placed be another one where it is made."""
        if self._overtakes(session, now_s) or (self._wishes and self.feed.begins):
            return
        if not self._wishes:  # or what began has failed, and with it all that was wished
            return
        line = self._wishes[0].line
        wishes = list[Wish]()
        while self._wishes and self._wishes[0].line <= line:
            wishes.append(self._wishes.popleft())
        self._go_over(wishes, session, now_s)
        self._overtakes(session, now_s)

    def _overtakes(self, session: Session, now_s: Seconds) -> bool:
        """Have the bar that is placed come again, if it is to be another one and can be."""
        if not self.feed.comes:
            return False
        again = session.may_come_again(self._said_s, now_s, whole=self._whole)
        if again is None or (again.made and not again.back):
            self.feed.stay()
        if again is None:
            return False
        if again.made and again.back == self.feed.back and self.feed.overtakes():
            session.come_again(now_s)
            return True
        if again.made or not self._acts_alone or again.number != self.feed.number:
            return False
        session.come_again(now_s)
        self.feed.act()
        return True

    @property
    def _acts_alone(self) -> bool:
        """Whether what comes acts on the line of a bar that is not made, whoever makes the next."""
        return not (self._whole or self._follows_a_player or self.feed.acts)

    @property
    def _follows_a_player(self) -> bool:
        """Whether it is chords that are made, and no bars."""
        return self._latest is not None and self._latest.ready.file.mode == Mode.FOLLOW

    def _want(self, change: Change, now_s: Seconds) -> None:
        if self._parts is None:
            self._tell(Refused(name_of(change), NOT_HERE))
        else:
            self._parts.want(change, now_s)

    def _prepare(self, session: Session, prepared: Prepared, now_s: Seconds) -> None:
        """Have settings that were looked up wished for; a DAW's song takes its meter at once."""
        meter = prepared.turn.meter
        if meter is not None and session.follows:
            session.apply(SetMeter(meter), now_s)
        said_s = now_s if prepared.said_s is None else prepared.said_s
        self._wishes.append(Wish(prepared, said_s, session.line_after(said_s)))

    def _go_over(self, wishes: Sequence[Wish], session: Session, now_s: Seconds) -> None:
        """Have a part begin as it is wished, to go on after the one that plays."""
        parts, latest = self._parts, self._latest
        assert parts is not None and latest is not None  # noqa: S101, PT018  # it was wished for
        meter, whole = None, self.feed.comes and self._whole
        for each in wishes:
            if isinstance(each.why, Prepared):
                latest = parts.part(each.why)
                session.make_anew()
                whole |= each.why.turn.all_routes
                meter = meter if session.follows else each.why.turn.meter or meter
        part = self._latest = latest.once_more()
        self._said_s, self._whole = wishes[0].said_s, whole
        again = session.may_come_again(self._said_s, now_s, whole=whole)
        back = 0 if again is None else again.back
        undone = min((each.undone for each in wishes if each.undone is not None), default=None)
        undo = 0 if undone is None else self.feed.number - undone - back

        def begin(so_far: SoFar) -> Feed:
            return Watched(parts.begin(part, so_far), self._tell)

        self.feed.go_over(begin, part, tuple(wishes), meter=meter, undo=undo, back=back)

    def _over(self, why: tuple[Sequence[Wish], ...]) -> None:
        """Tell what plays otherwise from the bar on that is to be placed."""
        session, latest = self._session, self._latest
        assert session is not None  # noqa: S101  # it has gone over, so something was carried out
        harmony = None
        if latest is not None and latest.source is not None and self._follows_a_player:
            harmony = harmony_of(latest.source)
        wishes = [each for every in why for each in every]
        self._tell_late([each for each in wishes if each.line < session.line_that_acts])
        for each in wishes:
            if isinstance(each.why, Prepared):
                changed = {**self._others(each.why, session), **dict(each.why.changed)}
                session.turn(each.why.turn, changed, harmony)
            else:
                self._tell(Changed(name_of(each.why), session.acts_from))

    def _tell_late(self, wishes: Sequence[Wish]) -> None:
        """Tell what acts later than on the next bar line, and why."""
        names = dict.fromkeys(name for each in wishes for name in each.names())
        if names:
            why = "its first bar was not made by the next bar line"
            self._tell(News(f"later than said: {', '.join(names)}; {why}"))

    def _others(self, prepared: Prepared, session: Session) -> Mapping[str, Value]:
        """Return what is another setting besides those that were asked for, as of a new preset.

        What is no longer there has no value. A tempo tells of itself; a DAW has its own meter.
        """
        before, after = self._settings, settings_of(json.loads(prepared.settings))
        self._settings = after
        told = {"tempo", *(["meter"] if session.follows else []), *dict(prepared.changed)}
        return {
            key: after.get(key)
            for key in {**before, **after}
            if key not in told and before.get(key) != after.get(key)
        }

    def _refused(self, why: tuple[Sequence[Wish], ...], error: Exception) -> None:
        """Tell what is refused: with what failed all that was wished upon it."""
        said = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
        for each in (*(wish for wishes in why for wish in wishes), *self._wishes):
            for name in each.names():
                self._tell(Refused(name, said))
        self._wishes.clear()
        self._latest = self.feed.by
        if self._parts is not None and self.feed.by is not None:
            self._parts.go_back(self.feed.by)

    def _say_of_a_bar(self, session: Session, said: Undo | Keep | Reject, now_s: Seconds) -> None:
        """Keep the bar that is heard, or have it made otherwise; what is refused stores nothing."""
        found = session.heard(now_s)
        if found is None:
            self._tell(Refused(name_of(said), NOTHING_YET))
            return
        put, before = found
        if not isinstance(said, Keep) and (why := self._why_not_anew(put)) is not None:
            self._tell(Refused(name_of(said), why))
            return
        if not isinstance(said, Undo):
            self._judge(put, before, kept=isinstance(said, Keep))
        if isinstance(said, Keep):
            session.apply(said, now_s)
            self._tell(Changed(name_of(said), session.acts_from))
        elif put.song_bar is not None:
            session.make_anew(put.song_bar)
            self._tell(Changed(name_of(said), session.acts_from))
        else:
            self._wishes.append(Wish(said, now_s, session.line_after(now_s), put.number))

    def _why_not_anew(self, put: Put) -> str | None:
        """Say why a bar cannot be made otherwise; None: it can."""
        if put.song_bar is not None:
            return None
        if put.number is None:
            return NOT_MADE
        return NOT_HERE if self._parts is None else None

    def _judge(self, put: Put, before: tuple[Bar, ...], *, kept: bool) -> None:
        """Tell that the bar which is heard is kept, or is not."""
        made = None if put.number is None else self.feed.made(put.number)
        by = self.feed.by if made is None else made.by
        heard = None if made is None else made.heard
        self._tell(Judged(kept, put.line, put.bar, before, heard, "" if by is None else by.told()))
