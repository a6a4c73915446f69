"""Ableton Link: a peer of the session in this network, heard and led in the ports' clock.

Link shares tempo, beats and, among those who wish it, start and stop; bars it knows only as a
quantum of beats on which its peers agree by themselves. It comes with aalink, which is GPL, so it
is an extra that is installed on its own.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from dataclasses import dataclass
from datetime import timedelta
from importlib.util import find_spec
from math import ceil, floor
from statistics import median
from typing import Any

from daw_bridge.errors import UserError
from daw_bridge.music.position import Position
from daw_bridge.music.time import PPQ, Meter, Seconds, Ticks
from daw_bridge.ports.backend import OnPosition, PortSettings
from daw_bridge.ports.clock import Clock

LOOK_S = 0.02
"""How often the session is looked at: what changes there is told within so long."""

TELL_LOOKS = 10
"""After so many looks at a session that rolls as it did its position is told again."""

JUMP_BEATS = 0.002
"""What a session is off from where it was to be, before that counts as a jump: 1 ms at 120."""

SAME_BEAT = 1e-4
"""How far behind a beat still is that beat; Link counts in millionths."""

SAME_TEMPO_QPM = 0.001
"""Tempos nearer than this are one: Link counts whole microseconds a beat."""

CLOCK_LOOKS = 15
"""Over how many looks the difference of the two clocks is evened out."""


@dataclass(frozen=True, slots=True)
class Look:
    """The session at a moment: in the ports' seconds, and beats of Link."""

    time_s: Seconds
    beat: float
    tempo_qpm: float
    playing: bool
    peers: int


class LinkSong:
    """Beats of a session as positions in a song. Pure.

    Nothing is there before the first peer. Beats run on in Link whether anybody plays or not: until
    a peer starts or stops, the song rolls; from then on it obeys, and begins, as all peers do, with
    the next whole quantum after a start: that is a bar of its `meter`.
    """

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self._first: float | None = None  # the beat at which the song was at `_base`
        self._base = Ticks(0)
        self._last: Look | None = None
        self._looks = 0
        self._stands_at: float | None = None
        self._obeys = self._led = False
        self._next: tuple[Ticks, Meter] | None = None
        self._aligns = False

    @property
    def quantum(self) -> float:
        """The beats of a bar."""
        return self.meter.bar_length() / PPQ

    def lead(self) -> None:
        """Learn that the next start is ours: the song is where we have put the beats."""
        self._first, self._base, self._led = 0.0, Ticks(0), True

    def measure(self, meter: Meter, tick: Ticks) -> None:
        """Have bars of another meter from a tick of the song on, and from the next start on."""
        self._next = tick, meter

    def take(self, look: Look) -> Position | None:
        """Return what is to be told after a look: at a change, and while it rolls now and then.

        None as well where `quantum` has become another one: Link is to count by that, and to be
        looked at again. The song goes on within a bar where its peers are.
        """
        if self._next is not None and self._turns(look, *self._next):
            return None
        last, self._last = self._last, look
        if self._first is None and not look.peers:
            return None
        if last is not None and look.playing != last.playing:
            self._obeys = True
            if look.playing and not self._led:
                self._base = Ticks(0)
                self._first = self.quantum * ceil((look.beat - SAME_BEAT) / self.quantum)
            self._led = False
            self._stands_at = None if look.playing else look.beat
        anew = self._first is None or self._aligns
        if anew:
            self._first = self.quantum * floor((look.beat + SAME_BEAT) / self.quantum)
            self._aligns = False
        rolling = look.playing or not self._obeys
        self._looks += 1
        again = rolling and self._looks % TELL_LOOKS == 0
        if not (anew or again or last is None or _changed(last, look, beats=rolling)):
            return None
        return self._position(look, rolling=rolling)

    def _turns(self, look: Look, tick: Ticks, meter: Meter) -> bool:
        """Have the bars that come next, if they do now; tell whether they are others."""
        rolls_on = self._first is not None and self._stands_at is None
        starts = self._last is not None and look.playing != self._last.playing
        if rolls_on and not starts:
            if self._tick(look.beat) < tick:
                return False
            self._aligns = meter.bar_length() != self.meter.bar_length()
            self._base = tick if self._aligns else self._base
        before, self.meter, self._next = self.quantum, meter, None
        return self.quantum != before

    def _tick(self, beat: float) -> float:
        """Return the place in the song at a beat."""
        return self._base + (beat - (self._first or 0.0)) * PPQ

    def _position(self, look: Look, *, rolling: bool) -> Position:
        """Return the place in the song, on a whole tick: at a start, that of its first beat."""
        ticks = self._tick(look.beat if self._stands_at is None else self._stands_at)
        tick = Ticks(max(0, round(ticks)))
        after_s = (tick - ticks) * 60 / (look.tempo_qpm * PPQ) if rolling else 0.0
        time_s = Seconds(look.time_s + after_s)
        return Position(time_s, tick, look.tempo_qpm, rolling, self.meter)


