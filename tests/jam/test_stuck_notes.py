"""Whatever a DAW does, every note that begins is ended: random sequences of all it can do."""

from __future__ import annotations

import sys
from random import Random

from daw_bridge.jam.ask import Ask
from daw_bridge.jam.commands import (
    Command,
    Heard,
    Keep,
    Panic,
    SetDrumMap,
    SetMeter,
    SetTempo,
    Stop,
)
from daw_bridge.jam.events import Event, Placed, Sounded
from daw_bridge.jam.follow import ClockFollower
from daw_bridge.jam.masters import Following, Sync
from daw_bridge.jam.plan import Late, Plan
from daw_bridge.jam.schedule import Route
from daw_bridge.jam.session import Session
from daw_bridge.jam.song import Loop
from daw_bridge.midi.messages import ends_note, starts_note
from daw_bridge.midi.sounding import Key, key_of
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.position import Position
from daw_bridge.music.time import PPQ, Meter, Seconds, Ticks, Transport
from daw_bridge.ports.clock import frame_at
from daw_bridge.ports.pending import Pending
from tests.jam.masters import Master, song_position
from tests.jam.scripts import kit

RATE = 48_000
SEQUENCES = 500
"""Ten thousand of them take a few minutes: `python -m tests.jam.test_stuck_notes 10000`."""

KITS = kit({"kick": 24, "snare": 26}), kit({"kick": 60, "snare": 62})
METERS = Meter(4, 4), Meter(3, 4), Meter(7, 8), Meter(5, 16)
BARS = tuple(
    Bar.of(
        Note(Ticks(start), 36 + 2 * (n % 2), Ticks(length), 60 + n, tied=length == 900)
        for n, (start, length) in enumerate(notes)
    )
    for notes in (
        [(0, 900), (480, 60), (960, 960)],
        [(-100, 400), (-5, 30), (100, 3000), (1900, 60)],
        [(0, 5000)],
        [],
        [(each * 120, 130) for each in range(16)],
    )
)


