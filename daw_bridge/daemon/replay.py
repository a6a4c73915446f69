"""A session played again from its log, without a device: the same, to the byte."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from daw_bridge import __version__
from daw_bridge.config.files import find
from daw_bridge.daemon.log_form import End, Head
from daw_bridge.daemon.part import Part, check_model
from daw_bridge.daemon.performance import FAILED, Performance, Report
from daw_bridge.daemon.recording import Line, Take, sounds, write_take
from daw_bridge.daemon.script import (
    NothingMoreError,
    Script,
    ScriptedFeed,
    ScriptedInbox,
    ScriptedMargins,
    ScriptedPorts,
)
from daw_bridge.daemon.session_log import TakeHash, opened
from daw_bridge.daemon.settings import Ready
from daw_bridge.errors import UserError
from daw_bridge.jam.bars import Feed
from daw_bridge.jam.commands import Change
from daw_bridge.jam.events import Event, Placed
from daw_bridge.jam.prepared import Prepared
from daw_bridge.jam.relief import SoFar
from daw_bridge.music.time import MOST_BARS, Seconds


@dataclass(frozen=True, slots=True)
class Replayed:
    """How a session went that was played again.

    `take` is where it was written; None where nothing was heard. `cut_off_s` is the second at which
    its log ends without an end; None where it has one.
    """

    report: Report
    take: Path | None
    cut_off_s: float | None = None


def replay(log: Path, take: Path, *, model: str | None = None) -> Replayed:
    """Play a session again, and write what was heard as `--record` does.

    `model` is the name or folder of its model, where that is not the one in the log. A log that was
    cut off is played as far as it goes.

    Raises:
        UserError: the log is damaged, its model is not there or is another, the session does not go
            as its log says, or the take cannot be written.
    """
    with opened(log) as (head, lines):
        script = Script(lines)
        folder = find("models", model or head.settings.model)
        part = Part(Ready(head.settings, folder, head.primer))
        check_model(part.ready, head.sha256)
        report, heard = _played(head, part, script)
    bars = 0 if report.why == FAILED else report.bars
    written = bars > 0 or sounds(heard)
    if written:
        write_take(heard, take, head.name, whole=bars == head.jam.plan.bars)
    cut_off_s = None if script.next else script.passed_s
    return Replayed(report, take if written else None, cut_off_s)


def _played(head: Head, part: Part, script: Script) -> tuple[Report, list[Line]]:
    """Play to the end of a script; return how it went, and what was heard."""
    hashed, take = TakeHash(), Take()

    def tell(event: Event) -> None:
        if isinstance(event, Placed) and event.number >= MOST_BARS:
            raise UserError(f"a session of at most {MOST_BARS} bars", "more", "log a shorter one")
        hashed(event)
        take(event)

    feed = ScriptedFeed(part, script)
    performance = Performance(
        head.jam,
        feed,
        ScriptedPorts(script),
        ScriptedInbox(script),
        tell,
        margins=ScriptedMargins(script),
        parts=_Scripted(part, script),
        harmony=feed.harmony,
    )
    failure = None
    try:
        performance.run()
    except NothingMoreError:
        pass
    except Exception as error:  # noqa: BLE001  # it may be the one that ended the session then
        failure = error
    end = script.next
    if end is None and failure is None:
        return performance.report(), take.lines
    if (
        isinstance(end, End)
        and end.take == hashed.hash()
        and (failure is None or end.why == FAILED)
    ):
        return performance.report(), take.lines
    if isinstance(failure, UserError):
        raise failure
    raise UserError(
        "a session that goes as its log says",
        f"{failure or 'other music'}, at {script.passed_s:.3f} s",
        f"the log is of daw-bridge {head.version}, this is {__version__}",
    ) from failure


class _Scripted:
    """The parts of a session as its log has them: what was looked up then."""

    def __init__(self, part: Part, script: Script) -> None:
        self.first = self._latest = part
        self._script = script

    def want(self, change: Change, said_s: Seconds) -> None:
        """Do nothing: what came of it is in the script."""

    def part(self, prepared: Prepared) -> Part:
        """Return what was looked up.

        Raises:
            UserError: its model is not there, or is another.
        """
        self._latest = self._latest.prepared(prepared)
        return self._latest

    def go_back(self, part: Part) -> None:
        """Go on from a part that plays."""
        self._latest = part

    def begin(self, part: Part, so_far: SoFar) -> Feed:
        """Start the feed of a part."""
        return ScriptedFeed(part, self._script, so_far)
