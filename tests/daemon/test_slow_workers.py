"""However far ahead bars are made, and whenever they are dropped: what is heard is the same."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from daw_bridge.config.jam import JamFile
from daw_bridge.daemon import opening
from daw_bridge.daemon.part import Part
from daw_bridge.daemon.performance import LEAD_S
from daw_bridge.daemon.play import logging
from daw_bridge.daemon.replay import replay
from daw_bridge.daemon.settings import jam_of, ready
from daw_bridge.jam.ask import Ask
from daw_bridge.jam.bars import BarSource
from daw_bridge.jam.commands import (
    Change,
    Command,
    Heard,
    Inbox,
    Keep,
    Panic,
    Reject,
    SetMeter,
    SetMode,
    Undo,
)
from daw_bridge.jam.events import Event, Placed, Refused
from daw_bridge.jam.modes import Name
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import PPQ, Meter, Seconds
from tests.tiny_model import write_tiny_model

BARS, TEMPO_QPM = 16, 200.0
SEEDS = 0, 1, 7, 9
METERS = Meter(), Meter(3, 4), Meter(7, 8), Meter(5, 4)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_tiny_model(folder / "tiny")
    write_tiny_model(folder / "other", seed=1)
    return folder


class ByChance:
    """A feed whose worker goes on by chance, whenever it is told or asked something.

    What is dropped may be made by then or not. Nothing is taken otherwise than wanted.
    """

    failed = ""

    def __init__(self, source: BarSource, chance: Random) -> None:
        self._source, self._chance = source, chance
        self._wanted: dict[int, Ask] = {}
        self._to_make: list[Ask] = []
        self._heard: list[tuple[int, Bar]] = []
        self._made: dict[int, Bar] = {}

    def want(self, ask: Ask) -> None:
        self._go_on()
        if ask.number > max(self._wanted, default=-1):
            self._wanted[ask.number] = ask
            self._to_make.append(ask)
        self._go_on()

    def take(self, ask: Ask) -> Bar | None:
        self._go_on()
        assert self._wanted.get(ask.number) in (None, ask), "it was asked for otherwise"
        return self._made.pop(ask.number, None)

    def drop(self) -> None:
        self._go_on()
        for each in self._wanted, self._to_make, self._made:
            each.clear()

    def hear(self, number: int, bar: Bar) -> None:
        self.drop()
        self._heard.append((number, bar))

    def close(self, timeout_s: float = 1.0) -> None: ...

    def _go_on(self) -> None:
        while self._to_make and self._chance.random() < 0.5:
            for number, bar in self._heard:
                self._source.hear(number, bar)
            self._heard.clear()
            ask = self._to_make.pop(0)
            self._made[ask.number] = self._source.bar(ask)


def commands(chance: Random, folder: Path) -> list[Command]:
    """Return what is said in a bar, if anything."""
    pick = chance.choice
    kinds: list[Command] = [
        *[SetMode(pick([name for name in Name if name is not Name.FOLLOW])) for _ in range(4)],
        SetMeter(pick(METERS)),
        Change((("seed", chance.randrange(9)),)),
        Change((("model", str(folder / pick(("tiny", "other")))),)),
        Keep(),
        Reject(),
        Undo(),
        Panic(),
    ]
    return [pick(kinds) for _ in range(pick((0, 0, 1, 1, 2, 3)))]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_jam_whose_bars_are_made_when_chance_has_it_plays_the_same_from_its_log(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance, inbox = Random(seed), Inbox()  # noqa: S311  # it shakes a test, and keeps no secret
    monkeypatch.setattr(opening, "InlineFeed", lambda source: ByChance(source, chance))
    file = JamFile(
        model=str(folder / "tiny"),
        mode="call-response",
        bars=BARS,
        bpm=TEMPO_QPM,
        backend="offline",
    )
    settled = ready(file, {})
    part, told = Part(settled), list[Event]()

    def watch(event: Event) -> None:
        told.append(event)
        if not isinstance(event, Placed):
            return
        for command in commands(chance, folder):
            inbox.put(command)
        line_s = LEAD_S + event.tick / PPQ * 60 / TEMPO_QPM
        for note in range(chance.choice((0, 8))):
            at_s = line_s + 0.15 * note
            inbox.put(Heard(Seconds(at_s), "in", note_on(0, 60 + note, 90)))
            inbox.put(Heard(Seconds(at_s + 0.1), "in", note_off(0, 60 + note)))

    logged = logging(tmp_path / "log.jsonl", settled, force=False)
    watchers = [logged, watch]
    opening.jam(jam_of(settled), part, again=part, watchers=watchers, inbox=inbox, part=part)
    logged.close()
    assert not [each for each in told if isinstance(each, Refused) and "Error" in each.why]
    assert {each.number for each in told if isinstance(each, Placed)} == {*range(BARS)}
    replay(tmp_path / "log.jsonl", tmp_path / "again.mid")  # it tells of other music
