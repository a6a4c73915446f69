"""The local socket: commands in, answers and events out; nobody holds up anybody."""

from __future__ import annotations

import json
import random
import socket
from collections.abc import Callable
from contextlib import ExitStack, suppress

import pytest

from daw_bridge.cli.main import run
from daw_bridge.config.jam import JamFile
from daw_bridge.control import places, server
from daw_bridge.control.client import Client
from daw_bridge.control.desk import MOST, Desk
from daw_bridge.control.lines import LONGEST
from daw_bridge.control.open import Ways, controlled
from daw_bridge.control.places import connect
from daw_bridge.control.state import State
from daw_bridge.errors import UserError
from daw_bridge.jam.commands import Change, Inbox, Panic, SetTempo, Undo
from daw_bridge.jam.events import (
    Ahead,
    Changed,
    HeardBar,
    Lost,
    Placed,
    Refused,
    Sounded,
    Stopped,
    Woke,
)
from daw_bridge.jam.listen import Found
from daw_bridge.music.keys import Key
from daw_bridge.music.loudness import Loudness
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Meter, Seconds, Ticks


def answer(sock: socket.socket) -> dict[str, object]:
    """Read a line."""
    line = b""
    while not line.endswith(b"\n"):
        data = sock.recv(1)
        assert data, "cut off"
        line += data
    return json.loads(line)


def is_cut_off(sock: socket.socket) -> bool:
    """Whether the other end lets us go, in bounded time."""
    with suppress(ConnectionError):
        while sock.recv(1 << 16):
            pass
    return True


def test_a_command_comes_into_the_inbox_and_is_answered(desk: Desk, inbox: Inbox) -> None:
    with Client() as jam:
        assert jam.say({"do": "temperature", "value": 0.7}) == {"ok": "temperature"}
        assert jam.say({"do": "tempo", "value": "90", "at": "bar"}) == {"ok": "tempo"}
        assert jam.say({"do": "panic"}) == {"ok": "panic"}
    assert inbox.take() == [Change((("temperature", 0.7),)), SetTempo(90.0, "bar"), Panic()]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"do": "temprature", "value": 1}, "did you mean 'temperature'?"),
        ({"do": "temperature", "value": 99}, "at most 10.0"),
        ({"do": "temperature", "value": 1, "at": "soon"}, "expected temperature at bar"),
        ({"do": ["x"]}, "expected a name"),
        ({"ask": "statos"}, '"do" a name, or "ask" watch, status'),
        ({"ask": ["status"]}, '"do" a name'),
        ({}, '"do" a name'),
        ({"do": "panic", "ask": "status"}, "found both: say them on two lines"),
        ({"ask": "do"}, '"do" a name'),
        (
            {"do": "panic", "vale": None},
            "expected keys of 'do', found 'vale': did you mean 'value'?",
        ),
        ({"ask": "status", "jason": True}, "expected keys of 'status', found 'jason'"),
        ({"ask": "watch", "only": 5}, "expected a list of events as `only`, found 5"),
        ({"ask": "watch", "only": None}, "expected a list of events as `only`, found None"),
        ({"ask": "watch", "only": ["plced"]}, "found 'plced': did you mean 'placed'?"),
        ({"ask": "watch", "only": ["took"]}, "expected the name of an event, found 'took'"),
        ({"ask": "watch", "only": [["placed"]]}, "expected the name of an event"),
        ({"ask": "bars", "count": 2, "next": "no"}, "expected true or false as `next`"),
        ({"do": "temperature", "value": True}, "expected a number, 0 to 10, found true"),
        ({"do": "seed", "value": False}, "expected a whole number of at least 0, found false"),
        ({"do": "range", "value": [True, 72]}, "expected low-high such as 48-72, or none"),
    ],
)
def test_what_is_none_is_refused_and_the_client_stays(
    desk: Desk, inbox: Inbox, said: dict[str, object], words: str
) -> None:
    with Client("test") as jam:
        with pytest.raises(UserError) as error:
            jam.say(said)
        assert words in str(error.value)
        assert jam.say({"do": "undo"}) == {"ok": "undo"}
    assert inbox.take() == [Undo()]


