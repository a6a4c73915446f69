"""What the encodings of bars share: accents, tokens of keys, notes on steps."""

from __future__ import annotations

import pytest

from daw_bridge.encoding.meters import accent, key_tokens, note_on_steps
from daw_bridge.music.time import SIXTEENTH, Meter


@pytest.mark.parametrize(
    ("meter", "accents"),
    [
        (Meter(4, 4), {0: 100, 240: 78, 480: 86, 600: 72, 960: 92, 1440: 86}),
        (Meter(6, 8), {0: 100, 240: 78, 360: 72, 720: 92, 1080: 72, 1200: 78}),
        (Meter(7, 8), {0: 100, 240: 78, 480: 86, 720: 78, 960: 86, 1200: 78, 1440: 78}),
        (Meter(7, 8, (3, 2, 2)), {240: 78, 480: 78, 720: 86, 960: 78, 1200: 86, 1320: 72}),
        (Meter(5, 4), {480: 78, 720: 72, 960: 78, 1440: 86, 1920: 78}),
        (Meter(3, 4), {0: 100, 480: 86, 720: 78, 960: 86}),
    ],
    ids=str,
)
def test_a_bar_leans_on_the_first_beats_of_its_groups(
    meter: Meter, accents: dict[int, int]
) -> None:
    assert {start: accent(start, meter) for start in accents} == accents


def test_each_token_of_a_key_says_which_and_any_is_the_first() -> None:
    tokens = key_tokens("_D")
    assert [token.key for token in tokens] == [*range(25)]
    assert [token.name for token in tokens[:2]] == ["KEY_any_D", "KEY_C_major_D"]


def test_a_note_on_steps_is_struck_unless_it_is_said_to_be_tied() -> None:
    note = note_on_steps(4, 20, 60, Meter(), SIXTEENTH)
    assert (note.start, note.duration, note.velocity, note.tied) == (480, 1440, 86, False)
