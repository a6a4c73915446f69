"""A jam from its settings to its end, written down where that is wanted."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path

from daw_bridge.config.jam import JamFile
from daw_bridge.daemon import performance
from daw_bridge.daemon.performance import Report, signals
from daw_bridge.daemon.recording import Head, Journal, written
from daw_bridge.daemon.settings import jam_of, source_of
from daw_bridge.jam.commands import Inbox
from daw_bridge.jam.events import Watcher
from daw_bridge.music.time import Ticks


def play(folder: Path, file: JamFile, watchers: Iterable[Watcher]) -> Report:
    """Play a jam of the model in a folder.

    Raises:
        UserError: the model, a drum map or the ports cannot be had.
    """
    return performance.jam(jam_of(file), partial(source_of, folder, file), watchers=watchers)


def record(
    folder: Path, file: JamFile, watchers: Iterable[Watcher], take: Path, *, force: bool
) -> tuple[Report, Path | None]:
    """Play a jam, and write down what was heard however it ends; say where.

    Of a jam that was stopped that is what was heard, of a whole one its silent end as well; of one
    without a bar it is nothing. Until it is written, no signal ends this process but SIGKILL, which
    leaves the journal.

    Raises:
        UserError: the model, a drum map or the ports cannot be had, or nothing can be written.
    """
    settings, inbox = jam_of(file), Inbox()
    with signals(inbox):
        name = folder.resolve().name
        journal = Journal(take, Head(name, file.bpm, str(file.meter)))
        least, bars = Ticks(0), 0
        try:
            make = partial(source_of, folder, file)
            report = performance.jam(settings, make, watchers=[*watchers, journal], inbox=inbox)
            bars = report.bars
            least = Ticks(bars * file.meter.bar_length() if bars == file.bars else 0)
        finally:
            journal.close()
            path = written(journal.path, take, least=least, force=force, empty=bars > 0)
        return report, path
