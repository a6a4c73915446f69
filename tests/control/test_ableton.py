"""Ableton Live by AbletonOSC, against a stub that speaks the addresses of its README."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from daw_bridge.control.ableton import Ableton
from daw_bridge.control.clips import MOST_NOTES, Clips, Kept
from daw_bridge.control.desk import Desk
from daw_bridge.control.osc_packets import messages_of, packet_of
from daw_bridge.errors import UserError
from daw_bridge.jam.commands import Inbox, SetMeter, SetTempo
from daw_bridge.jam.events import Changed, Event, Followed, Judged, News
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Meter, Ticks

BAR = Bar.of(
    [
        Note(Ticks(-30), 36, Ticks(120), 100),
        Note(Ticks(480), 38, Ticks(240), 90),
        Note(Ticks(1800), 42, Ticks(480), 80),
    ]
)


class Live:
    """Live as AbletonOSC shows it: a song, tracks with slots, and what was written into them."""

    def __init__(self, tracks: dict[str, set[int]]) -> None:
        self.tracks = tracks
        self.tempo, self.meter, self.scene = 120.0, (4, 4), 0
        self.listened: list[str] = []
        self.clips: dict[tuple[int, int], dict[str, Any]] = {}

    def answer(self, address: str, arguments: tuple[Any, ...]) -> list[tuple[str, tuple[Any, ...]]]:
        song, _, what = address.rpartition("/")
        found: tuple[Any, ...] = ()
        match song, what, arguments:
            case "/live/song/start_listen" | "/live/song/stop_listen", _, ():
                self.listened.append(f"{song.rpartition('/')[2]} {what}")
                return []
            case "/live/song/get", "tempo", ():
                found = (self.tempo,)
            case "/live/song/get", "signature_numerator", ():
                found = (self.meter[0],)
            case "/live/song/get", "signature_denominator", ():
                found = (self.meter[1],)
            case "/live/view/get", "selected_scene", ():
                found = (self.scene,)
            case "/live/song/get", "track_names", ():
                found = tuple(self.tracks)
            case "/live/clip_slot/get", "has_clip", (track, slot):
                found = (track, slot, slot in [*self.tracks.values()][track])
            case "/live/clip_slot", "create_clip", (track, slot, length):
                [*self.tracks.values()][track].add(slot)
                self.clips[(track, slot)] = {"length": length, "notes": []}
                return []
            case "/live/clip/add", "notes", (track, slot, *notes):
                written = [tuple(notes[at : at + 5]) for at in range(0, len(notes), 5)]
                self.clips[(track, slot)]["notes"] += written
                return []
            case "/live/clip/set", "name", (track, slot, name):
                self.clips[(track, slot)]["name"] = name
                return []
            case _:
                return [("/live/error", (f"Unknown OSC address: {address}",))]
        return [(address, found)]


def keep(live: Live, clips: Clips, *bars: Kept) -> None:
    """Have bars kept, and let both sides speak until neither has more to say."""
    said = [each for bar in bars for each in clips.keep(bar)]
    while said:
        address, arguments = said.pop(0)
        for told in live.answer(address, arguments):
            said += clips.hear(*told)


def test_a_kept_bar_is_a_clip_in_the_first_empty_slot_of_the_track_of_that_name() -> None:
    live = Live({"Bass": set(), "Drums": {0, 1, 3}})
    keep(live, Clips("Drums", lambda note: note.pitch), Kept(BAR, "kept 1"))
    assert live.clips == {
        (1, 2): {
            "length": 4.0,
            "notes": [
                (36, 0.0, 0.1875, 100, False),
                (38, 1.0, 0.5, 90, False),
                (42, 3.75, 0.25, 80, False),
            ],
            "name": "kept 1",
        }
    }


def test_several_bars_are_written_one_after_the_other_as_the_kit_has_them() -> None:
    live = Live({"Drums": {1}})
    clips = Clips("Drums", lambda note: {36: 48, 38: None, 42: 50}[note.pitch])
    keep(live, clips, Kept(BAR, "one"), Kept(BAR, "two"), Kept(Bar(meter=Meter(3, 4)), "three"))
    assert {slot: clip["name"] for (_, slot), clip in live.clips.items()} == {
        0: "one", 2: "two", 3: "three",
    }  # fmt: skip
    assert [note[0] for note in live.clips[(0, 2)]["notes"]] == [48, 50]
    assert live.clips[(0, 3)] == {"length": 3.0, "notes": [], "name": "three"}


def test_many_notes_go_in_several_messages() -> None:
    bar = Bar.of([Note(Ticks(8 * at), 36, Ticks(8), 80) for at in range(2 * MOST_NOTES + 1)])
    live = Live({"Drums": set()})
    keep(live, Clips("Drums", lambda note: note.pitch), Kept(bar, "dense"))
    assert len(live.clips[(0, 0)]["notes"]) == 2 * MOST_NOTES + 1


def test_a_track_that_is_not_there_is_trouble_and_the_next_bar_is_tried_again() -> None:
    live, clips = Live({"Bass": set()}), Clips("Drums", lambda note: note.pitch)
    keep(live, clips, Kept(BAR, "one"))
    assert clips.trouble == "Live has no track named 'Drums' (it has Bass)"
    live.tracks["Drums"] = set()
    keep(live, clips, Kept(BAR, "two"))
    assert clips.trouble == ""
    assert live.clips[(1, 0)]["name"] == "two"


@pytest.mark.parametrize("said", [(), (1,), (1, "x", 0), ("a", "b", "c"), (0, 0, 0, 0)])
def test_strange_answers_are_passed_over(said: tuple[Any, ...]) -> None:
    clips = Clips("Drums", lambda note: note.pitch)
    clips.keep(Kept(BAR, "one"))
    clips.hear("/live/song/get/track_names", ("x", "Drums"))
    assert clips.hear("/live/clip_slot/get/has_clip", said) == []


class Stub:
    """AbletonOSC: hears at one port, answers to another."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self.marked = ""
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port: int = self.socket.getsockname()[1]
        self.answers_to = 0
        self.answered = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        while packet := self.socket.recv(1 << 16):
            for message in messages_of(packet):
                for address, arguments in self.live.answer(message.address, message.arguments):
                    self.say(address, *arguments)
                if message.address == self.marked:
                    self.say("/live/error", "done")
                if message.address == "/live/view/get/selected_scene":  # asked for last
                    self.answered.set()

    def say(self, address: str, *arguments: Any) -> None:
        self.socket.sendto(packet_of(address, *arguments), ("127.0.0.1", self.answers_to))

    def close(self) -> None:
        self.socket.sendto(b"", ("127.0.0.1", self.port))
        self.thread.join(10)
        self.socket.close()


