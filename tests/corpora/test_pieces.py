"""Notes are cut into bars as a score has them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daw_bridge.corpora.material import Reading
from daw_bridge.corpora.pieces import Events, Piece, bar_lines, cut, rests_cut
from daw_bridge.corpora.sources import Archives, find_sources, read_source
from daw_bridge.midi import files
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Meter, Ticks

THREE_FOUR = Meter(3, 4)


def test_a_held_note_goes_on_as_a_tie() -> None:
    events = Events.of([960], [60], [3000], [90], [0])
    notes, meters = cut(events, [(0, THREE_FOUR)], held=True)
    assert notes.tolist() == [
        [0, 960, 60, 480, 90, 0, 0],
        [1, 0, 60, 1440, 90, 0, 1],
        [2, 0, 60, 1080, 90, 0, 1],
    ]
    assert meters.tolist() == [[3, 4]] * 3


def test_a_hit_that_rushes_belongs_to_the_bar_it_announces() -> None:
    events = Events.of([1870, 1800], [36, 38], [50, 50], [90, 90], 0)
    notes, _ = cut(events, [], held=False)
    assert notes.tolist() == [[0, 1800, 38, 50, 90, 0, 0], [1, -50, 36, 50, 90, 0, 0]]


def test_a_change_of_meter_inside_a_bar_begins_a_new_one() -> None:
    lines, meters = bar_lines([(0, Meter()), (2400, THREE_FOUR)], 3900)
    assert lines.tolist() == [0, 1920, 2400, 3840, 5280]
    assert meters.tolist() == [[4, 4], [4, 4], [3, 4], [3, 4]]


def test_bars_are_built_from_the_table() -> None:
    events = Events.of([0, 1440], [60, 64], [1440, 480], [90, 80], [0, 1])
    piece = Piece("p", *cut(events, [(0, THREE_FOUR)], held=True))
    assert piece.bars() == [
        Bar.of([Note(Ticks(0), 60, Ticks(1440), 90)], THREE_FOUR),
        Bar.of([Note(Ticks(0), 64, Ticks(480), 80, 1)], THREE_FOUR),
    ]


@given(
    st.lists(
        st.tuples(st.integers(0, 9000), st.integers(40, 44), st.integers(61, 5000)),
        min_size=1,
        unique_by=lambda note: note[1],
    )
)
def test_bulk_reading_and_careful_reading_agree(
    tmp_path_factory: pytest.TempPathFactory, notes: list[tuple[int, int, int]]
) -> None:
    path = Path(tmp_path_factory.mktemp("midi")) / "a.mid"
    events = [(Ticks(s), note_on(0, p, 90)) for s, p, _ in notes]
    events += [(Ticks(s + d), note_off(0, p)) for s, p, d in notes]
    files.write(path, events, tempo_qpm=100, meter=THREE_FOUR, name="a")
    careful = files.read(path).bars(early=Ticks(61))
    with Archives() as archives:
        (piece,) = read_source(find_sources(path)[0], Reading("polyphony"), archives)
    # In bulk, a tie shorter than half a 16th is rounded away, and rests of whole bars are cut.
    long = [(bar.meter, [n for n in bar.notes if not n.tied or n.duration > 60]) for bar in careful]
    wanted = [(meter, sorted(notes)) for meter, notes in long if notes]
    found = [(bar.meter, list(bar.notes)) for bar in piece.bars() if bar.notes]
    assert [(meter, [(n.pitch, n.start, n.tied) for n in notes]) for meter, notes in found] == [
        (meter, [(n.pitch, n.start, n.tied) for n in notes]) for meter, notes in wanted
    ]


def test_long_rests_are_cut_to_a_bar() -> None:
    events = Events.of([1440, 1440 * 5, 1440 * 6], [60, 62, 64], 480, 90, 0)
    notes, meters = rests_cut(*cut(events, [(0, THREE_FOUR)], held=True))
    assert notes[:, :3].tolist() == [[0, 0, 60], [2, 0, 62], [3, 0, 64]]
    assert len(meters) == 4


def test_events_are_joined_and_chosen() -> None:
    events = Events.join([Events.of([0], [60], 10, 90, 0), Events.of([5], [61], 10, 90, 0)])
    assert len(events) == 2
    assert events.where(events.pitch > 60).onset.tolist() == [5]
    assert len(Events.join([])) == 0
    assert np.array_equal(events.duration, [10, 10])
