"""What is played to on JACK in `tests/test_modes_live.py` sounds the same in virtual time."""

import json

import pytest

from daw_bridge.jam.modes import Name
from tests.golden.on_jack import FILE, hash_of, take_of

HASHES = json.loads(FILE.read_text(encoding="utf-8"))


def test_every_mode_has_its_take_and_no_two_are_the_same():
    assert [*HASHES] == [each.value for each in Name]
    assert len({*HASHES.values()}) == len(HASHES)


@pytest.mark.parametrize("mode", Name)
def test_the_same_performance_makes_the_same_take(mode):
    assert hash_of(mode, take_of(mode)) == HASHES[mode]
