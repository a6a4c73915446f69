"""Ports on JACK: every message at its frame, written by the server's own callback."""

from __future__ import annotations

import contextlib
import sys
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Protocol

from daw_bridge.errors import UserError
from daw_bridge.midi.messages import RESET, TimedMessage, ends_note
from daw_bridge.music.position import Position
from daw_bridge.music.time import Meter, Ticks
from daw_bridge.ports.backend import (
    SYNC,
    OnInput,
    OnLost,
    OnPosition,
    PortInfo,
    PortSettings,
    PortSpec,
    cannot_open,
    chosen,
    no_jack,
)
from daw_bridge.ports.brake import without_jumps
from daw_bridge.ports.clock import seconds_at
from daw_bridge.ports.jack_client import (
    JackClock,
    JackError,
    open_client,
    port_names,
    server_runs,
)
from daw_bridge.ports.jack_transport import JackTransport
from daw_bridge.ports.pending import Pending
from daw_bridge.ports.priority import raise_priority
from daw_bridge.ports.wishes import Pair, Wishes

LEAVE_S = 1.0
"""How long the callback is waited for, when ports are closed or connected."""

FIRST_CYCLE_S = 10.0
"""How long the first cycle is waited for: a server that has lost a client needs five seconds."""

AGAIN_S = 0.1
"""How old a note-off may be that is sent again after an xrun; the news of one takes some cycles."""

MOST_BYTES = 512
"""So many, and one for each frame, are taken of an input in one cycle: a cable carries one in 15
frames."""

SYSEX, RESET_ALL = b"\xf0", bytes((RESET,))

CYCLES_TO_LEAVE = 2
"""A message has reached its receivers when the cycle after the one that wrote it begins."""


class MidiOut(Protocol):
    """What is used of a JACK MIDI output."""

    def clear_buffer(self) -> None:
        """Empty the buffer of this cycle."""
        ...

    def write_midi_event(self, time: int, event: bytes) -> None:
        """Write an event at an offset in frames; raises `JackError` where there is no room."""
        ...


