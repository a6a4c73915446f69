"""Bar lines under meters that change on them."""

from hypothesis import given
from hypothesis import strategies as st

from daw_bridge.music.bar_lines import MOST_CHANGES, BarLine, BarLines
from daw_bridge.music.time import Meter, Ticks


def test_one_meter_has_bars_of_one_length() -> None:
    lines = BarLines(Meter(3, 4))
    assert lines.at(Ticks(1439)) == BarLine(0, Ticks(0), Meter(3, 4))
    assert lines.at(Ticks(1440)) == lines.of(1) == BarLine(1, Ticks(1440), Meter(3, 4))
    assert lines.at(Ticks(-5)) == BarLine(0, Ticks(0), Meter(3, 4))


def test_a_meter_changes_on_the_line_of_the_bar_that_it_is_told_in() -> None:
    lines = BarLines()
    assert lines.change(Ticks(2000), Meter(3, 4))
    assert not lines.change(Ticks(9000), Meter(3, 4))
    assert lines.change(Ticks(1920 + 2 * 1440), Meter(7, 8))
    assert [lines.of(bar).tick for bar in range(6)] == [0, 1920, 3360, 4800, 6480, 8160]
    assert lines.at(Ticks(4799)) == BarLine(2, Ticks(3360), Meter(3, 4))
    assert lines.change(Ticks(0), Meter(3, 4))  # the song has been rewritten from there on
    assert lines.of(5).tick == 5 * 1440


def test_groups_of_beats_that_are_not_usual_stay_with_their_time_signature() -> None:
    lines = BarLines(Meter(7, 8, (3, 2, 2)))
    assert not lines.change(Ticks(0), Meter(7, 8))
    assert lines.at(Ticks(0)).meter.groups == (3, 2, 2)
    assert lines.change(Ticks(0), Meter(7, 8, (2, 3, 2)))


def test_changes_without_end_are_not_all_kept() -> None:
    lines = BarLines()
    for bar in range(3 * MOST_CHANGES):
        lines.change(lines.of(bar).tick, Meter(3 + bar % 2, 4))
    assert len(lines._changes) <= MOST_CHANGES + 1


@given(st.lists(st.tuples(st.integers(0, 50_000), st.integers(1, 16)), max_size=8))
def test_numbers_and_ticks_of_bars_are_inverse(changes: list[tuple[int, int]]) -> None:
    lines = BarLines()
    for tick, beats in changes:
        lines.change(Ticks(tick), Meter(beats, 8))
    for bar in range(60):
        line = lines.of(bar)
        assert lines.at(line.tick) == line
        assert lines.at(Ticks(line.tick + line.meter.bar_length() - 1)) == line
        assert lines.of(bar + 1).tick == line.tick + line.meter.bar_length()
