"""The drummer that looks back: what it observes, and what it is asked for token by token."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daw_bridge.encoding import drum_grid as grid
from daw_bridge.encoding.chip_voices import ChipVoices
from daw_bridge.encoding.codec import Codec, Token, TokenTable
from daw_bridge.encoding.drum_classes import N_WORDS
from daw_bridge.encoding.drum_grid import DrumGrid
from daw_bridge.encoding.drum_text import DrumText
from daw_bridge.errors import UserError
from daw_bridge.music.form import UNKNOWN
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import SIXTEENTH, Meter, Ticks
from daw_bridge.policies import observe_drums as look_back
from daw_bridge.policies.card import Card
from daw_bridge.policies.drum_lookback import LookBackPolicy, LookBackState
from daw_bridge.policies.observe_drums import NOTHING, Steps, observe
from daw_bridge.policies.observe_place import place_rows
from daw_bridge.policies.policy import Policy
from daw_bridge.policies.sampling import Sampler


def piece(n: int, seed: int = 0) -> Steps:
    """Give n steps with few enough words that many of them match."""
    rng = np.random.default_rng(seed)
    words = rng.choice([0, 64, 256, 320, 192], n)
    struck = ((words[:, None] >> np.arange(8, -1, -1)) & 1) == 1
    velocity = (rng.uniform(0.1, 1, (n, 9)) * struck).astype(np.float32)
    offset = (rng.uniform(-1, 1, (n, 9)) * struck).astype(np.float32)
    return Steps(words.astype(np.int64), velocity, offset)


def observed(past: Steps, at: int, n_steps: int = 16) -> list[np.ndarray]:
    place = place_rows(Meter(n_steps, 16), SIXTEENTH)[[at % n_steps]]
    return [rows[0] for rows in observe(past, np.array([at]), place, np.array([n_steps]))]


def head(past: Steps, n: int) -> Steps:
    return Steps(past.words[:n], past.velocity[:n], past.offset[:n])


def test_the_words_seen_are_those_at_the_same_place_of_the_last_bars() -> None:
    past = replace(piece(80), words=np.arange(80))
    words, copies, features, _, _ = observed(past, 70)
    assert words[:5].tolist() == [69, 54, 38, 22, 6]
    assert words[7:11].tolist() == [55, 39, 23, 7]
    assert copies.tolist() == [54, 38, 22, 6] + [NOTHING] * 13
    assert features[:, 0].tolist() == [1] * 4 + [0] * 13


def test_what_the_last_steps_agree_with_matches_best() -> None:
    words = np.tile([256, 64, 192, 64], 16)
    words[32:48] = 511  # two bars back: unlike the rest, but what came before it is not
    none = np.zeros((64, 9), np.float32)
    seen, copies, features, _, _ = observed(Steps(words, none, none), 64)
    assert copies[:4].tolist() == [256, 511, 256, 256]
    run, near, far = features[:4, 1:4].T
    sixteen = np.log1p(16) / np.log1p(32)
    assert run.tolist() == pytest.approx([0, sixteen, sixteen, 0])
    assert near.tolist() == pytest.approx([10 / 9 / 8, 1, 1, 0])  # one, one, two, one of nine
    assert far[1:3].tolist() == pytest.approx([(16 + 20 / 9) / 32, 16 / 32])
    assert seen[5] == 511


def test_nothing_is_seen_before_the_first_step() -> None:
    none = np.zeros((0, 9), np.float32)
    words, copies, features, dense, feel = observed(Steps(np.zeros(0, np.int64), none, none), 0)
    assert set(words) == set(copies) == {NOTHING}
    assert not features.any()
    assert not feel.any()
    assert not dense[look_back.DENSE_FEEL].any()


@given(st.integers(0, 199), st.integers(1, 20), st.integers(0, 9))
@settings(max_examples=60)
def test_what_is_still_to_come_is_not_observed(at: int, n_steps: int, seed: int) -> None:
    past = piece(200, seed)
    for whole, cut in zip(
        observed(past, at, n_steps), observed(head(past, at), at, n_steps), strict=True
    ):
        np.testing.assert_array_equal(whole, cut)


@given(st.integers(100, 699), st.integers(1, 20))
@settings(max_examples=30)
def test_what_lies_beyond_its_reach_is_not_observed(at: int, n_steps: int) -> None:
    past = piece(700)
    first = max(at - max(look_back.reach(n_steps), 64), 0)
    recent = Steps(past.words[first:], past.velocity[first:], past.offset[first:])
    place = place_rows(Meter(n_steps, 16), SIXTEENTH)[[at % n_steps]]
    steps = np.array([n_steps])
    pairs = zip(
        observe(past, np.array([at]), place, steps),
        observe(recent, np.array([at - first]), place, steps),
        strict=True,
    )
    for whole, cut in pairs:
        np.testing.assert_allclose(whole, cut, rtol=1e-6)


def policy(codec: Codec, feel: int = 8, seed: int = 0) -> LookBackPolicy:
    shape = {"hidden": 12, "layers": 2, "embedding": 5, "feel": feel}
    rng = np.random.default_rng(seed)
    shapes = LookBackPolicy.shapes(vocab_size=codec.vocab_size, **shape)
    weights = {name: rng.normal(0, 0.3, size).astype(np.float32) for name, size in shapes.items()}
    card = Card("test", codec.name, "look-back", codec.vocab_size, "", network_shape=shape)
    return LookBackPolicy(card, codec, weights)


@pytest.mark.parametrize("meter", [Meter(), Meter(7, 8), Meter(3, 16)])
@pytest.mark.parametrize("codec", [DrumGrid(), DrumGrid("jazz", 200.0, fill=False)])
def test_logits_are_finite_for_what_the_grammar_allows(codec: DrumGrid, meter: Meter) -> None:
    playing = policy(codec)
    draw = Sampler(1.5, 1.0, 2).of_bar(0)
    logits, state = playing.step(codec.start_token, playing.initial_state())
    for _ in range(3):
        grammar = codec.grammar(meter)
        tokens = []
        while (allowed := grammar.allowed()) is not None:
            assert np.isfinite(logits[allowed]).all()
            token = draw(logits, allowed)
            logits, state = playing.step(token, state)
            grammar.push(token)
            tokens.append(token)
        assert codec.decode(tokens).meter == meter


def test_a_policy_never_asks_for_what_the_grammar_forbids() -> None:
    codec = DrumGrid()
    playing, grammar = policy(codec), codec.grammar(Meter(5, 8))
    logits, state = playing.step(codec.start_token, playing.initial_state())
    bar = Bar.of(
        [Note(Ticks(240 * k), 36 + 2 * (k % 2), Ticks(60), 90) for k in range(5)], Meter(5, 8)
    )
    for token in codec.encode(bar):
        allowed = grammar.allowed()
        assert allowed is not None
        likely = np.isfinite(logits)
        assert likely[token]
        if token < grid.METER:  # of the conditions, the grammar forces one
            assert (likely & ~allowed).sum() <= 64
        logits, state = playing.step(int(token), state)
        grammar.push(int(token))


def test_words_are_a_distribution() -> None:
    codec = DrumText()
    playing = policy(codec, feel=0)
    logits, state = playing.step(codec.start_token, playing.initial_state())
    for word in [256, 0, 64] * 20:
        if np.isfinite(logits[grid.BAR]):
            logits, state = playing.step(grid.BAR, state)
        assert np.exp(logits[:512].astype(np.float64)).sum() == pytest.approx(1, abs=1e-5)
        logits, state = playing.step(word, state)


def test_a_state_is_left_as_it_was() -> None:
    codec = DrumGrid()
    playing = policy(codec)
    tokens = codec.encode(
        Bar.of([Note(Ticks(0), 36, Ticks(60), 90), Note(Ticks(30), 36, Ticks(60), 9)])
    )
    _, state = playing.step(codec.start_token, playing.initial_state())
    states: list[LookBackState] = []
    logits = []
    for token in tokens:
        states.append(state)
        out, state = playing.step(int(token), state)
        logits.append(out)
    for token, before, out in zip(tokens, states, logits, strict=True):
        again, _ = playing.step(int(token), before)
        np.testing.assert_array_equal(again, out)


def test_without_hearing_feel_velocities_do_not_matter() -> None:
    codec = DrumGrid()
    playing = policy(codec)
    out = []
    for velocity in (20, 120):
        notes = [Note(Ticks(120 * k), 36, Ticks(60), velocity) for k in range(16)]
        logits, state = playing.step(codec.start_token, playing.initial_state(hears_feel=False))
        rows = []
        for token in codec.encode(Bar.of(notes)):
            rows.append(logits)
            logits, state = playing.step(int(token), state)
        out.append(np.array(rows))
    np.testing.assert_array_equal(*out)


def heard_by(drummer: Policy, codec: DrumGrid, tokens: Iterable[int]) -> np.ndarray:
    """Return what a drummer foretells of a bar's tokens under the conditions of a codec."""
    logits, state = drummer.step(codec.start_token, drummer.initial_state())
    rows = []
    for token in [*codec.conditions(Meter()), *tokens]:
        logits, state = drummer.step(token, state)
        rows.append(logits)
    return np.array(rows[3:])


