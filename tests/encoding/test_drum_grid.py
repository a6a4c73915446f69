"""The drum grid: what a take holds comes back, to within the stated quantisation."""

from __future__ import annotations

from itertools import cycle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daw_bridge.encoding import drum_grid as grid
from daw_bridge.encoding.drum_classes import PITCHES
from daw_bridge.encoding.drum_grid import DrumGrid
from daw_bridge.errors import UserError
from daw_bridge.music.gm_drums import CLASS_OF
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Meter, Ticks, Transport


def hit(start: int, pitch: int, velocity: int = 100) -> Note:
    return Note(Ticks(start), pitch, Ticks(60), velocity)


def test_a_flam_becomes_two_hits_of_one_class() -> None:
    bar = Bar.of([hit(100, 38, 40), hit(121, 40, 110), hit(-8, 36, 127)], Meter(1, 8))
    kick, snare = grid.VELOCITY + 31, grid.VELOCITY + 9
    assert DrumGrid().encode(bar).tolist() == [
        grid.meter_token(Meter(1, 8)),
        grid.STYLE,
        grid.TEMPO,
        grid.FILL,
        0b100000000,
        kick,
        grid.OFFSET_LAST + 13,
        0b010000000,
        snare,
        grid.OFFSET_MORE + 10,
        grid.VELOCITY + 27,
        grid.OFFSET_LAST + 15,
        grid.BAR,
    ]


def test_conditions_open_the_bar() -> None:
    codec = DrumGrid("funk", 97.0, fill=True)
    tokens = codec.encode(Bar())
    assert tokens[:4].tolist() == [
        grid.METER + 16 + 3,
        grid.STYLE + 1 + grid.STYLES.index("funk"),
        grid.TEMPO + 1 + 5,
        grid.FILL + 2,
    ]
    assert tokens[4:].tolist() == [0] * 16 + [grid.BAR]
    mask = codec.grammar(Meter()).allowed()
    assert mask is not None
    assert np.flatnonzero(mask).tolist() == [tokens[0]]


@given(
    st.lists(
        st.tuples(st.integers(-60, 1859), st.sampled_from(sorted(CLASS_OF)), st.integers(1, 127)),
        max_size=40,
    )
)
def test_every_hit_comes_back_within_the_stated_quantisation(
    hits: list[tuple[int, int, int]],
) -> None:
    bar = Bar.of(hit(*each) for each in hits)
    out = DrumGrid().decode(DrumGrid().encode(bar))
    for note in bar.notes:
        pitch = PITCHES[CLASS_OF[note.pitch]]
        near = [n for n in out.notes if n.pitch == pitch and abs(n.start - note.start) <= 3]
        assert near, note
        assert max(n.velocity for n in near) >= note.velocity - 2
    for note in out.notes:
        assert any(
            PITCHES[CLASS_OF[n.pitch]] == note.pitch
            and abs(n.start - note.start) <= 3
            and abs(n.velocity - note.velocity) <= 2
            for n in bar.notes
        ), note


@given(
    st.lists(st.tuples(st.integers(0, 479), st.integers(1, 31)), min_size=1),
)
def test_what_lies_on_the_bins_comes_back_exactly(hits: list[tuple[int, int]]) -> None:
    notes = [hit(4 * place - 60, 36, 4 * velocity + 3) for place, velocity in hits]
    bar = DrumGrid().quantise(Bar.of(notes))
    louder: dict[int, int] = {}
    for note in notes:
        louder[note.start] = max(note.velocity, louder.get(note.start, 0))
    starts = {n.start for n in bar.notes}
    assert starts <= set(louder) | {start + 4 for start in louder} | {s - 4 for s in louder}
    assert {n.start: n.velocity for n in bar.notes if n.start % 120 != 60} == {
        start: velocity for start, velocity in louder.items() if start % 120 != 60
    }


def test_notes_of_one_drum_do_not_overlap() -> None:
    bar = DrumGrid().quantise(Bar.of(hit(tick, 38) for tick in (100, 120, 400)))
    assert [(note.start, note.duration) for note in bar.notes] == [(100, 20), (120, 60), (400, 60)]


def test_an_unknown_style_names_the_near_one() -> None:
    with pytest.raises(UserError, match="did you mean 'reggae'"):
        DrumGrid("regge")


@pytest.mark.parametrize("tempo", [0.0, -1.0, float("nan"), float("inf")])
def test_a_tempo_is_above_0(tempo: float) -> None:
    with pytest.raises(UserError, match="a tempo above 0"):
        DrumGrid(tempo_qpm=tempo)


@pytest.mark.parametrize("meter", [Meter(17, 4), Meter(3, 32), Meter(4, 1)])
def test_meters_that_the_grid_does_not_know_are_told(meter: Meter) -> None:
    with pytest.raises(UserError, match=f"found {meter}"):
        DrumGrid().encode(Bar(meter=meter))


@pytest.mark.parametrize("denominator", [2, 4, 8, 16])
@pytest.mark.parametrize("numerator", range(1, 17))
def test_every_meter_has_a_token_of_its_own(numerator: int, denominator: int) -> None:
    meter = Meter(numerator, denominator)
    assert grid.meter_of(grid.meter_token(meter)) == meter


@pytest.mark.parametrize("cut", [slice(0, -1), slice(1, None), slice(0, 0), slice(0, 7)])
def test_tokens_that_are_no_whole_bar_are_refused(cut: slice) -> None:
    tokens = DrumGrid().encode(Bar.of([hit(0, 36), hit(480, 38)]))
    with pytest.raises(ValueError, match="expected"):
        DrumGrid().decode(tokens[cut])


def test_a_second_hit_is_later_than_the_first() -> None:
    tokens = DrumGrid().encode(Bar.of([hit(0, 36), hit(20, 36)]))
    first = int(np.flatnonzero(tokens >= grid.OFFSET_MORE)[4])
    assert grid.OFFSET_MORE <= tokens[first] < grid.METER
    swapped = tokens.copy()
    swapped[first] = grid.OFFSET_MORE + 29
    with pytest.raises(ValueError, match="another token"):
        DrumGrid().decode(swapped)


@pytest.mark.parametrize(
    "of_a_quarter",
    [
        pytest.param((0, 320), id="shuffled eighths"),
        pytest.param((0, 160, 240, 400), id="shuffled 16ths"),
        pytest.param((0, 160, 320), id="triplets"),
        pytest.param((0, 80, 160, 240, 320, 400), id="sextuplets"),
        pytest.param((0, 96, 192, 288, 384), id="quintuplets"),
    ],
)
def test_what_falls_between_16ths_stays_within_5_ms(of_a_quarter: tuple[int, ...]) -> None:
    starts = [480 * quarter + tick for quarter in range(4) for tick in of_a_quarter]
    toms = cycle((48, 45, 41))
    played = Bar.of(Note(Ticks(t), p, Ticks(40), 90) for t in starts for p in (next(toms), 38))
    codec = DrumGrid()
    back = codec.decode(codec.encode(codec.quantise(played)))
    assert len(back.notes) == len(played.notes)
    seconds_at = Transport(120).seconds_at
    for now, before in zip(*(sorted(b.notes, key=by_drum) for b in (back, played)), strict=True):
        assert now.pitch == before.pitch
        assert abs(seconds_at(now.start) - seconds_at(before.start)) <= 0.005


def by_drum(note: Note) -> tuple[int, int]:
    return note.pitch, note.start
