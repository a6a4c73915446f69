"""What is said before a bar line acts on it, though the bar of that line takes its time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from heapq import heappop, heappush
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from daw_bridge.config.jam import JamFile
from daw_bridge.daemon import opening
from daw_bridge.daemon.part import Part
from daw_bridge.daemon.performance import LEAD_S
from daw_bridge.daemon.settings import jam_of, ready
from daw_bridge.jam.ask import Ask
from daw_bridge.jam.bars import BarSource
from daw_bridge.jam.commands import (
    Change,
    Command,
    Heard,
    Inbox,
    Keep,
    Located,
    SetMeter,
    SetMode,
    Undo,
)
from daw_bridge.jam.events import Changed, Event, News, Placed, Refused, Sounded, Tempo
from daw_bridge.jam.prepared import Value
from daw_bridge.jam.worker import Worker
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.midi.sounding import SoundingNotes
from daw_bridge.music.notes import Bar
from daw_bridge.music.position import Position
from daw_bridge.music.time import Meter, Seconds, Ticks
from daw_bridge.ports import offline
from daw_bridge.ports.clock import VirtualClock, Wake
from tests.tiny_model import write_tiny_model

BAR, BAR_S, LINE, BARS = 1920, 2.0, 4, 8
"""At 120; what is said is for the line of the bar `LINE`."""

Said = Sequence[tuple[float, Command]]
"""How many seconds before that line something is said."""


class Agenda(VirtualClock):
    """Virtual time in which things are done at their seconds."""

    def __init__(self, on_jump: Callable[[Seconds, Seconds], None]) -> None:
        super().__init__(on_jump=on_jump)
        self._things: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()

    def at(self, time_s: float, thing: Callable[[], None]) -> None:
        heappush(self._things, (time_s, next(self._numbers), thing))

    def wait_until(self, deadline: Seconds, wake: Wake) -> None:
        while not wake.is_set() and self._things and self._things[0][0] <= deadline:
            time_s, _, thing = heappop(self._things)
            super().wait_until(Seconds(time_s), wake)
            thing()
        super().wait_until(deadline, wake)


class Taking(Worker):
    """A worker without a thread, each of whose bars takes so many seconds of virtual time."""

    failed = ""

    def __init__(self, source: BarSource, agenda: Agenda, inbox: Inbox, bar_s: float) -> None:
        super().__init__(source)
        self._agenda, self._inbox, self._bar_s, self._busy = agenda, inbox, bar_s, False

    def want(self, ask: Ask) -> None:
        super().want(ask)
        self._begin()

    def close(self, timeout_s: float = 1.0) -> None:
        self._wanted.clear()

    def _begin(self) -> None:
        if self._wanted and self._error is None and not self._busy:
            self._busy = True
            self._agenda.at(self._agenda.now() + self._bar_s, self._end)

    def _end(self) -> None:
        self._busy = False
        if self._wanted and self._error is None:
            self._make_next()
        self._inbox.nudge()
        self._begin()


class Stage:
    """A jam of bars that take their time, with somebody who plays a beat all the time."""

    def __init__(self, patch: pytest.MonkeyPatch, model: Path) -> None:
        self.told: list[Event] = []
        self._patch, self._model = patch, model

    def play(
        self,
        said: Said,
        *,
        bar_s: float = 0.03,
        line: int = LINE,
        bars: int = BARS,
        link: bool = False,
        **values: Any,
    ) -> None:
        """Play, and say something before a line; with a Link session, where one is wished."""
        file = JamFile(model=str(self._model), bars=bars, seed=3, backend="offline", **values)
        settled = ready(file, {})
        part, inbox, clocks, told = Part(settled), Inbox(), list[Agenda](), self.told

        def clock(on_jump: Callable[[Seconds, Seconds], None]) -> Agenda:
            clocks.append(Agenda(on_jump))
            return clocks[0]

        def feed(source: BarSource) -> Taking:
            return Taking(source, clocks[0], inbox, bar_s)

        def watch(event: Event) -> None:
            told.append(event)
            if event == Tempo(Ticks(0), 120.0):
                begin_s = clocks[0].now() + LEAD_S
                things = [(line * BAR_S - before_s, command) for before_s, command in said]
                for at_s, thing in (*things, *_beat(begin_s), *(_link(begin_s) if link else ())):
                    clocks[0].at(begin_s + at_s, lambda thing=thing: inbox.put(thing))

        self._patch.setattr(offline, "VirtualClock", clock)
        self._patch.setattr(opening, "InlineFeed", feed)
        opening.jam(jam_of(settled), part, again=part, watchers=[watch], inbox=inbox, part=part)
        placed = {each.number: each for each in told if isinstance(each, Placed)}
        assert [*placed] == [*range(bars)]
        assert not any(each.late for each in placed.values())
        sounding = SoundingNotes()
        for each in told:
            if isinstance(each, Sounded):
                sounding.sent(each.port, each.data)
        assert len(sounding) == 0

    def bars(self) -> list[Bar]:
        """Return the bars as they were placed last."""
        return [*{each.number: each.bar for each in self.told if isinstance(each, Placed)}.values()]

    def acts(self, line: int = LINE) -> list[float]:
        """Return how many seconds after the line each change acts."""
        assert [each for each in self.told if isinstance(each, Refused)] == []
        changed = [each for each in self.told if isinstance(each, Changed)]
        return [(each.tick - line * BAR) * BAR_S / BAR for each in changed]


def _beat(begin_s: float) -> Iterator[tuple[float, Heard]]:
    for beat in range(4 * BARS):
        for at_s, data in ((0.01, note_on(0, 60, 90)), (0.2, note_off(0, 60))):
            yield beat / 2 + at_s, Heard(Seconds(begin_s + beat / 2 + at_s), "in", data)


def _link(begin_s: float) -> Iterator[tuple[float, Located]]:
    at_s = Seconds(begin_s + BAR_S / 2)
    yield BAR_S / 2, Located("link", Position(at_s, Ticks(BAR // 2), 120.0, rolling=True))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, model: Path) -> Stage:
    return Stage(monkeypatch, model)


def setting(name: str, value: Value) -> Change:
    return Change(((name, value),))


COMMANDS: Mapping[str, Command] = {
    "temperature": setting("temperature", 3.0),
    "mute": setting("mute", ("kick",)),
    "channel": setting("voices.0.channel", 3),
    "meter": SetMeter(Meter(3, 4)),
    "undo": Undo(),
    "mode": SetMode("loop"),
}


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize(("before_s", "bar_s"), [(0.2, 0.03), (0.001, 0.03), (0.001, 0.6)])
def test_it_acts_on_its_line_or_as_soon_after_it_as_the_bar_is_made(
    stage: Stage, name: str, before_s: float, bar_s: float
) -> None:
    stage.play([(before_s, COMMANDS[name])], bar_s=bar_s)
    (after_s,) = stage.acts()
    assert 0 <= after_s <= max(0, bar_s + 0.012 - before_s)


@pytest.mark.parametrize("name", ["temperature", "mute", "channel", "mode"])
@pytest.mark.parametrize("before_s", [0.5, 0.2, 0.001])
@pytest.mark.parametrize("bar_s", [0.03, 0.3, 0.6, 0.8])
def test_with_link_it_acts_as_soon_and_the_bar_of_its_place_comes_again_once(
    stage: Stage, name: str, before_s: float, bar_s: float
) -> None:
    stage.play([], bar_s=bar_s, link=True)
    plain, line = stage.bars(), LINE + 1  # the bar that the session is met in is placed once more
    stage.told.clear()
    stage.play([(before_s, COMMANDS[name])], bar_s=bar_s, link=True)
    (after_s,) = stage.acts(line)
    assert 0 <= after_s <= max(0, bar_s + 0.012 - before_s)
    placed = [each.number for each in stage.told if isinstance(each, Placed)]
    again = [number for number, times in Counter(placed).items() if times > 1]
    assert len(placed) - BARS == len(again) <= 1
    bars = stage.bars()
    assert bars[:line] == plain[:line]
    assert bars[line] != plain[line]


@pytest.mark.parametrize("line", [2, 3, 5])
@pytest.mark.parametrize("name", ["temperature", "channel", "meter"])
def test_it_acts_on_each_line_of_a_call_and_of_its_answer(
    stage: Stage, name: str, line: int
) -> None:
    stage.play([(0.02, COMMANDS[name])], line=line, mode="call-response")
    (after_s,) = stage.acts(line)
    assert 0 <= after_s <= 0.03


def test_a_knob_that_is_turned_all_the_time_acts_on_the_line_all_the_same(stage: Stage) -> None:
    turned = [(1.01 - 0.02 * n, setting("temperature", 0.5 + n / 100)) for n in range(80)]
    stage.play(turned)
    acts = stage.acts()
    before = sum(before_s > 0 for before_s, _ in turned)
    assert len(acts) == len(turned)
    assert max(acts[:before]) <= 0.08
    assert {*acts[before:]} == {BAR_S}


def test_a_loop_that_is_entered_while_a_player_is_heard_begins_with_its_own_first_bar(
    stage: Stage,
) -> None:
    said = [(0.02, SetMode("loop")), (-2.5 * BAR_S, Keep())]
    stage.play(said, line=5, bars=11, mode="call-response")
    bars = stage.bars()
    assert not bars[5].notes
    assert bars[6] != bars[7]
    assert bars[8:10] == bars[6:8]
    changed = [(each.what, each.tick) for each in stage.told if isinstance(each, Changed)]
    assert changed[0] == ("mode", 6 * BAR)


def test_other_voices_wait_for_a_whole_bar_and_why_they_do_is_told(
    stage: Stage, tmp_path: Path
) -> None:
    other = write_tiny_model(tmp_path / "other", seed=1)
    stage.play([(0.02, setting("model", str(other)))])
    assert stage.acts() == [BAR_S]
    assert [each.text for each in stage.told if isinstance(each, News)] == [
        "later than said: model; its first bar was not made by the next bar line"
    ]


def test_clicks_sound_with_the_bars_of_an_answer(stage: Stage) -> None:
    stage.play([], mode="call-response", turns={"metronome": "always"})
    ports = [each.port for each in stage.told if isinstance(each, Sounded) and each.tick > 3 * BAR]
    assert {*ports} == {"notes", "metronome"}
