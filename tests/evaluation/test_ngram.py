"""N-grams are distributions, match counts done by hand, and learn to copy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daw_bridge.evaluation.ngram import CopyingNgram, KneserNey, copies_of, words_layout

SEQUENCES = st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=20), min_size=1, max_size=6)


def arrays(*sequences: list[int]) -> list[np.ndarray]:
    return [np.array(sequence, np.int64) for sequence in sequences]


def test_a_bigram_is_what_the_formula_says() -> None:
    # "0 1 0 1 0 2": bigrams with the start s: s0 01 10 01 10 02
    model = KneserNey(2, 3).fit(arrays([0, 1, 0, 1, 0, 2]))
    # bigram counts: s0 1, 01 2, 02 1, 10 2: n1 = 2, n2 = 2, discount 2/6
    # contexts before 0: {s, 1}, 1: {0}, 2: {0}; unigram counts 2, 1, 1: n1 = 2, n2 = 1, discount
    # 2/4
    unigram = np.array([1.5, 0.5, 0.5]) / 4 + 0.5 * 3 / 4 / 3
    after_0 = np.array([0, 2 - 1 / 3, 1 - 1 / 3]) / 3 + (1 / 3) * 2 / 3 * unigram
    assert model.chances([0]) == pytest.approx(after_0)
    assert model.chances([2]) == pytest.approx(unigram)


@given(SEQUENCES, st.lists(st.integers(0, 4), max_size=6), st.integers(1, 4))
def test_chances_add_up_and_agree(sequences: list[list[int]], past: list[int], order: int) -> None:
    model = KneserNey(order, 5).fit(arrays(*sequences))
    chances = model.chances(past)
    assert chances.sum() == pytest.approx(1)
    assert (chances > 0).all()
    one_by_one = [model.chance(past, token) for token in range(5)]
    assert chances == pytest.approx(one_by_one)


@given(SEQUENCES, st.lists(st.integers(0, 4), min_size=1, max_size=12))
def test_a_copying_ngram_is_a_distribution_too(sequences: list[list[int]], past: list[int]) -> None:
    model = CopyingNgram(3, words_layout(5, 2)).fit(arrays(*sequences))
    chances = model.chances(np.array(past))
    assert chances.sum() == pytest.approx(1)
    foretold = model.foretell(np.array([*past, 3]))
    assert foretold[-1] == pytest.approx(chances[3])


def test_what_followed_the_longest_match_is_offered() -> None:
    bars = [[1, 2, 3, 4], [5, 6, 7, 0], [1, 2, 3, 4]]
    copies = copies_of(np.concatenate(arrays(*bars)), words_layout(8, 4))
    assert copies.token[9:].tolist() == [2, 3, 4]
    assert copies.token[0] == 8
    assert copies.kind[0] == 0


def test_copying_pays_where_bars_repeat() -> None:
    rng = np.random.default_rng(1)
    songs = [np.tile(rng.integers(0, 50, 8), 6) for _ in range(40)]
    model = CopyingNgram(3, words_layout(50, 8)).fit(songs[:30])
    copying = np.mean([np.log(model.foretell(song)).mean() for song in songs[30:]])
    counting = np.mean([np.log(model.ngram.foretell(song)).mean() for song in songs[30:]])
    assert copying > counting + 1
    assert model.trust.max() > 0.9


@given(SEQUENCES, st.lists(st.integers(0, 4), max_size=6), st.sets(st.integers(0, 4), min_size=1))
def test_what_a_grammar_allows_shares_all_chances(
    sequences: list[list[int]], past: list[int], may: set[int]
) -> None:
    anything, allowed = np.ones(5, np.bool_), np.isin(np.arange(5), [*may])
    plain = KneserNey(3, 5).fit(arrays(*sequences))
    expected = plain.chances(past)[allowed].sum()
    for _ in range(2):  # what is kept is what was counted
        assert plain.chance_of_any(past, allowed) == pytest.approx(expected)
    copying = CopyingNgram(3, words_layout(5, 2)).fit(arrays(*sequences))
    before = [anything] * len(past)
    drawn = [np.array([*past, token]) for token in may]
    chances = [copying.foretell(tokens, [*before, allowed])[-1] for tokens in drawn]
    assert sum(chances) == pytest.approx(1)
    free = copying.foretell(drawn[0])
    assert copying.foretell(drawn[0], [*before, anything]) == pytest.approx(free)
