"""Whatever a DAW does, every note that begins is ended: random sequences of all it can do."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

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
from daw_bridge.ports import brake
from daw_bridge.ports.brake import Brake
from daw_bridge.ports.clock import frame_at, seconds_at
from daw_bridge.ports.pending import Pending
from tests.jam.masters import Master, song_position
from tests.jam.scripts import kit

RATE = 48_000
SEQUENCES = 300
"""`benchmarks/stuck_notes.py` plays ten thousand of them."""

KITS = kit({"kick": 24, "snare": 26}), kit({"kick": 60, "snare": 62})
TEMPOS = 20.0, 60.0, 119.0, 120.0, 240.0, 400.0
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
    """A feed whose bars are ready, or not, as chance will have it; none while its worker hangs."""

    def __init__(self, seed: int) -> None:
        self.hangs = False
        self._random = Random(seed)  # noqa: S311  # a sequence, no secret

    def want(self, ask: Ask) -> None:
        pass

    def take(self, ask: Ask) -> Bar | None:
        if self.hangs or self._random.random() < 0.2:
            return None
        return Bar(BARS[ask.number % len(BARS)].notes, ask.meter)

    def drop(self) -> None:
        pass


class Receiver:
    """Ports in virtual time, and what whoever listens to them hears."""

    def __init__(self) -> None:
        self.sounding: dict[Key, int] = {}
        self.lost = False
        self._frame = 0
        self.return_()

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
        self.brake = Brake(self.pending, self)
        self.brake.follow(brake.CLOCK)

    def now(self) -> Seconds:
        return seconds_at(self._frame, RATE)


class Stage:
    """A session that is followed, its ports, and the time."""

    def __init__(
        self,
        late: Late = Late.REPEAT,
        loop: Loop = Loop.REPEAT,
        seed: int = 0,
        *,
        plays: bool = False,
    ) -> None:
        self.told: list[Event] = []
        self.now_s = 1.0
        self.ports = Receiver()
        self.feed = Fickle(seed)
        plan = Plan(late=late, fill=BARS[4], loop=loop)
        routes = {0: Route(drum_map=KITS[0])}
        self.session = Session(self.feed, Transport(120), routes, plan, self.told.append)
        self.tempo, self.origin_s, self.tick = 120.0, 1.0, 0.0
        if plays:
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
                self.ports.brake.add(messages)
        self.now_s = end_s
        self.ports.until(end_s)
        self.session.pass_time(Seconds(end_s))

    def apply(self, command: Command) -> None:
        self.ports.until(self.now_s)
        if self.session.apply(command, Seconds(self.now_s)):
            self.silence()
        if (serial := self.session.taken_back()) is not None:
            self.ports.brake.take_back(serial)

    def be_at(self, position: Position) -> None:
        if self.session.follow(position, Seconds(self.now_s)):
            self.silence()
        cue = self.session.cue()
        if cue is not None and not self.ports.lost:
            self.ports.brake.cue(*cue)

    def silence(self) -> None:
        self.ports.brake.silence()
        self.ports.until(self.now_s)

    def follow(self, *, rolls: bool, meter: Meter | None = None) -> None:
        """Tell where the DAW is: where it was told to be, and as far as time has gone since."""
        tick = Ticks(round(self.tick))
        self.be_at(Position(Seconds(self.now_s), tick, self.tempo, rolls, meter))

    def go_on(self, seconds: float) -> None:
        self.let(seconds)
        self.tick += seconds * self.tempo * PPQ / 60

    def step(self, kind: str, value: Any = None) -> None:
        """Do something of all that a DAW, a user or a system can do."""
        match kind:
            case "locate":
                self.tick = value
                self.follow(rolls=True)
            case "stop":
                self.follow(rolls=False)
            case "back":
                self.tick = max(0.0, self.tick - value)
                self.follow(rolls=True)
            case "tempo":
                self.tempo = value
                self.follow(rolls=True)
            case "phase":
                self.tick = max(0.0, self.tick + value)
                self.follow(rolls=True)
            case "meter":
                self.follow(rolls=True, meter=value)
            case "loop":
                self._go_round(*value)
            case "apply":
                self.apply(value)
            case "worker":
                self.feed.hangs = not self.feed.hangs
            case "ports" if self.ports.lost:
                self.ports.return_()
            case "ports":
                self.ports.lose()

    def _go_round(self, begin: int, bars: int, steps: int) -> None:
        """Go round a loop of some bars, and leave it some time."""
        for step in range(steps):
            self.tick = 1920 * begin + 240 * (step % (8 * bars))
            self.follow(rolls=True)
            self.go_on(240 * 60 / (self.tempo * PPQ))


COMMANDS = (
    *(Panic(), Keep(), SetTempo(200), SetTempo(90, "bar"), SetMeter(METERS[1])),
    *(SetDrumMap(kit, at) for kit in KITS for at in ("now", "bar")),
)

STEPS = st.one_of(
    st.tuples(st.just("locate"), st.integers(0, 80).map(lambda quarter: 480 * quarter)),
    st.tuples(st.just("stop")),
    st.tuples(st.just("back"), st.sampled_from((240, 1920, 3840, 7680))),
    st.tuples(st.just("tempo"), st.sampled_from(TEMPOS)),
    st.tuples(st.just("phase"), st.floats(-30, 30)),
    st.tuples(st.just("meter"), st.sampled_from(METERS)),
    st.tuples(st.just("loop"), st.tuples(st.integers(0, 3), st.integers(1, 2), st.integers(0, 31))),
    st.tuples(st.just("apply"), st.sampled_from(COMMANDS)),
    st.tuples(st.just("worker")),
    st.tuples(st.just("ports")),
)

PAUSES = st.sampled_from((0.0, 0.003, 0.05, 0.1, 0.7))

STAGES = st.builds(
    Stage,
    late=st.sampled_from(Late),
    loop=st.sampled_from(Loop),
    seed=st.integers(0, 1000),
    plays=st.booleans(),
)

SEQUENCE = st.lists(st.tuples(STEPS, PAUSES), min_size=2, max_size=9)

Steps = Sequence[tuple[tuple[Any, ...], float]]


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


def play(stage: Stage, sequence: Steps) -> None:
    """Play a sequence, and check it."""
    for step, pause_s in sequence:
        stage.step(*step)
        stage.go_on(pause_s)
    check(stage)


@settings(max_examples=SEQUENCES)
@given(STAGES, SEQUENCE)
def test_nothing_is_left_sounding_by_all_that_a_daw_can_do(stage: Stage, sequence: Steps) -> None:
    play(stage, sequence)


RATTLES = st.one_of(
    st.just((b"\xfa",)),
    st.just((b"\xfc",)),
    st.integers(0, 400).map(lambda at: (b"\xfc", b"\xfc", song_position(at), b"\xfb")),
    st.integers(0, 0x3FFF).map(lambda at: (song_position(at),)),
    st.binary(min_size=5, max_size=5).map(lambda data: (data,)),
    st.sampled_from((0.01, 0.3, 1.5)),
    st.sampled_from((12, 120, 130, 900)),
)
"""What a master says, how long it waits, or its tempo; then it sends clocks, and loses some."""


STARTED_NEAR = [((b"\xfa",), 1, 0), (900, 0, 0), ((b"\xfc",), 7, 0), ((b"\xfa",), 6, 0)]
"""It starts a little before where it stopped: a pitch is struck twice, of which one lies ready."""


@settings(max_examples=60)
@given(
    st.builds(Stage, seed=st.integers(0, 1000), plays=st.booleans()),
    st.sampled_from((0.0, 0.003)),
    st.lists(st.tuples(RATTLES, st.integers(0, 59), st.integers(0, 8)), max_size=8),
)
@example(Stage(plays=True), 0.0, STARTED_NEAR)
def test_nothing_is_left_sounding_by_the_bytes_of_a_clock(
    stage: Stage, jitter_s: float, rattles: Sequence[tuple[Any, int, int]]
) -> None:
    following = Following(Sync.AUTO, 120.0)
    master = Master(120, jitter_s=jitter_s, at_s=1.5)
    for rattle, clocks, lost in rattles:
        match rattle:
            case tuple():
                master.say(*rattle)
            case float():
                master.wait(rattle)
            case int():
                master.tempo = lambda _quarter, tempo=rattle: float(tempo)
        master.clocks(clocks, lost=range(lost))
    for time_s, data in master.in_order():
        stage.let(max(0.0, time_s - stage.now_s))
        for byte in data:
            stage.ports.brake.hear(time_s, "sync", bytes((byte,)))
        if position := following.take(Heard(time_s, "sync", data)):
            stage.be_at(position)
    check(stage)


def test_a_follower_and_its_session_never_stand_in_the_way_of_an_end() -> None:
    """A stop that comes before the first clock, and one after the last."""
    stage = Stage(plays=True)
    follower = ClockFollower()
    for data in (b"\xfa", b"\xfc", b"\xfb", b"\xf8", b"\xfc", b"\xf8", b"\xfc"):
        if position := follower.take(Seconds(stage.now_s), data):
            stage.be_at(position)
        stage.let(0.01)
    check(stage)
