"""A jam from its settings to its end, written down where that is wanted."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from daw_bridge.daemon import opening
from daw_bridge.daemon.journal import Journal, written
from daw_bridge.daemon.log_form import Head
from daw_bridge.daemon.part import Part
from daw_bridge.daemon.performance import Report
from daw_bridge.daemon.session_log import SessionLog
from daw_bridge.daemon.settings import Ready, jam_of
from daw_bridge.daemon.signals import signals
from daw_bridge.jam.commands import Inbox
from daw_bridge.jam.events import Watcher


def play(jam: Ready, watchers: Iterable[Watcher], inbox: Inbox) -> Report:
    """Play a jam, which is told what comes into its inbox.

    Raises:
        UserError: the model, a drum map or the ports cannot be had.
    """
    part = Part(jam)
    return opening.jam(jam_of(jam), part, again=part, watchers=watchers, inbox=inbox, part=part)


def logging(path: Path, jam: Ready, *, force: bool) -> SessionLog:
    """Begin the log of a jam, which is a watcher of it.

    Raises:
        UserError: a drum map cannot be had, or the log is there or cannot be written.
    """
    if force:
        path.unlink(missing_ok=True)
    return SessionLog(path, Head.of(jam, jam_of(jam)))


def record(
    jam: Ready, watchers: Iterable[Watcher], inbox: Inbox, take: Path, *, force: bool
) -> tuple[Report, Path | None]:
    """Play a jam, and write down what was heard however it ends; say where.

    Of a jam that was stopped that is what was heard, of a whole one its silent end as well; of one
    without a bar it is nothing. Until it is written, no signal ends this process but SIGKILL, which
    leaves the journal.

    Raises:
        UserError: the model, a drum map or the ports cannot be had, or nothing can be written.
    """
    settings = jam_of(jam)
    with signals(inbox):
        journal = Journal(take, jam.folder.resolve().name)
        bars = 0
        try:
            part = Part(jam)
            report = opening.jam(
                settings, part, again=part, watchers=[*watchers, journal], inbox=inbox, part=part
            )
            bars = report.bars
        finally:
            journal.close()
            path = written(journal.path, take, whole=bars == jam.bars, force=force, empty=bars > 0)
        return report, path
