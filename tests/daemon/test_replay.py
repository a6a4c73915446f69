"""A session is played again from its log: whatever drove it, the same bytes come of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from daw_bridge.config.files import names
from daw_bridge.config.jam import JamFile, load_jam
from daw_bridge.daemon.changes import Changes
from daw_bridge.daemon.journal import Journal, written
from daw_bridge.daemon.log_form import Head, line_of, parse
from daw_bridge.daemon.part import Part
from daw_bridge.daemon.performance import FAILED, Performance, Report
from daw_bridge.daemon.replay import replay
from daw_bridge.daemon.session_log import SessionLog
from daw_bridge.daemon.settings import Ready, jam_of, ready
from daw_bridge.errors import UserError
from daw_bridge.jam.ask import Ask
from daw_bridge.jam.bars import BarSource, InlineFeed
from daw_bridge.jam.commands import (
    Change,
    Command,
    Heard,
    Inbox,
    Keep,
    Located,
    Panic,
    Reject,
    SetDrumMap,
    SetMeter,
    SetMode,
    SetTempo,
    Stop,
    Thing,
    Undo,
)
from daw_bridge.jam.events import Event, Failed, Took, Watcher
from daw_bridge.jam.margins import Margins
from daw_bridge.jam.relief import NOTHING, SoFar
from daw_bridge.midi import files
from daw_bridge.music.form import FARTHEST
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.position import Position
from daw_bridge.music.time import Meter, Seconds, Ticks
from daw_bridge.ports.clock import VirtualClock, Wake
from tests.fakes import RecordingPorts
from tests.jam.scripts import kit
from tests.tiny_model import write_tiny_model
from tests.tiny_touch import write_tiny_touch

KITS = kit({"kick": 36, "snare": 38}), kit({"kick": 24, "closed-hat": 60, "snare": 61})
CHANGES = (
    Change((("seed", 3),)),
    Change((("bpm", 90.0), ("meter", "7/8"), ("loop", "vary"))),
    Change((("voices.0.channel", 3),)),
    Change((("drum_map", "ezdrummer-3"), ("temperature", 0.5))),
    Change((("preset", "groove"),)),
    Change((("seed", -3),)),
)
CHANCE = Random  # it shakes tests, and keeps no secret
WALTZ = Meter(3, 4)
NOT_BACK = UserError("a port", "none", "wait")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


class Shaken(VirtualClock):
    """A clock whose waits end late, or early as something has come in; ports may go meanwhile.

    With a `daw`, it starts, stops and jumps as it likes, and sends its MIDI clock while it rolls.
    """

    def __init__(
        self, chance: Random, inbox: Inbox, ports: RecordingPorts, *, daw: bool = False
    ) -> None:
        super().__init__(Seconds(chance.uniform(0, 1e6)))
        self._chance = chance
        self._inbox = inbox
        self._ports = ports
        self._daw = daw
        self._clock_s: float | None = None
        self._waits = 0

    def now(self) -> Seconds:
        self._now = Seconds(self._now + self._chance.random() / 1000)  # it never stands still
        return self._now

    def wait_until(self, deadline: Seconds, wake: Wake) -> None:
        chance, left = self._chance, max(deadline - self._now, 0)
        self._waits += 1
        if self._waits > 600:
            self._inbox.put(Stop("enough"))
        if chance.random() < 0.03:
            self._ports.lose("unplugged", *[NOT_BACK] * chance.randrange(3))
        if chance.random() < 0.1:
            for _ in range(chance.choice((1, 1, 3))):
                self._inbox.put(self._command())
            left *= chance.random()
        late = chance.choice((0.0, 0.001, 0.02, 0.3)) if chance.random() < 0.98 else 3.0
        if self._clock_s is not None:
            left = min(left, 0.1)
        self._now = Seconds(self._now + left + late * chance.random())
        if self._daw:
            self._move_daw()

    def _move_daw(self) -> None:
        while self._clock_s is not None and self._clock_s <= self._now:
            self._hear(self._clock_s, 0xF8)
            self._clock_s += 0.02 + self._chance.random() / 1000
        choose = self._chance.random()
        if choose < 0.02:
            self._hear(self._now, 0xFC)
            self._clock_s = None
        elif choose < 0.06:
            song_position = 0xF2, self._chance.randrange(128), self._chance.randrange(2)
            self._hear(self._now, *self._chance.choice(([0xFA], [*song_position, 0xFB])))
            self._clock_s = self._now
        elif choose < 0.08:
            tick, meter = self._chance.randrange(99_999), self._chance.choice((None, WALTZ))
            rolling = self._chance.random() < 0.7
            at = Position(self._now, Ticks(tick), self._chance.uniform(60, 200), rolling, meter)
            self._inbox.put(Located("jack", at))

    def _hear(self, time_s: float, *data: int) -> None:
        self._inbox.put(Heard(Seconds(time_s), "sync", bytes(data)))

    def _command(self) -> Command:
        choose = self._chance.random()
        if choose < 0.03:
            return Stop("enough")
        if choose < 0.3:
            return Panic()
        if choose < 0.6:
            return SetTempo(self._chance.uniform(20, 400), self._chance.choice(("now", "bar")))
        if choose < 0.7:
            return self._chance.choice((SetMeter(Meter(5, 8)), SetMeter(Meter(4, 4)), Keep()))
        if choose < 0.8:
            return self._chance.choice((Undo(), Reject(), SetMode("none"), *CHANGES))
        return SetDrumMap(self._chance.choice(KITS), self._chance.choice(("now", "bar")))


class Dice:
    """A source of bars that hang on all that a source may hang on."""

    def __init__(self, jam: Ready, so_far: SoFar = NOTHING, fails_at: int | None = None) -> None:
        left = None if so_far.left is None else so_far.left.source()
        before = left.seed if isinstance(left, Dice) else ""
        self.seed = f"{jam.file.seed} {replace(so_far, left=None)} {before}"
        self._fails_at = fails_at

    def bar(self, ask: Ask) -> Bar:
        if ask.number == self._fails_at:
            raise RuntimeError("out of ideas")
        chance = CHANCE(f"{self.seed} {ask}")
        length = ask.meter.bar_length()
        notes = {
            Note(Ticks(chance.randrange(-60, length)), pitch, Ticks(chance.randrange(1, 900)), 90)
            for pitch in chance.choices((36, 38, 42), k=6)
        }
        return Bar.of(notes, ask.meter)

    def hear(self, number: int, bar: Bar | None) -> None:
        self.seed = str(CHANCE(f"{self.seed} {number} {bar}").random())


class Late(InlineFeed):
    """A feed that is often not ready, early or late when it is, and loaded again now and then."""

    def __init__(
        self,
        jam: Ready,
        source: BarSource,
        chance: Random,
        margins: Margins,
        tell: Watcher,
        so_far: SoFar = NOTHING,
    ) -> None:
        super().__init__(source)
        self._jam = jam
        self._chance = chance
        self._margins = margins
        self._tell = tell
        self._so_far = list(so_far.bars)

    def hear(self, number: int, bar: Bar) -> None:
        super().hear(number, bar)
        self._so_far.append(bar)

    def take(self, ask: Ask) -> Bar | None:
        chance = self._chance.random()
        if chance < 0.05 and self._so_far:
            self._tell(Failed(ask.number, "out of ideas", replaced=True))
            self._begun = False
            self.source = Dice(self._jam, SoFar(ask.number, tuple(self._so_far[-FARTHEST:])))
        if chance < 0.2:
            return None
        bar = super().take(ask)
        assert bar is not None
        self._so_far.append(bar)
        self._margins.ready(ask.number, Seconds(self._chance.uniform(0, 2e6)))
        return bar


def session(
    folder: Path,
    jam: Ready,
    chance: Random,
    source: BarSource | None = None,
    *,
    daw: bool = False,
) -> Report:
    """Play a session that is shaken, into session.jsonl and take.mid of a folder."""
    inbox, ports, margins, plays = Inbox(), RecordingPorts(), Margins(), jam_of(jam)
    ports.clock = Shaken(chance, inbox, ports, daw=daw)
    journal = Journal(folder / "take.mid", jam.folder.name)
    with closing(SessionLog(folder / "session.jsonl", Head.of(jam, plays))) as log:

        def tell(event: Event) -> None:
            log(event)
            journal(event)

        def begin(part: Part, so_far: SoFar) -> Late:
            return Late(part.ready, part(so_far), chance, margins, tell, so_far)

        feed = Late(jam, source or Dice(jam), chance, margins, tell)
        parts = Changes(Part(jam), begin, inbox.put, tell, open_port=ports.open_more, live=False)
        performance = Performance(plays, feed, ports, inbox, tell, margins=margins, parts=parts)
        try:
            performance.run()
        except RuntimeError:
            assert performance.why == FAILED
    journal.close()
    report = performance.report()
    bars = 0 if report.why == FAILED else report.bars
    written(journal.path, folder / "take.mid", whole=bars == jam.bars, empty=bars > 0)
    return report


def replayed(folder: Path) -> Report:
    """Play the session of a folder again, and compare what was heard."""
    done = replay(folder / "session.jsonl", folder / "again.mid")
    assert done.cut_off_s is None
    assert done.take == (folder / "again.mid" if (folder / "take.mid").exists() else None)
    if done.take:
        assert done.take.read_bytes() == (folder / "take.mid").read_bytes()
    return done.report


@cache
def jam_for(model: Path, **values: object) -> Ready:
    file = JamFile(model=str(model), **{"bars": 6, "bpm": 150.0, **values})
    return ready(file, {})


@pytest.fixture(autouse=True, scope="module")
def _dice() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Part, "__call__", lambda part, so_far=NOTHING: Dice(part.ready, so_far))
        yield


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([Meter(), WALTZ]), st.booleans())
@example(19586215, WALTZ, False)  # a tempo for after the end, said while the last note sounds
def test_whatever_drives_a_session_its_replay_has_the_same_bytes(
    model: Path, seed: int, meter: Meter, daw: bool
) -> None:
    jam = jam_for(model, meter=meter, late="rest" if daw else "repeat", bars=30 if daw else 6)
    with TemporaryDirectory() as name:
        report = session(Path(name), jam, CHANCE(seed), daw=daw)
        again = replayed(Path(name))
    assert (again.why, again.bars, again.late_bars) == (report.why, report.bars, report.late_bars)


def test_of_a_session_that_failed_that_is_replayed_which_was_heard(
    tmp_path: Path, model: Path
) -> None:
    jam = jam_for(model)
    report = session(tmp_path, jam, CHANCE(0), Dice(jam, fails_at=3))
    assert report.why == FAILED
    assert replayed(tmp_path).why == FAILED  # though its source would go on


def cut(log: Path, size: int) -> list[tuple[int, int]]:
    """Cut a log, replay it, and return the notes."""
    short = log.with_name("short.jsonl")
    short.write_bytes(log.read_bytes()[:size])
    done = replay(short, log.with_name("short.mid"))
    assert done.cut_off_s is not None
    assert done.report.bars <= 6
    return [] if done.take is None else starts(done.take)


def starts(take: Path) -> list[tuple[int, int]]:
    return [(note.start, note.pitch) for note in files.read(take).notes]


def test_a_log_that_was_cut_off_is_replayed_as_far_as_it_goes(tmp_path: Path, model: Path) -> None:
    session(tmp_path, jam_for(model, bars=4), CHANCE(5))
    log, heard = tmp_path / "session.jsonl", starts(tmp_path / "take.mid")
    size, head = log.stat().st_size, len(log.read_bytes().partition(b"\n")[0]) + 1
    lengths = []
    for at in [
        head,
        head + 5,
        *(head + (size - head) * part // 9 for part in range(1, 9)),
        size - 5,
    ]:
        part = cut(log, at)
        assert part == heard[: len(part)]
        lengths.append(len(part))
    assert lengths == sorted(lengths)
    assert (lengths[0], lengths[-1]) == (0, len(heard))


@pytest.mark.parametrize(
    "thing",
    [
        SetTempo(90.0, "bar"),
        SetMode("call-response"),
        Undo(),
        Reject(),
        Change((("top_p", 1.0), ("density", 3), ("ending", False), ("mute", ("kick", "snare")))),
        Change((("form", None), ("range", (40, 60)), ("conditions.style", "funk"))),
    ],
    ids=repr,
)
def test_a_command_is_read_from_a_log_as_it_was(thing: Thing) -> None:
    line = line_of(Took(Seconds(1.5), thing))
    assert line is not None
    told = parse(line.encode())
    assert repr(told) == repr(Took(Seconds(1.5), thing))  # 1 is not 1.0, nor True


DAMAGED = [
    b"",
    b"{}",
    b"[]",
    b"7",
    b'{"at": "soon"}',
    b'{"at": NaN}',
    b'{"at": 1e999}',
    b'{"at": 1.0, "Explode": {}}',
    b'{"at": 1.0, "SetTempo": {"tempo_qpm": "fast"}}',
    b'{"at": 1.0, "SetTempo": {"tempo_qpm": 90, "more": 1}}',
    b'{"at": 1.0, "SetDrumMap": {"drum_map": {}}}',
    b'{"at": 1.0, "Panic": 3}',
    b'{"bar": 0}',
    b'{"bar": 0, "made": 1}',
    b"\xff\xfe\0",
    b"[" * 60_000,
    b"x" * 100_000,
]


@pytest.mark.parametrize("line", DAMAGED, ids=lambda line: line[:50])
def test_a_damaged_line_is_told_with_its_number(tmp_path: Path, model: Path, line: bytes) -> None:
    session(tmp_path, jam_for(model, bars=1), CHANCE(2))
    log = tmp_path / "session.jsonl"
    lines = log.read_bytes().splitlines()
    log.write_bytes(b"\n".join([*lines[:6], line, *lines[6:]]))
    with pytest.raises(UserError, match=r"found .* in line 7 of .*session\.jsonl: get it anew"):
        replay(log, tmp_path / "again.mid")
    assert not (tmp_path / "again.mid").exists()


@pytest.mark.parametrize("head", [b"", b"\n", b"dear diary\n", b"{}\n", b"\0" * 5000])
def test_what_is_no_log_is_told(tmp_path: Path, head: bytes) -> None:
    (tmp_path / "log").write_bytes(head)
    with pytest.raises(UserError, match=r"the log of a session, found .* in line 1 of"):
        replay(tmp_path / "log", tmp_path / "again.mid")
    with pytest.raises(UserError, match="no regular file"):
        replay(Path("/dev/zero"), tmp_path / "again.mid")


def test_a_log_of_another_touch_is_refused(tmp_path: Path) -> None:
    model = write_tiny_touch(tmp_path / "model")
    session(tmp_path, jam_for(model, bars=2), CHANCE(2))
    log, out = tmp_path / "session.jsonl", tmp_path / "again.mid"
    replay(log, out)
    card = model / "README.md"
    touch = yaml.safe_load(card.read_text().split("---")[1])["touch"]["sha256"]
    card.write_text(card.read_text().replace(touch, "0" * 64))
    with pytest.raises(UserError, match="the model that was played, of hash"):
        replay(log, tmp_path / "other.mid")


def test_a_log_of_another_model_or_of_other_music_is_refused(tmp_path: Path, model: Path) -> None:
    jam = jam_for(model, bars=3)
    session(tmp_path, jam, CHANCE(2))
    log, out = tmp_path / "session.jsonl", tmp_path / "again.mid"
    other = write_tiny_model(tmp_path / "other", seed=1)
    with pytest.raises(UserError, match=r"the model that was played, of hash .*: name its folder"):
        replay(log, out, model=str(other))
    head, *lines = log.read_text().splitlines()
    plain = json.loads(head)
    assert plain["settings"]["seed"] == 1
    plain["settings"]["seed"] = 2
    log.write_text("\n".join([json.dumps(plain), *lines]))
    with pytest.raises(UserError, match=r"goes as its log says, found other music.*this is 0"):
        replay(log, out)
    log.write_text("\n".join([head, *lines[:9], '{"bar": 0, "made": false}', *lines[9:]]))
    with pytest.raises(UserError, match="goes as its log says"):
        replay(log, out)
    assert not out.exists()


def test_a_log_finds_its_model_where_it_is_now(tmp_path: Path) -> None:
    there = write_tiny_model(tmp_path / "there" / "tiny")
    session(tmp_path, jam_for(there, bars=2), CHANCE(1))
    here = there.rename(tmp_path / "here")
    with pytest.raises(UserError, match="there/tiny"):
        replay(tmp_path / "session.jsonl", tmp_path / "again.mid")
    replay(tmp_path / "session.jsonl", tmp_path / "again.mid", model=str(here))
    assert (tmp_path / "again.mid").read_bytes() == (tmp_path / "take.mid").read_bytes()


@pytest.mark.parametrize("preset", names("presets/jams"))
def test_what_a_log_says_of_a_preset_is_all_of_it(preset: str) -> None:
    options = {"primer": {"pitches": (60, 64, 67)}, "limits": {"density": 3}, "seed": 5}
    for given_options in ({}, options):
        jam = ready(load_jam(preset), given_options)
        head = Head.of(replace(jam, file=jam.file.read_from(None)), jam_of(jam))
        assert Head.model_validate_json(head.model_dump_json()) == head
