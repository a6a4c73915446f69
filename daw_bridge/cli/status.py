"""What a running jam shows: its ports, what to click in the DAW, and a line of status."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from daw_bridge.jam.events import Event, Failed, Lost, Margin, News, Opened, Placed, Stopped, Tempo

if TYPE_CHECKING:
    from daw_bridge.config.jam import JamFile


class Status:
    """What a user needs to hear the jam, then how it goes; `live` where a terminal reads."""

    def __init__(self, file: JamFile, *, live: bool) -> None:
        self._file = file
        self._live = live
        self._tempo_qpm = file.bpm
        self._late = 0
        self._margin: Margin | None = None
        self._line_is_open = False
        self._lost = False

    def __call__(self, event: Event) -> None:
        """Show an event, where it is one to show."""
        match event:
            case Opened(names) if self._lost:
                self._end_line()
                click.echo(f"the MIDI ports are back: {', '.join(dict(names).values())}", err=True)
            case Opened(names):
                self._begin(dict(names))
            case Lost(why):
                self._lost = True
                self._tell_loss(why)
            case News(text):
                self._end_line()
                click.echo(text, err=True)
            case Tempo(_, tempo_qpm):
                self._tempo_qpm = tempo_qpm
            case Failed():
                self._tell_failure(event)
            case Margin():
                self._margin = event
            case Placed(number, late=late):
                self._late += late
                self._rewrite(number + 1)
            case Stopped():
                self._end_line()

    def _begin(self, names: Mapping[str, str]) -> None:
        """Print the ports, and the clicks in each DAW."""
        file = self._file
        click.echo(f"{file.model} at {file.bpm:g}, {file.meter}, seed {file.seed}; Ctrl-C ends it")
        for role, name in names.items():
            click.echo(f"  {role}: {name}")
        notes = next(iter(names.values()), "")
        for line in clicks(notes) if file.port is None else playing_into(file.port):
            click.echo(line)
        sys.stdout.flush()

    def _tell_loss(self, why: str) -> None:
        """Say that the ports are gone, and why: of a traceback its last line."""
        self._end_line()
        last = why.strip().rpartition("\n")[2]
        click.echo(
            f"the MIDI ports are gone ({last}); they are opened again as soon as they are back",
            err=True,
        )

    def _tell_failure(self, failed: Failed) -> None:
        """Say that the model failed, and what plays on."""
        self._end_line()
        late = self._file.late
        on = "is loaded again and goes on" if failed.replaced else f"failed again: {late} plays on"
        click.echo(f"the model failed ({failed.why}); it {on}", err=True)

    def _rewrite(self, bar: int) -> None:
        if self._live:
            late = f", {self._late} late" if self._late else ""
            margin = f", {self._margin}" if self._margin is not None else ""
            text = f"bar {bar}{late}, {self._tempo_qpm:g} bpm{margin}"
            click.echo(f"\r{text}  ", nl=False, err=True)
            self._line_is_open = True

    def _end_line(self) -> None:
        if self._line_is_open:
            click.echo(err=True)
            self._line_is_open = False


def playing_into(name: str) -> list[str]:
    """Return where a jam is heard that plays into somebody else's port."""
    return [f"connected to the port named {name!r}: it is heard there"]


def clicks(port: str) -> list[str]:
    """Return the three clicks in REAPER, and in Live, that make a port heard."""
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
