"""Ports on any system that rtmidi knows: sent by a thread that sleeps, then spins to the moment."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from daw_bridge.errors import UserError
from daw_bridge.music.position import Position
from daw_bridge.music.time import Meter, Seconds, Ticks
from daw_bridge.ports.backend import (
    OnInput,
    OnLost,
    OnPosition,
    PortInfo,
    PortSettings,
    PortSpec,
    cannot_open,
    chosen,
    no_midi_system,
    no_virtual_ports,
)
from daw_bridge.ports.clock import MonotonicClock, frame_at
from daw_bridge.ports.jack_client import server_runs
from daw_bridge.ports.pending import MICROSECONDS, Pending
from daw_bridge.ports.wishes import Pair

try:
    import rtmidi
except ImportError as missing:
    rtmidi = None
    _why = f"rtmidi cannot be loaded: {missing}"
else:
    _why = "rtmidi finds no MIDI system"

SPIN_S = 0.001
"""What is left of a wait when the thread stops sleeping and looks at the clock again and again."""

LATE = frame_at(Seconds(0.001), MICROSECONDS)
"""A message that leaves less than this after its time, in microseconds, is not late."""

LEAVE_S = 0.05
"""rtmidi does not tell when a message has left; on JACK it may take a cycle, of 43 ms at most."""

MOST_NAMES = 100
"""So many clients of one name are told apart."""

CLOSE_S = 1.0
"""Closing an input may never return where a callback is in flight; it gets so long."""


class RtmidiBackend:
    """MIDI outputs and inputs of rtmidi's first API that works here.

    Its thread sends when the time has come, as punctually as the system wakes it. On JACK, rtmidi
    hands messages to the next cycle and so adds up to one period: ask for the `jack` backend there.
    """

    @staticmethod
    def system() -> str:
        """Name the first of rtmidi's APIs that works here."""
        return str(rtmidi.get_api_display_name(working_api()))

    @staticmethod
    def list_ports() -> list[PortInfo]:
        """List the MIDI ports that rtmidi finds; without a MIDI system there are none."""
        try:
            api = working_api()
        except UserError:
            return []
        out, into = rtmidi.MidiOut(api), rtmidi.MidiIn(api)
        try:
            return [
                *(PortInfo("rtmidi", "out", name) for name in out.get_ports()),
                *(PortInfo("rtmidi", "in", name) for name in into.get_ports()),
            ]
        finally:
            out.delete()
            into.delete()

    def __init__(self, settings: PortSettings, on_lost: OnLost) -> None:
        self.name = "rtmidi"
        self.clock = MonotonicClock()
        self.frame_rate: int | None = None
        self._on_lost = on_lost
        self._api = working_api()
        self._ins: dict[str, Any] = {}
        self._outs: dict[str, Any] = {}
        self._others: list[tuple[str, str, Any]] = []
        self._failed = False
        self.names: Mapping[str, str] = {}
        try:
            self._open(settings)
        except rtmidi.RtMidiError as error:  # not even a client: no port was asked for yet
            self._close()
            raise no_midi_system(f"rtmidi: {error}") from error
        except BaseException:
            self._close()
            raise
        self._wake = threading.Event()
        self._stopping = False

    def start(self, pending: Pending, on_input: OnInput, on_position: OnPosition) -> None:
        """Start the sending thread, and pass input on from rtmidi's own."""
        self._pending = pending
        pending.on_change = self._wake.set
        del on_position  # rtmidi knows of no transport
        for role, port in self._ins.items():
            port.set_callback(
                lambda event, role: on_input(self.clock.now(), role, bytes(event[0])), role
            )
        self._thread = threading.Thread(target=self._run, name="rtmidi", daemon=True)
        self._thread.start()

    def stop(self) -> bool:
        """End every sounding note, wait until that has left, close all ports."""
        self._pending.silence()
        self._stopping = True
        self._wake.set()
        self._thread.join()
        time.sleep(LEAVE_S)
        self._close()
        return not self._failed

    def open_more(self, spec: PortSpec) -> None:
        """Open one more output, on a client of its own."""
        try:
            out, name = self._opened(spec)
        except rtmidi.RtMidiError as error:
            raise cannot_open(spec, error) from error
        self._outs = {**self._outs, spec.role: out}
        self.names = {**self.names, spec.role: name}

    def lead(self, position: Position) -> None:
        """Do nothing: there is no transport to move."""

    def measure(self, meter: Meter, tick: Ticks) -> None:
        """Do nothing: there are no bars to be other ones."""

    def xruns(self) -> int:
        """Return 0: rtmidi has no cycles."""
        return 0

    def connections(self) -> tuple[Pair, ...]:
        """List the ports that we connected to; tell when one is not there any more.

        Of those that others connected to ours, rtmidi knows nothing.
        """
        for role, name, lister in self._others:
            if not self._failed and name not in lister.get_ports():
                self._lose(f"the port {name!r} of {role!r} has gone")
        return tuple((role, name) for role, name, _ in self._others)

    def news(self) -> list[str]:
        """Return nothing: who goes is a loss here."""
        return []

    def _run(self) -> None:
        try:
            self._send_all()
        except Exception as error:  # noqa: BLE001 -- the daemon is told and opens the ports again
            self._lose(f"rtmidi cannot send: {error!r}")

    def _send_all(self) -> None:
        while True:
            self._wake.clear()
            stopping = self._stopping  # asked for after the silence that is drained here
            now = frame_at(self.clock.now(), MICROSECONDS)
            for _, message in self._pending.drain(now - LATE, LATE + 1):
                self._outs[message.port].send_message(message.data)
            if stopping:
                return
            self._wait(self._pending.next_frame())

    def _lose(self, reason: str) -> None:
        if not self._failed:
            self._failed = True
            self._on_lost(reason)

    def _wait(self, frame: int | None) -> None:
        """Wait for a moment in microseconds, or for `_wake`."""
        due_s = float("inf") if frame is None else frame / MICROSECONDS
        self.clock.wait_until(Seconds(due_s - SPIN_S), self._wake)
        while time.monotonic() < due_s and not self._wake.is_set():
            time.sleep(0)

    def _open(self, settings: PortSettings) -> None:
        names = {}
        settings = self._settings = replace(settings, client=self._free_name(settings.client))
        for spec in settings.outputs:
            self._outs[spec.role], names[spec.role] = self._opened(spec)
        for spec in settings.inputs:
            if spec.other is None and self._api == rtmidi.API_WINDOWS_MM:
                continue  # which has no virtual ports, and is played into without an input
            client = self._client_name(spec)
            self._ins[spec.role] = port = rtmidi.MidiIn(self._api, name=client)
            port.ignore_types(sysex=True, timing=False, active_sense=True)
            names[spec.role] = _open_port(port, spec, client)
            self._watch(spec, names[spec.role], rtmidi.MidiIn)
        self.names = names

    def _opened(self, spec: PortSpec) -> tuple[Any, str]:
        """Open an output; give it with its name."""
        client = self._client_name(spec)
        out = rtmidi.MidiOut(self._api, name=client)
        try:
            name = _open_port(out, spec, client)
            self._watch(spec, name, rtmidi.MidiOut)
        except BaseException:
            out.close_port()
            out.delete()
            raise
        return out, name

    def _watch(self, spec: PortSpec, name: str, kind: Callable[..., Any]) -> None:
        """Look after a port that is not ours, by a lister of its own: `out` is the sender's."""
        if spec.other is not None:
            self._others.append((spec.role, name, kind(self._api, name="DAW Bridge watch")))

    def _free_name(self, client: str) -> str:
        """Return a name, with a number as JACK gives it if others have ports of that name."""
        there = [port.name for port in self.list_ports()]
        for number in range(MOST_NAMES):
            name = f"{client}-{number:02}" if number else client
            if not any(port.startswith((f"{name}:", f"{name} ")) for port in there):
                break
        return name

    def _client_name(self, spec: PortSpec) -> str:
        """Name the client of a port; each port is one, and on JACK no two have the same name."""
        settings = self._settings
        first = spec == (*settings.outputs, *settings.inputs)[0]
        same = first or self._api != rtmidi.API_UNIX_JACK
        return settings.client if same else f"{settings.client} {spec.role}"

    def _close(self) -> None:
        """Close the outputs first, then detach the callbacks, then the inputs, which may hang."""
        for out in self._outs.values():
            out.close_port()
            out.delete()
        for _, _, lister in self._others:
            lister.delete()
        for port in self._ins.values():
            port.cancel_callback()
        closing = threading.Thread(target=_close_inputs, args=(self._ins.values(),), daemon=True)
        closing.start()
        closing.join(CLOSE_S)


