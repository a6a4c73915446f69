"""Sampling: one token from logits, the same one wherever they were computed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daw_bridge.errors import UserError
from daw_bridge.policies.sampling import Sampler, generator, sample

LOGITS = np.log(np.array([0.5, 0.3, 0.15, 0.05], np.float32))


def draws(n: int, **settings: object) -> list[int]:
    rng = generator(3)
    return [sample(LOGITS, rng=rng, **settings) for _ in range(n)]  # type: ignore[arg-type]


def test_draws_follow_the_chances() -> None:
    counts = np.bincount(draws(20_000), minlength=4) / 20_000
    assert counts == pytest.approx([0.5, 0.3, 0.15, 0.05], abs=0.012)


def test_a_seed_gives_these_tokens() -> None:
    assert draws(12) == [0, 0, 2, 1, 0, 0, 0, 0, 1, 0, 0, 1]


def test_temperature_0_takes_the_likeliest_and_no_number() -> None:
    rng = generator(1)
    assert [sample(LOGITS, temperature=0, rng=rng) for _ in range(5)] == [0] * 5
    assert rng.random() == generator(1).random()


def test_a_high_temperature_levels_and_a_low_one_sharpens() -> None:
    counts = [np.bincount(draws(4_000, temperature=t), minlength=4)[0] for t in (0.2, 1.0, 5.0)]
    assert counts[0] > 3_700 > counts[1] > 1_500 > counts[2] > 1_000


@pytest.mark.parametrize(
    ("top_p", "kept"), [(0.01, {0}), (0.5, {0}), (0.6, {0, 1}), (0.9, {0, 1, 2})]
)
def test_top_p_keeps_the_fewest_tokens_that_reach_it(top_p: float, kept: set[int]) -> None:
    assert set(draws(2_000, top_p=top_p)) == kept


def test_only_what_is_allowed_is_drawn() -> None:
    allowed = np.array([False, True, False, True])
    assert set(draws(500, allowed=allowed)) == {1, 3}
    assert set(draws(500, allowed=allowed, temperature=0)) == {1}
    assert set(draws(500, allowed=np.array([False, False, True, False]))) == {2}


def test_equal_logits_rank_by_number() -> None:
    assert sample(np.zeros(4, np.float32), temperature=0, rng=generator(0)) == 0


@given(st.integers(0, 2**32), st.floats(0.1, 3), st.floats(0.05, 1))
def test_noise_far_below_the_grid_changes_nothing(
    seed: int, temperature: float, top_p: float
) -> None:
    rng = np.random.default_rng(seed)
    exact = (rng.integers(-8_000, 0, 50) / 1024).astype(np.float32)
    noisy = exact + rng.uniform(-4e-4, 4e-4, 50).astype(np.float32)
    settings = {"temperature": temperature, "top_p": top_p}
    one = [sample(exact, rng=generator(seed), **settings) for _ in range(5)]  # type: ignore[arg-type]
    other = [sample(noisy, rng=generator(seed), **settings) for _ in range(5)]  # type: ignore[arg-type]
    assert one == other


def drawn_from_all(
    logits: np.ndarray, temperature: float, top_p: float, rng: np.random.Generator
) -> int:
    """Draw with all tokens ranked, as it is said and not as it is done."""
    units = np.rint(logits.astype(np.float64) * 1024)
    order = sorted(range(len(units)), key=lambda token: (-units[token], token))
    mass = np.cumsum(np.exp((units[order] - units[order[0]]) / 1024 / temperature))
    mass = mass[: int(np.argmax(mass >= top_p * mass[-1])) + 1]
    return order[int(np.argmax(mass > rng.random() * mass[-1]))]


@given(st.integers(0, 2**32), st.floats(0.1, 3), st.floats(0.05, 1), st.sampled_from([0.1, 2, 9]))
def test_draws_are_those_from_all_tokens_ranked(
    seed: int, temperature: float, top_p: float, spread: float
) -> None:
    logits = (np.random.default_rng(seed).integers(-9, 9, 60) * spread).astype(np.float32)
    ours, theirs = generator(seed), generator(seed)
    for _ in range(20):
        token = sample(logits, temperature=temperature, top_p=top_p, rng=ours)
        assert token == drawn_from_all(logits, temperature, top_p, theirs)


def test_a_single_possible_token_takes_no_number() -> None:
    rng = generator(1)
    logits = np.array([-np.inf, 2, -np.inf, 0], np.float32)
    assert sample(logits, allowed=np.array([True, True, True, False]), rng=rng) == 1
    assert rng.random() == generator(1).random()


@pytest.mark.parametrize("temperature", [-0.1, float("nan"), float("inf")])
def test_a_temperature_is_0_or_more(temperature: float) -> None:
    with pytest.raises(UserError, match="a temperature of 0 or more"):
        Sampler(temperature)


@pytest.mark.parametrize("top_p", [0.0, -1.0, 1.01, float("nan")])
def test_a_top_p_is_a_share(top_p: float) -> None:
    with pytest.raises(UserError, match="a top-p above 0 and up to 1"):
        sample(LOGITS, top_p=top_p, rng=generator(0))


def test_a_seed_is_not_negative() -> None:
    with pytest.raises(UserError, match="a seed of 0 or more"):
        generator(-1)


@pytest.mark.parametrize("logits", [LOGITS, np.full(4, -np.inf, np.float32)])
def test_nothing_allowed_is_told(logits: np.ndarray) -> None:
    with pytest.raises(UserError, match="a token that may come next"):
        sample(logits, allowed=np.zeros(4, np.bool_), rng=generator(0))


def test_a_sampler_draws_as_its_parts_do() -> None:
    draw = Sampler(0.7, 0.9, 5).of_bar(3)
    rng = generator(5, 3)
    expected = [sample(LOGITS, temperature=0.7, top_p=0.9, rng=rng) for _ in range(20)]
    assert [draw(LOGITS, None) for _ in range(20)] == expected


def test_each_bar_of_a_seed_has_draws_of_its_own() -> None:
    def drawn(seed: int, number: int) -> tuple[int, ...]:
        draw = Sampler(seed=seed).of_bar(number)
        return tuple(draw(LOGITS, None) for _ in range(40))

    assert len({drawn(seed, number) for seed in (1, 2) for number in range(20)}) == 40
    assert drawn(1, 7) == drawn(1, 7)