def test_a_style_leads_words_as_far_as_is_asked() -> None:
    drummer, told = policy(DrumGrid()), DrumGrid("funk", 90.0)
    bars = [
        Bar.of([Note(Ticks(480 * k), pitch, Ticks(60), 70) for k in range(4)]) for pitch in (36, 38)
    ]
    tokens = [token for bar in bars for token in told.encode(bar).tolist()]
    taken, other = tokens[4:], DrumGrid(tempo_qpm=90.0)
    untold = [
        t if t != told.conditions(Meter())[1] else other.conditions(Meter())[1] for t in taken
    ]
    plain, without = heard_by(drummer, told, taken), heard_by(drummer, other, untold)
    led = heard_by(drummer.guided(2.5), told, taken)
    words = slice(0, N_WORDS)
    is_word = np.isfinite(plain[:, words]).all(1)
    expected = plain[is_word, words] + 1.5 * (plain[is_word, words] - without[is_word, words])
    np.testing.assert_allclose(led[is_word, words], expected, rtol=1e-4, atol=1e-4)
    assert np.abs(led[is_word, words] - plain[is_word, words]).max() > 0.1
    np.testing.assert_array_equal(led[~is_word], plain[~is_word])
    np.testing.assert_array_equal(heard_by(drummer.guided(1), told, taken), plain)


