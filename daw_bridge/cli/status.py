"""What a running jam shows: its ports, what to click in the DAW, and a line of status."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

from daw_bridge.daemon import performance as daemon

if TYPE_CHECKING:
    from daw_bridge.config.jam import JamFile
    from daw_bridge.jam.session import Session
    from daw_bridge.ports.api import Ports


class Status(daemon.Watcher):
    """Print what a user needs to hear the jam, then how it goes; `live` where a terminal reads."""

    def __init__(self, file: JamFile, *, live: bool) -> None:
        self._file = file
        self._live = live
        self._shown = -1
        self._lost = False

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the status line."""
        if self._live and self._shown >= 0:
            click.echo(err=True)

    def opened(self, ports: Ports) -> None:
        """Print the ports, and the clicks in each DAW; of ports that are back, only the names."""
        file = self._file
        if self._lost:
            click.echo(f"the MIDI ports are back: {', '.join(ports.names.values())}", err=True)
            return
        click.echo(f"{file.model} at {file.bpm:g}, {file.meter}, seed {file.seed}; Ctrl-C ends it")
        for role, name in ports.names.items():
            click.echo(f"  {role}: {name}")
        notes = next(iter(ports.names.values()), "")
        for line in clicks(notes) if file.port is None else playing_into(file.port):
            click.echo(line)
        sys.stdout.flush()

    def advanced(self, session: Session) -> None:
        """Rewrite the status line once a bar."""
        if self._live and session.bars_played != self._shown:
            self._shown = session.bars_played
            late = f", {session.late_bars} late" if session.late_bars else ""
            tempo = session.transport.tempo_qpm
            click.echo(f"\rbar {self._shown}{late}, {tempo:g} bpm  ", nl=False, err=True)

    def lost(self, why: str) -> None:
        """Say that the ports are gone, and why: of a traceback its last line."""
        self._lost = True
        last = why.strip().rpartition("\n")[2]
        click.echo(
            f"\nthe MIDI ports are gone ({last}); they are opened again as soon as they are back",
            err=True,
        )


def playing_into(name: str) -> list[str]:
    """Say where a jam is heard that plays into somebody else's port."""
    return [f"connected to the port named {name!r}: it is heard there"]


def clicks(port: str) -> list[str]:
    """Give the three clicks in REAPER, and in Live, that make a port heard."""
    lines = [
        f"REAPER: 1 Preferences > MIDI inputs: enable {port!r}  2 arm a track, input that port,"
        " all channels  3 monitoring on, a drum instrument as FX",
        f"Live: 1 Settings > Link, Tempo & MIDI: Track on for input {port!r}  2 MIDI From that port"
        " on a track with a kit  3 Monitor In",
    ]
    if sys.platform.startswith("linux"):
        lines.append(
            "JACK: connect the port to the DAW's MIDI input, as with qpwgraph or jack_connect"
        )
    return lines