class JackBackend:
    """A JACK client with one MIDI port a role.

    The callback runs on JACK's real-time thread. It takes no lock, logs nothing and lets no
    exception out: the first one is told by `on_lost`. What does not fit into a port's buffer is
    kept, in order, for the next cycle. After an xrun the latest note-offs are sent once more, so a
    receiver must expect one twice.
    """

    @staticmethod
    def system() -> str:
        """Say that a server runs; on Linux alone, elsewhere it is asked for by name."""
        if not (sys.platform.startswith("linux") and server_runs()):
            raise no_jack("no server")
        return "a server runs"

    @staticmethod
    def list_ports() -> list[PortInfo]:
        """List the MIDI ports on the server; without one there are none."""
        try:
            client = open_client("daw-bridge-list")
        except UserError:
            return []
        try:
            outs = [PortInfo("jack", "out", name) for name in port_names(client, is_input=True)]
            ins = [PortInfo("jack", "in", name) for name in port_names(client, is_output=True)]
            return outs + ins
        finally:
            client.close()

    def __init__(self, settings: PortSettings, on_lost: OnLost) -> None:
        self.name = "jack"
        self._settings = settings
        self._on_lost = on_lost
        self._client = open_client(settings.client)
        self.clock = JackClock(self._client)
        self.frame_rate: int | None = self.clock.rate
        self._outs = {
            spec.role: self._client.midi_outports.register(spec.role) for spec in settings.outputs
        }
        self._ins = {
            spec.role: self._client.midi_inports.register(spec.role) for spec in settings.inputs
        }
        self._ports = {**self._outs, **self._ins}
        self._role_of = {port.name: role for role, port in self._ports.items()}
        self.names: Mapping[str, str] = {role: port.name for role, port in self._ports.items()}
        try:
            self._wishes = Wishes(self._choose_connections())
        except (UserError, JackError):
            self._client.close()
            raise
        self._transport = (
            JackTransport(
                self._client,
                self.clock.rate,
                settings.tempo_qpm,
                settings.meter,
                settings.changes,
                master=settings.transport_master,
            )
            if "jack" in settings.sources
            else None
        )
        self._wished: deque[Pair] = deque()
        self._gone: deque[str] = deque()
        self._absent: set[str] = set()
        self._news: list[str] = []
        self._left: deque[str] = deque()
        self._fresh: deque[tuple[int, str]] = deque()
        self._unsent: list[TimedMessage] = []
        self._cycles = self._settled = 0
        self._xruns = self._xruns_seen = 0
        self._ends: deque[tuple[int, TimedMessage]] = deque()
        self._failed = self._server_ended = self._news_raised = False

    def start(self, pending: Pending, on_input: OnInput, on_position: OnPosition) -> None:
        """Begin to run the callback, and make the connections that were asked for.

        The time is known once a cycle has begun. While a server runs none, as after a client was
        killed, JACK's estimate of it goes on without the frames, seconds ahead; and who believed it
        would be silent for as long.

        Raises:
            UserError: no cycle begins.
        """
        self._pending = pending
        self._take_input = on_input
        self._take_position = on_position
        self._client.set_process_callback(self._process)
        self._client.set_xrun_callback(self._count_xrun)
        self._client.set_shutdown_callback(self._shut_down)
        self._client.set_port_connect_callback(self._note_connection)
        self._client.set_port_registration_callback(self._note_port)
        self._client.activate()
        if not self._wait(lambda: self._cycles > 0, FIRST_CYCLE_S) and not self._server_ended:
            raise no_jack(f"one that runs no cycle in {FIRST_CYCLE_S:g} s")
        self.connections()
        self._pass_cycles()

    def stop(self) -> bool:
        """End every sounding note, wait until that has left, close the client."""
        self._pending.silence()
        for _ in range(2):  # again, since what finds no room shows only when a cycle has passed
            left = self._wait(lambda: self._pending.is_empty() and not self._unsent)
            left = self._pass_cycles() and left
        self._client.deactivate()
        self._client.close()
        return left

    def open_more(self, spec: PortSpec) -> None:
        """Register one more output, and connect it where it is asked for.

        What the callback goes through is replaced and never changed under its hands.
        """
        pair = None if spec.other is None else (spec.role, self._chosen(spec))
        try:
            port = self._client.midi_outports.register(spec.role)
        except JackError as error:
            raise cannot_open(spec, error) from error
        self._ports = {**self._ports, spec.role: port}
        self._role_of = {**self._role_of, port.name: spec.role}
        self._outs = {**self._outs, spec.role: port}
        self.names = {**self.names, spec.role: port.name}
        if pair is not None:
            self._connect(*pair)
            self._wished.append(pair)
        self._pass_cycles()

    def lead(self, position: Position) -> None:
        """Move JACK transport, if it is ours to move."""
        if self._transport is not None:
            self._transport.lead(position)

    def measure(self, meter: Meter, tick: Ticks) -> None:
        """Have other bars in JACK transport, if it is ours."""
        if self._transport is not None:
            self._transport.measure(meter, tick)

    def _pass_cycles(self) -> bool:
        """Let what was written reach its receivers, and what was connected take effect."""
        first = self._cycles
        return self._wait(lambda: self._cycles > first + CYCLES_TO_LEAVE)

    def _wait(self, reached: Callable[[], bool], limit_s: float = LEAVE_S) -> bool:
        """Look now and then, since the callback must not be made to tell; within bounds."""
        deadline = time.monotonic() + limit_s
        while not reached():
            if self._server_ended or time.monotonic() > deadline:
                return False
            time.sleep(0.001)
        return True

    def xruns(self) -> int:
        """Count the cycles that some client of the server did not finish in time."""
        return self._xruns

    def connections(self) -> tuple[Pair, ...]:
        """List (role, name of the other port) of what is wished to be connected.

        What is missing is connected, where its port is there; what the user has disconnected is no
        wish any more. Called on one thread, again and again.
        """
        if not self._server_ended and self._cycles >= self._settled:
            with contextlib.suppress(JackError):  # a port went meanwhile: the next call sees it
                self._make_connections()
        return self._wishes.pairs()

    def _make_connections(self) -> None:
        while self._wished:
            self._wishes.add(self._wished.popleft())
        gone = [self._gone[each] for each in range(len(self._gone))]
        there = {port.name for port in self._client.get_ports(is_midi=True)}
        if not there.issuperset(self.names.values()):
            return  # the server is about to end
        ours = self._ports.items()
        made = [(role, other.name) for role, port in ours for other in port.connections]
        loops = [pair for pair in made if pair[1] in self._role_of]
        self._cut(loops)
        made = [pair for pair in made if pair not in loops]
        missing = self._wishes.look(made, there, gone)
        self._tell_absence(there, gone)
        for _ in gone:
            self._gone.popleft()
        for pair in missing:
            if self._connect(*pair):
                self._wishes.made(pair)
                self._settled = self._cycles + CYCLES_TO_LEAVE + 1  # till then it is not listed

    def _cut(self, loops: Iterable[Pair]) -> None:
        """Disconnect our outputs from our own inputs, in which we would hear ourselves."""
        for role, other in loops:
            if role in self._outs:
                self._client.disconnect(self.names[role], other)
                self._news.append(
                    f"our port {role!r} was connected to our own {self._role_of[other]!r}, in which"
                    " we would hear ourselves: disconnected"
                )

    def _tell_absence(self, there: Collection[str], gone: Collection[str]) -> None:
        """Say which ports have gone that are to be connected to ours, and which are back."""
        for role, other in self._wishes.pairs():
            away = other not in there
            if other not in self._absent and (away or other in gone):
                self._absent.add(other)
                self._news.append(
                    f"{other!r} is gone: it is connected to {role!r} again as soon as it is back"
                )
            if other in self._absent and not away:
                self._absent.discard(other)
                self._news.append(f"{other!r} is back, and connected to {role!r}")

    def news(self) -> list[str]:
        """Return what happened to connections since the last call."""
        news, self._news = self._news, []
        return news

    def _process(self, length: int) -> None:
        try:
            start = self.clock.begin_cycle()
            self._cycles += 1
            while self._fresh and self._cycles > self._fresh[0][0] + CYCLES_TO_LEAVE:
                self._pending.connected(self._fresh.popleft()[1])
            if self._transport is not None:
                position = self._transport.cycle(start, length)
                if position is not None:
                    self._take_position("jack", position)
            while self._left:
                now_s = seconds_at(start, self.clock.rate)
                self._take_input(now_s, self._left.popleft(), RESET_ALL)
            for role, port in self._ins.items():
                self._hear(role, port, start, MOST_BYTES + length)
            self._write(start, length)
        except Exception as error:  # noqa: BLE001 -- one that escapes would end all callbacks
            self._lose(f"the JACK callback failed: {error!r}")

    def _hear(self, role: str, port: Any, start: int, most: int) -> None:
        """Take what came to an input, of a flood `most` bytes and then a reset."""
        events = [
            (offset, SYSEX if data[:1] == SYSEX else bytes(data))
            for offset, data in port.incoming_midi_events()
        ]
        for offset, heard in without_jumps(events) if role == SYNC else events:
            most -= len(heard)
            self._take_input(
                seconds_at(start + offset, self.clock.rate), role, heard if most >= 0 else RESET_ALL
            )
            if most < 0:
                return

    def _write(self, start: int, length: int) -> None:
        again = self._ends_again(start)  # first, while the ledger still holds what this cycle ends
        due = [(0, message) for message in self._unsent]
        due += self._pending.drain(start, length)
        self._ends += [(start + at, m) for at, m in due if ends_note(m.data)]
        self._unsent = write_cycle(self._outs, [*((0, m) for m in again), *due])

    def _ends_again(self, start: int) -> list[TimedMessage]:
        """Return the latest note-offs again after an xrun, which may have swallowed them.

        An asynchronous server lets the next cycle begin before all clients have read this one's
        events. A note-off that comes twice is harmless, one that never comes is not. What sounds
        as the cycle begins is left alone, also where it ends later in the cycle.
        """
        while self._ends and self._ends[0][0] < start - AGAIN_S * self.clock.rate:
            self._ends.popleft()
        if self._xruns_seen == self._xruns:
            return []
        self._xruns_seen = self._xruns
        sounds = self._pending.sounding.sounds
        return [m for _, m in self._ends if not sounds(m.port, m.data)]

    def _count_xrun(self, _delay_us: float) -> None:
        self._raise_news()
        self._xruns += 1

    def _note_connection(self, source: Any, other: Any, made: bool) -> None:
        """Keep that an output was connected, and when: it holds from one of the next cycles on.

        Whoever played us and is connected no more has ended no note.
        """
        self._raise_news()
        if made and source.name in self._role_of:
            self._fresh.append((self._cycles, self._role_of[source.name]))
        if not made and other is not None and other.name in self._role_of:
            self._left.append(self._role_of[other.name])

    def _note_port(self, port: Any, there: bool) -> None:
        """Keep which ports go away: another of the same name may be there at the next look."""
        self._raise_news()
        if not there:
            self._gone.append(port.name)

    def _raise_news(self) -> None:
        """Raise JACK's thread for news, once: it shares our interpreter."""
        if not self._news_raised:
            self._news_raised = True
            raise_priority()

    def _shut_down(self, _status: Any, reason: str) -> None:
        self._server_ended = True
        self._lose(f"the JACK server ended: {reason}")

    def _lose(self, reason: str) -> None:
        if not self._failed:
            self._failed = True
            self._on_lost(reason)

    def _choose_connections(self) -> list[Pair]:
        """Return what is to be made again, or for the first time the ports that settings name."""
        if self._settings.connections is not None:
            return list(self._settings.connections)
        specs = (*self._settings.outputs, *self._settings.inputs)
        return [(spec.role, self._chosen(spec)) for spec in specs if spec.other is not None]

    def _chosen(self, spec: PortSpec) -> str:
        """Return the port of others that is asked for.

        Raises:
            UserError: there is none, or it takes audio.
        """
        direction, wanted = "is_output" if spec.role in self._ins else "is_input", spec.other or ""
        try:
            return chosen(spec, port_names(self._client, **{direction: True}))
        except UserError as error:
            audio = [each for each in port_names(self._client, midi=False) if wanted in each]
            if audio:
                found = f"{audio[0]!r}, which is one of audio"
                raise UserError("a port of MIDI", found, error.do) from None
            raise

    def _connect(self, role: str, other: str) -> bool:
        """Connect two ports; tell whether it was done.

        A refusal is no matter: what someone else connected meanwhile is seen at the next call, and
        all else is tried again.
        """
        ours = self.names[role]
        try:
            self._client.connect(*((ours, other) if role in self._outs else (other, ours)))
        except JackError:
            return False
        return True


def write_cycle(
    outs: Mapping[str, MidiOut], due: Iterable[tuple[int, TimedMessage]]
) -> list[TimedMessage]:
    """Write one cycle's messages, in order of their offsets, and give those that found no room.

    What follows such a message on the same port waits with it, so that the order stays. A message
    that does not even fit into an empty buffer is dropped: it would block its port for ever.
    """
    for out in outs.values():
        out.clear_buffer()
    empty = set(outs)
    full: set[str] = set()
    unsent = []
    for offset, message in due:
        port = message.port
        if port not in full:
            try:
                outs[port].write_midi_event(offset, message.data)
                empty.discard(port)
            except JackError:
                if port in empty:
                    continue
                full.add(port)
        if port in full:
            unsent.append(message)
    return unsent