class Fickle:
    """A feed whose bars are ready, or not, as chance will have it."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def want(self, ask: Ask) -> None:
        pass

    def take(self, ask: Ask) -> Bar | None:
        if self._random.random() < 0.2:
            return None
        return Bar(BARS[ask.number % len(BARS)].notes, ask.meter)

    def drop(self) -> None:
        pass


class Receiver:
    """Ports in virtual time, and what whoever listens to them hears."""

    def __init__(self) -> None:
        self.pending = Pending(RATE)
        self.sounding: dict[Key, int] = {}
        self.lost = False
        self._frame = 0

    def until(self, time_s: float) -> None:
        frame = frame_at(Seconds(time_s), RATE)
        if frame < self._frame or self.lost:
            return
        for _, message in self.pending.drain(self._frame, frame - self._frame + 1):
            key = key_of(message.port, message.data)
            if starts_note(message.data):
                assert key not in self.sounding, "it sounds already"
                self.sounding[key] = 1
            elif ends_note(message.data):
                self.sounding.pop(key, None)  # or it came so late that it was not struck
        self._frame = frame + 1

    def lose(self) -> None:
        """Lose the ports: what they hold is gone, what sounds is ended."""
        self.lost = True
        self.sounding.clear()

    def return_(self) -> None:
        self.lost, self.pending = False, Pending(RATE)


class Stage:
    """A session that is followed, its ports, and the time."""

    def __init__(self, random: Random) -> None:
        self.told: list[Event] = []
        self.now_s = 1.0
        self.ports = Receiver()
        self.random = random
        plan = Plan(late=random.choice(list(Late)), fill=BARS[4], loop=random.choice(list(Loop)))
        routes = {0: Route(drum_map=KITS[0])}
        self.session = Session(Fickle(random), Transport(120), routes, plan, self.told.append)
        self.tempo, self.origin_s, self.tick = 120.0, 1.0, 0.0
        if random.random() < 0.5:
            self.session.begin(Seconds(1.0))
        else:
            self.follow(rolls=False)

    def let(self, seconds: float) -> None:
        """Let time pass."""
        end_s = self.now_s + seconds
        while (wake_s := self.session.next_wake_s()) is not None and wake_s < end_s:
            self.now_s = max(self.now_s, wake_s)
            self.ports.until(self.now_s)
            messages = self.session.advance(Seconds(self.now_s))
            if not self.ports.lost:
                self.ports.pending.add(messages)
        self.now_s = end_s
        self.ports.until(end_s)
        self.session.pass_time(Seconds(end_s))

    def apply(self, command: Command) -> None:
        self.ports.until(self.now_s)
        if self.session.apply(command, Seconds(self.now_s)):
            self.silence()

    def be_at(self, position: Position) -> None:
        if self.session.follow(position, Seconds(self.now_s)):
            self.silence()

    def silence(self) -> None:
        self.ports.pending.silence()
        self.ports.until(self.now_s)

    def follow(self, *, rolls: bool, meter: Meter | None = None) -> None:
        """Tell where the DAW is: where it was told to be, and as far as time has gone since."""
        tick = Ticks(round(self.tick))
        self.be_at(Position(Seconds(self.now_s), tick, self.tempo, rolls, meter))

    def go_on(self, seconds: float) -> None:
        self.let(seconds)
        self.tick += seconds * self.tempo * PPQ / 60

    def step(self) -> None:
        """Do something of all that a DAW, a user or a system can do."""
        random = self.random
        match random.randrange(12):
            case 0 | 1:
                self.tick = random.randrange(20) * 480 * random.choice((1, 4))
                self.follow(rolls=True)
            case 2:
                self.follow(rolls=False)
            case 3:
                self.tick = max(0.0, self.tick - random.choice((240, 1920, 3840, 7680)))
                self.follow(rolls=True)
            case 4:
                self.tempo = random.choice((20.0, 60.0, 119.0, 120.0, 240.0, 400.0))
                self.follow(rolls=True)
            case 5:
                self.tick = max(0.0, self.tick + random.uniform(-30, 30))  # a phase that is off
                self.follow(rolls=True)
            case 6:
                self.apply(SetDrumMap(random.choice(KITS)))
            case 7:
                self.apply(random.choice((Panic(), Keep(), SetTempo(200), SetMeter(METERS[1]))))
            case 8:
                self.follow(rolls=True, meter=random.choice(METERS))
            case 11:
                begin, bars = 1920 * random.randrange(4), random.choice((1, 2))
                for step in range(random.randrange(32)):  # a loop, that is left some time
                    self.tick = begin + 240 * (step % (8 * bars))
                    self.follow(rolls=True)
                    self.go_on(240 * 60 / (self.tempo * PPQ))
            case 9 if not self.ports.lost:
                self.ports.lose()
            case 9 | 10 if self.ports.lost:
                self.ports.return_()
        self.go_on(random.choice((0.0, 0.003, 0.05, 0.1, 0.7)))


def check(stage: Stage) -> None:
    """Check that all has ended, and that it is told so, in ticks that rise."""
    stage.apply(Stop())
    stage.let(10.0)
    assert stage.ports.sounding == {}
    if not stage.ports.lost:
        assert stage.ports.pending.sounding.keys() == []
    sounding: set[tuple[str, bytes]] = set()
    last = 0
    for event in stage.told:
        if isinstance(event, Sounded):
            assert event.tick >= last, "ticks only rise"
            last = event.tick
            if starts_note(event.data):
                sounding.add((event.port, event.data[:2]))
            elif ends_note(event.data):
                sounding.discard((event.port, bytes((event.data[0] | 0x10, event.data[1]))))
    assert not sounding
    lines = [event.tick for event in stage.told if isinstance(event, Placed)]
    assert lines == sorted(lines)


def play(seed: int) -> None:
    """Play a sequence, and check it."""
    random = Random(seed)  # noqa: S311  # a sequence, no secret
    stage = Stage(random)
    try:
        for _ in range(random.randrange(2, 9)):
            stage.step()
        check(stage)
    except Exception as error:
        error.add_note(f"seed {seed}")
        raise


def test_nothing_is_left_sounding_by_all_that_a_daw_can_do() -> None:
    for seed in range(SEQUENCES):
        play(seed)


def rattle(master: Master, random: Random) -> None:
    """Let a master do something, whatever sense it makes."""
    match random.randrange(7):
        case 0:
            master.start()
        case 1:
            master.stop()
        case 2:
            master.say(b"\xfc", b"\xfc", song_position(random.randrange(400)), b"\xfb")
        case 3:
            master.say(song_position(random.randrange(0x4000)))
        case 4:
            master.say(random.randbytes(5))
        case 5:
            master.wait(random.choice((0.01, 0.3, 1.5)))
        case 6:
            tempo = random.choice((12.0, 120.0, 130.0, 900.0))
            master.tempo = lambda _quarter: tempo
    master.clocks(random.randrange(60), lost=range(random.randrange(9)))


def test_nothing_is_left_sounding_by_the_bytes_of_a_clock() -> None:
    for seed in range(100):
        random = Random(seed)  # noqa: S311  # a sequence, no secret
        stage = Stage(random)
        following = Following(Sync.AUTO, 120.0)
        master = Master(120, jitter_s=random.choice((0.0, 0.003)), at_s=1.5)
        for _ in range(8):
            rattle(master, random)
        for time_s, data in master.in_order():
            stage.let(max(0.0, time_s - stage.now_s))
            if position := following.take(Heard(time_s, "sync", data)):
                stage.be_at(position)
        check(stage)


def test_a_follower_and_its_session_never_stand_in_the_way_of_an_end() -> None:
    """A stop that comes before the first clock, and one after the last."""
    stage = Stage(Random(0))  # noqa: S311  # a sequence, no secret
    follower = ClockFollower()
    for data in (b"\xfa", b"\xfc", b"\xfb", b"\xf8", b"\xfc", b"\xf8", b"\xfc"):
        if position := follower.take(Seconds(stage.now_s), data):
            stage.be_at(position)
        stage.let(0.01)
    check(stage)


if __name__ == "__main__":
    for each in range(int(sys.argv[1])):
        play(each)
    print(f"{sys.argv[1]} sequences, and no note is left sounding")
