"""A jam begins on the one, drums with a kick, and comes back there after a silent bar."""

from __future__ import annotations

import numpy as np
import pytest

from daw_bridge.config.drawing import LimitsFile, PrimerFile
from daw_bridge.config.files import find
from daw_bridge.config.jam import JamFile
from daw_bridge.daemon.primer import primed
from daw_bridge.daemon.source import bars_of
from daw_bridge.encoding.chip_voices import VOICES, ChipVoices
from daw_bridge.jam.ask import Ask
from daw_bridge.jam.primer import NO_PRIMER
from daw_bridge.music.form import Label
from daw_bridge.music.time import Meter
from daw_bridge.policies.card import Card
from daw_bridge.policies.load import load

KICK = 36


@pytest.fixture(scope="module")
def drummer():
    return load(find("models", "groove-drums"))


def first_bar(drummer, **settings):
    file = JamFile(model="groove-drums", **settings)
    return bars_of(drummer, file).bar(Ask(meter=file.meter))


@pytest.mark.parametrize("temperature", [0, 0.5, 1])
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("meter", ["4/4", "6/8"])
def test_a_jam_begins_with_a_kick(drummer, temperature, seed, meter):
    bar = first_bar(drummer, temperature=temperature, seed=seed, meter=meter)
    assert any(note.pitch == KICK and abs(note.start) <= 60 for note in bar.notes)


def test_the_likeliest_bars_of_all_are_a_beat_and_not_a_rest(drummer):
    bars = bars_of(drummer, JamFile(model="groove-drums", temperature=0))
    for bar in (bars.bar(Ask(number)) for number in range(4)):
        assert {36, 38} <= {note.pitch for note in bar.notes}


def test_it_may_begin_otherwise_where_that_is_wanted(drummer):
    free = [first_bar(drummer, on_the_one=False, seed=seed) for seed in range(1, 9)]
    assert any(all(note.start > 60 or note.pitch != KICK for note in bar.notes) for bar in free)
    muted = first_bar(drummer, limits=LimitsFile(mute=("kick",)))
    assert KICK not in {note.pitch for note in muted.notes}


class Rester:
    """Find nothing so likely as the end of a step, whatever was played."""

    card = Card("rester", "chip-voices", "lstm", ChipVoices().vocab_size, "", {}, {})

    def initial_state(self) -> None:
        """Remember nothing."""

    def told(self, label: Label, meter: Meter, state: None) -> None:
        """Mind nothing."""

    def step(self, token: int, state: None) -> tuple[np.ndarray, None]:
        """Give the same logits after every token."""
        del token
        logits = np.zeros(ChipVoices().vocab_size, np.float32)
        logits[VOICES.step] = 50
        return logits, state


@pytest.mark.parametrize(
    ("settings", "sounds"),
    [
        ({}, [True, False, True, False, True]),
        ({"primer": PrimerFile(pitches=(60,))}, [False, True, False, True, False]),
        ({"limits": LimitsFile(density=3)}, [True, False, True, False, True]),
        ({"limits": LimitsFile(density=0)}, [False] * 5),
        ({"on_the_one": False}, [False] * 5),
    ],
)
def test_a_silent_bar_is_followed_by_one_that_begins_with_a_note(settings, sounds):
    file = JamFile(model="rester", **settings)
    primer = primed(file, Rester.card, ())[1] if file.primer.pitches else NO_PRIMER
    source = bars_of(Rester(), file, primer)
    bars = [source.bar(Ask(number)) for number in range(len(sounds))]
    assert [any(note.start == 0 for note in bar.notes) for bar in bars] == sounds
