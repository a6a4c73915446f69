"""A meter that a model has no bars of: refused when it is said, played when a DAW is in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from daw_bridge.config.jam import load_jam
from daw_bridge.daemon import opening
from daw_bridge.daemon.part import Part
from daw_bridge.daemon.settings import jam_of, ready
from daw_bridge.jam.commands import Change, Heard, Inbox, Located, SetMeter
from daw_bridge.jam.events import Changed, Event, Failed, Placed, Refused, Woke
from daw_bridge.jam.modes import Name
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.position import Position
from daw_bridge.music.time import PPQ, Meter, Seconds, Ticks
from tests.daemon.changing import BAR, jam, left_sounding, of_kind, play

MODES = [each for each in Name if each is not Name.FOLLOW]  # the tiny model has no chords


@pytest.mark.parametrize("meter", ["99/4", "17/4", "1/64"])
@pytest.mark.parametrize("mode", MODES)
def test_a_meter_that_the_model_cannot_play_is_refused_and_the_next_setting_acts(
    folder: Path, mode: Name, meter: str
) -> None:
    said = {2: [SetMeter(Meter.parse(meter))], 4: [Change((("temperature", 0.5),))]}
    told = play(jam(folder, mode=mode.value), said)
    assert of_kind(told, Refused) == [
        Refused(
            "meter",
            f"expected a meter of 1..16 halves, quarters, eighths or 16ths, found {meter}: "
            "choose such a one",
        )
    ]
    assert of_kind(told, Changed) == [Changed("temperature", Ticks(5 * BAR), 0.5)]
    assert of_kind(told, Failed) == []
    assert left_sounding(told) == 0


@pytest.mark.parametrize("meter", ["99/4", "17/4", "1/64"])
@pytest.mark.parametrize("mode", Name)
def test_a_daw_in_a_meter_that_the_model_cannot_play_hears_its_bars_cut_off_or_begun_again(
    folder: Path, mode: Name, meter: str
) -> None:
    odd = Meter.parse(meter)
    jammed = jam(folder, mode=mode.value, bars=12)
    if mode is Name.FOLLOW:
        jammed = ready(load_jam("follow"), {"backend": "offline", "bars": 12})
    tempo = jammed.file.bpm
    told: list[Event] = []
    inbox, part, now = Inbox(), Part(jammed), [Seconds(0.0)]

    def watch(event: Event) -> None:
        told.append(event)
        if isinstance(event, Woke):
            now[0] = event.time_s
        if isinstance(event, Placed):
            at = {2: odd, 8: Meter()}.get(event.number)
            if at is not None:
                there = Position(now[0], Ticks(0), tempo, rolling=True, meter=at)
                inbox.put(Located("jack", there))
            for beat in range(20):
                begin_s = now[0] + beat * 60 / tempo
                inbox.put(Heard(Seconds(begin_s), "in", note_on(0, 60, 90)))
                inbox.put(Heard(Seconds(begin_s + 0.1), "in", note_off(0, 60)))

    opening.jam(jam_of(jammed), part, again=part, watchers=[watch], inbox=inbox, part=part)
    assert of_kind(told, Failed) == []
    placed = {each.number: each.bar for each in told if isinstance(each, Placed)}
    assert {bar.meter for bar in placed.values()} == {Meter(), odd}
    played = [bar for bar in placed.values() if bar.meter == odd and bar.notes]
    if mode not in (Name.FOLLOW, Name.CONTINUE):
        assert played
        last = max(note.start for bar in played for note in bar.notes)
        assert last >= odd.bar_length() - 4 * PPQ
    assert placed[11].meter == Meter()
    assert left_sounding(told) == 0
