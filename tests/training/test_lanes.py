"""Many lanes play as one policy does: the same chances of every token, and the same pieces."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from daw_bridge.config.files import shipped_folder
from daw_bridge.encoding.chip_voices import ChipVoices
from daw_bridge.encoding.choir_voices import ChoirVoices
from daw_bridge.encoding.codec import Codec
from daw_bridge.encoding.drum_grid import DrumGrid
from daw_bridge.encoding.drum_text import DrumText
from daw_bridge.encoding.fills import FillsAt
from daw_bridge.encoding.frames import Frames
from daw_bridge.encoding.limits import Limits, Within
from daw_bridge.encoding.line import Line
from daw_bridge.encoding.on_the_one import OnTheOne
from daw_bridge.encoding.polyphony import Polyphony
from daw_bridge.encoding.styled_line import StyledLine
from daw_bridge.jam.ask import Ask
from daw_bridge.music.form import FARTHEST, Kind, Label
from daw_bridge.music.keys import Key
from daw_bridge.music.time import Meter
from daw_bridge.policies import bars as drawing
from daw_bridge.policies.bars import PolicyBars
from daw_bridge.policies.card import Card
from daw_bridge.policies.load import codec_of, load, weights_of
from daw_bridge.policies.sampling import Sampler, generator, sample
from daw_bridge.registry import LANES, NETWORKS

torch = pytest.importorskip("torch", reason="needs the train extra")
pytestmark = pytest.mark.torch


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Small products are not worth a second thread, which waits for the first most of the time."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


G_MINOR = Key.parse("G minor")
SMALL = {"hidden": 12, "layers": 2, "embedding": 6}
KINDS: dict[str, dict[str, int]] = {
    "lstm": SMALL,
    "look-back": SMALL | {"feel": 8, "styles": 19, "tempos": 17},
    "token-look-back": SMALL | {"looked": 4, "head": 10},
}
TOLD_OF_LEAPS = "token-look-back, told of leaps"
CASES: list[tuple[str, Codec]] = [
    *(("token-look-back", Line(key)) for key in (None, G_MINOR)),
    ("token-look-back", StyledLine(G_MINOR, triplets=True)),
    (TOLD_OF_LEAPS, StyledLine(G_MINOR, triplets=True)),
    ("token-look-back", ChipVoices(G_MINOR, drums=True)),
    ("token-look-back", ChoirVoices(G_MINOR)),
    ("token-look-back", Polyphony(G_MINOR)),
    ("token-look-back", Frames()),
    ("look-back", DrumGrid(style="funk")),
    ("look-back", DrumText()),
    ("lstm", Line()),
]


def made(kind: str, codec: Codec) -> tuple[Any, dict[str, int], dict[str, np.ndarray]]:
    """Make a policy with weights drawn at random; return its sizes and weights as well."""
    kind, *told_of_leaps = kind.split(",")
    network = NETWORKS[kind]
    laid_down = {name: values[0] for name, values in network.laid_down(codec).items()}
    shape = KINDS[kind] | {name: n for name, n in laid_down.items() if name != "feel" or n == 0}
    if told_of_leaps:
        shape["leaps"] = 1
    if kind == "look-back" and codec.meter is not None:
        shape["feel"] = 0
    rng = np.random.default_rng(1)
    weights = {
        name: rng.normal(scale=0.3, size=size).astype(np.float32)
        for name, size in network.shapes(vocab_size=codec.vocab_size, **shape).items()
    }
    card = Card("x", codec.name, kind, codec.vocab_size, "", {}, shape)
    return network(card, codec, weights), shape, weights


def chances(logits: np.ndarray) -> np.ndarray:
    exact = np.exp(logits.astype(np.float64) - logits.max())
    return exact / exact.sum()


def told(rng: np.random.Generator, bar: int) -> Label:
    """Draw what a bar is told to be."""
    back = int(rng.integers(0, min(bar, FARTHEST) + 1))
    return Label(Kind.VARIED, back, bar % 8) if back else Label(Kind.NEW, 0, bar % 8)


def one_lane(codec: Codec, seed: int, n_bars: int) -> Iterator[tuple[str, Any]]:
    """Draw what happens in a lane: pieces of which some bars come again, in several meters."""
    rng = np.random.default_rng(seed)
    meters = [codec.meter] if codec.meter else [Meter(2, 4), Meter(7, 8), Meter(5, 4)]
    before: list[int] = []
    while True:
        yield "token", codec.start_token
        for bar in range(n_bars):
            meter = meters[int(rng.integers(len(meters)))]
            yield "told", (told(rng, bar), meter)
            again = bool(before) and rng.random() < 0.5
            tokens, grammar = list[int](), codec.grammar(meter)
            while (mask := grammar.allowed()) is not None:
                place = len(tokens)
                same = again and place < len(before) and mask[before[place]]
                token = before[place] if same else int(rng.choice(np.flatnonzero(mask)))
                tokens.append(token)
                grammar.push(token)
                yield "token", token
            before = tokens
        yield "begin", None


@pytest.mark.parametrize(("kind", "codec"), CASES, ids=lambda each: getattr(each, "name", each))
def test_every_chance_is_that_of_the_policy(kind: str, codec: Codec) -> None:
    """Four lanes, of which now and then one waits, so that they are never at the same place."""
    policy, shape, weights = made(kind, codec)
    lanes = LANES[policy.card.network](codec, shape, weights, 4)
    scripts = [one_lane(codec, seed, 3 + 9 * seed) for seed in range(4)]
    states = [policy.initial_state() for _ in scripts]
    rng = np.random.default_rng(0)
    for _ in range(400):
        here = np.flatnonzero(rng.random(4) < 0.9)
        tokens, expected = [], []
        for lane in here.tolist():
            what, value = next(scripts[lane])
            while what != "token":
                if what == "told":
                    states[lane] = policy.told(*value, states[lane])
                    lanes.told(lane, *value)
                else:
                    states[lane] = policy.initial_state()
                    lanes.begin(np.array([lane]))
                what, value = next(scripts[lane])
            logits, states[lane] = policy.step(value, states[lane])
            tokens.append(value)
            expected.append(logits)
        found = lanes.step(np.array(tokens, np.int64), here)
        for ours, theirs in zip(found, expected, strict=True):
            assert np.abs(chances(ours) - chances(theirs)).max() < 1e-6


@pytest.mark.parametrize("name", ["lead", "groove-drums"])
def test_pieces_are_those_of_a_jam(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under constraints, after what was heard; more of them than there are lanes."""
    from daw_bridge.training.lanes.sampler import Plan, pieces

    monkeypatch.setattr(drawing, "ATTEMPTS", 1)  # the guard is a jam's alone
    folder: Path = shipped_folder() / "models" / name
    policy = load(folder)
    card = policy.card
    codec = codec_of(card, **({"style": "jazz"} if name == "groove-drums" else {"key": Key(2)}))
    meter = Meter(3, 4)
    limits = FillsAt(lambda _: True)
    if name == "lead":
        limits = Within(codec, Limits(scale=Key.parse("D major"), low=55, high=80))
    heard = [PolicyBars(policy, codec, Sampler(seed=9)).bar(Ask(0, meter=meter))]
    constraints = [limits, OnTheOne(codec)]
    form = {seed: [told(np.random.default_rng(seed), bar) for bar in range(3)] for seed in range(5)}
    plan = Plan(3, meter, 0.9, 0.95, heard, constraints, lambda seed: form[seed].__getitem__)
    lanes = LANES[card.network](codec, card.network_shape, weights_of(folder, card), 2)
    found = sorted(pieces(lanes, codec, range(5), plan), key=lambda each: each.seed)
    assert [each.seed for each in found] == [0, 1, 2, 3, 4]
    for each in found:
        bars = PolicyBars(
            policy,
            codec,
            Sampler(0.9, 0.95, each.seed),
            heard=heard,
            constraints=constraints,
            form=form[each.seed].__getitem__,
        )
        assert each.bars == tuple(bars.bar(Ask(n, meter=meter)) for n in range(3))
        assert each.tokens.tolist() == [t for bar in each.bars for t in codec.encode(bar)] or (
            name == "groove-drums"  # a fill that is forced is one that the codec would not write
        )


