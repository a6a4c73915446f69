"""Where voices go, as that changes while a jam plays: routes, kits, ports."""

from __future__ import annotations

from pathlib import Path

from daw_bridge.config.drum_map import load_drum_map
from daw_bridge.control.state import State
from daw_bridge.daemon.settings import jam_of
from daw_bridge.jam.commands import (
    Change,
    SetDrumMap,
)
from daw_bridge.jam.events import (
    Changed,
    Placed,
    PortOpened,
    Sounded,
    Tempo,
)
from daw_bridge.music.time import Meter, Ticks
from daw_bridge.ports.backend import PortSpec
from tests.daemon.changing import (
    BAR,
    BARS,
    bars_of,
    jam,
    left_sounding,
    of_kind,
    play,
    struck,
)


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


def test_another_model_plays_the_kit_that_was_set(folder: Path) -> None:
    kit, change = load_drum_map("ezdrummer-3"), Change((("model", str(folder / "other")),))
    told = play(jam(folder), {1: [SetDrumMap(kit)], 3: [change]})
    plain = play(jam(folder, drum_map="ezdrummer-3"), {3: [change]})
    assert [each for each in struck(told) if each[0] >= 4 * BAR] == [
        each for each in struck(plain) if each[0] >= 4 * BAR
    ]
    assert struck(told) != struck(play(jam(folder), {3: [change]}))


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
