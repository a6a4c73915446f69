"""JACK transport: where it is, told when it is elsewhere than was told, and moved if it is ours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from daw_bridge.music.bar_lines import BarLine, BarLines
from daw_bridge.music.position import Position
from daw_bridge.music.time import HIGHEST_QPM, LOWEST_QPM, PPQ, Meter, Seconds, Ticks
from daw_bridge.ports.clock import frame_at, seconds_at

REPEAT_S = 0.1
"""How often a position is told that is as expected, while it rolls."""

HOLD = 4
"""For so many cycles after a start, masters may tell bars of another place, or none: until two of
them agree on a tempo, nothing is told."""

AGREE_TICKS = 60
"""Over how much music bars must stay as far from the frames as they are, to be believed."""

CYCLES_TO_ROLL = 3
"""The server rolls so many cycles after the one in which it is asked to, and to locate before."""

ROLLING = 1
_BBT = 0x10


@dataclass(frozen=True, slots=True)
class Bars:
    """Where a cycle begins as the timebase master has it: `bar` and `beat` count from 1."""

    bar: int
    beat: int
    tick: float
    ticks_a_beat: float
    meter: Meter
    tempo_qpm: float

    @property
    def grain(self) -> float:
        """The ticks of ours that `since_line` is a multiple of."""
        return self.meter.bar_length() / self.meter.numerator / self.ticks_a_beat

    @property
    def noise(self) -> float:
        """By how many ticks of ours the place may be off."""
        return 1 + 1.5 * self.grain

    def since_line(self) -> float:
        """Return the ticks from the bar line."""
        beat = self.meter.bar_length() / self.meter.numerator
        return (self.beat - 1) * beat + self.tick * self.grain


class TransportFollower:
    """Say where the transport is, of what each cycle shows. Pure: no client, no clock.

    The place is that of the frame at the tempo: bars are stale after a locate, and in other units
    with some masters. Tempo and meter are believed while the transport rolls and two cycles agree;
    bars, where tempo or meter changed on the way there, when they keep their distance from the
    frames for a while. Where nothing else has been seen, the song is all in one meter, and from a
    change on that is passed in another; `changes` were passed before.
    """

    def __init__(self, rate: int, tempo_qpm: float, changes: Sequence[BarLine] = ()) -> None:
        self.tempo_qpm = tempo_qpm
        self._rate = rate
        self._meter: Meter | None = None
        self._lines = BarLines(changes=changes) if changes else None
        self._before: tuple[int, bool, Bars | None] = (0, False, None)
        self._cycles = 0
        self._unsaid = HOLD
        self._place = self._since = self._distance = 0.0
        self._told: Position | None = None

    def look(self, start: int, frame: int, bars: Bars | None, *, rolling: bool) -> Position | None:
        """Take what the cycle shows that begins at `start`; return what there is to be told."""
        frame_before, rolled, bars_before = self._before
        self._before = frame, rolling, bars
        moved = frame - frame_before if rolling and rolled else 0
        if not 0 < moved < self._rate:
            self._cycles = 0
        agree = bool(self._cycles and bars_before and bars and _agree(bars_before, bars))
        if agree and bars is not None:
            self.tempo_qpm, self._meter = bars.tempo_qpm, bars.meter
            self._lines = self._lines or BarLines(bars.meter)
        self._cycles += rolling
        self._unsaid = self._unsaid + 1 if bars is None else 0
        if self._cycles <= HOLD:
            self._place = self._since = self._ticks(frame)
            if rolling and self._unsaid < HOLD and not agree and self._cycles < HOLD:
                return None
        else:
            self._place += self._ticks(moved)
            if bars is not None and self._lines is not None:
                self._compare(bars, self._lines)
        return self._news(start, rolling=rolling)

    def _ticks(self, frames: int) -> float:
        return frames * self.tempo_qpm * PPQ / 60 / self._rate

    def _compare(self, bars: Bars, lines: BarLines) -> None:
        """Go to where bars say, if they say so for long enough; learn the meter of that bar."""
        line = lines.of(bars.bar - 1).tick
        place = line + bars.since_line()
        distance = place - self._place
        if abs(distance - self._distance) > bars.noise:
            self._distance, self._since = distance, self._place
        elif abs(distance) > bars.noise and self._place - self._since > AGREE_TICKS:
            self._place, self._distance, self._since = place, 0.0, place
        if abs(place - self._place) <= bars.noise and bars.meter == self._meter:
            lines.change(line, bars.meter)

    def _news(self, start: int, *, rolling: bool) -> Position | None:
        """Return where it is, at its next whole tick, unless it stands there or that is fresh."""
        now_s = seconds_at(start, self._rate)
        tick = math.ceil(self._place - 1e-6) if rolling else round(self._place)
        ahead_s = (tick - self._place) * 60 / (self.tempo_qpm * PPQ) if rolling else 0.0
        here = Position(Seconds(now_s + ahead_s), Ticks(tick), self.tempo_qpm, rolling, self._meter)
        told = self._told
        if told is not None and (not rolling or now_s < told.time_s + REPEAT_S):
            same = (rolling, here.meter) == (told.rolling, told.meter)
            if same and abs(tick - tick_at(told, here.time_s)) <= rolling:
                return None
        self._told = here
        return here


def _agree(first: Bars, second: Bars) -> bool:
    """Whether two cycles tell of one meter, and a tempo that is the same or slides."""
    return first.meter == second.meter and abs(first.tempo_qpm / second.tempo_qpm - 1) < 0.01


def tick_at(position: Position, time_s: Seconds) -> float:
    """Return the tick, and part of one, at which a position is at a second."""
    passed_s = time_s - position.time_s if position.rolling else 0.0
    return position.tick + passed_s * position.tempo_qpm * PPQ / 60


def bars_of(told: Any) -> Bars | None:
    """Read a `jack_position_t`; None where it tells no bars, or none that make sense."""
    if not told.valid & _BBT:
        return None
    tempo_qpm, ticks_a_beat = told.beats_per_minute, told.ticks_per_beat
    sound = told.bar >= 1 and told.beat >= 1 and told.tick >= 0 and 1 <= ticks_a_beat < 1e9
    if not (sound and LOWEST_QPM <= tempo_qpm <= HIGHEST_QPM):
        return None
    try:
        meter = Meter.parse(f"{told.beats_per_bar:g}/{told.beat_type:g}")
    except ValueError:  # 3.5 beats, or endless ones
        return None
    return Bars(told.bar, told.beat, told.tick, ticks_a_beat, meter, tempo_qpm)


class JackTransport:
    """The transport of a client's server: read in each cycle, and moved where it is ours.

    As master it also tells bars and tempo, if nobody does yet. `cycle` is for the callback alone;
    `lead` any thread may call.
    """

    def __init__(
        self,
        client: Any,
        rate: int,
        tempo_qpm: float,
        meter: Meter,
        changes: Sequence[BarLine] = (),
        *,
        master: bool,
    ) -> None:
        self._client = client
        self._rate = rate
        self._master = master
        self._follower = TransportFollower(rate, tempo_qpm, changes)
        self._lines = BarLines(meter, changes)
        self._base = 0, 0.0
        self._to: Position | None = None
        if master:
            client.set_timebase_callback(self._tell_bars, conditional=True)

    def cycle(self, start: int, length: int) -> Position | None:
        """Obey what `lead` asked for, as its time has come; return what there is to be told."""
        to = self._to
        begin = start + CYCLES_TO_ROLL * length
        if to is not None and frame_at(to.time_s, self._rate) <= begin:
            self._to = None
            self._move(to, begin)
        state, told = self._client.transport_query_struct()
        rolling = state == ROLLING
        return self._follower.look(start, told.frame, bars_of(told), rolling=rolling)

    def lead(self, position: Position) -> None:
        """Start, stop or move the transport, so that it is there at the second of `position`."""
        if self._master:
            self._to = position

    def measure(self, meter: Meter, tick: Ticks) -> None:
        """Tell bars of another meter from a tick of the song on."""
        lines = BarLines(changes=self._lines.changes)
        lines.change(tick, meter)
        self._lines = lines  # as a whole: JACK's thread may be reading it

    def _move(self, to: Position, begin: int) -> None:
        """Go to a place, and roll from there at `begin` or stand; or roll on at another tempo."""
        state, told = self._client.transport_query_struct()
        here = self._place(told.frame)
        self._follower.tempo_qpm = to.tempo_qpm
        there = tick_at(to, seconds_at(begin, self._rate))
        if to.rolling and state == ROLLING and abs(there - here) < AGREE_TICKS:
            self._base = told.frame, here
            return
        self._base = 0, 0.0
        if not to.rolling:
            self._client.transport_stop()
        self._client.transport_frame = max(0, round(there * 60 * self._rate / to.tempo_qpm / PPQ))
        if to.rolling:
            self._client.transport_start()

    def _place(self, frame: int) -> float:
        """Return the ticks at a frame of the transport, as we tell them as timebase master."""
        base_frame, base = self._base
        return base + (frame - base_frame) * self._follower.tempo_qpm * PPQ / 60 / self._rate

    def _tell_bars(self, _state: int, _length: int, told: Any, _new: bool) -> None:
        """Fill in the bars of the next cycle, on JACK's thread."""
        place = self._place(told.frame)
        line = self._lines.at(Ticks(int(place)))
        beat, tick = divmod(place - line.tick, line.meter.beat)
        told.valid = _BBT
        told.bar, told.beat, told.tick = line.bar + 1, int(beat) + 1, int(tick)
        told.bar_start_tick = line.tick
        told.beats_per_bar, told.beat_type = line.meter.numerator, line.meter.denominator
        told.ticks_per_beat = line.meter.beat
        told.beats_per_minute = self._follower.tempo_qpm
