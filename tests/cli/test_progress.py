"""Progress and status: shown to people at terminals, and only where it takes long."""

import io
from itertools import count

from daw_bridge.cli.progress import BarsShown
from daw_bridge.cli.status import Status
from daw_bridge.config.jam import JamFile
from daw_bridge.jam.events import (
    Changed,
    Followed,
    HeardBar,
    Lost,
    Moved,
    Opened,
    Placed,
    Refused,
    Sounded,
    Stopped,
    Tempo,
)
from daw_bridge.jam.listen import Found
from daw_bridge.music.keys import Key
from daw_bridge.music.loudness import Loudness
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Ticks


class Terminal(io.StringIO):
    """A stream that says that people read it."""

    def isatty(self) -> bool:
        return True


def placed(number: int, *, late: bool = False) -> Placed:
    return Placed(number, Ticks(1920 * number), Bar(), late)


def shown(stream: io.StringIO, seconds_each: float) -> str:
    clock = count(0.0, seconds_each)
    with BarsShown(30, now=lambda: next(clock), stream=stream) as bars:
        for _ in range(3):
            for number in range(10):
                bars(placed(number))
            bars(Stopped("all bars played"))
    return stream.getvalue()


def test_what_takes_long_shows_a_bar_that_counts_all_performances():
    assert "bars" in shown(Terminal(), 1.0)
    assert "100%" in shown(Terminal(), 1.0)


def test_a_bar_that_comes_again_is_counted_once():
    stream = Terminal()
    clock = count(0.0, 1.0)
    with BarsShown(4, now=lambda: next(clock), stream=stream) as bars:
        for number in (0, 1, 1, 1):
            bars(placed(number))
        bars(Stopped("all bars played"))
        bars(placed(1))
    assert "75%" in stream.getvalue()
    assert "100%" not in stream.getvalue()


def test_what_is_done_soon_shows_none():
    assert shown(Terminal(), 0.01) == ""


def test_without_a_terminal_there_is_none():
    assert shown(io.StringIO(), 1.0) == ""


def test_the_status_line_is_rewritten_once_a_bar_and_tells_late_ones(capsys):
    status = Status(JamFile(model="m", bpm=100), live=True)
    for event in (
        placed(0),
        Sounded(Ticks(0), "notes", b"abc"),
        placed(1, late=True),
        Tempo(Ticks(0), 90),
        placed(2),
    ):
        status(event)
    status(Stopped("enough"))
    err = capsys.readouterr().err
    assert err.count("\r") == 3
    assert "bar 2, 1 late, 100 bpm" in err
    assert "bar 3, 1 late, 90 bpm" in err
    assert err.endswith(" \n")


def test_a_late_bar_that_comes_again_in_time_is_not_late_any_more(capsys):
    status = Status(JamFile(model="m"), live=True)
    for event in (placed(0, late=True), placed(1, late=True), placed(1), placed(2)):
        status(event)
    status(placed(2, late=True))
    *_, before, last = capsys.readouterr().err.split("\r")
    assert (before.rstrip(), last.rstrip()) == (
        "bar 3, 1 late, 120 bpm",
        "bar 3, 2 late, 120 bpm",
    )


def test_the_status_line_tells_the_mode_what_is_heard_and_what_was_changed_last(
    capsys, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "200")
    status = Status(JamFile(model="m", mode="call-response"), live=True)
    found = Found(Key.parse("C minor"), 8.0, 48, 72, 0.58, Loudness.MF)
    status(HeardBar(Ticks(0), Bar(), found))
    status(placed(0))
    line = capsys.readouterr().err
    heard = "heard C minor, 8 notes a bar in 48-72, swing 0.58, mf"
    assert line == f"\rcall-response, bar 1, 120 bpm, {heard}"
    status(Changed("mode", Ticks(0), "solo"))
    status(HeardBar(Ticks(0), Bar(), Found()))
    status(Changed("limits", Ticks(0), ("kick", "snare")))
    status(Changed("panic", Ticks(0)))
    *_, one, other = capsys.readouterr().err.split("\r")
    assert one.rstrip() == "bar 1, 120 bpm, heard nothing; limits: kick, snare"
    assert other.rstrip() == "bar 1, 120 bpm, heard nothing; panic"
    assert len(other) >= len(one.rstrip())
    status(Refused("top_p", "not now"))
    assert capsys.readouterr().err == "\ntop-p is refused: not now\n"


def test_who_is_followed_is_told_and_what_is_wrong_with_that(capsys):
    status = Status(JamFile(model="m"), live=True)
    for followed in (
        Followed("midi-clock", (), "sixteenth"),
        Followed("midi-clock", ("jack",), "clock"),
        Followed("midi-clock", ("jack",), "clock", "its clock has failed and was taken to stop"),
        Followed("jack"),
    ):
        status(followed)
    status(Moved(Ticks(0), Ticks(0), rolling=False))
    said, _, line = capsys.readouterr().err.rpartition("\r")
    assert said.split("\n") == [
        "following midi-clock; song positions count sixteenths",
        "song positions count clocks; jack rolls as well and is not followed",
        "its clock has failed and was taken to stop",
        "following jack",
        "",
    ]
    assert line == "jack: stands, 120 bpm"


def test_the_status_line_is_not_wider_than_the_terminal(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    status = Status(JamFile(model="m"), live=True)
    status(Changed("form", Ticks(0), "A8 " * 30))
    assert len(capsys.readouterr().err) == 20


def test_a_jam_that_nobody_watches_has_no_status_line(capsys):
    status = Status(JamFile(model="m"), live=False)
    status(placed(3))
    status(Stopped("enough"))
    assert capsys.readouterr() == ("", "")


def test_lost_ports_are_told_and_when_they_are_back_without_the_clicks(capsys):
    status = Status(JamFile(model="m"), live=True)
    status(Opened((("notes", "A:notes"),)))
    assert "REAPER: 1 " in capsys.readouterr().out
    status(placed(0))
    status(Lost("Traceback:\n  here\nthe server ended\n"))
    told = capsys.readouterr().err
    assert "\nthe MIDI ports are gone (the server ended); they are opened again" in told
    status(Opened((("notes", "A:notes"), ("bass", "A:bass"))))
    assert capsys.readouterr() == ("", "the MIDI ports are back: A:notes, A:bass\n")