def test_text_that_is_told_no_style_is_not_led() -> None:
    with pytest.raises(UserError, match="told a style"):
        policy(DrumText(), feel=0).guided(2.0)


@pytest.mark.parametrize("token", [0, grid.VELOCITY, grid.OFFSET_LAST, 99_999])
def test_tokens_out_of_place_are_refused(token: int) -> None:
    playing = policy(DrumGrid())
    _, state = playing.step(grid.BAR, playing.initial_state())
    with pytest.raises(ValueError, match="expected"):
        playing.step(token, state)


@pytest.mark.parametrize("codec", [DrumGrid("funk"), DrumText(), DrumText(32, Meter(3, 4))])
def test_it_knows_words_with_feel_and_alone(codec: Codec) -> None:
    assert (0 in LookBackPolicy.laid_down(codec)["feel"]) == (codec.name == "drum-text")


def test_it_knows_no_other_drums() -> None:
    """Tokens of another meaning would be played, and wrong."""

    class OtherDrums(DrumText):
        tokens = TokenTable.of([Token("KICK", strikes=1, drums=256)], 4)

    for codec in (ChipVoices(), OtherDrums()):
        with pytest.raises(UserError, match="drums that a look-back network knows"):
            LookBackPolicy.laid_down(codec)


def test_groups_that_are_told_change_what_is_foretold() -> None:
    codec = DrumGrid()
    drummer, seven = policy(codec), Meter(7, 8)

    def foretold(*told: Meter) -> np.ndarray:
        logits, state = drummer.step(codec.start_token, drummer.initial_state())
        for meter in told:
            state = drummer.told(UNKNOWN, meter, state)
        every = []
        for token in codec.encode(Bar((), seven)).tolist():
            logits, state = drummer.step(token, state)
            every.append(logits)
        return np.stack(every)

    usual = foretold()
    assert np.array_equal(foretold(Meter(7, 8, (2, 2, 3))), usual)
    assert np.array_equal(foretold(Meter(5, 8, (2, 3))), usual)
    assert not np.allclose(foretold(Meter(7, 8, (3, 2, 2))), usual)
