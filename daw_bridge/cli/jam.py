"""`daw-bridge jam`: the daemon, and what its user sees of it."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daw_bridge.cli.options import given, options_of
from daw_bridge.cli.types import NAMED, PATH, Parsed
from daw_bridge.config.jam import LIVE, JamFile, load_jam
from daw_bridge.errors import UserError
from daw_bridge.files import file_to_write
from daw_bridge.music.notes import note_name

if TYPE_CHECKING:
    from daw_bridge.daemon.performance import Report
    from daw_bridge.daemon.settings import Ready
    from daw_bridge.jam.commands import Inbox
    from daw_bridge.jam.events import Watcher
    from daw_bridge.midi.sounding import Key


LOOPBACK = "127.0.0.1"


def _host_and_port(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 1 << 16:
        raise ValueError(f"expected a port such as 9140, found {text!r}")
    return host or LOOPBACK, int(port)


@click.command(
    epilog="Examples: daw-bridge jam\n\n"
    "daw-bridge jam groove --bpm 92 --condition style=funk --drum-map ezdrummer-3 --record take.mid"
)
@click.argument("preset", default="groove", type=NAMED["jam"])
@click.option(
    "--record",
    metavar="FILE.mid",
    type=PATH,
    help="Write down what was played, as it sounds.",
)
@click.option(
    "--log",
    metavar="FILE.jsonl",
    type=PATH,
    help="Write down all that drives the session: `daw-bridge replay` plays it again.",
)
@click.option("--force", is_flag=True, help="Overwrite the files of --record and --log.")
@click.option(
    "--name",
    metavar="NAME",
    help="What `daw-bridge ctl --name` calls this jam; the preset's name, where none is given.",
)
@click.option(
    "--osc",
    metavar="[HOST:]PORT",
    type=Parsed("[host:]port", _host_and_port),
    help="Listen for OSC there; the host is 127.0.0.1, where none is given.",
)
@click.option(
    "--ableton",
    metavar="TRACK",
    help="Have Live's tempo and meter by AbletonOSC; write kept bars as clips into this track.",
)
@click.option(
    "--sound", is_flag=True, help="Hear it without a DAW, on instruments of our own (needs pyo)."
)
@click.option(
    "--audio",
    type=click.Choice(["auto", "jack", "portaudio", "coreaudio"]),
    default="auto",
    show_default=True,
    help="By which audio system --sound is heard.",
)
@click.option("--drum-map", type=NAMED["map"], help="The kit: see `daw-bridge drums maps`.")
@options_of(JamFile)
def jam(
    preset: str,
    record: Path | None,
    log: Path | None,
    name: str | None,
    osc: tuple[str, int] | None,
    ableton: str | None,
    drum_map: str | None,
    audio: str,
    *,
    force: bool,
    sound: bool,
    **options: Any,
) -> int:
    """Play PRESET (groove, where none is given) into the DAW, until Ctrl-C or for --bars.

    The options come before what the preset says; `daw-bridge show PRESET` prints it.
    """
    if name is not None:
        from daw_bridge.control.places import check_name  # noqa: PLC0415

        check_name(name)
    if record is not None:
        _new_take(record, force=force)
    if log is not None:
        _new_file(log, "a new file to log into", force=force)
    from daw_bridge.daemon.settings import ready  # noqa: PLC0415

    settled = ready(load_jam(preset), given(options), drum_map=drum_map)
    for remark in settled.remarks:
        click.echo(remark, err=True)
    if settled.file.backend == "offline" and (idle := LIVE & given(options).keys()):
        names = " and ".join(f"--{name.replace('_', '-')}" for name in sorted(idle))
        click.echo(
            f"{names}: of no use offline, where there are no ports and no bar is late", err=True
        )
    ways = {"--name": name, "--osc": osc, "--ableton": ableton}
    if settled.file.backend == "offline" and any(ways.values()):
        names = " and ".join(each for each, value in ways.items() if value)
        click.echo(f"{names}: of no use offline, where nobody can tell a jam anything", err=True)
    if sound:
        settled = _heard(settled, audio)
    report, take = _play(settled, _Asked(preset, name, osc, ableton, record, log, force))
    click.echo(_summary(report, take))
    if record is not None and take not in (None, record):
        click.echo(f"{record} could not be written: {take} was, in its place", err=True)
    if report.may_sound:
        click.echo(_left(report.may_sound), err=True)
    return 1 if report.may_sound or report.failed else 0


def _heard(jam: Ready, audio: str) -> Ready:
    """Return a jam that is heard without a DAW."""
    from daw_bridge.daemon.sound import Sound  # noqa: PLC0415

    if jam.file.backend == "offline":
        click.echo("--sound: of no use offline, where nobody waits for the music", err=True)
        return jam
    return replace(jam, sound=Sound.of(jam, audio))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a user asked for beside settings; `name` None: as the preset is called."""

    preset: str
    name: str | None
    osc: tuple[str, int] | None
    ableton: str | None
    take: Path | None
    log: Path | None
    force: bool


