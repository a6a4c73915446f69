"""Everything that can change while a jam plays: on the next bar line, and no bar is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from daw_bridge.config.drum_map import load_drum_map
from daw_bridge.config.jam import load_jam
from daw_bridge.control.state import State
from daw_bridge.jam.commands import (
    Change,
    SetDrumMap,
    SetMeter,
    SetTempo,
)
from daw_bridge.jam.events import (
    Changed,
    Event,
    Placed,
    Refused,
    Sounded,
    Tempo,
)
from daw_bridge.jam.prepared import Value
from daw_bridge.music.time import Meter, Ticks
from tests.daemon.changing import (
    BAR,
    BARS,
    Played,
    bars_of,
    jam,
    left_sounding,
    of_kind,
    play,
)

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