@pytest.mark.parametrize(
    "line",
    [b"", b"x", b"[]", b'"a"', b"NaN", b"\xff\xfe", b"[" * 9000, b'{"do": NaN}', b"9" * 5000],
)
def test_a_line_that_is_none_is_answered(desk: Desk, line: bytes) -> None:
    with connect("test") as sock:
        sock.sendall(line + b"\n")
        assert "expected an object of JSON" in str(answer(sock)["error"])
        sock.sendall(b'{"ask":"status"}\n')
        assert "status" in answer(sock)


def test_many_lines_at_once_and_a_line_in_pieces_are_lines(desk: Desk, inbox: Inbox) -> None:
    with connect("test") as sock:
        sock.sendall(b'{"do":"panic"}\n{"do":"undo"}\n{"do":')
        assert [answer(sock), answer(sock)] == [{"ok": "panic"}, {"ok": "undo"}]
        sock.sendall(b'"panic"}\n')
        assert answer(sock) == {"ok": "panic"}
    assert inbox.take() == [Panic(), Undo(), Panic()]


def test_events_come_to_those_who_watch(desk: Desk) -> None:
    bar = Bar.of([Note(Ticks(0), 36, Ticks(120), 80)])
    with Client() as one, Client() as other, Client() as third:
        one.say({"ask": "watch"})
        other.say({"ask": "watch", "only": ["changed", "stopped"]})
        for event in (
            Woke(Seconds(1.0)),
            Placed(3, Ticks(5760), bar, late=False),
            Changed("top_p", Ticks(5760), 0.5),
            Sounded(Ticks(5760), "notes", b"\x99\x24\x50"),
            Stopped("done"),
        ):
            desk(event)
        told = [next(one.events(5)) for _ in range(4)]
        assert [each["event"] for each in told] == ["placed", "changed", "sounded", "stopped"]
        assert told[0]["bar"]["meter"] == "4/4"
        assert told[0]["bar"]["notes"][0]["pitch"] == 36
        assert told[2]["data"] == "992450"
        assert next(other.events(5))["what"] == "top_p"
        assert next(other.events(5))["why"] == "done"
        assert "stopped" in third.say({"ask": "status"})["status"]


def test_the_status_is_what_was_told_of(desk: Desk) -> None:
    desk(Changed("conditions.style", Ticks(0), "funk"))
    desk(Changed("tempo", Ticks(0), 90.0))
    desk(Changed("panic", Ticks(0)))
    desk(Refused("model", "of another codec"))
    desk(Placed(3, Ticks(5760), Bar(), late=True))
    desk(Lost("no server"))
    desk(HeardBar(Ticks(0), Bar(), Found(Key.parse("C minor"), 8.0, 48, 72, loudness=Loudness.MF)))
    with Client() as jam:
        now = jam.say({"ask": "status"})["status"]
    assert (now["name"], now["bar"], now["late_bars"], now["lost"]) == ("test", 3, 1, "no server")
    assert now["refused"] == {"what": "model", "why": "of another codec"}
    assert (now["heard"]["key"], now["heard"]["loudness"]) == ("C minor", "mf")
    assert now["settings"]["condition.style"] == "funk"
    assert now["settings"]["tempo"] == 90.0
    assert now["settings"]["top-p"] == 1.0
    assert (now["settings"]["turn-bars"], now["settings"]["count-in"]) == ("2", 1)
    assert "panic" not in now["settings"]


def test_a_million_random_bytes_do_nothing(desk: Desk, inbox: Inbox) -> None:
    rng = random.Random(1)  # noqa: S311  # no secret
    left = 1_000_000
    while left:
        with connect("test") as sock, suppress(ConnectionError):
            while left:
                data = rng.randbytes(min(left, 5000))
                left -= len(data)
                sock.sendall(data)
    with Client("test") as jam:
        jam.say({"do": "panic"})
    assert inbox.take() == [Panic()]