@pytest.mark.parametrize(("temperature", "top_p"), [(1, 1), (0.7, 0.9), (2, 0.3), (0, 1)])
def test_draws_are_those_of_one_lane(temperature: float, top_p: float) -> None:
    from daw_bridge.training.lanes.sampler import draw

    rng = np.random.default_rng(3)
    logits = rng.normal(scale=3, size=(200, 30)).astype(np.float32)
    logits[rng.random(logits.shape) < 0.2] = -np.inf
    logits[50:100] = np.round(logits[50:100])  # ties
    allowed = rng.random(logits.shape) < 0.5
    allowed[:, 0], logits[:, 0] = True, -3
    allowed[:20, 1:] = False
    settings: dict[str, Any] = {"temperature": temperature, "top_p": top_p}
    rngs = [generator(seed) for seed in range(200)]
    found = draw(logits, allowed, rngs, **settings)
    alone = [
        sample(row, allowed=mask, rng=generator(seed), **settings)
        for seed, (row, mask) in enumerate(zip(logits, allowed, strict=True))
    ]
    assert found.tolist() == alone
    # and chance was taken as often
    after = [generator(seed) for seed in range(200)]
    for rng_, row, mask in zip(after, logits, allowed, strict=True):
        sample(row, allowed=mask, rng=rng_, **settings)
    assert [each.random() for each in rngs] == [each.random() for each in after]


def test_nothing_that_may_come_next_is_an_error() -> None:
    from daw_bridge.errors import UserError
    from daw_bridge.training.lanes.sampler import draw

    logits = np.zeros((1, 3), np.float32)
    with pytest.raises(UserError, match="a token that may come next"):
        draw(logits, np.zeros((1, 3), np.bool_), [generator(0)], temperature=1, top_p=1)


def test_networks_and_lanes_have_the_same_names() -> None:
    assert set(LANES) == set(NETWORKS)
