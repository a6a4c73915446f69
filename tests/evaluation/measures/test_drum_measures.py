"""Drums: figures of small grids that can be counted by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from daw_bridge.corpora.pieces import Piece
from daw_bridge.evaluation.measures import drums, dynamics
from daw_bridge.evaluation.measures.density import by_quarter, figures, most
from daw_bridge.evaluation.measures.style import Styles, feature
from daw_bridge.evaluation.measures.take import Take
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import SIXTEENTH, Meter, Ticks

KICK, SNARE, HAT, TOM, CRASH, RIDE = 36, 38, 42, 45, 49, 51


def bar(velocity: int = 80, **rows: str) -> Bar:
    """Write a bar, a row of 16ths for each drum."""
    pitches = {"kick": KICK, "snare": SNARE, "hat": HAT, "tom": TOM, "crash": CRASH, "ride": RIDE}
    return Bar.of(
        Note(Ticks(step * SIXTEENTH), pitches[name], SIXTEENTH, velocity)
        for name, row in rows.items()
        for step, mark in enumerate(row)
        if mark == "x"
    )


BEAT = {"kick": "x.......x.......", "snare": "....x.......x...", "hat": "x.x.x.x.x.x.x.x."}


def take(bars: Sequence[Bar]) -> Take:
    return Take(bars, "drums")


PLAIN = bar(**BEAT)
FILL = bar(kick=BEAT["kick"], tom="............xxxx")


def test_a_phrase_turns_in_its_fourth_bar() -> None:
    found = drums.figures([take([PLAIN, PLAIN, PLAIN, FILL] * 2)])
    # Of FILL, 8 hats, 2 snares and 4 toms differ from the bars before; the second time as well.
    grids = [drums.grid(each) for each in [PLAIN, PLAIN, PLAIN, FILL] * 2]
    assert drums.novelties(grids) == [-1, 0, 0, 14, 0, 0, 0, 14]
    assert found["novelty_of_the_fourth_bar"] == 0  # against nothing new at all
    other = bar(**{**BEAT, "crash": "x"})
    assert drums.figures([take([other, PLAIN, PLAIN, FILL] * 2)])[
        "novelty_of_the_fourth_bar"
    ] == pytest.approx(14 / ((1 + 0.5 + 0) / 3))


def test_a_hit_in_half_of_the_bars_before_is_not_usual() -> None:
    one = bar(kick="x")
    assert drums.novelties([drums.grid(each) for each in (one, Bar(), Bar(), one)]) == [-1, 1, 0, 1]


def test_time_is_kept_by_one_hand_and_not_by_two() -> None:
    four = "x...x...x...x..."
    assert drums.keeps_time(drums.grid(bar(ride=four)))
    assert not drums.keeps_time(drums.grid(bar(ride="x...x...x", hat="....x...x")))
    assert drums.has_backbeat(drums.grid(PLAIN))
    assert not drums.has_backbeat(drums.grid(bar(snare="....x")))
    assert not drums.has_backbeat(drums.grid(Bar(meter=Meter(3, 4))))


def test_toms_and_crashes_are_counted_by_place() -> None:
    crash, plain = bar(crash="x", tom="xxxx"), bar(hat="x", tom="x")
    off = bar(crash=".x")
    found = drums.figures([take([crash, plain, off, plain, crash, crash, plain, plain])])
    assert found["toms_a_bar"] == pytest.approx((3 * 4 + 4) / 8)
    assert found["bars_of_four_toms_or_more"] == pytest.approx(3 / 8)
    # On the one: always in first bars, in half of the second ones, never in the others.
    assert found["crash_on_the_one_of_the_first_bar"] == pytest.approx(1 / (0.5 / 3))
    assert found["bars_without_steady_time"] == 1


def test_velocity_is_spread_within_pieces_and_counts_at_the_top() -> None:
    loud, soft = bar(125, kick="x"), bar(124, kick="x")
    assert dynamics.figures([take([loud, soft]), take([loud])]) == {
        "mean_velocity": pytest.approx((125 * 2 + 124) / 3),
        "spread_of_velocity": pytest.approx(0.25),
        "notes_at_the_top": pytest.approx(2 / 3),
    }
    voices = [Note(Ticks(0), 60, SIXTEENTH, 40, 0), Note(Ticks(0), 60, SIXTEENTH, 90, 1)]
    assert dynamics.figures([take([Bar.of(voices)])])["spread_of_velocity"] == 0


def test_density_is_shared_out_by_quarter() -> None:
    full, left = bar(hat="x.x.x.x.x.x.x.x."), bar(hat="xx..x...........")
    early = Bar.of([Note(Ticks(-30), KICK, SIXTEENTH, 80)])
    assert by_quarter([full]) == [0.25] * 4
    assert by_quarter([left, early]) == [0.75, 0.25, 0, 0]
    assert most([full, left]) == 8
    found = figures([left], [full], 3)
    assert found["density_most_off_the_free_bar"] == pytest.approx(2 / 3 - 1 / 4)
    assert (found["density_limit"], found["density_most_in_a_bar"]) == (3, 3)


def test_a_style_is_that_of_the_nearest_takes() -> None:
    funk, rock = bar(**BEAT), bar(kick="x.x.x.x.x.x.x.x.")
    takes = [
        Piece.of(f"{style} {n}", [each] * 8, conditions={"style": style})
        for style, each in (("funk", funk), ("rock", rock))
        for n in range(13)
    ]
    rare = Piece.of("rare", [funk] * 8, conditions={"style": "jazz"})
    styles = Styles.of([*takes, rare])
    assert set(styles.names) == set(styles.asked()) == {"funk", "rock"}
    assert feature([funk] * 7 + [rock]).reshape(16, 9)[2].max() == pytest.approx(np.sqrt(7 / 8))
    assert styles.rank([funk] * 8, "funk") == 1
    assert styles.rank([funk] * 8, "rock") == 2
    same = [Piece.of(str(n), [funk] * 8, conditions={"style": "abc"[n % 3]}) for n in range(9)]
    assert Styles.of(same).rank([rock] * 8, "b") == 2  # all are equal: the middle
