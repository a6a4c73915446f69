"""A meter that a model has no bars of, said while a jam plays: refused, and nothing comes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from daw_bridge.jam.commands import Change, SetMeter
from daw_bridge.jam.events import Changed, Failed, Refused
from daw_bridge.jam.modes import Name
from daw_bridge.music.time import Meter, Ticks
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
