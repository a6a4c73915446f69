"""A piece at once gives the tokens that its bars give one by one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from daw_bridge.encoding.drum_grid import DrumGrid
from daw_bridge.encoding.drum_grid_bulk import encode_hits
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Meter, Ticks

METERS = st.builds(Meter, st.integers(1, 16), st.sampled_from([2, 4, 8, 16]))
HITS = st.tuples(st.integers(-60, 2000), st.integers(34, 60), st.integers(1, 127))


@given(st.lists(st.tuples(METERS, st.lists(HITS, max_size=12)), max_size=4))
def test_bulk_and_bar_by_bar_agree(bars: list[tuple[Meter, list[tuple[int, int, int]]]]) -> None:
    codec = DrumGrid("funk", 97.0)
    rows = [(number, *hit) for number, (_, hits) in enumerate(bars) for hit in hits]
    columns = np.array(rows, np.int64).reshape(-1, 4).T
    tokens, begins = encode_hits(codec, *columns, meters=[meter for meter, _ in bars])
    one_by_one = [
        codec.encode(Bar.of([Note(Ticks(s), p, Ticks(60), v) for s, p, v in hits], meter))
        for meter, hits in bars
    ]
    assert begins.tolist() == np.cumsum([0, *map(len, one_by_one)]).tolist()
    assert tokens.tolist() == [token for bar in one_by_one for token in bar.tolist()]
