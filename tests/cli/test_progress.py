"""Progress and status: shown to people at terminals, and only where it takes long."""

import io
from itertools import count
from types import SimpleNamespace

from daw_bridge.cli.progress import BarsShown
from daw_bridge.cli.status import Status
from daw_bridge.config.jam import JamFile
from tests.fakes import RecordingPorts


class Terminal(io.StringIO):
    """A stream that says that people read it."""

    def isatty(self) -> bool:
        return True


def played(bars: int) -> SimpleNamespace:
    transport = SimpleNamespace(tempo_qpm=100.0)
    return SimpleNamespace(bars_played=bars, late_bars=bars // 2, transport=transport)


def shown(stream: io.StringIO, seconds_each: float) -> str:
    clock = count(0.0, seconds_each)
    with BarsShown(30, now=lambda: next(clock), stream=stream) as bars:
        for _ in range(3):
            session = played(0)
            for number in range(1, 11):
                session.bars_played = number
                bars.advanced(session)
    return stream.getvalue()


def test_what_takes_long_shows_a_bar_that_counts_all_performances():
    assert "bars" in shown(Terminal(), 1.0)
    assert "100%" in shown(Terminal(), 1.0)


def test_what_is_done_soon_shows_none():
    assert shown(Terminal(), 0.01) == ""


def test_without_a_terminal_there_is_none():
    assert shown(io.StringIO(), 1.0) == ""


def test_the_status_line_is_rewritten_once_a_bar_and_tells_late_ones(capsys):
    with Status(JamFile(model="m"), live=True) as status:
        for number in (0, 0, 1, 1, 2):
            status.advanced(played(number))
    err = capsys.readouterr().err
    assert err.count("\r") == 3
    assert "bar 2, 1 late, 100 bpm" in err
    assert err.endswith("\n")


def test_a_jam_that_nobody_watches_has_no_status_line(capsys):
    with Status(JamFile(model="m"), live=False) as status:
        status.advanced(played(3))
    assert capsys.readouterr() == ("", "")


def test_lost_ports_are_told_and_when_they_are_back_without_the_clicks(capsys):
    status = Status(JamFile(model="m"), live=False)
    status.opened(RecordingPorts())
    assert "REAPER: 1 " in capsys.readouterr().out
    status.lost("Traceback:\n  here\nthe server ended\n")
    told = capsys.readouterr().err
    assert "the MIDI ports are gone (the server ended); they are opened again" in told
    status.opened(RecordingPorts())
    assert capsys.readouterr() == ("", "the MIDI ports are back: recording:notes\n")
