"""What is observed before a token depends on what came before it alone, and points at repeats."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daw_bridge.encoding import frames, line, polyphony, tx1
from daw_bridge.encoding.chip_voices import ChipVoices
from daw_bridge.encoding.codec import Codec
from daw_bridge.encoding.frames import Frames
from daw_bridge.encoding.line import Line
from daw_bridge.encoding.polyphony import Polyphony
from daw_bridge.encoding.tx1 import Tx1
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Meter, Ticks
from daw_bridge.policies.layout import layout_of
from daw_bridge.policies.observe_tokens import look, observe, parse

CODECS = [Line(), Polyphony(), ChipVoices(), Frames()]


def melody(*pitches: int, meter: Meter | None = None) -> Bar:
    notes = [Note(Ticks(480 * i), p, Ticks(480), 90) for i, p in enumerate(pitches)]
    return Bar.of(notes, meter or Meter(len(pitches), 4))


def random_tokens(codec: Codec, seed: int, n_bars: int = 12) -> np.ndarray:
    rng = np.random.default_rng(seed)
    out: list[int] = []
    for _ in range(n_bars):
        grammar = codec.grammar([Meter(4, 4), Meter(3, 4)][int(rng.integers(2))])
        while (mask := grammar.allowed()) is not None:
            out.append(int(rng.choice(np.flatnonzero(mask))))
            grammar.push(out[-1])
    return np.array(out)


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_nothing_of_the_future_is_seen(codec: Codec) -> None:
    """Where nothing is told: what a bar will be is of the future."""
    layout = replace(layout_of(codec), told=False)
    tokens, others = random_tokens(codec, 1), random_tokens(codec, 2)
    at = len(tokens) // 2
    changed = np.concatenate([tokens[:at], others[at:]])
    ours, theirs = observe(tokens, layout), observe(changed, layout)
    on_steps = int((layout.tokens.rank[tokens[:at]] >= 0).sum())
    step = ours.step[on_steps - 1]
    for name in ("seen", "features", "place", "key"):
        assert np.array_equal(getattr(ours, name)[: step + 1], getattr(theirs, name)[: step + 1])
    for name in ("step", "target", "last", "played", "copies", "alike"):
        assert np.array_equal(getattr(ours, name)[:on_steps], getattr(theirs, name)[:on_steps])


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_whatever_a_grammar_lets_pass_rises_within_its_step(codec: Codec) -> None:
    """A network gives no chance to a token that does not: learning one would cost without end."""
    layout = layout_of(codec)
    for seed in range(5):
        tokens = random_tokens(codec, seed)
        on = layout.tokens.rank[tokens] >= 0
        rises = layout.tokens.rank[tokens] > parse(tokens, layout).rank
        assert rises[on].all()


def test_a_repeated_bar_is_offered_for_copying() -> None:
    codec = Line(steps_per_quarter=1)
    bar = codec.encode(melody(60, 64, 67, 64))
    seen = observe(np.concatenate([bar, bar, bar]), layout_of(codec))
    assert seen.target.tolist() == [60, 64, 67, 64] * 3
    assert seen.copies[8:, 0].tolist() == [60, 64, 67, 64]
    assert (seen.alike[8:, 0] == 1).all()
    assert (seen.features[8:, 0, 1] > 0).all()


def test_the_next_note_of_a_chord_is_the_one_below_what_was_played() -> None:
    codec = Polyphony(steps_per_quarter=1)
    chord = Bar.of([Note(Ticks(0), p, Ticks(480), 90) for p in (60, 64, 67)], Meter(1, 4))
    bar = codec.encode(chord)
    seen = observe(np.concatenate([bar, bar]), layout_of(codec))
    assert seen.copies[-4:, 0].tolist() == [67, 64, 60, polyphony.STEP_END]


def test_what_followed_the_same_notes_is_found_wherever_it_was() -> None:
    codec = Line(steps_per_quarter=1)
    tune = [60, 64, 67, 65, 62, 71]
    first = melody(*tune, 55, 56, 57, 58, 59, 50)
    second = melody(72, *tune[:5], meter=Meter(6, 4))
    tokens = np.concatenate([codec.encode(first), codec.encode(second)])
    after_five = observe(np.append(tokens, codec.encode(melody(71))), layout_of(codec))
    assert after_five.copies[18, -2] == 71
    assert after_five.features[18, -2, 0] == 1


@given(st.lists(st.integers(0, 2), min_size=1, max_size=90))
def test_what_is_found_for_one_step_is_what_is_found_for_all(ids: list[int]) -> None:
    layout = layout_of(Polyphony())
    past, n = np.array(ids), len(ids)
    every = look(past, np.arange(n), np.full(n, 16), layout)
    for at in range(n):
        one = look(past[: max(at, 1)], np.array([at]), np.array([16]), layout)
        assert np.array_equal(one.source[0], every.source[at])
        assert np.array_equal(one.features[0], every.features[at])


def test_steps_are_placed_in_their_bars() -> None:
    codec = Line(steps_per_quarter=1)
    tokens = np.concatenate([codec.encode(melody(60, 62, 64)), codec.encode(melody(65, 67))])
    parsed = parse(tokens, layout_of(codec))
    notes = tokens < line.N_PITCHES
    assert parsed.place[notes].tolist() == [0, 1, 2, 0, 1]
    assert parsed.n_steps[notes].tolist() == [3, 3, 3, 2, 2]


def test_a_phrase_comes_again_though_its_waits_are_others() -> None:
    layout = layout_of(Tx1())
    notes = [tx1.on_token(0, pitch) for pitch in (60, 62, 64, 60, 62, 64)]
    waits = [0, 1, 2, 3, 4, 5]
    tokens = np.array([each for pair in zip(notes, waits, strict=True) for each in pair])
    observed = observe(tokens, layout)
    after_two = observed.copies[:, layout.matches.index(2)]
    assert after_two[8:].tolist() == [notes[1], 1, notes[2], 2]


def test_frames_have_no_bars() -> None:
    parsed = parse(
        np.array([40, 20, frames.END_OF_FRAME, frames.END_OF_FRAME]), layout_of(Frames())
    )
    assert parsed.step.tolist() == [0, 0, 0, 1]
    assert parsed.rank.tolist() == [-1, 47, 67, -1]
    assert parsed.last.tolist() == [89, 40, 20, 89]
