"""Commands that change who plays and how, carried out while a session plays."""

from __future__ import annotations

import json
from collections.abc import Mapping
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
from daw_bridge.jam.events import Changed, Judged, Refused, Watcher
from daw_bridge.jam.handover import Handover
from daw_bridge.jam.prepared import Prepared, Value
from daw_bridge.jam.primer import harmony_of
from daw_bridge.jam.relief import SoFar
from daw_bridge.jam.session import Session
from daw_bridge.music.time import Meter, Seconds

if TYPE_CHECKING:
    from daw_bridge.daemon.part import Part
    from daw_bridge.daemon.sound import Sound

NOT_HERE, NOTHING_YET = "not while a jam plays", "no bar has been heard yet"
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


class Turns:
    """The parts of a jam on a session, which goes over from one to the next on a bar line.

    `feed` is where the session gets its bars. Without `parts` its settings stay.
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
        self.feed: Handover[Part | None] = Handover(
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
            case Prepared():
                self._prepare(session, thing, now_s)
            case Undo():
                self._undo(session, thing, now_s)
            case Keep():
                if self._judge(session, thing, now_s):
                    session.apply(thing, now_s)
                    self._tell(Changed(name_of(thing), session.acts_from))
            case Reject():
                if self._judge(session, thing, now_s):
                    self._undo(session, thing, now_s)
            case _:
                return False
        return True

    def overtake(self, session: Session, now_s: Seconds) -> None:
        """Have the bar that is placed be another one, where the part to come has made it."""
        if not self.feed.comes:
            return
        if session.may_come_again(self._said_s, now_s, whole=self._whole) is None:
            self.feed.stay()
        elif self.feed.overtakes():
            session.come_again(now_s)

    def _back(self, session: Session, said_s: Seconds, now_s: Seconds, *, whole: bool) -> int:
        """Return how many bars of the feed may come again for what was said at a second."""
        self._said_s, self._whole = said_s, whole
        again = session.may_come_again(said_s, now_s, whole=whole)
        return 0 if again is None else again.back

    def _want(self, change: Change, now_s: Seconds) -> None:
        if self._parts is None:
            self._tell(Refused(name_of(change), NOT_HERE))
        else:
            self._parts.want(change, now_s)

    def _prepare(self, session: Session, prepared: Prepared, now_s: Seconds) -> None:
        """Have the part begin that was looked up."""
        if self._parts is None:
            return
        meter = prepared.turn.meter
        if meter is not None and session.follows:
            session.apply(SetMeter(meter), Seconds(0.0))
            meter = None
        said_s = now_s if prepared.said_s is None else prepared.said_s
        whole = prepared.turn.all_routes or meter is not None
        back = self._back(session, said_s, now_s, whole=whole)
        session.make_anew()
        self._latest = self._parts.part(prepared)
        self._go_over(prepared, meter=meter, back=back)

    def _go_over(
        self,
        why: Prepared | Undo | Reject,
        *,
        meter: Meter | None = None,
        undo: int = 0,
        back: int = 0,
    ) -> bool:
        """Have the latest part go on after the one that plays; False where there are none."""
        parts, latest = self._parts, self._latest
        if parts is None or latest is None:
            return False
        part = self._latest = latest.once_more()

        def begin(so_far: SoFar) -> Feed:
            return Watched(parts.begin(part, so_far), self._tell)

        self.feed.go_over(begin, part, why, meter=meter, undo=undo, back=back)
        return True

    def _over(self, why: tuple[object, ...]) -> None:
        """Tell what plays otherwise from the bar on that is to be placed."""
        session = self._session
        assert session is not None  # noqa: S101  # it has gone over, so something was carried out
        for each in why:
            if isinstance(each, Prepared):
                source = None if self.feed.by is None else self.feed.by.source
                harmony = None if source is None else harmony_of(source)
                changed = {**self._others(each, session), **dict(each.changed)}
                session.turn(each.turn, changed, harmony)
            elif isinstance(each, Undo | Reject):
                self._tell(Changed(name_of(each), session.acts_from))

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

    def _refused(self, why: tuple[object, ...], error: Exception) -> None:
        said = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
        for each in why:
            if isinstance(each, Prepared):
                for name, _ in each.changed:
                    self._tell(Refused(name, said))
            elif isinstance(each, Undo | Reject):
                self._tell(Refused(name_of(each), said))
        self._latest = self.feed.by
        if self._parts is not None and self.feed.by is not None:
            self._parts.go_back(self.feed.by)

    def _judge(self, session: Session, command: Keep | Reject, now_s: Seconds) -> bool:
        """Tell that the bar which is heard is kept, or is not; False where none is."""
        found = session.heard(now_s)
        if found is None:
            self._tell(Refused(name_of(command), NOTHING_YET))
            return False
        put, before = found
        made = None if put.number is None else self.feed.made(put.number)
        by = self.feed.by if made is None else made.by
        self._tell(
            Judged(
                isinstance(command, Keep),
                put.line,
                put.bar,
                before,
                None if made is None else made.heard,
                "" if by is None else by.told(),
            )
        )
        return True

    def _undo(self, session: Session, command: Undo | Reject, now_s: Seconds) -> None:
        """Have the bar that is heard made otherwise."""
        found = session.heard(now_s)
        if found is None:
            self._tell(Refused(name_of(command), NOTHING_YET))
            return
        put, _ = found
        if put.song_bar is not None:
            session.make_anew(put.song_bar)
            self._tell(Changed(name_of(command), session.acts_from))
        elif put.number is None:
            self._tell(Refused(name_of(command), "the bar was not made just before it was heard"))
        else:
            back = self._back(session, now_s, now_s, whole=False)
            undo = self.feed.number - put.number - back
            if not self._go_over(command, undo=undo, back=back):
                self._tell(Refused(name_of(command), NOT_HERE))
