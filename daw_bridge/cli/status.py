"""What a running jam shows: its ports, what to click in the DAW, and a line of status."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from shutil import get_terminal_size
from typing import TYPE_CHECKING

import click

from daw_bridge.control.names import name_of
from daw_bridge.jam.events import (
    Changed,
    Event,
    Failed,
    Followed,
    HeardBar,
    Lost,
    Margin,
    Moved,
    News,
    Opened,
    Placed,
    Refused,
    Stopped,
    Tempo,
)
from daw_bridge.jam.modes import Name
from daw_bridge.jam.prepared import Value
from daw_bridge.ports.backend import SPEAKERS

if TYPE_CHECKING:
    from daw_bridge.config.jam import JamFile

SOLO = Name.SOLO.value
"""The mode that is not worth a word."""


class Status:
    """What a user needs to hear the jam, then how it goes; `live` where a terminal reads."""

    def __init__(self, file: JamFile, *, live: bool) -> None:
        self._file = file
        self._live = live
        self._tempo_qpm = file.bpm
        self._late = 0
        self._placed: Placed | None = None
        self._margin: Margin | None = None
        self._followed = Followed(None)
        self._bar = 0
        self._stands = False
        self._mode = file.mode
        self._heard = ""
        self._changed = ""
        self._shown = 0
        self._line_is_open = False
        self._lost = False

    def __call__(self, event: Event) -> None:  # noqa: PLR0912  # a kind of event each
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
            case HeardBar(found=found):
                self._heard = f", heard {found}"
            case Changed(what, _, value):
                self._take_change(name_of(what), value)
            case Refused(what, why):
                self._end_line()
                click.echo(f"{name_of(what)} is refused: {why}", err=True)
            case News(text):
                self._end_line()
                click.echo(text, err=True)
            case Tempo(_, tempo_qpm):
                self._tempo_qpm = tempo_qpm
            case Failed():
                self._tell_failure(event)
            case Margin():
                self._margin = event
            case Placed():
                self._take_bar(event)
            case Followed():
                self._tell_followed(event)
            case Moved(rolling=rolling):
                self._stands = not rolling
                self._rewrite()
            case Stopped():
                self._end_line()

    def _begin(self, names: Mapping[str, str]) -> None:
        """Print the ports, and the clicks in each DAW."""
        file = self._file
        click.echo(f"{file.model} at {file.bpm:g}, {file.meter}, seed {file.seed}; Ctrl-C ends it")
        for role, name in names.items():
            click.echo(f"  {role}: {name}")
        notes = next(iter(names.values()), "")
        if notes != SPEAKERS:
            for line in clicks(notes) if file.port is None else playing_into(file.port):
                click.echo(line)
        sys.stdout.flush()

    def _take_bar(self, placed: Placed) -> None:
        """Count a bar that was placed; one that comes again takes the place of the one before."""
        before, self._placed = self._placed, placed
        if before is not None and before.number == placed.number:
            self._late -= before.late
        self._late += placed.late
        self._bar = (placed.number if placed.song_bar is None else placed.song_bar) + 1
        self._rewrite()

    def _take_change(self, name: str, value: Value) -> None:
        """Remember what was changed last, to be shown in the line."""
        if name == "mode":
            self._mode = str(value)
        shown = ", ".join(map(str, value)) if isinstance(value, tuple) else value
        self._changed = f"; {name}" if shown is None else f"; {name}: {shown}"
        self._rewrite()

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

    def _tell_followed(self, now: Followed) -> None:
        """Say who is followed, and what is wrong with that."""
        before, self._followed = self._followed, now
        said = []
        if now.master != before.master and now.master is not None:
            said.append(f"following {now.master}")
        if now.spp_unit and now.spp_unit != before.spp_unit:
            said.append(f"song positions count {now.spp_unit}s")
        said += [
            f"{other} rolls as well and is not followed"
            for other in now.others
            if other not in before.others
        ]
        if now.trouble and now.trouble != before.trouble:
            said.append(now.trouble)
        if said:
            self._end_line()
            click.echo("; ".join(said), err=True)

    def _rewrite(self) -> None:
        if self._live:
            late = f", {self._late} late" if self._late else ""
            margin = f", {self._margin}" if self._margin is not None else ""
            whose = f"{self._followed.master}: " if self._followed.master else ""
            where = "stands" if self._stands else f"bar {self._bar}"
            mode = f"{self._mode}, " if self._mode != SOLO else ""
            text = f"{whose}{mode}{where}{late}, {self._tempo_qpm:.4g} bpm{margin}"
            text = f"{text}{self._heard}{self._changed}"[: get_terminal_size().columns - 1]
            click.echo(f"\r{text:{self._shown}}", nl=False, err=True)
            self._shown = len(text)
            self._line_is_open = True

    def _end_line(self) -> None:
        if self._line_is_open:
            click.echo(err=True)
            self._line_is_open, self._shown = False, 0


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