def _play(jam: Ready, asked: _Asked) -> tuple[Report, Path | None]:
    """Play, and show how it goes; say where it was written down."""
    from daw_bridge.cli.progress import BarsShown  # noqa: PLC0415
    from daw_bridge.cli.status import Status  # noqa: PLC0415
    from daw_bridge.daemon.kept import KeptBars  # noqa: PLC0415
    from daw_bridge.daemon.play import logging, play, record  # noqa: PLC0415
    from daw_bridge.daemon.settings import need_bars  # noqa: PLC0415
    from daw_bridge.jam.commands import Inbox  # noqa: PLC0415

    inbox = Inbox()
    with ExitStack() as stack:
        watchers: list[Watcher] = []
        if jam.file.backend == "offline":
            watchers.append(stack.enter_context(BarsShown(need_bars(jam))))
        else:
            watchers += [Status(jam.file, live=sys.stderr.isatty()), KeptBars()]
            watchers += _controls(stack, jam, asked, inbox)
        if asked.log is not None:
            logged = logging(asked.log, jam, force=asked.force)
            watchers.append(stack.enter_context(closing(logged)))
        if asked.take is None:
            return play(jam, watchers, inbox), None
        return record(jam, watchers, inbox, asked.take, force=asked.force)


def _controls(stack: ExitStack, jam: Ready, asked: _Asked, inbox: Inbox) -> list[Watcher]:
    """Open the ways to control a jam; without a place for a socket it plays all the same."""
    from daw_bridge.control.open import Ways, controlled  # noqa: PLC0415

    named = re.sub(r"[^A-Za-z0-9_-]", "-", Path(asked.preset).stem)[:40].strip("-_") or "jam"
    ways = Ways(asked.name or named, asked.name is not None, asked.osc, asked.ableton)
    try:
        desk = stack.enter_context(controlled(ways, jam.file, inbox))
    except UserError as error:
        if (asked.name, asked.osc, asked.ableton) != (None, None, None):
            raise
        click.echo(f"`daw-bridge ctl` cannot reach this jam: {error}", err=True)
        return []
    if desk.name != ways.name:
        click.echo(f"another jam is called {named}: this one is {desk.name} to `daw-bridge ctl`")
    if asked.osc is not None and asked.osc[0] != LOOPBACK:
        click.echo(f"whoever reaches {asked.osc[0]} can control this jam by OSC", err=True)
    return [desk]


def _new_take(take: Path, *, force: bool) -> None:
    """Check that a take can be written; save those of jams that were cut off before."""
    from daw_bridge.daemon.journal import recovered  # noqa: PLC0415

    for path in recovered(take.parent, keep=take):
        click.echo(f"wrote {path}: what a jam that was cut off had played", err=True)
    _new_file(take, "a new file to record into", force=force)


def _new_file(path: Path, wanted: str, *, force: bool) -> None:
    file_to_write(path)
    if path.exists() and not force:
        raise UserError(wanted, f"one that is there, {path}", "name another, or add --force")


def _summary(report: Report, take: Path | None) -> str:
    counts = report.counts
    where = f"; wrote {take}" if take is not None else ""
    missed = f", {counts.stale} too late to play" if counts.stale else ""
    bars = "1 bar" if report.bars == 1 else f"{report.bars} bars"
    margin = "" if report.margin is None else f"; {report.margin}"
    failed = f"; the model failed ({report.failed})" if report.failed else ""
    return (
        f"{report.why}: {bars} ({report.late_bars} late), {counts.sent} messages "
        f"({counts.late} late{missed}), {counts.xruns} xruns{margin}{failed}{where}"
    )


def _left(keys: Sequence[Key]) -> str:
    """Name notes whose end nobody confirmed, to be ended by hand."""
    names = "; ".join(
        f"{note_name(pitch)} on channel {channel + 1} of {port!r}" for port, channel, pitch in keys
    )
    return f"the ports could not confirm the end of notes, which may sound: {names}"
