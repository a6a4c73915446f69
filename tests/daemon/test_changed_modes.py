"""A mode that another takes the place of while it plays, and what a player hears of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from daw_bridge.config.jam import JamFile, load_jam
from daw_bridge.daemon import opening
from daw_bridge.daemon.part import Part
from daw_bridge.daemon.settings import jam_of, ready
from daw_bridge.jam.commands import (
    Change,
    Command,
    Heard,
    Inbox,
    Keep,
    SetMode,
)
from daw_bridge.jam.events import (
    Changed,
    Event,
    HeardBar,
    Placed,
    PortOpened,
    Refused,
    Sounded,
    Woke,
)
from daw_bridge.jam.prepared import Value
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.time import Seconds, Ticks
from tests.daemon.changing import (
    BAR,
    BARS,
    Played,
    bars_of,
    jam,
    left_sounding,
    of_kind,
    play,
    struck,
)


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


def test_a_mode_that_hears_opens_a_port_for_its_clicks(folder: Path) -> None:
    clicking = jam(folder, turns={"metronome": "call"})
    told = play(clicking, {2: [SetMode("call-response")]})
    assert of_kind(told, PortOpened) == [PortOpened("metronome", "offline:metronome")]
    assert any(each.port == "metronome" for each in of_kind(told, Sounded))  # type: ignore[attr-defined]


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
