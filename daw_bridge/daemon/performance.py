"""One session, driven by the clock of its ports until it ends or is stopped."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from daw_bridge.daemon.losses import Losses
from daw_bridge.daemon.turns import Parts, Turns
from daw_bridge.jam.bars import Feed
from daw_bridge.jam.clock_out import ClockOut
from daw_bridge.jam.commands import Command, Heard, Inbox, Located, SetTempo, Show, Stop
from daw_bridge.jam.events import (
    Ahead,
    Changed,
    Followed,
    Margin,
    News,
    Opened,
    PortOpened,
    Refused,
    Stopped,
    Took,
    Watcher,
    Woke,
    nobody,
)
from daw_bridge.jam.follow import SppUnit
from daw_bridge.jam.margins import Margins
from daw_bridge.jam.masters import Following, Sync
from daw_bridge.jam.modes import Interplay
from daw_bridge.jam.plan import Plan
from daw_bridge.jam.prepared import Prepared
from daw_bridge.jam.relief import OnError
from daw_bridge.jam.schedule import Route
from daw_bridge.jam.session import Session
from daw_bridge.jam.shadow import Harmony
from daw_bridge.midi.messages import TimedMessage, rank_of
from daw_bridge.midi.sounding import Key
from daw_bridge.music.notes import Bar
from daw_bridge.music.position import Position
from daw_bridge.music.time import USUAL_QPM, Meter, Seconds, Ticks, Transport
from daw_bridge.ports.api import Ports
from daw_bridge.ports.backend import PLAYED, SYNC, Counts, PortSettings
from daw_bridge.ports.clock import frame_at, seconds_at

LEAD_S = 0.06
"""How long after the first bar is ready the music begins: time for it to reach the ports."""

HEARTBEAT_S = 1.0
"""How long the ports hear nothing at most: they end the notes of a daemon that is silent."""

FAILED = "failed"
"""Why a jam ended that an exception ended."""

FOREVER_S = Seconds(math.inf)

NOBODY = Followed(None)

TEMPO_NEWS = 0.01
"""By how much of itself a tempo is another one to a jam that is in time, but on its own."""

TAIL_S = 0.05
"""How long after the last message the ports stay open: more than any cycle of theirs."""


@dataclass(frozen=True, slots=True)
class Jam:
    """What is played, where to and how fast."""

    tempo_qpm: float = USUAL_QPM
    plan: Plan = Plan()
    routes: Mapping[int, Route] = field(default_factory=lambda: {0: Route()})
    ports: PortSettings = PortSettings()
    on_error: OnError = OnError.PLAY
    sync: Sync = Sync.AUTO
    spp_unit: SppUnit = SppUnit.AUTO
    interplay: Interplay = Interplay()


@dataclass(frozen=True, slots=True)
class Report:
    """Why a jam ended, its bars and the late ones among them, and what the ports counted.

    `may_sound` lists keys whose end could not be confirmed. `margin`: how long before they were due
    bars were ready; None where none was. `failed`: what the policy raised that was to go on.
    """

    why: str
    bars: int
    late_bars: int
    counts: Counts
    may_sound: tuple[Key, ...] = ()
    margin: Margin | None = None
    failed: str = ""


@dataclass(slots=True)
class Performance:
    """One session, driven by the clock of its ports, which get what it commits.

    What it learns from outside are the times at which it looks at the clock, what it then takes out
    of the inbox, and whether bars are made in time. It tells of all three.
    """

    settings: Jam
    feed: Feed
    ports: Ports
    inbox: Inbox
    tell: Watcher = nobody
    why: str = ""
    margins: Margins = field(default_factory=Margins)
    parts: Parts | None = None
    harmony: Callable[[], Harmony] | None = None
    _session: Session | None = None
    _turns: Turns = field(init=False)
    _following: Following = field(init=False)
    _losses: Losses = field(init=False)
    _followed: Followed = NOBODY
    _clock: ClockOut | None = None
    _roles: frozenset[str] = frozenset()
    _cue: tuple[Position, list[TimedMessage]] | None = None
    _meter: Meter = field(init=False)
    _ahead: tuple[Bar, ...] = ()
    _now_s: Seconds = Seconds(0.0)

    def __post_init__(self) -> None:
        settings = self.settings
        self._meter = settings.ports.meter
        self._following = Following(settings.sync, settings.tempo_qpm, settings.spp_unit)
        self._losses = Losses(self.ports, self.tell)
        self._turns = Turns(self.feed, self.parts, self.tell)

    def run(self) -> None:
        """Play to the end, or until it is stopped; `why` tells which."""
        self._tell_names()
        if any(spec.role == SYNC for spec in self.settings.ports.outputs):
            self._clock = ClockOut(SYNC)
        self._look()
        session = self._session = Session(
            self._turns.feed,
            Transport(self.settings.tempo_qpm),
            self.settings.routes,
            self.settings.plan,
            self.tell,
            self._clock,
            self.margins,
            self.settings.interplay,
            self.harmony,
        )
        try:
            if self._following.master is not None and not self._leads:
                self._stand()
            self._wait_for_a_bar(session)
            if not self.why:
                self._begin(session)
                self._end(session, self._play(session, self._now_s))
        except BaseException:
            self.why = FAILED
            session.apply(Stop(self.why), self._now_s)  # no one is told what is to come
            raise
        finally:
            self._stop_clock()
            if self._leads and (position := session.position(self._now_s)) is not None:
                self.ports.lead(replace(position, rolling=False))
            self.tell(Stopped(self.why))

    @property
    def _leads(self) -> bool:
        """Whether JACK's transport is ours to start and to stop."""
        return self.settings.ports.transport_master

    def _stand(self) -> None:
        """Wait for the DAW, at the start of its song."""
        position = Position(self._now_s, Ticks(0), self.settings.tempo_qpm, rolling=False)
        self._be_at(position)

    def _begin(self, session: Session) -> None:
        """Begin on our own, where nobody is followed yet, or start the transport that is ours."""
        if self._leads:
            self._stand()
            start_s = Seconds(self._now_s + LEAD_S)
            self.ports.lead(Position(start_s, Ticks(0), self.settings.tempo_qpm, rolling=True))
        elif not session.follows:
            session.begin(self._start_s())

    def _stop_clock(self) -> None:
        """Tell who follows us that it is over, where the last bar has not told it."""
        if self._clock is not None:
            now_s, port = self._now_s, self._clock.port
            self.ports.send([TimedMessage(now_s, 0, 0, port, m) for m in self._clock.stop()])

    def _wait_for_a_bar(self, session: Session) -> None:
        while not (self.why or session.follows or session.ready()):
            self._wait(FOREVER_S)
            self._obey()

    def _play(self, session: Session, end_s: Seconds) -> Seconds:
        """Commit the session to the ports as time goes on; give when its last message is due.

        That is `end_s` where nothing is left.
        """
        while (wake_s := session.next_wake_s()) is not None:
            self._make_ready(session)
            self._tell_meter(session)
            self._tell_ahead(session)
            self._tune(session)
            messages = session.advance(self._wait(wake_s))
            self.ports.send(messages)
            end_s = messages[-1].due_s if messages else end_s
            self._obey()
        return end_s

    def _make_ready(self, session: Session) -> None:
        """Have the ports play without us what sounds first where the DAW starts."""
        cue = session.cue()
        if cue is not None and cue != self._cue:
            self.ports.cue(*cue)
        self._cue = cue

    def _tell_meter(self, session: Session) -> None:
        """Have those who take our bars take them in the meter of the next one."""
        tick, meter = session.next_line
        if meter != self._meter:
            self._meter = meter
            self.ports.measure(meter, tick)

    def _tell_ahead(self, session: Session) -> None:
        """Tell which bars come next, where others are made than before."""
        ahead = session.ahead()
        if ahead != self._ahead:
            self._ahead = ahead
            self.tell(Ahead(ahead))

    def _tune(self, session: Session) -> None:
        """Have the voices that go elsewhere, or are others, heard on their instruments."""
        routed, sound = session.routed(), self._turns.sound
        if routed is not None and sound is not None:
            self.ports.instruments(sound.settings(routed[1]).kit, routed[0])

    def _end(self, session: Session, end_s: Seconds) -> None:
        """Wait until all has sounded; a bar that becomes another one meanwhile is played too."""
        while not self.why and self._now_s < end_s + TAIL_S:
            self._wait(Seconds(end_s + TAIL_S))
            self._obey()
            end_s = self._play(session, end_s)
        session.pass_time(self._now_s)
        if not self.why:  # a tempo said for what comes after the end would leave some of it untold
            session.run_out()
        self.why = self.why or "all bars played"

    def report(self) -> Report:
        """Return how it went; what comes of the ports is exact once they are closed."""
        session = self._session
        played, late = (session.bars_played, session.late_bars) if session else (0, 0)
        counts, may_sound = self.ports.counts(), self.ports.may_sound()
        margin, failed = self.margins.last, self._turns.feed.failed
        return Report(self.why, played, late, counts, may_sound, margin, failed)

    def close(self) -> None:
        """Have no more bars made."""
        self._turns.feed.close()

    def _start_s(self) -> Seconds:
        """Put tick 0 on a frame of the ports, so that live and offline fall on the same frames."""
        start_s = Seconds(self._wait(self._now_s) + LEAD_S)
        rate = self.ports.frame_rate
        return start_s if rate is None else seconds_at(frame_at(start_s, rate), rate)

    def _wait(self, wake_s: Seconds) -> Seconds:
        """Wait until a moment, or the next heartbeat, or something comes in; give the time."""
        wake_s = min(wake_s, Seconds(self._now_s + HEARTBEAT_S), self._following.deadline_s)
        self.ports.clock.wait_until(wake_s, self.inbox)
        self._reopen_if_lost()
        self._tell_opened()
        for text in self.ports.news():
            self.tell(News(text))
        return self._look()

    def _look(self) -> Seconds:
        """Look at the clock: what it shows is the time of all that is done before the next look."""
        self._now_s = self.ports.clock.now()
        self.tell(Woke(self._now_s))
        return self._now_s

    def _obey(self) -> None:
        things = self.inbox.take()
        if things:
            self._now_s = self.ports.clock.now()
        for thing in things:  # all of them first, so that a log has them together
            self.tell(Took(self._now_s, thing))
        for thing in things:
            if isinstance(thing, Heard) and thing.role == PLAYED:
                if self._session is not None:
                    self.ports.send(self._session.hear(thing, self._now_s))
            elif isinstance(thing, Heard | Located):
                self._be_at(self._following.take(thing))
            else:
                self._carry_out(thing)
        self._be_at(self._following.pass_time(self._now_s))
        if self._session is not None:
            self._turns.pass_time(self._session, self._now_s)
        if self._session is not None and (serial := self._session.taken_back()) is not None:
            self.ports.take_back(serial)

    def _carry_out(self, command: Command | Prepared) -> None:
        session = self._session
        if isinstance(command, Show):
            self._show(command)
            return
        if isinstance(command, Stop):
            self.why = command.why
        if session is None or self._turns.carry_out(session, command, self._now_s):
            return
        if isinstance(command, SetTempo) and session.follows:
            self._lead_tempo(session, command)
        elif not isinstance(command, Prepared) and session.apply(command, self._now_s):
            self.ports.silence()

    def _show(self, show: Show) -> None:
        """Send what a controller is to show, if there is a port for that."""
        if show.port in self.ports.names:
            due = TimedMessage(self._now_s, rank_of(show.data), 0, show.port, show.data)
            self.ports.send([due])

    def _lead_tempo(self, session: Session, command: SetTempo) -> None:
        """Set the tempo of a session of Link, which belongs to all its peers; a DAW has its own."""
        position = session.position(self._now_s)
        if self._following.master is Sync.LINK and position is not None:
            self.ports.lead(replace(position, tempo_qpm=command.tempo_qpm))
            at = session.transport.tick_at(self._now_s)
            self.tell(Changed("tempo", at, command.tempo_qpm))
        else:
            self.tell(Refused("tempo", "the DAW that is followed has its own"))

    def _be_at(self, position: Position | None) -> None:
        """Follow the DAW where it is; tell who is followed, where that is news."""
        session, tempo_qpm = self._session, self._following.tempo
        if session is None:
            return
        if position is not None and session.follow(position, self._now_s):
            self.ports.silence()
        ours_qpm = session.transport.tempo_qpm
        if tempo_qpm is not None and abs(tempo_qpm / ours_qpm - 1) > TEMPO_NEWS:
            session.apply(SetTempo(tempo_qpm), self._now_s)  # one that stands, and we do not
        state = self._following.state()
        if state != self._followed:
            if state.master != self._followed.master:
                self.ports.follow(state.master)
            self._followed = state
            self.tell(state)

    def _reopen_if_lost(self) -> None:
        """Try lost ports again now and then; meanwhile the session's time goes on."""
        if self._losses.back():
            self._cue = None
            if self._clock is not None:
                self._clock.join()
            self._tell_names()

    def _tell_names(self) -> None:
        names = self.ports.names
        self._roles = frozenset(names)
        self.tell(Opened(tuple(names.items()), self.ports.frame_rate))

    def _tell_opened(self) -> None:
        """Tell of ports that were opened since the last look."""
        names = self.ports.names
        for role, name in names.items():
            if role not in self._roles:
                self.tell(PortOpened(role, name))
                self.tell(News(f"the port {role!r} is open: {name}"))
        self._roles = frozenset(names)
