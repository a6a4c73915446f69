"""However far ahead bars are made, and whenever they are dropped: what is heard is the same."""

from __future__ import annotations

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from daw_bridge.config.jam import JamFile
from daw_bridge.daemon import opening
from daw_bridge.daemon.part import Part
from daw_bridge.daemon.performance import LEAD_S
from daw_bridge.daemon.play import logging
from daw_bridge.daemon.replay import replay
from daw_bridge.daemon.settings import jam_of, ready
from daw_bridge.jam.ask import Ask
from daw_bridge.jam.bars import BarSource
from daw_bridge.jam.commands import Heard, Inbox, SetMode
from daw_bridge.jam.events import Event, Placed, Refused, Sounded
from daw_bridge.jam.modes import Name
from daw_bridge.jam.worker import Worker
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.midi.sounding import SoundingNotes
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import PPQ, Seconds
from tests.random_commands import kinds
from tests.tiny_model import write_tiny_model
from tests.tiny_touch import write_tiny_touch

BARS, TEMPO_QPM = 12, 200.0
MODES = [name.value for name in Name if name is not Name.FOLLOW]  # tiny models have no voices


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("models")
    drums = (write_tiny_model(folder / f"tiny {seed}", seed) for seed in (0, 1))
    return [*map(str, drums), str(write_tiny_touch(folder / "touched"))]


class ByChance(Worker):
    """A worker without a thread: whenever it is told or asked something, it goes on by chance."""

    failed = ""

    def __init__(self, source: BarSource, chance: Random, slow: float) -> None:
        super().__init__(source)
        self._chance, self._slow = chance, slow

    def want(self, ask: Ask) -> None:
        self._go_on()
        super().want(ask)
        self._go_on()

    def take(self, ask: Ask) -> Bar | None:
        self._go_on()
        return super().take(ask)

    def drop(self) -> None:
        self._go_on()
        super().drop()

    def close(self, timeout_s: float = 1.0) -> None: ...

    def _go_on(self) -> None:
        while self._wanted and self._error is None and self._chance.random() > self._slow:
            self._make_next()


class Player:
    """Who plays, and commands, at random whenever a bar is placed."""

    def __init__(self, inbox: Inbox, chance: Random, models: list[str]) -> None:
        self.told: list[Event] = []
        self._inbox, self._chance = inbox, chance
        modes = [lambda: SetMode(chance.choice(MODES))] * 12
        self._kinds = [*kinds(chance, models), *modes]

    def __call__(self, event: Event) -> None:
        self.told.append(event)
        if not isinstance(event, Placed):
            return
        chance, put = self._chance, self._inbox.put
        for _ in range(chance.choice((0, 0, 1, 1, 2, 3))):
            put(chance.choice(self._kinds)())
        line_s = LEAD_S + event.tick / PPQ * 60 / TEMPO_QPM
        for note in range(chance.choice((0, 8))):
            at_s = line_s + 0.15 * note
            put(Heard(Seconds(at_s), "in", note_on(0, 60 + note, 90)))
            put(Heard(Seconds(at_s + 0.1), "in", note_off(0, 60 + note)))


@settings(max_examples=6, deadline=None, derandomize=True, phases=[Phase.generate])
@given(st.integers(0, 2**32), st.sampled_from([0.2, 0.5, 0.8]))
def test_a_jam_whose_bars_are_made_when_chance_has_it_plays_the_same_from_its_log(
    models: list[str], seed: int, slow: float
) -> None:
    chance, inbox = Random(seed), Inbox()  # noqa: S311  # it shakes a test, and keeps no secret
    settled = ready(
        JamFile(
            model=chance.choice(models),
            mode=chance.choice(MODES),
            bars=BARS,
            bpm=TEMPO_QPM,
            backend="offline",
        ),
        {},
    )
    part, player = Part(settled), Player(inbox, chance, models)
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "InlineFeed", lambda source: ByChance(source, chance, slow))
        log = Path(name) / "log.jsonl"
        logged = logging(log, settled, force=False)
        watchers = [logged, player]
        opening.jam(jam_of(settled), part, again=part, watchers=watchers, inbox=inbox, part=part)
        logged.close()
        replay(log, Path(name) / "again.mid")  # it tells of other music
    refused = [each.why for each in player.told if isinstance(each, Refused)]
    assert not [why for why in refused if "Error:" in why]
    assert {each.number for each in player.told if isinstance(each, Placed)} == {*range(BARS)}
    sounding = SoundingNotes()
    for each in player.told:
        if isinstance(each, Sounded):
            sounding.sent(each.port, each.data)
    assert len(sounding) == 0
