"""What the bars of a jam are planned to be."""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daw_bridge.jam.form import (
    Fills,
    Section,
    as_pieces,
    ending_at,
    free,
    of_sections,
    sections_of,
)
from daw_bridge.music.form import FARTHEST, PHRASE, UNKNOWN, Kind, Label

NEW, REST = Label(Kind.NEW), Label(Kind.REST)


def again(back: int) -> Label:
    return Label(Kind.EXACT, back)


FORMS = [
    (NEW, NEW, again(2), again(2)),
    (NEW, again(1), again(1), again(1), NEW),
    (NEW, NEW, NEW, NEW, NEW, NEW),
    (NEW, NEW, NEW, again(1)),
]


def test_sections_are_read_with_their_bars_and_primes() -> None:
    assert sections_of("A8 A8' B16") == (
        Section("A", 8, varied=False),
        Section("A", 8, varied=True),
        Section("B", 16, varied=False),
    )


@pytest.mark.parametrize("text", ["", "A", "8", "a8", "A0", "A65", "A8,B8", "A8 A8 b8", "Ä8", "A٣"])
def test_what_is_no_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="sections of 1 to 64 bars"):
        sections_of(text)


def test_sections_that_come_again_return_to_the_one_before() -> None:
    form = of_sections(sections_of("A2 A2' B1 A2"), (), 1)
    told = [form(number)._replace(phrase=None) for number in range(7)]
    varied = Label(Kind.VARIED, 2)
    assert told == [NEW, NEW, varied, varied, NEW, again(5), again(5)]


def test_what_lies_farther_back_than_a_network_looks_is_new() -> None:
    form = of_sections(sections_of("A16 B17 A16 B16 A16"), (), 1)
    assert form(33)._replace(phrase=None) == NEW
    assert form(65)._replace(phrase=None) == again(32)


def test_an_endless_jam_goes_on_to_new_sections() -> None:
    form = of_sections(sections_of("A1 A1"), (), 1)
    assert [form(n).kind for n in range(4)] == [Kind.NEW, Kind.EXACT, Kind.NEW, Kind.EXACT]


def test_a_first_section_is_made_as_real_pieces_begin() -> None:
    form = of_sections(sections_of("A4"), [FORMS[0]], 1)
    assert [form(n)._replace(phrase=None) for n in range(4)] == list(FORMS[0])


@given(st.integers(0, 99), st.lists(st.integers(0, 60), min_size=1, max_size=30))
def test_a_bar_is_told_the_same_whenever_it_is_asked_for(seed: int, asked: list[int]) -> None:
    form, other = as_pieces(FORMS, seed), as_pieces(FORMS, seed)
    in_order = [other(number) for number in range(61)]
    assert [form(number) for number in asked] == [in_order[number] for number in asked]


@given(st.integers(0, 99))
def test_no_bar_returns_to_one_that_there_was_not(seed: int) -> None:
    form = as_pieces(FORMS, seed)
    assert all(form(number).back <= min(number, FARTHEST) for number in range(40))


def test_pieces_stand_in_phrases() -> None:
    form = as_pieces([(NEW,) * 11], 1)
    assert [form(n).phrase for n in range(11)] == [n % PHRASE for n in range(11)]
    assert form(11).phrase == 0


def test_novelty_chooses_among_the_forms() -> None:
    new = {
        novelty: {as_pieces(FORMS, seed, novelty)(2).kind for seed in range(9)}
        for novelty in (0.0, 1.0)
    }
    assert new == {0.0: {Kind.EXACT}, 1.0: {Kind.NEW}}


def test_the_last_two_bars_know_that_they_are() -> None:
    form = ending_at(free, 4)
    assert [form(n).left for n in range(5)] == [None, None, 1, 0, None]
    assert form(0) is UNKNOWN


def test_fills_fall_on_the_ends_of_phrases() -> None:
    for fills, every in ((Fills.EVERY_4, 4), (Fills.EVERY_8, 8), (Fills.NOW, 1)):
        wanted = [n % every == every - 1 for n in range(16)]
        assert [fills.fall_on(n) for n in range(16)] == wanted
    assert [Fills.NEVER.fall_on(n) for n in range(3)] == [False] * 3
    assert Fills.ANY.fall_on(3) is None


def test_a_jam_of_days_keeps_but_the_last_labels() -> None:
    form = as_pieces([(NEW, again(1))], 1)
    far = form(50_000)
    assert (far.kind, form(50_001).kind) == (Kind.NEW, Kind.EXACT)
    assert len(list(islice(vars(form)["_last"], 100))) <= 16
