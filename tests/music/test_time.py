"""Ticks and seconds: exact at rest, inverse of each other on the way out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daw_bridge.music.time import PPQ, Meter, Seconds, Ticks, Transport

tempos = st.floats(20, 400)
ticks = st.integers(-(10**6), 10**8).map(Ticks)


@given(tempo=tempos, tick=ticks, origin=st.floats(0, 10**5))
def test_a_tick_comes_back_from_its_second(tempo: float, tick: Ticks, origin: float) -> None:
    transport = Transport(tempo, Ticks(960), Seconds(origin))
    assert transport.tick_at(transport.seconds_at(tick)) == tick


@given(tempo=tempos, tick=ticks)
def test_a_later_tick_is_a_later_second(tempo: float, tick: Ticks) -> None:
    transport = Transport(tempo)
    assert transport.seconds_at(tick) < transport.seconds_at(Ticks(tick + 1))


def test_a_quarter_at_120_is_half_a_second() -> None:
    assert Transport(120).seconds_at(Ticks(PPQ)) == 0.5


def test_a_tempo_change_keeps_what_came_before_it() -> None:
    slow = Transport(60).with_tempo(120, at=Ticks(2 * PPQ))
    assert slow.seconds_at(Ticks(2 * PPQ)) == 2.0
    assert slow.seconds_at(Ticks(4 * PPQ)) == 3.0


@pytest.mark.parametrize("tempo", [0.0, -120.0, float("nan"), float("inf")])
def test_a_tempo_is_a_positive_number(tempo: float) -> None:
    with pytest.raises(ValueError, match="tempo above 0"):
        Transport(tempo)


@pytest.mark.parametrize(
    ("text", "length", "steps"),
    [("4/4", 1920, 16), ("3/4", 1440, 12), ("6-8", 1440, 12), ("7/8", 1680, 14), ("5/32", 300, 3)],
)
def test_a_meter_knows_its_bar(text: str, length: int, steps: int) -> None:
    meter = Meter.parse(text)
    assert meter.bar_length() == length
    assert meter.steps() == steps


@pytest.mark.parametrize(
    "text",
    [
        "7/8=2+2",
        "7/8=7+0",
        "7/8=",
        "()/8",
        "7/8=2+2+3+",
        "(2+2+3)/3",
        "0/4",
        "4/0",
        "4/3",
        "four",
        "4",
        "/4",
        "-4/4",
        "256/4",
        "٤/4",
        "4/²",
        "4/4/4",
        "9" * 5000,
    ],
)
def test_what_is_no_meter_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^expected"):
        Meter.parse(text)


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("4/4", "1+1+1+1"), ("3/4", "1+1+1"), ("2/2", "1+1"), ("5/4", "3+2"), ("6/4", "3+3"),
        ("7/4", "4+3"), ("9/4", "3+3+3"), ("13/4", "4+4+3+2"), ("1/8", "1"), ("3/8", "3"),
        ("4/8", "2+2"), ("5/8", "3+2"), ("6/8", "3+3"), ("7/8", "2+2+3"), ("12/8", "3+3+3+3"),
        ("11/8", "2+2+2+2+3"), ("5/16", "3+2"),
        ("7/8=3+2+2", "3+2+2"), (" 7/8 = 3 + 2+2", "3+2+2"), ("(3+2+2)/8", "3+2+2"),
    ],
)  # fmt: skip
def test_beats_have_groups(text: str, groups: str) -> None:
    meter = Meter.parse(text)
    assert "+".join(map(str, meter.groups)) == groups
    assert Meter.parse(str(meter)) == meter


def test_meters_are_the_same_where_beats_and_groups_are() -> None:
    plain, said, other = map(Meter.parse, ("7/8", "7/8=2+2+3", "7/8=3+2+2"))
    assert (plain == said, plain == other, other.usual == plain) == (True, False, True)
    assert len({plain, said, other}) == 2
    assert [*map(str, (plain, said, other))] == ["7/8", "7/8", "7/8=3+2+2"]
    assert (other.group_lines, other.bar_length()) == ((0, 720, 1200, 1680), plain.bar_length())


@given(
    beats=st.integers(1, 255),
    unit=st.sampled_from((1, 2, 4, 8, 16, 32, 64)),
)
def test_usual_groups_add_up(beats: int, unit: int) -> None:
    groups = Meter(beats, unit).groups
    assert sum(groups) == beats
    assert 1 not in groups or set(groups) == {1}


@pytest.mark.parametrize(
    ("meter", "length", "cut"),
    [
        ("4/4", 480, "1/4"),
        ("4/4", 960, "2/4"),
        ("4/4", 240, "1/8"),
        ("6/8", 480, "2/8"),
        ("6/8", 720, "3/8"),
        ("3/2", 480, "1/4"),
        ("4/4", 500, "17/64"),  # 510 ticks: no meter has 500
        ("255/1", 200 * 1920 + 30, "201/1"),  # too long to be told in 64ths
    ],
)
def test_a_bar_that_ends_early_has_a_meter_of_its_own(meter: str, length: int, cut: str) -> None:
    assert str(Meter.parse(meter).cut_to(Ticks(length))) == cut


@given(
    meter=st.builds(Meter, st.integers(1, 255), st.sampled_from((1, 2, 4, 8, 16, 32, 64))),
    part=st.floats(0, 1, exclude_max=True),
)
def test_a_bar_that_ends_early_loses_none_of_its_ticks(meter: Meter, part: float) -> None:
    length = max(int(part * meter.bar_length()), 1)
    cut = meter.cut_to(Ticks(length)).bar_length()
    assert length <= cut <= meter.bar_length()
    assert cut - length < 30 or cut > 255 * 30
