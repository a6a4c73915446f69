"""Everything that can change while a jam plays: on the next bar line, and no bar is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from daw_bridge.config.drum_map import load_drum_map
from daw_bridge.config.jam import JamFile, load_jam
from daw_bridge.control.state import State
from daw_bridge.daemon import changes, opening
from daw_bridge.daemon.changes import Changes
from daw_bridge.daemon.kept import KeptBars
from daw_bridge.daemon.part import Part
from daw_bridge.daemon.play import logging
from daw_bridge.daemon.recording import Take, write_take
from daw_bridge.daemon.replay import replay
from daw_bridge.daemon.settings import Ready, jam_of, ready
from daw_bridge.daemon.turns import CHORDS
from daw_bridge.errors import UserError
from daw_bridge.jam.bars import Feed
from daw_bridge.jam.commands import (
    Change,
    Command,
    Heard,
    Inbox,
    Keep,
    Located,
    Reject,
    SetDrumMap,
    SetMeter,
    SetMode,
    SetTempo,
    Thing,
    Undo,
)
from daw_bridge.jam.events import (
    Changed,
    Event,
    Fetched,
    HeardBar,
    Judged,
    Moved,
    Placed,
    PortOpened,
    Refused,
    Sounded,
    Tempo,
    Woke,
)
from daw_bridge.jam.prepared import Prepared, Value
from daw_bridge.jam.relief import SoFar
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.midi.sounding import SoundingNotes
from daw_bridge.music.notes import Bar
from daw_bridge.music.position import Position
from daw_bridge.music.time import Meter, Seconds, Ticks
from daw_bridge.ports.backend import PortSpec
from tests.random_commands import kinds
from tests.tiny_model import write_tiny_model

BARS = 8
BAR = 1920

Played = list[Event]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_tiny_model(folder / "tiny")
    write_tiny_model(folder / "other", seed=1)
    return folder


def jam(folder: Path, **values: Any) -> Ready:
    drum_map = values.pop("drum_map", None)
    values = {"bars": BARS, "bpm": 200.0, "seed": 3, "backend": "offline", **values}
    return ready(JamFile(model=str(folder / "tiny"), **values), {}, drum_map=drum_map)


def play(
    jam: Ready,
    commands: Mapping[int, Sequence[Command]] | None = None,
    *watchers: Callable[[Event], None],
    placed: Mapping[int, Sequence[Command]] | None = None,
) -> Played:
    """Play a jam in virtual time; commands are given by the number of a bar.

    Those that are given when it is `placed` may act on its line, the others act on the next one.
    """
    told: Played = []
    inbox, part = Inbox(), Part(jam)
    at_line: dict[Ticks, list[Command]] = {}
    at_once = {**(placed or {})}

    def watch(event: Event) -> None:
        told.append(event)
        if isinstance(event, Sounded | Placed):
            for line in [line for line in at_line if line <= event.tick]:
                for command in at_line.pop(line):
                    inbox.put(command)
        if isinstance(event, Placed):
            at_line[event.tick] = [*(commands or {}).get(event.number, ())]
            for command in at_once.pop(event.number, ()):
                inbox.put(command)

    all_of_them = [*watchers, watch]
    opening.jam(jam_of(jam), part, again=part, watchers=all_of_them, inbox=inbox, part=part)
    return told


def bars_of(told: Played) -> list[Bar]:
    """Return the bars as they were placed last."""
    placed = {each.number: each for each in told if isinstance(each, Placed)}
    assert not any(each.late for each in placed.values())
    assert [*placed] == list(range(len(placed)))
    return [each.bar for each in placed.values()]


def of_kind(told: Played, kind: type) -> list[Event]:
    return [each for each in told if isinstance(each, kind)]


def left_sounding(told: Played) -> int:
    sounding = SoundingNotes()
    for each in told:
        if isinstance(each, Sounded):
            sounding.sent(each.port, each.data)
    return len(sounding)


SETTINGS: list[tuple[str, Value]] = [
    ("temperature", 3.0),
    ("top_p", 0.2),
    ("seed", 8),
    ("best_of", 4),
    ("density", 1),
    ("mute", ("kick", "snare", "closed-hat")),
    ("form", "A2 B2"),
    ("conditions.style", "funk"),
    ("model", "other"),
]


@pytest.mark.parametrize(("name", "value"), SETTINGS)
def test_a_setting_acts_from_the_next_bar_line_on(folder: Path, name: str, value: Value) -> None:
    value = str(folder / "other") if name == "model" else value
    told = play(jam(folder), {3: [Change(((name, value),))]})
    before, after = bars_of(play(jam(folder))), bars_of(told)
    assert of_kind(told, Refused) == []
    assert of_kind(told, Changed) == [Changed(name, Ticks(4 * BAR), value)]
    assert len(after) == BARS
    assert after[:4] == before[:4]
    assert name == "form" or after[4:] != before[4:]  # a tiny model does not mind its form
    if name == "density":
        assert all(len(bar.notes) <= 1 for bar in after[4:])
    assert left_sounding(told) == 0


@pytest.mark.parametrize(("name", "value"), SETTINGS)
def test_a_setting_that_is_said_when_the_next_bar_is_placed_acts_on_its_line_all_the_same(
    folder: Path, name: str, value: Value
) -> None:
    value = str(folder / "other") if name == "model" else value
    change = Change(((name, value),))
    told = play(jam(folder), placed={4: [change]})
    assert of_kind(told, Changed) == [Changed(name, Ticks(4 * BAR), value)]
    assert bars_of(told) == bars_of(play(jam(folder), {3: [change]}))
    assert left_sounding(told) == 0


def test_what_is_heard_of_a_bar_that_became_another_one_is_the_other_one(folder: Path) -> None:
    change = Change((("voices.0.channel", 3), ("meter", "3/4"), ("bpm", 100.0), ("density", 2)))
    one, other = (
        play(jam(folder), **{how: {bar: [change]}}) for how, bar in (("placed", 4), ("commands", 3))
    )
    line = 4 * BAR

    def heard(told: Played) -> list[Event]:
        return [each for each in of_kind(told, Sounded) if each.tick >= line]  # type: ignore[attr-defined]

    assert heard(one) == heard(other)
    assert (
        [each.tick for each in of_kind(one, Placed)][-3:]
        == [  # type: ignore[attr-defined]
            each.tick
            for each in of_kind(other, Placed)  # type: ignore[attr-defined]
        ][-3:]
    )
    assert left_sounding(one) == 0


def test_one_change_after_another_for_a_bar_that_is_placed_all_act_on_its_line(
    folder: Path,
) -> None:
    changes = [Change((("temperature", 0.5),)), Change((("density", 1),)), Change((("seed", 9),))]
    told = play(jam(folder), placed={4: changes})
    assert {each.tick for each in of_kind(told, Changed)} == {4 * BAR}  # type: ignore[attr-defined]
    assert bars_of(told) == bars_of(play(jam(folder), {3: changes}))


def test_several_changes_for_one_bar_line_all_act(folder: Path) -> None:
    changes = [Change((("temperature", 0.5),)), Change((("density", 1), ("seed", 9)))]
    told = play(jam(folder), {3: changes})
    assert [(each.what, each.tick) for each in of_kind(told, Changed)] == [  # type: ignore[attr-defined]
        (name, 4 * BAR) for name in ("temperature", "density", "seed")
    ]
    together = Change((*changes[0].settings, *changes[1].settings))
    assert bars_of(told) == bars_of(play(jam(folder), {3: [together]}))


def test_routes_meter_and_tempo_turn_on_one_bar_line(folder: Path) -> None:
    change = Change((("voices.0.channel", 3), ("meter", "3/4"), ("bpm", 100.0)))
    told = play(jam(folder), {2: [change]})
    line = 3 * BAR
    bars = bars_of(told)
    assert [bar.meter for bar in bars] == [Meter()] * 3 + [Meter(3, 4)] * 5
    assert [each.tick for each in of_kind(told, Placed)][3:6] == [line, line + 1440, line + 2880]  # type: ignore[attr-defined]
    assert Tempo(Ticks(line), 100.0) in told
    channels = {
        (each.data[0] & 0x0F, each.tick >= line - 120)
        for each in told
        if isinstance(each, Sounded) and each.data[0] >> 4 == 9
    }
    assert {(9, False), (2, True)} <= channels
    assert (2, False) not in channels
    assert left_sounding(told) == 0


def test_commands_of_their_own_wait_for_the_bar_line_where_that_is_asked(folder: Path) -> None:
    kit = load_drum_map("ezdrummer-3")
    told = play(jam(folder), placed={2: [SetTempo(100.0, "bar"), SetDrumMap(kit, "bar")]})
    line = Ticks(2 * BAR)  # the bar is placed, its line is still to come
    assert of_kind(told, Changed) == [
        Changed("tempo", line, 100.0),
        Changed("drum_map", line, "ezdrummer-3"),
    ]
    assert Tempo(line, 100.0) in told
    assert [bar.meter for bar in bars_of(play(jam(folder), {2: [SetMeter(Meter(5, 4))]}))] == [
        *[Meter()] * 3,
        *[Meter(5, 4)] * 5,
    ]


def test_another_model_has_the_routes_of_its_voices(folder: Path) -> None:
    told = play(jam(folder), {3: [Change((("model", "lead"),))]})
    assert [each.what for each in of_kind(told, Changed)] == [  # type: ignore[attr-defined]
        "voices.0.channel",
        "voices.0.drum_map",
        "model",
    ]
    assert len(bars_of(told)) == BARS
    struck = [
        (each.tick, each.data[0] & 0x0F)
        for each in told
        if isinstance(each, Sounded) and each.data[0] >> 4 == 9
    ]
    assert {channel for tick, channel in struck if tick < 4 * BAR - 120} == {9}
    assert {channel for tick, channel in struck if tick >= 4 * BAR} == {0}
    assert left_sounding(told) == 0


def test_all_that_another_preset_says_is_told_and_so_is_the_status(folder: Path) -> None:
    jammed, preset = jam(folder, conditions={"style": "funk"}), load_jam("call-response")
    state = State("test", jammed.file)
    told = play(jammed, {3: [Change((("preset", "call-response"),))]}, state)
    now = state.settings()
    assert (now["preset"], now["mode"], now["model"]) == (
        "call-response",
        "call-response",
        preset.model,
    )
    assert (now["condition.key"], now["condition.style"]) == ("player", None)
    assert (now["temperature"], now["turn-bars"]) == (preset.temperature, preset.turns.bars)
    assert (now["voice.0.channel"], now["voice.0.drum-map"]) == (1, None)
    changed = [each for each in told if isinstance(each, Changed)]
    assert {each.tick for each in changed} == {4 * BAR}
    assert [each.what for each in changed][-2:] == ["preset", "mode"]  # what was asked for, last


def test_another_model_plays_the_kit_that_was_set(folder: Path) -> None:
    kit, change = load_drum_map("ezdrummer-3"), Change((("model", str(folder / "other")),))
    told = play(jam(folder), {1: [SetDrumMap(kit)], 3: [change]})
    plain = play(jam(folder, drum_map="ezdrummer-3"), {3: [change]})
    assert [each for each in struck(told) if each[0] >= 4 * BAR] == [
        each for each in struck(plain) if each[0] >= 4 * BAR
    ]
    assert struck(told) != struck(play(jam(folder), {3: [change]}))


def struck(told: Played) -> list[tuple[int, int]]:
    return [
        (each.tick, each.data[1])
        for each in told
        if isinstance(each, Sounded) and each.data[0] >> 4 == 9
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ([("temprature", 1.0)], "did you mean 'temperature'?"),
        ([("temperature", -1.0)], "expected a number of at least 0"),
        ([("temperature", 0.5), ("conditions.key", "C")], "an option of drum-grid, found 'key'"),
        ([("model", "no-such")], "expected a model, found 'no-such'"),
        ([("model", 3)], "expected the name of a model, found 3"),
        ([("preset", "/nowhere.yaml")], "nothing at '/nowhere.yaml'"),
        ([("drum_map", "nokit")], "expected a drum map, found 'nokit'"),
        ([("voices.0.port", "in")], "expected a port to play to, such as notes, found in"),
        ([("turns.metronome_port", "sync")], "expected a port to play to, such as notes"),
        ([("voices.0.port", "to ")], "expected a name of a port, found 'to '"),
        ([("voices.0.port", "system:playback_1")], "say to system:playback_1"),
        ([("voices.0.drum_map", "nokit")], "expected a drum map, found 'nokit'"),
        ([("loudness", "ff")], "expected a model with a touch"),
        ([("mode", "follow")], "expected a model of several voices, to follow"),
        ([("sync", "jack")], "expected a setting that changes while a jam plays, found sync"),
        ([("model", "chorale"), ("mute", ("kick",))], "mute"),
    ],
)
def test_what_cannot_be_is_refused_and_what_plays_goes_on(
    folder: Path, change: list[tuple[str, Value]], message: str
) -> None:
    told = play(jam(folder), {2: [Change(tuple(change))], 5: [Change((("seed", 9),))]})
    refused = of_kind(told, Refused)
    assert len(refused) == 1
    assert message in refused[0].why  # type: ignore[attr-defined]
    assert bars_of(told) == bars_of(play(jam(folder), {5: [Change((("seed", 9),))]}))


def test_a_mode_that_there_is_not_is_refused(folder: Path) -> None:
    refused = of_kind(play(jam(folder), {2: [SetMode("tarantella")]}), Refused)
    assert [each.what for each in refused] == ["mode"]  # type: ignore[attr-defined]


def test_who_follows_a_player_and_makes_no_bars_goes_over_to_another_mode_all_the_same() -> None:
    followed = ready(load_jam("follow"), {"backend": "offline", "bars": 10})
    told = play(followed, placed={2: [SetMode("solo")], 7: [SetMode("follow")]})
    assert of_kind(told, Changed) == [
        Changed("mode", Ticks(3 * BAR), "solo"),  # its first bar is made in the bar before
        Changed("mode", Ticks(7 * BAR), "follow"),
    ]
    heard = [bool(bar.notes) for bar in bars_of(told)]
    assert (any(heard[:3]), all(heard[3:7]), any(heard[7:])) == (False, True, False)


def test_who_follows_a_player_has_no_bar_to_undo_and_says_what_to_do() -> None:
    followed = ready(load_jam("follow"), {"backend": "offline", "bars": 4})
    told = play(followed, {2: [Undo(), Reject()]})
    assert of_kind(told, Refused) == [Refused("undo", CHORDS), Refused("reject", CHORDS)]
    assert "set another seed, or mode" in CHORDS
    assert of_kind(told, Judged) == []  # and none is stored


@pytest.mark.parametrize(
    ("name", "value"), [("conditions.key", "F# major"), ("temperature", 3.0), ("seed", 5)]
)
def test_who_is_followed_hears_chords_by_the_settings_that_are_changed(
    name: str, value: Value
) -> None:
    def chords(*said: Command) -> tuple[Played, list[tuple[int, int]]]:
        inbox, told, now = Inbox(), list[Event](), [0.0]
        followed = ready(load_jam("follow"), {"backend": "offline", "bars": 8, "seed": 1})

        def watch(event: Event) -> None:
            told.append(event)
            if isinstance(event, Woke):
                now[0] = event.time_s
            if isinstance(event, Placed):
                for command in said if event.number == 2 else ():
                    inbox.put(command)
                for at_s, data in (
                    (0.01, note_on(0, 60 + event.number, 90)),
                    (0.1, note_off(0, 60 + event.number)),
                ):
                    inbox.put(Heard(Seconds(now[0] + at_s), "in", data))

        part = Part(followed)
        opening.jam(jam_of(followed), part, again=part, watchers=[watch], inbox=inbox, part=part)
        return told, struck(told)

    (_, plain), (told, other) = chords(), chords(Change(((name, value),)))
    (changed,) = of_kind(told, Changed)
    line = changed.tick  # type: ignore[attr-defined]
    assert line <= 4 * BAR
    assert [each for each in plain if each[0] < line] == [each for each in other if each[0] < line]
    assert [each for each in plain if each[0] >= line] != [
        each for each in other if each[0] >= line
    ]


def test_turns_change_with_the_mode_begun_anew_and_clicks_without(folder: Path) -> None:
    calls = jam(folder, mode="call-response", turns={"metronome": "call"}, bars=12)
    told = play(calls, {5: [Change((("turns.metronome", "always"),))]})
    assert of_kind(told, Changed) == [Changed("turns.metronome", Ticks(6 * BAR), "always")]
    told = play(
        jam(folder, mode="loop", bars=12), {1: [Keep()], 6: [Change((("turns.bars", "2"),))]}
    )
    assert of_kind(told, Changed)[1:] == [Changed("turns.bars", Ticks(7 * BAR), "2")]
    told = play(jam(folder), {2: [Change((("turns.metronome_port", "elsewhere"),))]})
    assert of_kind(told, Refused) == []  # nobody is heard, and nothing clicks
    told = play(calls, {2: [Change((("turns.metronome_port", "elsewhere"),))]})
    assert of_kind(told, PortOpened) == [PortOpened("elsewhere", "offline:elsewhere")]
    clicked = {each.port for each in of_kind(told, Sounded) if each.tick >= 4 * BAR}  # type: ignore[attr-defined]
    assert "elsewhere" in clicked
    assert "metronome" not in clicked


def test_a_voice_goes_over_to_a_port_that_is_opened_for_it(folder: Path) -> None:
    plain = struck(play(jam(folder)))
    told = play(jam(folder), {2: [Change((("voices.0.port", "bass"),))]})
    assert of_kind(told, PortOpened) == [PortOpened("bass", "offline:bass")]
    assert struck(told) == plain
    state = State("test", jam(folder).file)
    for event in told:
        state(event)
    assert state.status()["ports"]["bass"] == "offline:bass"
    ports = {each.tick // BAR: each.port for each in of_kind(told, Sounded)}  # type: ignore[attr-defined]
    (changed,) = of_kind(told, Changed)
    line = changed.tick // BAR  # type: ignore[attr-defined]
    assert line <= 4
    assert ports == {bar: "notes" if bar < line else "bass" for bar in ports}
    assert left_sounding(told) == 0


def test_a_port_of_others_is_named_in_a_preset_as_while_it_plays(folder: Path) -> None:
    voices = ({"voice": 0, "port": "to Synth"},)
    assert jam_of(jam(folder, voices=voices)).ports.outputs == (PortSpec("to Synth", "Synth"),)
    said = jam_of(jam(folder, voices=voices, port="FLUID")).ports.outputs
    assert said == (PortSpec("to Synth", "FLUID"),)


def test_a_mode_that_hears_opens_a_port_for_its_clicks(folder: Path) -> None:
    clicking = jam(folder, turns={"metronome": "always"})
    told = play(clicking, {2: [SetMode("call-response")]})
    assert of_kind(told, PortOpened) == [PortOpened("metronome", "offline:metronome")]
    assert any(each.port == "metronome" for each in of_kind(told, Sounded))  # type: ignore[attr-defined]


def test_a_port_that_cannot_be_opened_is_refused_and_the_old_route_stays(folder: Path) -> None:
    def full(spec: PortSpec) -> None:
        if spec.role == "to FLUID":
            raise UserError("a port whose name contains 'FLUID'", "no port at all", "see")
        assert spec.other is None

    stage = Stage(jam(folder), open_port=full)
    stage.changes.want(Change((("voices.0.port", "to FLUID"),)), Seconds(0.0))
    (refused,) = stage.told
    assert isinstance(refused, Refused)
    assert "contains 'FLUID'" in refused.why
    stage.changes.want(Change((("voices.0.channel", 3),)), Seconds(0.0))
    (prepared,) = stage.prepared()
    assert isinstance(prepared, Prepared)
    assert {route.port for route in prepared.turn.routes.values()} == {"notes"}


@pytest.mark.parametrize("mode", ["call-response", "follow", "accompany", "loop", "continue"])
@pytest.mark.parametrize("how", ["placed", "commands"])
def test_a_mode_begins_on_the_bar_line_that_is_told(folder: Path, mode: str, how: str) -> None:
    solo = jam(folder)
    if mode == "follow":
        solo = ready(JamFile(model="chorale", bars=BARS, bpm=200.0, backend="offline"), {})
    bar = 4 if how == "placed" else 3
    given: dict[str, Any] = {how: {bar: [SetMode(mode)]}}
    told = play(solo, **given)
    assert of_kind(told, Changed) == [Changed("mode", Ticks(4 * BAR), mode)]
    silent = mode not in ("accompany", "loop")
    assert [not bar.notes for bar in bars_of(told)] == [*[False] * 4, *[silent] * 4]
    first = [each.tick for each in of_kind(told, HeardBar)][:1]  # type: ignore[attr-defined]
    heard_from = {"loop": [], "call-response": [5 * BAR], "continue": [5 * BAR]}
    assert first == heard_from.get(mode, [4 * BAR])
    assert left_sounding(told) == 0


def test_who_follows_a_player_goes_over_to_a_model_that_cannot_follow() -> None:
    followed = ready(load_jam("follow"), {"backend": "offline", "bars": 6})
    told = play(followed, {1: [Change((("preset", "groove"),))]})
    assert {"preset", "model"} <= {each.what for each in of_kind(told, Changed)}  # type: ignore[attr-defined]
    assert of_kind(told, Refused) == []
    assert bars_of(told)[-1].notes


@pytest.mark.parametrize("kept_in", [2, 4, 6])
def test_a_loop_that_is_entered_while_it_plays_is_whole_when_it_comes_again(
    folder: Path, kept_in: int
) -> None:
    entered: dict[int, list[Command]] = {1: [SetMode("loop")]}
    jammed = jam(folder, bars=12, turns={"bars": 3})
    bars = bars_of(play(jammed, entered, placed={kept_in: [Keep()]}))
    whole = max(kept_in + 1, 5)  # the bars 2 to 4 are its first
    assert all(bar.notes for bar in bars)
    assert bars[whole : whole + 3] == bars[whole - 3 : whole]
    assert len(set(bars)) == whole


def test_what_is_kept_in_another_mode_is_no_loop(folder: Path) -> None:
    told = play(jam(folder, bars=9, mode="accompany"), {2: [Keep()], 3: [SetMode("loop")]})
    played = [bar for bar in bars_of(told) if bar.notes]
    assert len(set(played)) == len(played) == 7


def test_a_bar_that_is_undone_is_made_otherwise(folder: Path) -> None:
    plain, told = bars_of(play(jam(folder))), play(jam(folder), {4: [Undo()]})
    bars = bars_of(told)
    assert of_kind(told, Changed) == [Changed("undo", Ticks(5 * BAR))]
    assert bars[:5] == plain[:5]
    assert bars[5] not in (plain[4], plain[5])
    assert len(bars) == BARS


def test_bars_are_judged_with_what_was_before_them_and_by_whose_settings(
    folder: Path, tmp_path: Path
) -> None:
    store = KeptBars(tmp_path / "kept.jsonl")
    change = Change((("seed", 9),))
    said: dict[int, list[Command]] = {4: [Keep()], 5: [Reject()], 0: [Keep(), Undo()]}
    told = play(jam(folder), {1: [change]}, store, placed=said)
    bars, judged = bars_of(told), of_kind(told, Judged)
    assert [(each.kept, each.bar) for each in judged] == [(True, bars[3]), (False, bars[4])]  # type: ignore[attr-defined]
    assert [each.before for each in judged] == [tuple(bars[:3]), tuple(bars[:4])]  # type: ignore[attr-defined]
    assert all('"seed": 9' in each.by for each in judged)  # type: ignore[attr-defined]
    assert of_kind(told, Refused) == [
        Refused(what, "no bar has been heard yet") for what in ("keep", "undo")
    ]
    assert len((tmp_path / "kept.jsonl").read_bytes().splitlines()) == 2
    assert [each.what for each in of_kind(told, Changed)] == ["seed", "keep", "reject"]  # type: ignore[attr-defined]


class Stage:
    """Changes, and what comes of them."""

    def __init__(
        self, jam: Ready, *, live: bool = False, open_port: Callable[[PortSpec], None] = print
    ) -> None:
        self.inbox = Inbox()
        self.told: list[Event] = []
        self.something = threading.Event()
        self.changes = Changes(
            Part(jam), self.begin, self.inbox.put, self.tell, open_port=open_port, live=live
        )

    def tell(self, event: Event) -> None:
        self.told.append(event)
        self.something.set()

    def begin(self, part: Part, so_far: SoFar) -> Feed:
        raise AssertionError(f"nothing plays here: {part} {so_far}")

    def prepared(self) -> list[Thing]:
        return self.inbox.take()


PRESET = "model: {}\ntemperature: {}\n"


def test_a_preset_that_is_edited_while_it_plays(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(PRESET.format(folder / "tiny", 0.9))
    stage = Stage(ready(load_jam(str(path)), {"top_p": 0.7}))
    stage.changes.look_at_file()
    assert (stage.prepared(), stage.told) == ([], [])
    path.write_text(PRESET.format(folder / "tiny", "very hot indeed") + "tempreture: 3\n")
    for _ in range(3):
        stage.changes.look_at_file()
    (refused,) = stage.told  # once
    assert isinstance(refused, Refused)
    assert (refused.what, stage.prepared()) == ("preset", [])
    assert "mine.yaml:2: temperature: expected a number" in refused.why
    assert "mine.yaml:3: tempreture: unknown key; did you mean 'temperature'?" in refused.why
    path.unlink()
    stage.changes.look_at_file()
    path.write_text(PRESET.format(folder / "tiny", 0.25))
    stage.changes.look_at_file()
    (prepared,) = stage.prepared()
    assert isinstance(prepared, Prepared)
    assert prepared.changed == (("temperature", 0.25),)
    file = stage.changes.part(prepared).ready.file
    assert (file.temperature, file.top_p) == (0.25, 0.7)  # what was set otherwise stays
    path.write_text(PRESET.format(folder / "other", 0.25) + "bpm: 90\nsync: jack\n")
    stage.changes.look_at_file()
    assert "found sync" in stage.told[-1].why  # type: ignore[union-attr]
    path.write_text(PRESET.format(folder / "other", 0.5) + "bpm: 90\n")
    stage.changes.look_at_file()
    (prepared,) = stage.prepared()
    assert isinstance(prepared, Prepared)
    part = stage.changes.part(prepared)
    assert (part.ready.folder.name, part.ready.file.bpm) == ("other", 90.0)
    assert prepared.turn.all_routes


def test_live_the_file_of_a_preset_is_looked_at_again_and_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "LOOK_S", 0.001)
    path, draft = tmp_path / "mine.yaml", tmp_path / "draft.yaml"
    path.write_text(PRESET.format(folder / "tiny", 0.9))
    stage = Stage(ready(load_jam(str(path)), {}), live=True)
    draft.write_text(": nonsense [")
    draft.replace(path)
    assert stage.something.wait(30)
    draft.write_text(PRESET.format(folder / "tiny", 0.5))
    draft.replace(path)
    assert stage.inbox.wait(30)
    stage.changes.close()
    (prepared,) = stage.prepared()
    assert isinstance(prepared, Prepared)
    assert prepared.changed == (("temperature", 0.5),)
    (refused,) = stage.told
    assert isinstance(refused, Refused)
    assert "mine.yaml" in refused.why


def test_live_a_change_is_looked_up_beside_the_music(folder: Path) -> None:
    stage = Stage(jam(folder), live=True)
    stage.changes.want(Change((("seed", -1),)), Seconds(1.0))
    stage.changes.want(Change((("seed", 7),)), Seconds(2.0))
    assert stage.inbox.wait(30)
    (prepared,) = stage.prepared()
    assert isinstance(prepared, Prepared)
    assert prepared.changed == (("seed", 7),)
    assert [each.what for each in of_kind(stage.told, Refused)] == ["seed"]  # type: ignore[attr-defined]
    stage.changes.close()


@settings(max_examples=3, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(seed=st.integers(0, 2**32))
def test_whatever_is_commanded_no_bar_is_lost_no_note_is_left_and_the_log_plays_the_same(
    folder: Path, seed: int
) -> None:
    chance, n_bars = Random(seed), 24  # noqa: S311  # it shakes a test, and keeps no secret
    choices = kinds(chance, (str(folder / "other"), "tiny", "lead"))
    given_at = {
        bar: [chance.choice(choices)() for _ in range(chance.choice((0, 1, 1, 3)))]
        for bar in range(n_bars)
    }
    with TemporaryDirectory() as name:
        log, take = Path(name) / "log.jsonl", Take()
        settled = jam(folder, bars=n_bars)
        logged = logging(log, settled, force=False)
        early, late = ({bar: given_at[bar] for bar in range(n, n_bars, 2)} for n in (0, 1))
        told = play(settled, late, logged, take, placed=early)
        logged.close()
        placed = {each.number: each for each in told if isinstance(each, Placed)}.values()
        assert len(bars_of(told)) == n_bars
        for one, following in pairwise(placed):
            assert following.tick == one.tick + one.bar.meter.bar_length()
        assert left_sounding(told) == 0
        write_take(take.lines, Path(name) / "take.mid", "tiny")
        again = replay(log, Path(name) / "again.mid")
        assert again.report.bars == n_bars
        assert (Path(name) / "again.mid").read_bytes() == (Path(name) / "take.mid").read_bytes()


@pytest.mark.parametrize("mode", ["call-response", "accompany", "loop"])
@pytest.mark.parametrize("live", [False, True])
def test_a_jam_with_a_player_goes_where_the_daw_goes(folder: Path, mode: str, live: bool) -> None:
    jammed = jam(folder, bars=40, **({} if live else {"mode": mode}))
    told: Played = []
    inbox, part, now = Inbox(), Part(jammed), [Seconds(0.0)]

    def watch(event: Event) -> None:
        told.append(event)
        if isinstance(event, Woke):
            now[0] = event.time_s
        if isinstance(event, Placed):
            if live and event.number == 3 and len(of_kind(told, Placed)) == 4:  # once
                inbox.put(SetMode(mode))
            if event.number in (15, 25):
                there = Ticks((event.number - 15) * BAR)
                inbox.put(Located("jack", Position(now[0], there, 200.0, rolling=True)))

    opening.jam(jam_of(jammed), part, again=part, watchers=[watch], inbox=inbox, part=part)
    assert len(of_kind(told, Moved)) == 2
    assert of_kind(told, Fetched)
    assert [each.error for each in of_kind(told, Fetched) if each.error] == []  # type: ignore[attr-defined]
    assert len(of_kind(told, Placed)) >= 40
    assert left_sounding(told) == 0
