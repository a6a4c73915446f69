"""A player who plays the same hears the same, in every mode, and every note of it ends."""

import json

import pytest

from daw_bridge.jam.events import HeardBar, Placed, Sounded
from daw_bridge.jam.modes import HEARING, Name
from daw_bridge.midi.sounding import SoundingNotes
from tests.golden.with_a_player import BARS, CASES, FILE, events_of, hash_of

HASHES = json.loads(FILE.read_text(encoding="utf-8"))


def test_every_mode_has_its_take():
    assert list(HASHES) == list(CASES)
    assert {name.split(" ")[0] for name in CASES} == {each.value for each in Name}


@pytest.mark.parametrize("name", CASES)
def test_the_same_performance_makes_the_same_take(name):
    events = events_of(name)
    assert hash_of(events) == HASHES[name]
    placed = [event for event in events if isinstance(event, Placed)]
    assert len(placed) == BARS
    assert not any(event.late for event in placed)
    sounding = SoundingNotes()
    for event in events:
        if isinstance(event, Sounded):
            sounding.sent(event.port, event.data)
    assert not len(sounding)
    hears = any(isinstance(event, HeardBar) for event in events)
    assert hears == (name.split(" ")[0] in HEARING)
