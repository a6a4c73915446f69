"""Which track of a preset plays which channels of a file."""

from __future__ import annotations

import pytest

from daw_bridge.render.tracks import Track, channels_of

PULSE = Track(name="a", parts=("pulse 1", "pulse 2"), channels=(1, 2))
NOISE = Track(name="b", parts=("noise",), channels=(10,))
REST = Track(name="c")
CHIP = {0: "pulse 1", 1: "pulse 2", 2: "triangle", 9: "noise"}


@pytest.mark.parametrize(
    ("tracks", "parts", "played", "expected"),
    [
        ([PULSE, NOISE, REST], CHIP, [0, 1, 2, 9], [{0, 1}, {9}, {2}]),
        ([PULSE, NOISE, REST], {}, [0, 1, 2, 9], [{0, 1}, {9}, {2}]),
        ([PULSE, NOISE], CHIP, [0, 2, 9], [{0}, {9}]),  # the triangle has no track
        ([PULSE, NOISE], {0: "noise", 9: "pulse 1"}, [0, 9], [{9}, {0}]),  # a part's name leads
        ([PULSE, PULSE], {}, [1], [{1}, {1}]),  # a layer
        ([REST, REST], {}, [3, 4], [{3, 4}, {3, 4}]),
        ([PULSE, REST], {0: "drums"}, [0], [{0}, set()]),  # nobody asks for drums
    ],
)
def test_tracks_take_their_channels(tracks, parts, played, expected):
    assert channels_of(tracks, parts, played) == expected