@pytest.mark.parametrize(
    "flood", [b"x" * (LONGEST + 1), b"\n" * 100, b"{}\n{]\n" + b"[]\n" * server.STRANGE]
)
def test_a_hostile_client_is_cut_off(desk: Desk, flood: bytes) -> None:
    with connect("test") as sock:
        with suppress(ConnectionError):
            sock.sendall(flood)
        assert is_cut_off(sock)


def test_a_line_that_does_not_end_is_not_waited_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "PATIENCE_S", 0.0)
    with connect("test") as sock:
        sock.sendall(b'{"do": "pan')
        assert is_cut_off(sock)


def test_one_who_reads_no_answers_is_cut_off(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "UNANSWERED", 10_000)
    with connect("test") as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with pytest.raises(OSError, match=r"Broken pipe|reset"):
            sock.sendall(b'{"ask":"status"}\n' * 100_000)


def test_for_a_slow_reader_events_are_dropped_and_it_is_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "UNREAD", 5000)
    many = 20_000
    with Client() as slow, Client() as quick:
        slow.say({"ask": "watch"})
        for number in range(many):
            desk(Lost(str(number)))
        assert quick.say({"do": "panic"}) == {"ok": "panic"}
        desk(Stopped("done"))
        told = dropped = 0
        for event in slow.events(5):
            if event["event"] == "dropped":
                dropped += event["count"]
            else:
                told += 1
            if told + dropped == many + 1:
                break
        assert dropped > 0
        assert told + dropped == many + 1


def full(name: str = "test") -> list[socket.socket]:
    """Have as many clients as there may be; the first has been idle for the longest."""
    clients = [connect(name) for _ in range(server.MOST_CLIENTS)]
    for sock in clients:
        sock.sendall(b'{"ask":"status"}\n')
        answer(sock)
    return clients


def is_told_to_go(sock: socket.socket) -> bool:
    return f"at most {server.MOST_CLIENTS} clients" in str(answer(sock)) and is_cut_off(sock)


def test_idle_clients_make_room_for_one_who_has_something_to_say(desk: Desk, inbox: Inbox) -> None:
    clients = full()
    clients[0].sendall(b'{"ask":"status"}\n')
    answer(clients[0])
    with Client("test") as jam:
        assert jam.say({"do": "panic"}) == {"ok": "panic"}
        assert is_told_to_go(clients[1])
        for sock in (clients[0], *clients[2:]):
            sock.sendall(b'{"ask":"learnt"}\n')
            assert answer(sock) == {"learnt": {}}
    assert inbox.take() == [Panic()]
    for sock in clients:
        sock.close()


def test_one_who_reads_what_it_watches_is_not_idle(desk: Desk) -> None:
    clients = full()
    clients[0].sendall(b'{"ask":"watch"}\n')
    answer(clients[0])
    for sock in clients[1:]:
        sock.sendall(b'{"ask":"learnt"}\n')
        answer(sock)
    desk(Stopped("done"))
    assert answer(clients[0])["event"] == "stopped"
    with Client("test") as jam:
        jam.say({"ask": "learnt"})
        assert is_told_to_go(clients[1])
    for sock in clients:
        sock.close()


def test_a_client_that_makes_room_while_it_watches_is_told(desk: Desk) -> None:
    with Client("test") as idle:
        idle.say({"ask": "watch"})
        clients = full()
        with pytest.raises(UserError, match="at most 32 clients, found one more: this one was"):
            next(idle.events(5))
    for sock in clients:
        sock.close()


def test_a_flood_of_commands_does_not_reach_the_music(inbox: Inbox) -> None:
    now_s = [0.0]
    desk = Desk(inbox, State("test", JamFile(model="groove-drums")), lambda: now_s[0])
    for _ in range(MOST):
        desk.do("panic")
    with pytest.raises(UserError, match=f"at most {MOST} commands a second"):
        desk.do("panic")
    now_s[0] = 1.0
    desk.do("undo")
    assert inbox.take() == [Panic()] * MOST + [Undo()]


@pytest.fixture
def by_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "LOCAL_SOCKETS", False)


