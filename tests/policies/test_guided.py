"""What leads a policy by what it is told."""

from __future__ import annotations

import numpy as np
import pytest

from daw_bridge.encoding.chip_voices import ChipVoices
from daw_bridge.encoding.codec import Codec
from daw_bridge.encoding.line import Line
from daw_bridge.encoding.styled_line import StyledLine
from daw_bridge.errors import UserError
from daw_bridge.music.form import Label
from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Meter, Ticks
from daw_bridge.policies.guided import Lead
from daw_bridge.policies.policy import Policy
from tests.tiny_model import looking_back, policy_of

A_MINOR, G = Key(9, "minor"), Key(7, "major")


def test_without_being_told_only_the_key_is_left() -> None:
    with_drums = ChipVoices(key=A_MINOR, drums=True)
    in_a_minor = ChipVoices(key=A_MINOR).conditions(Meter())
    free = Lead.of(with_drums.tokens, 2.0, "chip").untold
    assert tuple(free[token] for token in with_drums.conditions(Meter())) == in_a_minor
    others = [token for token in range(with_drums.vocab_size) if with_drums.tokens.key[token] < 0]
    assert [free[token] for token in others] == others


def test_logits_go_away_from_those_of_the_untold() -> None:
    lead = Lead.of(StyledLine().tokens, 3.0, "lead")
    told, untold = np.array([4, 1], np.float32), np.array([1, 1], np.float32)
    assert lead([told, untold]).tolist() == [4 + 2 * 3, 1]


@pytest.mark.parametrize("make", [policy_of, looking_back])
@pytest.mark.parametrize(
    ("told", "untold"),
    [
        (ChipVoices(key=G, drums=True), ChipVoices(key=G)),
        (StyledLine(key=A_MINOR, style="riff"), StyledLine(key=A_MINOR)),
    ],
    ids=lambda codec: codec.name,
)
def test_it_is_heard_told_and_untold_as_two_policies_would(
    make: type[Policy], told: Codec, untold: Codec
) -> None:
    policy = make(told)
    guided = policy.guided(3.0)
    bar = Bar.of([Note(Ticks(480 * i), 60 + 7 * i % 5, Ticks(240), 80) for i in range(3)])
    states = [policy.initial_state()] * 2
    both = guided.initial_state()
    tokens = [codec.encode(bar).tolist() for codec in (told, untold)]
    assert tokens[0] != tokens[1]
    heard = [(told.start_token,) * 2, *zip(*tokens, strict=True), *zip(*tokens, strict=True)]
    for number, pair in enumerate(heard):
        if number in (1, 1 + len(tokens[0])):
            label = Label(back=number > 1)
            states = [policy.told(label, Meter(), state) for state in states]
            both = guided.told(label, Meter(), both)
        steps = [policy.step(token, state) for token, state in zip(pair, states, strict=True)]
        (led, _), (free, _) = steps
        states = [state for _, state in steps]
        logits, both = guided.step(pair[0], both)
        np.testing.assert_array_equal(logits, led + np.float32(2) * (led - free))


def test_a_guidance_of_one_is_the_policy_itself() -> None:
    policy = policy_of(StyledLine())
    guided = policy.guided(1.0)
    state, states = policy.initial_state(), guided.initial_state()
    for token in (StyledLine.start_token, *StyledLine(style="hymn").encode(Bar())):
        logits, state = policy.step(int(token), state)
        led, states = guided.step(int(token), states)
        assert led.tolist() == logits.tolist()


def test_a_model_that_is_told_nothing_but_a_key_is_refused() -> None:
    with pytest.raises(UserError, match="told a style, or of drums"):
        policy_of(Line()).guided(2.0)
