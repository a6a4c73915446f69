"""The numpy network over tokens plays what the torch network has learnt, bit-close."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from daw_bridge.encoding.chip_voices import ChipVoices
from daw_bridge.encoding.choir_voices import ChoirVoices
from daw_bridge.encoding.codec import Codec
from daw_bridge.encoding.frames import Frames
from daw_bridge.encoding.keyed_bars import KeyedBars
from daw_bridge.encoding.line import Line
from daw_bridge.encoding.polyphony import Polyphony
from daw_bridge.encoding.styled_line import StyledLine
from daw_bridge.music.form import UNKNOWN
from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter
from daw_bridge.policies.card import Card
from daw_bridge.policies.layout import Layout, layout_of
from daw_bridge.policies.observe_form import labels_of
from daw_bridge.policies.observe_leap import LeapTable
from daw_bridge.policies.observe_tokens import parse
from daw_bridge.policies.token_lookback import TokenLookBackPolicy
from tests.tiny_model import looking_back, shape_of

torch = pytest.importorskip("torch", reason="needs the train extra")
pytestmark = pytest.mark.torch


G_MINOR = Key.parse("G minor")
CODECS = [
    *(Line(), Line(G_MINOR, triplets=True), Polyphony(G_MINOR), Frames()),
    *(ChipVoices(), ChipVoices(G_MINOR), ChipVoices(G_MINOR, drums=True), ChoirVoices(G_MINOR)),
]


def inside(layout: Layout) -> np.ndarray:
    """Mask the tokens whose pitch has room above and below."""
    return (layout.tokens.pitch < 0) | ((layout.tokens.pitch > 40) & (layout.tokens.pitch < 85))


def tokens_of(codec: Codec, seed: int) -> np.ndarray:
    """Draw bars of which some come again, with room above and below for moving them."""
    layout = layout_of(codec)
    inner = inside(layout)
    rng = np.random.default_rng(seed)
    bars: list[list[int]] = []
    for number in range(14):
        if number % 3:
            bars.append(bars[int(rng.integers(len(bars)))])
            continue
        grammar = codec.grammar([Meter(2, 4), Meter(3, 8)][int(rng.integers(2))])
        bars.append([])
        while (mask := grammar.allowed()) is not None:
            bars[-1].append(int(rng.choice(np.flatnonzero(mask & inner))))
            grammar.push(bars[-1][-1])
    return np.concatenate(bars)


@pytest.mark.parametrize(
    ("codec", "leaps"),
    [*((codec, 0) for codec in CODECS), *((codec, 1) for codec in CODECS[:2])],
    ids=lambda each: getattr(each, "name", each),
)
def test_the_player_follows_the_network(codec: Codec, leaps: int) -> None:
    from daw_bridge.training.batches import chunks, whole
    from daw_bridge.training.networks.token_lookback import TokenLookBack
    from daw_bridge.training.networks.token_lookback_examples import example_of_tokens

    torch.manual_seed(3)
    sizes = {"hidden": 24, "layers": 2, "embedding": 12, "looked": 6, "head": 16}
    network = TokenLookBack(codec, **sizes, leaps=leaps).eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    tokens = tokens_of(codec, 5)
    (batch,) = chunks(whole([example_of_tokens("x", tokens, codec, (0, 0))]), len(tokens))
    layout = layout_of(codec)
    home = int(layout.home()[batch["key"][0, 0]])
    with torch.no_grad():
        network.looked.weight[-1] = 0
        nats = iter(network.nats(batch, torch.tensor([[[home], [0], [0]]]))[0].tolist())
    shape = shape_of(layout, **sizes) | {"leaps": leaps}
    weights = {name: tensor.detach().numpy() for name, tensor in network.tensors().items()}
    expected = TokenLookBackPolicy.shapes(vocab_size=codec.vocab_size, **shape)
    assert {name: array.shape for name, array in weights.items()} == expected
    card = Card("x", codec.name, "token-look-back", codec.vocab_size, "", {}, shape)
    policy = TokenLookBackPolicy(card, codec, weights)
    parsed = parse(tokens, layout)
    n = int(parsed.step[-1]) + 1
    opens = (parsed.place == 0) & (layout.tokens.rank[tokens] >= 0) & layout.told
    first = np.unique(parsed.step[opens])
    labels = iter(labels_of(parsed.steps.ids[:n], parsed.begins[:n], first))
    logits, state = policy.step(codec.start_token, policy.initial_state())
    leant, table = 0, LeapTable(layout.tokens)
    for token in tokens.tolist():
        if layout.told and layout.tokens.bar_steps[token]:
            state = policy.told(next(labels), Meter(), state)
        if layout.tokens.rank[token] >= 0:
            leant += bool(state.leap.direction)
            found = -logits[token]
            if leaps and state.leap.direction:  # what is likelier is so at the cost of the rest
                lean = state.opened.leans[0][table.ways(state.leap)]
                found += np.logaddexp.reduce(logits) - np.logaddexp.reduce(logits - lean)
            assert found == pytest.approx(next(nats), abs=1e-4)
        logits, state = policy.step(token, state)
    assert next(nats, None) is None
    assert leaps == 0 or leant > 10


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_a_moved_piece_is_one_that_was_written_higher(codec: Codec) -> None:
    from daw_bridge.training.batches import chunks, whole
    from daw_bridge.training.networks.token_lookback import TokenLookBack
    from daw_bridge.training.networks.token_lookback_examples import example_of_tokens

    torch.manual_seed(3)
    network = TokenLookBack(codec, hidden=8, layers=1, embedding=4, looked=3, head=5).eval()
    tokens = tokens_of(codec, 5)
    higher = layout_of(codec).moved(2)[tokens]
    examples = [example_of_tokens("x", each, codec, (0, 0)) for each in (tokens, higher)]
    ours, theirs = (next(chunks(whole([each]), len(tokens))) for each in examples)
    with torch.no_grad():
        moved, _ = network.nats(ours, torch.tensor([[[2], [0], [0]]]))
        written, _ = network.nats(theirs, torch.tensor([[[0], [0], [0]]]))
        assert torch.allclose(moved, written, atol=1e-5)


@pytest.mark.parametrize("codec", [Line(), Polyphony(), ChipVoices()], ids=lambda codec: codec.name)
def test_every_key_is_heard_as_c(codec: KeyedBars) -> None:
    """What follows in G is what follows in C, a fourth lower, which is the shorter way."""
    policy = looking_back(codec)
    in_c, in_g = (replace(codec, key=Key.parse(name)) for name in ("C", "G"))
    tokens = tokens_of(in_c, 5)
    lower = layout_of(codec).moved(-5)
    assert lower[in_c.conditions(Meter())[1]] == in_g.conditions(Meter())[1]
    one = policy.step(codec.start_token, policy.initial_state())
    two = policy.step(codec.start_token, policy.initial_state())
    inner = np.flatnonzero(inside(layout_of(codec)))
    for token in tokens.tolist():
        one, two = policy.step(token, one[1]), policy.step(int(lower[token]), two[1])
        assert np.allclose(one[0][inner], two[0][lower[inner]], atol=1e-4)


def test_a_state_can_be_gone_back_to() -> None:
    codec = Polyphony()
    policy = looking_back(codec)
    _, state = policy.step(codec.start_token, policy.initial_state())
    for token in tokens_of(codec, 2)[:50].tolist():
        _, state = policy.step(token, state)
    one, _ = policy.step(60, state)
    policy.step(64, state)
    again, _ = policy.step(60, state)
    assert np.array_equal(one, again)


@pytest.mark.parametrize("codec", [StyledLine(), ChoirVoices(), ChipVoices()], ids=lambda c: c.name)
def test_groups_that_are_told_change_what_is_foretold(codec: KeyedBars) -> None:
    policy, seven = looking_back(codec, 0.3), Meter(7, 8)

    def foretold(*told: Meter) -> np.ndarray:
        logits, state = policy.step(codec.start_token, policy.initial_state())
        for meter in told:
            state = policy.told(UNKNOWN, meter, state)
        every = []
        for token in codec.encode(Bar((), seven)).tolist():
            logits, state = policy.step(token, state)
            every.append(logits)
        return np.stack(every)

    usual = foretold()
    assert np.array_equal(foretold(Meter(7, 8, (2, 2, 3))), usual)
    assert np.array_equal(foretold(Meter(5, 8, (2, 3))), usual)
    assert not np.allclose(foretold(Meter(7, 8, (3, 2, 2))), usual)
