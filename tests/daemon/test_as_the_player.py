"""Conditions that are the player's: what is found in what he plays is what bars are like."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

from daw_bridge.config.jam import JamFile
from daw_bridge.config.jam_names import FOLLOWED, PLAYER
from daw_bridge.control.names import find
from daw_bridge.control.state import State
from daw_bridge.daemon import opening
from daw_bridge.daemon.part import Part
from daw_bridge.daemon.performance import LEAD_S
from daw_bridge.daemon.play import logging
from daw_bridge.daemon.replay import replay
from daw_bridge.daemon.settings import jam_of, ready
from daw_bridge.daemon.source import bars_of
from daw_bridge.errors import UserError
from daw_bridge.jam.ask import Ask
from daw_bridge.jam.commands import Command, Heard, Inbox
from daw_bridge.jam.events import Changed, Event, HeardBar, Placed, Refused
from daw_bridge.jam.listen import NOTHING_HEARD, Found, found_in
from daw_bridge.music.loudness import VELOCITIES, Loudness
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.swing import swing_of
from daw_bridge.music.time import PPQ, Seconds, Ticks
from daw_bridge.policies.load import load
from tests.played_jam import jam_with
from tests.played_jam import of_bars as played_as
from tests.tiny_model import write_tiny_model

SWING = 0.6
SWUNG = [Ticks(round((n // 2 + n % 2 * SWING) * PPQ)) for n in range(8)]
CALL = Bar.of(
    Note(at, 50 + n, Ticks(100), 33)
    for at, n in zip(SWUNG, (0, 2, 4, 5, 7, 9, 11, 12), strict=True)
)
"""Eighths up the scale of D from 50, swung, and as quiet as can be."""

BARS = 8


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_tiny_model(tmp_path_factory.mktemp("models") / "tiny"))


def drawn(model: str, found: Found | None, *names: str, bars: int = 6, **said: Any) -> list[Bar]:
    """Give bars that follow a player in some of what was found."""
    options = {"bpm": 120.0, **said}
    jam = ready(JamFile(model=model, conditions=dict.fromkeys(names, PLAYER), **options), {})
    source = bars_of(load(jam.folder), jam.file, jam.primer)
    return [source.bar(Ask(number, found=found)) for number in range(bars)]


def notes_of(bars: Sequence[Bar]) -> list[Note]:
    return [note for bar in bars for note in bar.notes]


def test_bars_are_at_most_as_dense_as_the_player(tiny: str) -> None:
    for model, voices in ((tiny, 1), ("lead", 1), ("chorale", 4)):
        bars = drawn(model, Found(density=2.4), "density")
        most = [sum(not note.tied for note in bar.notes) for bar in bars]
        assert 0 < max(most) <= 2 * voices
        assert max(most) < max(len(bar.notes) for bar in drawn(model, Found(density=2.4)))


def test_a_melody_is_in_the_register_of_the_player_which_is_an_octave_at_least() -> None:
    for low, high, least, most in ((62, 76, 62, 76), (60, 60, 54, 66), (119, 127, 105, 117)):
        pitches = {n.pitch for n in notes_of(drawn("lead", Found(low=low, high=high), "register"))}
        assert pitches
        assert least <= min(pitches) <= max(pitches) <= most


def test_a_register_that_a_model_does_not_have_is_brought_to_it_by_octaves() -> None:
    there = set()
    for low, high, most in ((0, 6, 33), (36, 43, 46), (44, 60, 60), (120, 127, 106)):
        notes = notes_of(drawn("chip", Found(low=low, high=high), "register"))
        pitches = {note.pitch for note in notes if note.voice < 3}
        assert max(pitches, default=0) <= most
        there |= pitches
    assert max(there) > 60  # of the last, which is not silenced


def test_of_a_choir_nobody_is_higher_than_the_player() -> None:
    bars = drawn("chorale", Found(low=60, high=65), "register")
    assert max(note.pitch for note in notes_of(bars)) <= 66
    assert {note.voice for note in notes_of(bars)} == {0, 1, 2, 3}


def test_a_limit_of_the_users_own_counts_before_the_register_of_the_player() -> None:
    limits = {"limits": {"range": (72, 84), "scale": "C"}}
    pitches = {
        n.pitch for n in notes_of(drawn("lead", Found(low=40, high=52), "register", **limits))
    }
    assert not pitches or min(pitches) >= 72


def test_bars_swing_as_the_player_does(tiny: str) -> None:
    for model in (tiny, "lead"):
        straight, bars = drawn(model, Found(swing=SWING)), drawn(model, Found(swing=SWING), "swing")
        assert [len(bar.notes) for bar in bars] == [len(bar.notes) for bar in straight]
        assert bars != straight
        assert swing_of(bars) == pytest.approx(SWING, abs=0.01)


def test_who_swings_is_heard_in_even_eighths() -> None:
    even = Bar.of(
        Note(Ticks(240 * n), note.pitch, Ticks(100), 33) for n, note in enumerate(CALL.notes)
    )
    answers = []
    for call in (CALL, even):
        jam = ready(JamFile(model="lead", conditions={"swing": PLAYER}, bpm=120.0), {})
        source = bars_of(load(jam.folder), jam.file, jam.primer)
        source.bar(Ask(0, heard=call, hears=True))
        answers.append(source.bar(Ask(1)))
    assert answers[0] == answers[1]


@pytest.mark.parametrize("model", ["tiny", "lead"])
def test_bars_are_as_loud_as_the_player(model: str, tiny: str) -> None:
    model = tiny if model == "tiny" else model
    quiet, loud = (
        mean(note.velocity for note in notes_of(drawn(model, Found(loudness=each), "loudness")))
        for each in (Loudness.PP, Loudness.FF)
    )
    assert quiet < VELOCITIES[Loudness.MP] < VELOCITIES[Loudness.MF] < loud


@pytest.mark.parametrize("name", FOLLOWED)
@pytest.mark.parametrize("found", [None, NOTHING_HEARD])
def test_while_nobody_plays_bars_are_as_they_are_without(name: str, found: Found | None) -> None:
    assert drawn("lead", found, name, bars=3) == drawn("lead", found, bars=3)


@pytest.mark.parametrize(
    ("model", "conditions", "message"),
    [
        ("groove-drums", {"register": PLAYER}, "expected a pitched model for a register"),
        ("groove-drums", {"key": PLAYER}, "expected an option of drum-grid, found 'key'"),
        ("lead", {"density": 4.0}, "expected `player`, found 4.0: one of your own goes under"),
        ("lead", {"loudness": "mf"}, "one of your own goes under `loudness`"),
        ("lead", {"swing": 0.6}, "expected `player`, found 0.6"),
        ("lead", {"style": PLAYER}, "'player'"),
        ("lead", {"tempo": PLAYER}, "found 'tempo'"),
    ],
)
def test_what_has_no_meaning_is_refused(model: str, conditions: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        drawn_with(model, conditions)


def drawn_with(model: str, conditions: dict[str, Any]) -> None:
    jam = ready(JamFile(model=model, conditions=conditions), {})
    bars_of(load(jam.folder), jam.file, jam.primer)


def player(inbox: Inbox, commands: dict[int, Command]) -> Any:
    """Give a watcher that plays the call whenever a bar is placed, and says commands."""

    def watch(event: Event) -> None:
        if not isinstance(event, Placed):
            return
        for tick, data in played_as([CALL]):
            at_s = LEAD_S + (event.tick + tick) / PPQ * 60 / 120
            inbox.put(Heard(Seconds(at_s), "in", data))
        if event.number in commands:
            inbox.put(commands.pop(event.number))

    return watch


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("name", FOLLOWED)
def test_each_is_told_and_its_log_plays_the_same(tmp_path: Path, name: str, live: bool) -> None:
    conditions = {} if live else {name: PLAYER}
    given: dict[str, Any] = {"bpm": 120.0, "bars": BARS, "backend": "offline"}
    settled = ready(JamFile(model="lead", conditions=conditions, **given), {})
    command = find(f"condition.{name}").command
    commands = {1: command(PLAYER), 5: command("none")} if live else {}
    told: list[Event] = []
    state, inbox, part = State("test", settled.file), Inbox(), Part(settled)
    logged = logging(tmp_path / "log.jsonl", settled, force=False)
    watchers = [logged, state, told.append, player(inbox, commands)]
    opening.jam(jam_of(settled), part, again=part, watchers=watchers, inbox=inbox, part=part)
    logged.close()
    replay(tmp_path / "log.jsonl", tmp_path / "again.mid")  # it tells of other music
    assert [each for each in told if isinstance(each, Refused)] == []
    found = next(each.found for each in reversed(told) if isinstance(each, HeardBar))
    assert (found.density, found.low, found.high, found.loudness) == (8, 50, 62, Loudness.PP)
    assert found.swing == pytest.approx(SWING)
    status = state.status()
    assert status["heard"]["swing"] == found.swing
    changes = [(each.what, each.value) for each in told if isinstance(each, Changed)]
    key = f"conditions.{name}"
    assert changes == ([(key, PLAYER), (key, None)] if live else [])
    assert status["settings"][f"condition.{name}"] == (None if live else PLAYER)


@pytest.mark.parametrize("mode", ["solo", "trade", "loop", "vary", "accompany", "call-response"])
def test_in_every_mode_bars_follow_the_player(mode: str) -> None:
    given: dict[str, Any] = {"mode": mode, "bars": BARS, "bpm": 120.0, "model": "lead"}
    conditions = {"conditions": dict.fromkeys(FOLLOWED, PLAYER)}
    events = jam_with("lead", [*played_as([CALL] * BARS)], **given, **conditions)
    assert any(isinstance(each, HeardBar) for each in events)
    placed = [each.bar for each in events if isinstance(each, Placed)][2:]
    assert notes_of(placed)
    ours = found_in(placed)
    assert ours.loudness is not None
    assert ours.loudness <= Loudness.P
    assert {note.pitch for note in notes_of(placed)} <= set(range(50, 63))
    assert ours.swing in (None, pytest.approx(SWING, abs=0.01))  # some play on the beat alone