def test_with_the_token_one_is_let_in(by_token: None, desk: Desk, inbox: Inbox) -> None:
    with Client("test") as jam:
        jam.say({"do": "panic"})
    assert inbox.take() == [Panic()]


@pytest.mark.parametrize(
    "said", [b'{"do":"panic"}\n', b'{"token":""}\n', b'{"token":"\\ud800"}\n', b"\xff\n", b"[]\n"]
)
def test_without_the_token_one_is_cut_off(
    request: pytest.FixtureRequest, by_token: None, inbox: Inbox, said: bytes
) -> None:
    make: Callable[[str], object] = request.getfixturevalue
    make("desk")
    port = json.loads((places.folder() / "test.port").read_text())["port"]
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall(said + b'{"do":"panic"}\n')
        assert is_cut_off(sock)
    assert inbox.take() == []


def test_strangers_take_no_place_of_those_who_have_said_the_token(
    by_token: None, desk: Desk
) -> None:
    clients = full()
    port = json.loads((places.folder() / "test.port").read_text())["port"]
    strangers = [
        socket.create_connection(("127.0.0.1", port)) for _ in range(server.MOST_CLIENTS + 1)
    ]
    assert is_told_to_go(strangers[0])
    for sock in clients:
        sock.sendall(b'{"ask":"learnt"}\n')
        assert answer(sock) == {"learnt": {}}
    with Client("test") as jam:
        jam.say({"ask": "learnt"})
        assert is_told_to_go(clients[0])
    for sock in (*clients, *strangers):
        sock.close()


def test_whoever_watches_is_told_of_the_end_and_let_go(inbox: Inbox) -> None:
    with ExitStack() as playing:
        file = JamFile(model="groove-drums")
        desk = playing.enter_context(controlled(Ways("short", exactly=True), file, inbox))
        with Client("short") as jam:
            jam.say({"ask": "watch"})
            desk(Stopped("done"))
            playing.close()
            assert [event["event"] for event in jam.events()] == ["stopped"]


def test_the_last_bars_are_told_note_by_note(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(40):
        bar = Bar.of([Note(Ticks(-5 if number == 39 else 240), 36, Ticks(60), 100)])
        desk(Placed(number, Ticks(1920 * number), bar, late=False))
    with Client() as jam:
        (first, last) = jam.say({"ask": "bars", "count": 2})["bars"]
        assert first == {"number": 38, "length": 1920, "notes": [[240, 60, 36, 100, 0]]}
        assert last["notes"] == [[-5, 60, 36, 100, 0]]
        assert len(jam.say({"ask": "bars", "count": 32})["bars"]) == 32
        for count in (0, 33, "2", None, True):
            with pytest.raises(UserError, match="a count of bars"):
                jam.say({"ask": "bars", "count": count})
    assert run(["ctl", "bars", "--count", "1"]) == 0
    assert capsys.readouterr().out == "bar 39 1920\nnote -5 60 36 100 0\n"


def test_the_next_bars_are_told_and_how_many_there_are(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    def next_bars(count: int) -> list[dict[str, object]]:
        with Client() as jam:
            return list(jam.say({"ask": "bars", "count": count, "next": True})["bars"])

    bars = [Bar.of([Note(Ticks(240), pitch, Ticks(60), 100)], Meter(3, 4)) for pitch in (36, 38)]
    assert next_bars(4) == []
    desk(Ahead(tuple(bars)))
    assert [each["number"] for each in next_bars(4)] == [0, 1]
    desk(Placed(6, Ticks(0), bars[0], late=False))
    desk(Ahead(tuple(bars)))
    told = [
        {"number": 7, "length": 1440, "notes": [[240, 60, 36, 100, 0]]},
        {"number": 8, "length": 1440, "notes": [[240, 60, 38, 100, 0]]},
    ]
    assert (next_bars(4), next_bars(1)) == (told, told[:1])
    assert desk.state.status()["bars_ahead"] == 2
    assert run(["ctl", "bars", "--next", "--count", "1"]) == 0
    assert capsys.readouterr().out == "bar 7 1440\nnote 240 60 36 100 0\n"
