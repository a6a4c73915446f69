"""New loops of old parts: none equal, none shared between the splits, rolls kept."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daw_bridge.drums.loop_combine import (
    VALID,
    combine,
    divided,
    pools_of,
    possible,
)
from daw_bridge.drums.loop_parts import ROLES, Part, alike, misfits, on_grid, part_of, role_of
from daw_bridge.errors import UserError
from daw_bridge.midi.files import FileNote, Score
from daw_bridge.music.time import SIXTEENTH, Meter

BAR = Meter().bar_length()
NOTE = {role: notes[0] for role, notes in ROLES.items()}


def part(role: str, name: str, *starts: int, velocity: int = 100, **changes) -> Part:
    notes = tuple(FileNote(s, NOTE[role], 60, velocity, 9) for s in starts)
    return replace(Part(name, role, notes, Meter(), 2, 140.0), **changes)


def pack(per_role: int) -> list[Part]:
    """Give parts that differ in 16ths."""
    return [
        part(role, f"{role}/{number:02}", 0, (number + 1) * 120)
        for role in ROLES
        for number in range(per_role)
    ]


def score(*notes: tuple[int, int], length: int = 2 * BAR, meter: Meter | None = None) -> Score:
    made = tuple(FileNote(start, pitch, 60, 90, 9) for start, pitch in notes)
    return Score(made, ((0, 140.0),), ((0, meter or Meter()),), length)


def test_a_role_is_told_by_the_notes():
    assert role_of(score((0, 36), (9, 35))) == "kick"
    assert role_of(score((0, 42), (9, 46))) == "hi-hat"
    assert role_of(score((0, 39))) == "snare"
    assert role_of(score((0, 36), (9, 42))) is None
    assert role_of(score((0, 60))) is None
    assert role_of(score()) is None


@pytest.mark.parametrize(
    ("last", "length", "bars"),
    [(BAR + 10, 2 * BAR, 2), (BAR - 10, BAR - 5, 1), (0, 4 * BAR, 4), (BAR - 1, BAR + 30, 1)],
)
def test_bars_are_counted_to_the_last_hit_and_the_files_end(last, length, bars):
    assert part_of("x", "kick", score((last, 36), length=length)).n_bars == bars


def test_parts_that_do_not_fit_most_say_why():
    parts = [*pack(3), part("kick", "a", 0, tempo_qpm=90.0), part("kick", "b", 0, n_bars=1)]
    parts += [part("kick", "c", 0, meter=Meter(3, 4), tempo_qpm=91.0, n_bars=4)]
    parts += [part("kick", "d", 0, tempo_qpm=None)]
    assert misfits(parts, 2) == {
        "a": "expected a tempo of 140, as most have, found 90",
        "b": "expected 2 bars, found 1",
        "c": "expected a meter of 4/4, as most have, found 3/4; expected 2 bars, found 4;"
        " expected a tempo of 140, as most have, found 91",
    }
    assert misfits([], 2) == {}


@pytest.mark.parametrize(
    ("tempos", "meters", "steady"),
    [
        (((0, 120.0), (960, 120.0)), ((0, Meter()),), True),
        (((0, 120.0), (960, 90.0)), ((0, Meter()),), False),
        (((0, 120.0),), ((0, Meter()), (1920, Meter(3, 4))), False),
    ],
)
def test_a_part_whose_tempo_or_meter_changes_does_not_fit(tempos, meters, steady):
    score = Score((FileNote(0, 36, 60, 90, 9),), tempos, meters, 2 * BAR)
    changing = part_of("a", "kick", score)
    wrong = "expected one meter and one tempo, found a change on the way"
    assert misfits([changing], 2) == ({} if steady else {"a": wrong})


def test_the_same_rhythm_is_one_part_however_it_is_struck():
    first, soft = part("kick", "a", 0, 480), part("kick", "b", 3, 476, velocity=50)
    other, hat = part("kick", "c", 0, 500), part("hi-hat", "d", 0, 480)
    kept, repeats = alike([first, soft, other, hat])
    assert kept == [first, other, hat]
    assert repeats == {"b": "a"}


def test_on_a_grid_rolls_of_hi_hats_stay():
    straight = [0, 58, 121, 182]
    triplets = [480 + i * 80 + 3 for i in range(6)] + [960 + i * 40 - 2 for i in range(12)]
    hat = on_grid(part("hi-hat", "h", *straight, *triplets), 16)
    assert [n.start for n in hat.notes] == [
        0, 60, 120, 180, *range(480, 960, 80), *range(960, 1440, 40),
    ]  # fmt: skip
    assert [n.start for n in on_grid(part("kick", "k", 58, 190, 335), 16).notes] == [0, 240, 360]
    assert [n.start for n in on_grid(part("kick", "k", 58, 190, 335), 32).notes] == [60, 180, 360]


def test_on_a_grid_the_louder_of_two_hits_stays_and_none_leaves_the_loop():
    kick = part("kick", "k", 10, 2 * BAR - 5)
    loud = replace(kick.notes[0], start=20, velocity=120)
    gridded = on_grid(replace(kick, notes=(*kick.notes, loud)), 16)
    assert [(n.start, n.velocity) for n in gridded.notes] == [(0, 120), (2 * BAR - 120, 100)]


def test_all_loops_that_are_possible_can_be_made_and_none_twice():
    pools = pools_of(pack(3))
    loops = combine(pools, 27, seed=1)
    assert possible(pools) == 27
    assert len({tuple(p.name for p in loop.parts) for loop in loops}) == 27
    assert len({frozenset(loop.events()) for loop in loops}) == 27
    with pytest.raises(UserError, match="at most 27 loops from these parts, found 28"):
        combine(pools, 28, seed=1)


def test_a_seed_draws_the_same_loops_and_another_one_others():
    pools = pools_of(pack(6))
    assert combine(pools, 20, seed=4) == combine(pools_of(reversed(pack(6))), 20, seed=4)
    assert combine(pools, 20, seed=4) != combine(pools, 20, seed=5)


def test_every_hit_of_the_parts_is_in_the_loop_and_ends_before_the_next_of_its_drum():
    long_kick = part("kick", "k", 0, 100, 2 * BAR - 30)
    long_kick = replace(long_kick, notes=tuple(replace(n, duration=500) for n in long_kick.notes))
    loop = combine(pools_of([long_kick, part("snare", "s", 480), part("hi-hat", "h", 7)]), 1, 1)[0]
    kicks = sorted((t, d[0] & 0xF0 == 0x90) for t, d in loop.events() if d[1] == 36)
    assert kicks == [
        (0, True), (100, False), (100, True), (600, False), (2 * BAR - 30, True), (2 * BAR, False),
    ]  # fmt: skip
    assert {d[0] & 0x0F for _, d in loop.events()} == {9}


def test_doubled_hits_of_a_part_keep_their_length():
    doubled = part("kick", "k", 0, 0, 480)
    parts = pools_of([doubled, part("snare", "s", 480), part("hi-hat", "h", 7)])
    kicks = [(t, d[0] & 0xF0) for t, d in combine(parts, 1, 1)[0].events() if d[1] == 36]
    assert kicks == [(0, 0x90), (60, 0x80), (0, 0x90), (60, 0x80), (480, 0x90), (540, 0x80)]


@given(st.integers(2, 8), st.floats(0.05, 0.9), st.integers(1, 40), st.integers(0, 99))
def test_no_part_is_in_both_splits(per_role, fraction, wanted, seed):
    parts = pack(per_role)
    train, valid = divided(pools_of(parts), fraction, wanted, seed)
    for role in ROLES:
        names = [p.name for split in (train, valid) for p in split[role]]
        assert Counter(names) == Counter(p.name for p in parts if p.role == role)
        assert train[role]
        assert valid[role]


def test_parts_that_are_the_same_in_16ths_stay_on_one_side():
    twins = [
        part(role, f"{role}/{i}{t}", i * 120 + t * 25)
        for role in ROLES
        for i in range(4)
        for t in (0, 1)
    ]
    for seed in range(20):
        splits = divided(pools_of(twins), 0.5, 8, seed)
        rhythms = [
            {p.rhythm(SIXTEENTH) for pool in split.values() for p in pool} for split in splits
        ]
        assert not rhythms[0] & rhythms[1]


def test_parts_that_are_the_same_as_drum_text_stay_on_one_side():
    parts = pack(4)
    rims = [
        replace(
            each, name=f"rim {each.name}", notes=tuple(replace(n, pitch=37) for n in each.notes)
        )
        for each in parts
        if each.role == "snare"
    ]
    train, valid = divided(pools_of([*parts, *rims]), 0.5, 1, 3)
    rhythms = [
        {frozenset(s for s, _ in p.rhythm()) for p in split["snare"]} for split in (train, valid)
    ]
    assert not rhythms[0] & rhythms[1]


def test_a_split_holds_out_more_where_few_parts_would_make_too_few_loops():
    pools = pools_of(pack(6))
    assert possible(divided(pools, 0.2, 1, 1)[1]) == 1
    assert possible(divided(pools, 0.2, 8, 1)[1]) == 8
    assert possible(divided(pools, 0.2, 999, 1)[1]) == 27


@pytest.mark.parametrize(("per_role", "most"), [(2, 1), (3, 1), (5, 8), (7, 27)])
def test_no_more_than_half_of_the_parts_of_a_role_are_held_out(per_role, most):
    assert possible(divided(pools_of(pack(per_role)), 0.2, 999, 1)[1]) == most


def test_one_part_cannot_be_split():
    with pytest.raises(UserError, match="two or more different kick loops, found 1"):
        divided(pools_of(pack(1)), 0.2, 1, 1)


def test_the_split_valid_draws_as_when_it_had_another_name():
    drawn = combine(pools_of(pack(3)), 3, 7, VALID)
    assert [[part.name for part in loop.parts] for loop in drawn] == [
        ["kick/00", "snare/02", "hi-hat/02"],
        ["kick/01", "snare/02", "hi-hat/02"],
        ["kick/00", "snare/00", "hi-hat/01"],
    ]
