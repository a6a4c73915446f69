"""A metronome in every mode: when it clicks, on which beats, and on its own route alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from daw_bridge.config.jam import load_jam
from daw_bridge.daemon.settings import ready
from daw_bridge.jam.commands import Change, SetMeter
from daw_bridge.jam.events import News, Sounded
from daw_bridge.jam.metronome import FIRST, OTHER
from daw_bridge.jam.modes import CALLING, Clicks, Name
from daw_bridge.music.time import PPQ, Meter
from tests.daemon.changing import BAR, Played, jam, of_kind, play

MODES = [each for each in Name if each is not Name.FOLLOW]  # the tiny model has no chords

COUNTED = {Clicks.OFF: 0, Clicks.COUNT_IN: 1, Clicks.CALL: 3, Clicks.ALWAYS: 3}
"""Bars of three in which it clicks where they are one of the count-in and two of a call."""


def clicks(told: Played, port: str = "metronome", channel: int = 10) -> list[tuple[int, int, int]]:
    return [
        (each.tick, each.data[1], each.data[2])
        for each in of_kind(told, Sounded)
        if isinstance(each, Sounded) and each.port == port
        if each.data[0] == 0x90 + channel - 1
    ]


def beats(bars: range) -> list[tuple[int, int, int]]:
    return [(bar * BAR + n * PPQ, *(OTHER if n else FIRST)) for bar in bars for n in range(4)]


@pytest.mark.parametrize("when", Clicks)
@pytest.mark.parametrize("mode", MODES)
def test_it_clicks_in_every_mode_as_it_is_told(folder: Path, mode: Name, when: Clicks) -> None:
    turns = {"metronome": when.value, "metronome_port": "click", "metronome_channel": 3}
    told = play(jam(folder, mode=mode.value, turns=turns, bars=3))
    always = 3 if when is Clicks.ALWAYS else 0
    expected = COUNTED[when] if mode in CALLING else always
    assert clicks(told, "click", 3) == beats(range(expected))
    assert not {FIRST[0], OTHER[0]} & {pitch for _, pitch, _ in clicks(told, "notes")}


def test_it_clicks_where_each_note_gets_its_chord() -> None:
    followed = ready(load_jam("follow"), {"backend": "offline", "bars": 2})
    turns = followed.file.turns.model_copy(update={"metronome": "always"})
    told = play(replace(followed, file=followed.file.model_copy(update={"turns": turns})))
    assert clicks(told) == beats(range(2))


@pytest.mark.parametrize("mode", [Name.SOLO, Name.TRADE, Name.LOOP])
def test_clicks_come_and_go_while_a_jam_plays(folder: Path, mode: Name) -> None:
    on, off = ([Change((("turns.metronome", each),))] for each in ("always", "off"))
    told = play(jam(folder, mode=mode.value), {1: on, 4: off})
    assert clicks(told) == beats(range(2, 5))
    assert of_kind(told, News) == [
        News("the port 'metronome' is open: offline:metronome"),
    ]


def test_a_count_that_no_mode_counts_is_told(folder: Path) -> None:
    said = {1: [Change((("turns.count_in", 2),))], 3: [Change((("turns.metronome", "call"),))]}
    assert of_kind(play(jam(folder, mode="trade"), said), News) == [
        News("count-in: heard in continue and call-response alone"),
        News("metronome call: heard in continue and call-response alone"),
    ]
    calls = play(jam(folder, mode="call-response"), said)
    assert of_kind(calls, News) == []


def test_clicks_are_those_of_the_meter(folder: Path) -> None:
    told = play(jam(folder, turns={"metronome": "always"}), {1: [SetMeter(Meter(3, 4))]})
    firsts = [tick for tick, pitch, _ in clicks(told) if pitch == FIRST[0]]
    assert firsts == [0, BAR, *(2 * BAR + 3 * PPQ * n for n in range(6))]
