"""`daw-bridge ctl`, at a jam that a test plays by hand."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from daw_bridge.cli.main import run
from daw_bridge.config.jam import JamFile
from daw_bridge.control.client import Client
from daw_bridge.control.desk import Desk
from daw_bridge.control.names import table
from daw_bridge.control.open import Ways, controlled
from daw_bridge.jam.commands import Change, Command, Inbox, SetTempo, Stop, name_of
from daw_bridge.jam.events import Ahead, Changed, Event, Opened, Placed, Refused, Stopped
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Ticks


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


class Obedient(Inbox):
    """An inbox that answers each command with an event at once, as a jam would some time later."""

    def __init__(self, answer: type[Event] = Changed) -> None:
        super().__init__()
        self.taken: list[object] = []
        self.desk: Desk | None = None
        self.answer = answer

    def put(self, thing: object) -> None:
        self.taken.append(thing)
        assert self.desk is not None
        if isinstance(thing, Stop):
            self.desk(Stopped("stopped"))
        elif self.answer is Changed:
            self.desk(Changed("something else", Ticks(0)))
            self.desk(Changed(name_of(thing), Ticks(0)))  # type: ignore[arg-type]
        else:
            self.desk(Refused(name_of(thing), "of another codec"))  # type: ignore[arg-type]


@pytest.fixture
def jam() -> Iterator[Obedient]:
    inbox = Obedient()
    with controlled(Ways("groove"), JamFile(model="groove-drums"), inbox) as desk:
        inbox.desk = desk
        yield inbox


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("temperature 0.7", Change((("temperature", 0.7),))),
        ("top-p 0.7 --at bar", Change((("top_p", 0.7),))),
        ("tempo 90 --at bar --name groove", SetTempo(90.0, "bar")),
        ("--name groove temperature 0.7", Change((("temperature", 0.7),))),
        ("--name other temperature 0.7 --name groove", Change((("temperature", 0.7),))),
        ("scale C minor", Change((("scale", "C minor"),))),
        ("condition.style funk", Change((("conditions.style", "funk"),))),
        ("temperature 0.7 --no-wait", Change((("temperature", 0.7),))),
        ("stop", Stop()),
    ],
)
def test_a_command_is_told_and_waited_for(jam: Obedient, words: str, command: Command) -> None:
    assert run(["ctl", *words.split()]) == 0
    assert jam.taken == [command]


def test_the_next_bars_are_kept_in_a_file_until_it_is_taken_away(
    jam: Obedient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, seen = tmp_path / "next.txt", []

    def events(self: Client) -> Iterator[None]:
        assert jam.desk is not None
        seen.append(kept.read_text())
        jam.desk(Ahead((Bar.of([Note(Ticks(0), 36, Ticks(60), 100)]),)))
        yield None
        seen.append(kept.read_text())
        kept.rename(tmp_path / "taken")
        yield None
        raise AssertionError("it goes on")

    monkeypatch.setattr(Client, "events", events)
    assert run(["ctl", "bars", "--next", "--into", str(kept)]) == 0
    assert seen == ["", "bar 0 1920\nnote 0 60 36 100 0\n"]
    assert not kept.exists()
    assert run(["ctl", "bars", "--into", str(tmp_path / "taken")]) == 2


def test_what_the_jam_refuses_is_an_error(
    jam: Obedient, capsys: pytest.CaptureFixture[str]
) -> None:
    jam.answer = Refused
    assert run(["ctl", "model", "lead"]) == 2
    assert (
        "expected model to be obeyed, found a refusal (of another codec)" in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("temprature 1", "did you mean 'temperature'?"),
        ("temperature 11", "at most 10.0"),
        ("temperature", "Missing argument 'VALUE...'"),
        ("seed -1", "at least 0"),
        ("temperature 1 --at now", "'now' is not 'bar'"),
        ("panic 1", "unexpected extra argument"),
        ("--name other undo", "expected the name of a jam that runs, found 'other'"),
        ("--name other status", "expected the name of a jam that runs, found 'other'"),
        ("undo --name other", "expected the name of a jam that runs, found 'other'"),
    ],
)
def test_what_is_none_is_told_in_one_line(
    jam: Obedient, capsys: pytest.CaptureFixture[str], words: str, said: str
) -> None:
    assert run(["ctl", *words.split()]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1
    assert jam.taken == []


def test_a_path_is_that_of_the_shell_and_a_name_is_a_name_whatever_lies_here(
    jam: Obedient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text("model: lead\n")
    (tmp_path / "chip").mkdir()
    assert run(["ctl", "preset", "./mine.yaml"]) == 0
    assert run(["ctl", "preset", "chip"]) == 0
    assert jam.taken == [
        Change((("preset", str(tmp_path / "mine.yaml")),)),
        Change((("preset", "chip"),)),
    ]


def test_without_a_jam_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["undo"], ["status"], ["watch"], ["osc"]):
        assert run(["ctl", *words]) == 2
        assert "expected a jam that runs, found none" in capsys.readouterr().err


def test_the_status_is_for_people_and_for_programs(
    jam: Obedient, capsys: pytest.CaptureFixture[str]
) -> None:
    assert jam.desk is not None
    jam.desk(Placed(4, Ticks(0), Bar(), late=False))
    assert run(["ctl", "status", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["name"], told["bar"], told["settings"]["temperature"]) == ("groove", 4, 1.0)
    jam.desk(Opened((("notes", "daw-bridge:notes"), ("in", "daw-bridge:in"))))
    jam.desk(Refused("temperature", "it is warm"))
    jam.desk(Changed("mute", Ticks(0), ("kick", "snare")))
    assert run(["ctl", "status"]) == 0
    lines = capsys.readouterr().out.splitlines()
    shown = {" ".join(line.split()) for line in lines}
    assert shown >= {
        "bar 4",
        "rolling yes",
        "ports notes daw-bridge:notes",
        "ports in daw-bridge:in",
        "refused what temperature",
        "refused why it is warm",
        "temperature 1",
        "density -",
        "mute kick, snare",
    }
    assert not [line for line in lines if "{" in line or "[" in line]


def test_to_watch_prints_a_line_of_json_for_each_event(
    capsys: pytest.CaptureFixture[str],
) -> None:
    inbox = Obedient()
    with controlled(Ways("groove"), JamFile(model="groove-drums"), inbox) as desk:
        inbox.desk = desk
        watching = threading.Thread(target=run, args=(["ctl", "watch", "--only", "changed"],))
        watching.start()
        printed = ""
        while not printed:  # until it watches
            desk(Changed("tempo", Ticks(0), 90.0))
            printed = capsys.readouterr().out
    watching.join(10)
    assert json.loads(printed.splitlines()[0]) == {
        "event": "changed", "what": "tempo", "tick": 0, "value": 90.0,
    }  # fmt: skip


def test_the_list_and_the_help_have_every_name(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["list"], ["--help"], ["osc", "--help"]):
        assert run(["ctl", *words]) == 0
        told = capsys.readouterr().out
        assert not [
            name for name in table() if name.replace(".", "/") not in told.replace(".", "/")
        ]
    assert run(["ctl", "temperature", "--help"]) == 0
    assert "a number, 0 to 10" in capsys.readouterr().out


def test_a_jam_says_where_it_listens_for_osc(capsys: pytest.CaptureFixture[str]) -> None:
    with controlled(Ways("groove"), JamFile(model="groove-drums"), Inbox()):
        assert run(["ctl", "osc"]) == 0
    assert capsys.readouterr().out == "nowhere: start the jam with --osc 9140\n"
