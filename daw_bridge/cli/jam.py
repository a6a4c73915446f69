"""`daw-bridge jam`: the daemon, and what its user sees of it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daw_bridge.cli.options import file_to_write, given, options_of
from daw_bridge.cli.types import NAMED
from daw_bridge.config.jam import JamFile, load_jam
from daw_bridge.music.notes import note_name

if TYPE_CHECKING:
    from daw_bridge.daemon.performance import Report
    from daw_bridge.jam.events import Sounded
    from daw_bridge.midi.sounding import Key


@click.command(
    epilog="Examples: daw-bridge jam\n\n"
    "daw-bridge jam groove --bpm 92 --condition style=funk --drum-map ezdrummer-3 --record take.mid"
)
@click.argument("preset", default="groove")
@click.option(
    "--record",
    metavar="FILE.mid",
    type=click.Path(path_type=Path),
    help="Write down what was played.",
)
@click.option("--drum-map", type=NAMED["map"], help="The kit: see `daw-bridge drums maps`.")
@options_of(JamFile)
def jam(preset: str, record: Path | None, drum_map: str | None, **options: Any) -> int:
    """Play PRESET (groove, where none is given) into the DAW, until Ctrl-C or for --bars.

    The options come before what the preset says; `daw-bridge show PRESET` prints it.
    """
    if record is not None:
        file_to_write(record)
    from daw_bridge.daemon.settings import settled  # noqa: PLC0415

    file, folder, _ = settled(load_jam(preset), given(options), drum_map=drum_map)
    if file.backend == "offline" and (idle := {"port", "late"} & given(options).keys()):
        names = " and ".join(f"--{name}" for name in sorted(idle))
        click.echo(
            f"{names}: of no use offline, where there are no ports and no bar is late", err=True
        )
    report = _play(folder, file, record)
    click.echo(_summary(report, record if report.bars else None))
    if report.may_sound:
        click.echo(_left(report.may_sound), err=True)
    return 1 if report.may_sound else 0


def _play(folder: Path, file: JamFile, record: Path | None) -> Report:
    """Play, and write down what was heard however it ends."""
    from daw_bridge.cli.progress import BarsShown  # noqa: PLC0415
    from daw_bridge.cli.status import Status  # noqa: PLC0415
    from daw_bridge.daemon import performance as daemon  # noqa: PLC0415
    from daw_bridge.daemon.recording import Take  # noqa: PLC0415
    from daw_bridge.daemon.settings import jam_of, need_bars, source_of  # noqa: PLC0415

    settings = jam_of(file)
    take = Take()
    offline = file.backend == "offline"
    name = folder.resolve().name
    try:
        with (
            BarsShown(need_bars(file))
            if offline
            else nullcontext(Status(file, live=sys.stderr.isatty()))
        ) as shown:
            watchers = [shown] if record is None else [shown, take]
            report = daemon.jam(settings, lambda: source_of(folder, file), watchers=watchers)
    except BaseException:
        if record is not None and take.heard:
            _write(take.heard, record, file, name)
        raise
    if record is not None and report.bars:
        # Of a jam that was stopped, only what was heard; of a whole one, its silent end as well.
        _write(take.heard, record, file, name, report.bars if report.bars == file.bars else 0)
    return report


def _write(
    heard: Sequence[Sounded], record: Path, file: JamFile, name: str, least: int = 0
) -> None:
    """Write down as many whole bars as were heard, `least` of them at least."""
    from daw_bridge.daemon.settings import write_take  # noqa: PLC0415

    last = max((each.tick for each in heard), default=0)
    bars = -(-last // file.meter.bar_length())
    write_take(heard, record, file, max(bars, least), name)


def _summary(report: Report, record: Path | None) -> str:
    counts = report.counts
    where = f"; wrote {record}" if record is not None else ""
    missed = f", {counts.stale} too late to play" if counts.stale else ""
    bars = "1 bar" if report.bars == 1 else f"{report.bars} bars"
    return (
        f"{report.why}: {bars} ({report.late_bars} late), {counts.sent} messages "
        f"({counts.late} late{missed}), {counts.xruns} xruns{where}"
    )


def _left(keys: Sequence[Key]) -> str:
    """Name notes whose end nobody confirmed, to be ended by hand."""
    names = "; ".join(
        f"{note_name(pitch)} on channel {channel + 1} of {port!r}" for port, channel, pitch in keys
    )
    return f"the ports could not confirm the end of notes, which may sound: {names}"
