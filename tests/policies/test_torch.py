"""The numpy runtime against torch, on the same weights."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from daw_bridge.encoding.codec import Codec
from daw_bridge.encoding.drum_grid import (
    METER,
    OFFSET_LAST,
    TEMPO,
    VELOCITY,
    DrumGrid,
    steps_of,
    word_of,
)
from daw_bridge.encoding.drum_text import BAR, DrumText
from daw_bridge.jam.ask import Ask
from daw_bridge.music.form import Label
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Meter, Ticks
from daw_bridge.policies.bars import PolicyBars
from daw_bridge.policies.card import Card
from daw_bridge.policies.drum_lookback import LookBackPolicy
from daw_bridge.policies.lstm import AT_HAND, LstmPolicy
from daw_bridge.policies.observe_form import labels_of
from daw_bridge.policies.sampling import Sampler, generator, sample

torch = pytest.importorskip("torch", reason="the train extra is not installed")
pytestmark = pytest.mark.torch

CLOSE = {"rtol": 1e-5, "atol": 1e-5}


def bars(n: int, meter: Meter | None = None, seed: int = 0) -> list[Bar]:
    """Give bars that repeat every second one, with flams."""
    rng = np.random.default_rng(seed)
    meter = meter or Meter()
    kinds = []
    for _ in range(2):
        starts = rng.integers(-60, meter.bar_length() - 60, 24)
        pitches = rng.choice([36, 38, 42, 46, 49], 24)
        pairs = zip(starts.tolist(), pitches.tolist(), strict=True)
        kinds.append([Note(Ticks(s), p, Ticks(60), int(rng.integers(1, 128))) for s, p in pairs])
    return [Bar.of(kinds[k % 2], meter) for k in range(n)]


def random_weights(network: torch.nn.Module, seed: int = 0) -> dict[str, np.ndarray]:
    generator_ = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator_) * 0.15)
    network.eval()
    return {name: tensor.detach().numpy() for name, tensor in network.tensors().items()}


def card(codec: Codec, kind: str, shape: dict[str, int]) -> Card:
    return Card("test", codec.name, kind, codec.vocab_size, "", network_shape=shape)


def lstm(codec: Codec, seed: int = 0) -> tuple[torch.nn.Module, LstmPolicy]:
    from daw_bridge.training.networks.lstm import Lstm

    shape = {"hidden": 48, "layers": 3, "embedding": 20}
    network = Lstm(codec, **shape)
    weights = random_weights(network, seed)
    return network, LstmPolicy(card(codec, "lstm", shape), codec, weights)


def drummer(codec: Codec, feel: int = 24) -> tuple[torch.nn.Module, LookBackPolicy]:
    from daw_bridge.training.networks.drum_lookback import LookBack

    shape = {"hidden": 40, "layers": 2, "embedding": 12, "feel": feel}
    network = LookBack(codec, **shape)
    weights = random_weights(network)
    return network, LookBackPolicy(card(codec, "look-back", shape), codec, weights)


@pytest.mark.parametrize("at_hand", [0, AT_HAND])
def test_a_stacked_lstm_plays_as_torch_does(at_hand: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daw_bridge.policies.lstm.AT_HAND", at_hand)
    codec = DrumText()
    network, policy = lstm(codec)
    tokens = np.concatenate([[BAR], *(codec.encode(bar) for bar in bars(6))])
    expected = network(torch.from_numpy(tokens)[:, None])[0][:, 0].detach().numpy()
    state = policy.initial_state()
    for token, row in zip(tokens, expected, strict=True):
        logits, state = policy.step(int(token), state)
        np.testing.assert_allclose(logits, row, **CLOSE)


def batch_of(codec: DrumGrid, take: list[Bar], *, heard: bool) -> dict[str, torch.Tensor]:
    from daw_bridge.corpora.pieces import Piece
    from daw_bridge.training.batches import Segment, chunks
    from daw_bridge.training.networks.drum_lookback_examples import example_of

    about = {"style": codec.style or "", "kind": "fill"}
    piece = Piece.of("t", take, tempo_qpm=codec.tempo_qpm or 120.0, conditions=about)
    example = example_of(piece)
    (batch,) = chunks([Segment(example, 0, len(example))], 10_000)
    known = codec.style is not None
    return {
        **batch,
        "conditions": batch["conditions"] * known,
        "heard": torch.tensor([float(heard)]),
    }


def labels_of_take(take: list[Bar]) -> list[Label]:
    words = np.array([word_of(step) for bar in take for step in steps_of(bar)])
    return labels_of(words, words > 0, np.arange(len(take)) * take[0].meter.steps())


@pytest.mark.parametrize("heard", [True, False])
@pytest.mark.parametrize("meter", [Meter(), Meter(5, 8), Meter(7, 8)])
@pytest.mark.parametrize("codec", [DrumGrid(), DrumGrid("funk", 99.0, fill=True)])
def test_the_drummer_plays_as_torch_does(codec: DrumGrid, meter: Meter, heard: bool) -> None:
    network, policy = drummer(codec)
    take = bars(6, meter)
    batch = batch_of(codec, take, heard=heard)
    with torch.no_grad():
        hidden, _ = network.hidden(batch, None)
        words = iter(network.word_logits(hidden, batch)[:, 0].numpy())
        velocities, offsets = (iter(rows.numpy()) for rows in network.feel_logits(hidden, batch))
    logits, state = policy.step(codec.start_token, policy.initial_state(hears_feel=heard))
    labels = iter(labels_of_take(take))
    for token in np.concatenate([codec.encode(bar) for bar in take]):
        if METER <= token < TEMPO:
            state = policy.told(next(labels), meter, state)
        if token < BAR:
            np.testing.assert_allclose(logits[:BAR], next(words), **CLOSE)
        elif VELOCITY <= token < OFFSET_LAST:
            np.testing.assert_allclose(logits[VELOCITY:OFFSET_LAST], next(velocities), **CLOSE)
        elif OFFSET_LAST <= token < METER:
            np.testing.assert_allclose(logits[OFFSET_LAST:METER], next(offsets), **CLOSE)
        logits, state = policy.step(int(token), state)
    assert [next(rest, None) for rest in (words, velocities, offsets)] == [None] * 3


def test_the_nats_that_are_learnt_are_those_of_the_words() -> None:
    network, _ = drummer(DrumGrid())
    batch = batch_of(DrumGrid(), bars(5), heard=True)
    with torch.no_grad():
        hidden, _ = network.hidden(batch, None)
        nats = network.word_nats(hidden, batch)
        logits = network.word_logits(hidden, batch)
    chosen = logits.gather(-1, batch["target"][..., None])[..., 0]
    np.testing.assert_allclose(nats.numpy(), -chosen.numpy(), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(logits.exp().sum(-1).numpy(), 1, rtol=1e-5)


def test_the_drummer_plays_text_as_torch_does() -> None:
    from daw_bridge.corpora.pieces import Piece
    from daw_bridge.training.batches import Segment, chunks
    from daw_bridge.training.networks.drum_lookback_examples import example_of_words

    codec = DrumText()
    network, policy = drummer(codec, feel=0)
    tokens = np.concatenate([codec.encode(bar) for bar in bars(6)])
    example = example_of_words(Piece.of("t", bars(6)), codec)
    (batch,) = chunks([Segment(example, 0, len(example))], 10_000)
    with torch.no_grad():
        words = iter(network.word_logits(network.hidden(batch, None)[0], batch)[:, 0].numpy())
    logits, state = policy.step(codec.start_token, policy.initial_state())
    for token in tokens:
        if token != BAR:
            np.testing.assert_allclose(logits[:BAR], next(words), **CLOSE)
        logits, state = policy.step(int(token), state)


def played(policy: LookBackPolicy, codec: Codec) -> list[Bar]:
    source = PolicyBars(policy, codec, Sampler(1.0, 0.95, 11))
    return [source.bar(Ask(number)) for number in range(8)]


def test_one_and_two_threads_play_the_same_music() -> None:
    codec = DrumGrid()
    _, policy = drummer(codec)
    out = []
    for threads in (1, 2):
        with threadpool_limits(threads, user_api="blas"):
            out.append(played(policy, codec))
    assert out[0] == out[1]


def test_torchs_logits_draw_the_same_tokens() -> None:
    codec = DrumText()
    network, policy = lstm(codec)
    drawn = []
    for kind in ("numpy", "torch"):
        rng, token, state, tokens = generator(4), BAR, None, []
        if kind == "numpy":
            state = policy.initial_state()
        for _ in range(300):
            if kind == "numpy":
                logits, state = policy.step(token, state)
            else:
                with torch.no_grad():
                    out, state = network(torch.tensor([[token]]), state)
                logits = out[0, 0].numpy()
            token = sample(logits, temperature=1.1, top_p=0.97, rng=rng)
            tokens.append(token)
        drawn.append(tokens)
    assert drawn[0] == drawn[1]
    assert len(set(drawn[0])) > 100