def _changed(last: Look, look: Look, *, beats: bool) -> bool:
    """Whether a look shows what the last one did not foretell, also of its `beats`."""
    beat = last.beat + (look.time_s - last.time_s) * last.tempo_qpm / 60
    same = (last.tempo_qpm, last.playing) == (look.tempo_qpm, look.playing)
    return not same or (beats and abs(beat - look.beat) > JUMP_BEATS)


class LinkPeer:
    """A peer whose session is looked at in a thread of its own.

    `on_position` is called there.

    Raises:
        UserError: aalink is not installed.
    """

    def __init__(self, settings: PortSettings, on_position: OnPosition) -> None:
        self._on_position = on_position
        self._link = _open(settings.tempo_qpm)
        self._link.start_stop_sync_enabled = True
        self._song = LinkSong(settings.meter)
        self._link.quantum = self._song.quantum
        self._lock = threading.Lock()
        self._ahead: deque[float] = deque(maxlen=CLOCK_LOOKS)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="link", daemon=True)

    def start(self, clock: Clock) -> None:
        """Join the session, and tell of it in the time of a clock."""
        self._clock = clock
        self._link.enabled = True
        self._thread.start()

    def stop(self) -> None:
        """Leave the session."""
        self._ending.set()
        self._thread.join()
        self._link.enabled = False

    def lead(self, position: Position) -> None:
        """Set the session's tempo and start or stop it; put its beats where ours are.

        Where others are in the session, their beats stay: ours are moved to the same quantum.
        """
        with self._lock:
            if abs(self._link.tempo - position.tempo_qpm) > SAME_TEMPO_QPM:
                self._link.tempo = position.tempo_qpm
            if self._link.playing != position.rolling:
                self._song.lead()
                at = timedelta(seconds=position.time_s - self._ahead_s())
                beat = position.tick / PPQ
                self._link.set_is_playing_and_request_beat_at_time(position.rolling, at, beat)

    def measure(self, meter: Meter, tick: Ticks) -> None:
        """Have bars of another meter from a tick of the song on: a quantum on which peers agree."""
        with self._lock:
            self._song.measure(meter, tick)

    def _run(self) -> None:
        while not self._ending.wait(LOOK_S):
            with self._lock:
                position = self._song.take(self._look())
                if self._link.quantum != self._song.quantum:
                    self._link.quantum = self._song.quantum
                    position = self._song.take(self._look())
            if position is not None:
                self._on_position("link", position)

    def _look(self) -> Look:
        """Read the session between two looks at the clocks, whose middle is its moment."""
        link = self._link
        before = self._clock.now(), link.time.total_seconds()
        beat = link.beat
        after = self._clock.now(), link.time.total_seconds()
        ours_s, its_s = ((one + other) / 2 for one, other in zip(before, after, strict=True))
        self._ahead.append(ours_s - its_s)
        time_s = Seconds(its_s + self._ahead_s())
        return Look(time_s, beat, link.tempo, link.playing, link.num_peers)

    def _ahead_s(self) -> float:
        """Return by how much the ports' clock is ahead of Link's."""
        return median(self._ahead) if self._ahead else 0.0


def installed() -> bool:
    """Whether Link can be used here."""
    return find_spec("aalink") is not None


def _open(tempo_qpm: float) -> Any:
    """Make a peer that has not joined yet.

    Raises:
        UserError: aalink is not installed.
    """
    try:
        import aalink  # noqa: PLC0415  an extra
    except ImportError as error:
        do = "pip install 'daw-bridge[link]'"
        raise UserError("Ableton Link", f"no aalink ({error})", do) from error

    async def make() -> Any:
        return aalink.Link(tempo_qpm)  # it asks for a loop, though only its waiting needs one

    return asyncio.run(make())