def _close_inputs(ports: Iterable[Any]) -> None:
    for port in ports:
        port.close_port()
        port.delete()


def _open_port(port: Any, spec: PortSpec, client: str) -> str:
    """Connect to the port that is asked for, or else make a virtual one; give its name."""
    found = port.get_ports()
    try:
        if spec.other is not None:
            name = chosen(spec, found)
            port.open_port(found.index(name), name=spec.role)
            return name
        if port.get_current_api() == rtmidi.API_WINDOWS_MM:
            raise no_virtual_ports(found)
        if port.get_current_api() == rtmidi.API_MACOSX_CORE:  # which shows no client's name
            port.open_virtual_port(name=f"{client} {spec.role}")
            return f"{client} {spec.role}"
        port.open_virtual_port(name=spec.role)
    except (rtmidi.RtMidiError, NotImplementedError) as error:
        raise cannot_open(spec, error) from error
    return f"{client}:{spec.role}"


def working_api() -> int:
    """Return the first of rtmidi's APIs that works on this machine.

    Raises:
        UserError: none does.
    """
    if rtmidi is None:
        raise no_midi_system(_why)
    for api in rtmidi.get_compiled_api():
        if _works(api):
            return int(api)
    raise no_midi_system(_why)


def _works(api: int) -> bool:
    if api == rtmidi.API_LINUX_ALSA:  # asked first, since ALSA's library prints when it fails
        return os.access("/dev/snd/seq", os.R_OK | os.W_OK)
    if api == rtmidi.API_UNIX_JACK:
        return server_runs()
    return api in (rtmidi.API_MACOSX_CORE, rtmidi.API_WINDOWS_MM)
