"""A policy that is led by what it is told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from daw_bridge.encoding.chip_voices import ChipVoices
from daw_bridge.encoding.line import Line
from daw_bridge.encoding.styled_line import StyledLine
from daw_bridge.errors import UserError
from daw_bridge.music.form import UNKNOWN, Label
from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter
from daw_bridge.policies.card import Card
from daw_bridge.policies.guided import Guided, untold
from daw_bridge.policies.policy import Logits
from tests.tiny_model import policy_of


@dataclass(frozen=True, slots=True)
class Echo:
    """A policy that says again what it heard, in its state and in its first logit."""

    card: Card
    foretells_feel = False

    def initial_state(self) -> tuple[object, ...]:
        return ()

    def step(self, token: int, state: tuple[object, ...]) -> tuple[Logits, tuple[object, ...]]:
        return np.array([token, 1], np.float32), (*state, token)

    def told(self, label: Label, meter: Meter, state: tuple[object, ...]) -> tuple[object, ...]:
        return (*state, label, meter)


def test_without_being_told_only_the_key_is_left() -> None:
    with_drums = ChipVoices(key=Key(9, "minor"), drums=True)
    in_a_minor = ChipVoices(key=Key(9, "minor")).conditions(Meter())
    free = untold(with_drums.tokens)
    assert tuple(free[token] for token in with_drums.conditions(Meter())) == in_a_minor
    others = [token for token in range(with_drums.vocab_size) if with_drums.tokens.key[token] < 0]
    assert [free[token] for token in others] == others


def test_logits_go_away_from_those_of_the_untold_and_states_go_on_side_by_side() -> None:
    codec = StyledLine(style="riff")
    _, riff = codec.conditions(Meter())
    _, any_style = StyledLine().conditions(Meter())
    policy = Guided(Echo(policy_of(codec).card), codec.tokens, 3.0)
    state = policy.told(UNKNOWN, Meter(3, 4), policy.initial_state())
    logits, state = policy.step(riff, state)
    assert logits.tolist() == [riff + 2 * (riff - any_style), 1]
    assert state == ((UNKNOWN, Meter(3, 4), riff), (UNKNOWN, Meter(3, 4), any_style))


def test_a_guidance_of_one_is_the_policy_itself() -> None:
    policy = policy_of(StyledLine())
    guided = Guided(policy, StyledLine().tokens, 1.0)
    state, states = policy.initial_state(), guided.initial_state()
    for token in (StyledLine.start_token, *StyledLine(style="hymn").encode(Bar())):
        logits, state = policy.step(int(token), state)
        led, states = guided.step(int(token), states)
        assert led.tolist() == logits.tolist()


def test_a_model_that_is_told_nothing_but_a_key_is_refused() -> None:
    with pytest.raises(UserError, match="told a style, or of drums"):
        Guided(policy_of(Line()), Line().tokens, 2.0)