class Told(Inbox):
    """An inbox that can be waited for, thing by thing."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[object] = []

    def next(self) -> object:
        if not self.told:
            assert self.wait(10)
            self.told = [*self.take()]
        return self.told.pop(0)


@pytest.fixture
def inbox() -> Inbox:
    return Told()


@pytest.fixture
def stub() -> Iterator[Stub]:
    with closing(Stub(Live({"Bass": set(), "Drums": {0}}))) as stub:
        yield stub


@pytest.fixture
def ableton(desk: Desk, stub: Stub) -> Iterator[Ableton]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        stub.answers_to = free.getsockname()[1]
    with closing(Ableton(desk, "Drums", stub.port, stub.answers_to)) as ableton:
        desk.listen(ableton)
        assert stub.answered.wait(10)
        yield ableton


def wait_for(desk: Desk, said: Callable[[Event], bool]) -> threading.Event:
    """Return what is set once an event comes that is said to be the one."""
    come = threading.Event()
    desk.listen(lambda event: come.set() if said(event) else None)
    return come


def test_tempo_and_meter_come_from_live_and_are_told_once(
    desk: Desk, inbox: Told, stub: Stub, ableton: Ableton
) -> None:
    stub.say("/live/song/get/tempo", 120.0)  # as it is
    stub.say("/live/song/get/tempo", 98.5)
    assert inbox.next() == SetTempo(98.5)
    desk(Changed("tempo", Ticks(0), 98.5))
    stub.say("/live/song/get/tempo", 98.5)
    stub.say("/live/song/get/signature_numerator", 7)
    stub.say("/live/song/get/signature_denominator", 8)
    commands = [inbox.next(), inbox.next()]
    assert commands == [SetMeter(Meter(7, 4)), SetMeter(Meter(7, 8))]


def test_the_scene_is_asked_for_on_each_beat_and_is_in_the_status(
    desk: Desk, stub: Stub, ableton: Ableton
) -> None:
    stub.live.scene, stub.marked = 5, "/live/view/get/selected_scene"
    come = wait_for(desk, lambda event: event == News("Live: done"))
    stub.say("/live/song/beat", 1)
    assert come.wait(10)
    assert desk.state.status()["scene"] == 5
    assert stub.live.listened[:3] == [
        "start_listen tempo",
        "start_listen signature_numerator",
        "start_listen signature_denominator",
    ]


def test_who_follows_another_master_takes_nothing_from_live(
    desk: Desk, inbox: Told, stub: Stub, ableton: Ableton
) -> None:
    desk(Followed("link"))
    come = wait_for(desk, lambda event: event == News("Live: done"))
    for address, value in (("tempo", 77.0), ("signature_numerator", 3)):
        stub.say(f"/live/song/get/{address}", value)
    stub.say("/live/error", "done")
    assert come.wait(10)
    assert inbox.take() == []


def test_a_bar_that_is_kept_becomes_a_clip_and_one_that_is_rejected_does_not(
    desk: Desk, stub: Stub, ableton: Ableton
) -> None:
    stub.marked = "/live/clip/set/name"
    come = wait_for(desk, lambda event: event == News("Live: done"))
    desk(Judged(kept=False, tick=Ticks(0), bar=BAR, before=(), played=None, by="{}"))
    desk(Judged(kept=True, tick=Ticks(0), bar=BAR, before=(), played=None, by="{}"))
    assert come.wait(10)
    assert len(stub.live.clips) == 1
    assert [note[0] for note in stub.live.clips[(1, 1)]["notes"]] == [36, 38, 42]


def test_a_missing_track_is_told_once(desk: Desk, stub: Stub, ableton: Ableton) -> None:
    del stub.live.tracks["Drums"]
    told = list[Event]()
    come = wait_for(desk, lambda event: told.append(event) or "no track" in str(event))
    desk(Judged(kept=True, tick=Ticks(0), bar=BAR, before=(), played=None, by="{}"))
    assert come.wait(10)
    assert News("Live has no track named 'Drums' (it has Bass)") in told


@pytest.mark.parametrize(
    "packet", [b"x", b"/live/song/get/tempo\0\0\0\0,s\0\0abc\0", packet_of("/live/song/get/tempo")]
)
def test_malformed_answers_are_passed_over(
    inbox: Told, stub: Stub, ableton: Ableton, packet: bytes
) -> None:
    stub.socket.sendto(packet, ("127.0.0.1", stub.answers_to))
    stub.say("/live/song/get/tempo", float("inf"))
    stub.say("/live/song/get/tempo", 1.0)
    stub.say("/live/song/get/tempo", 77.0)
    assert inbox.next() == SetTempo(77.0)


def test_a_port_that_is_taken_is_said(desk: Desk, stub: Stub, ableton: Ableton) -> None:
    with pytest.raises(UserError, match="expected the port that AbletonOSC answers to"):
        Ableton(desk, "Drums", stub.port, stub.answers_to)
