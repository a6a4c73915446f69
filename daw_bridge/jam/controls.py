"""What a session is told while it plays: other settings, now or from a bar line on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from daw_bridge.jam.commands import (
    Command,
    Keep,
    Panic,
    SetDrumMap,
    SetMeter,
    SetTempo,
    Stop,
    When,
    name_of,
)
from daw_bridge.jam.events import Changed, Refused, Watcher
from daw_bridge.jam.modes import Name
from daw_bridge.jam.outgoing import Outgoing
from daw_bridge.jam.placing import Placing
from daw_bridge.jam.prepared import Turn, Value
from daw_bridge.jam.schedule import ANTICIPATION, EARLY
from daw_bridge.jam.shadow import Harmony
from daw_bridge.music.drum_map import DrumMap
from daw_bridge.music.time import Seconds, Ticks

ENTERS = "mode", "turns.bars", "turns.count_in"
"""Settings that are told as the mode that they make begins."""


class Controls:
    """What changes the bars that are placed, and the time that they are in; told as it acts.

    `stopped`: all is over.
    """

    def __init__(self, placing: Placing, outgoing: Outgoing, tell: Watcher) -> None:
        self.stopped = False
        self._placing = placing
        self._outgoing = outgoing
        self._tell = tell
        self._kit: DrumMap | None = None
        self._routed: Ticks | None = None

    def routed(self) -> Ticks | None:
        """Return the tick from which on voices may go elsewhere, where that is news."""
        tick, self._routed = self._routed, None
        return tick

    def apply(self, command: Command, now_s: Seconds) -> bool:
        """Obey a command; tell whether the ports must now drop what they hold and end all notes."""
        placing = self._placing
        match command:
            case Stop():
                self.stopped = True
                self._outgoing.fall_silent(now_s)
            case Panic():
                self._panic(now_s)
            case SetTempo() if placing.song is not None:
                pass  # the DAW has it, and who has the DAW
            case SetTempo(tempo_qpm, at):
                now = self._outgoing.transport.tick_at(now_s)
                line = placing.line_to_come(now) if at == "bar" else Ticks(0)
                self._set_tempo(tempo_qpm, self._outgoing.take_back(now_s, line))
            case SetDrumMap(drum_map, at):
                self._set_drum_map(drum_map, now_s, at)
            case SetMeter(meter):
                placing.set_meter(meter)
                self._changed("meter", placing.next_bar, str(meter))
            case Keep():
                placing.keep()
            case _:
                self._tell(Refused(name_of(command), "not while a jam plays"))
        return isinstance(command, Stop | Panic)

    def turn(
        self,
        turn: Turn,
        changed: Mapping[str, Value],
        harmony: Callable[[], Harmony] | None = None,
    ) -> None:
        """Have other settings from the next bar on that is placed; tell of them by their names.

        A drum map that was set is that of another model as well. `harmony` is what the next player
        is followed with.
        """
        placing, score = self._placing, self._outgoing.score
        routes = dict(turn.routes)
        placing.harmony = harmony or placing.harmony
        follows = (turn.interplay or placing.next_interplay).mode is Name.FOLLOW
        if placing.shadow is not None and harmony is not None and follows:
            placing.shadow.change(harmony(), placing.acts_from)
        if turn.all_routes:
            self._kit = None if "drum_map" in changed else self._kit
            if self._kit is not None:
                routes = {voice: route.through(self._kit) for voice, route in routes.items()}
            placing.forget()
        if routes:
            score.routes = {**({} if turn.all_routes else score.routes), **routes}
        self._routed = Ticks(placing.acts_from - EARLY)
        if turn.meter is not None and placing.song is None:
            placing.plan = replace(placing.plan, meter=turn.meter)
        if turn.loop is not None:
            placing.set_loop(turn.loop)
        if turn.tempo_qpm is not None and placing.song is None:
            self._set_tempo(turn.tempo_qpm, max(placing.next_bar, self._outgoing.committed))
        if turn.interplay is not None:
            placing.go_over_to(turn.interplay)
        later = [name for name in changed if placing.enters and name in ENTERS]
        placing.entering = (*placing.entering, *((name, changed[name]) for name in later))
        for name, value in changed.items():
            if name not in later:
                self._changed(name, placing.acts_from, value)

    def _panic(self, now_s: Seconds) -> None:
        """End what sounds, and go on with the bars that have not begun."""
        placing = self._placing
        self._outgoing.fall_silent(now_s)
        if placing.shadow is not None:
            placing.shadow.fall_silent()
        now = self._outgoing.transport.tick_at(now_s)
        placing.place_again(now, now)
        self._changed("panic", placing.next_bar)

    def _set_drum_map(self, drum_map: DrumMap, now_s: Seconds, at: When) -> None:
        """Have another kit: for all notes that are to start, or for bars that have not begun."""
        placing, score = self._placing, self._outgoing.score
        self._kit, now = drum_map, self._outgoing.transport.tick_at(now_s)
        tick = placing.line_to_come(now)
        if at == "bar":
            self._outgoing.take_back(now_s, Ticks(tick - ANTICIPATION))
            score.leave(tick)
            score.routes = {v: route.through(drum_map) for v, route in score.routes.items()}
            placing.lately.through(score.routes, now)
            placing.place_again(now, self._outgoing.committed)
        else:
            tick = self._outgoing.take_back(now_s)
            score.through(drum_map)
        self._routed = tick
        self._changed("drum_map", tick, drum_map.name)

    def _set_tempo(self, tempo_qpm: float, at: Ticks) -> None:
        """Go on at a tempo from a tick on that is not committed."""
        self._placing.plan = replace(self._placing.plan, tempos=())
        self._outgoing.set_tempo(at, tempo_qpm)
        self._changed("tempo", at, tempo_qpm)

    def _changed(self, what: str, tick: Ticks, value: Value = None) -> None:
        self._tell(Changed(what, tick, value))
