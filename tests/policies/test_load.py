"""Cards and weights: what fits is loaded, what does not is told in one line each."""

from __future__ import annotations

import hashlib
import inspect
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from threadpoolctl import threadpool_info, threadpool_limits

from daw_bridge.config.files import names, shipped_folder
from daw_bridge.encoding.drum_grid import DrumGrid
from daw_bridge.encoding.drum_text import DrumText
from daw_bridge.encoding.tx1 import Tx1
from daw_bridge.errors import UserError
from daw_bridge.music.time import Meter
from daw_bridge.policies.card import parse, read
from daw_bridge.policies.load import (
    LARGEST_WEIGHTS,
    build_vocabulary,
    codec_of,
    load,
    vocabulary_of,
)
from daw_bridge.registry import NETWORKS
from tests.tiny_model import write_tiny_model


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_tiny_model(tmp_path / "tiny")


def edit(model: Path, change: Callable[[str], str]) -> None:
    card = model / "README.md"
    card.write_text(change(card.read_text()))


def with_weights(model: Path, weights: dict[str, np.ndarray]) -> None:
    old = hashlib.sha256((model / "model.safetensors").read_bytes()).hexdigest()
    save_file(weights, model / "model.safetensors")
    new = hashlib.sha256((model / "model.safetensors").read_bytes()).hexdigest()
    edit(model, lambda text: text.replace(old, new))


def test_a_model_loads_and_plays(model: Path) -> None:
    policy = load(model)
    codec = codec_of(policy.card, style="rock")
    assert codec == DrumGrid("rock")
    logits, _ = policy.step(codec.start_token, policy.initial_state())
    assert logits.shape == (codec.vocab_size,)
    assert logits.dtype == np.float32


def test_a_vocabulary_without_bars_is_none_to_jam_with(model: Path) -> None:
    card = read(model)
    card = replace(card, codec="tx1", codec_options={})
    assert vocabulary_of(card) == Tx1()
    with pytest.raises(UserError, match="expected a model that plays bars, found one of tx1"):
        codec_of(card)


@pytest.mark.parametrize("name", names("models"))
def test_every_shipped_model_loads(name: str) -> None:
    folder = shipped_folder() / "models" / name
    policy = load(folder)
    assert policy.card.name == name
    assert all(source["licence"] for source in policy.card.facts["data"])
    made = "tune" if "tuned_from" in policy.card.facts else "train"
    assert policy.card.facts["command"].startswith(f"daw-bridge {made} ")


def test_blas_keeps_to_one_thread_while_playing(model: Path) -> None:
    with threadpool_limits(2, user_api="blas"):
        load(model)
        assert {
            each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"
        } == {1}


def test_other_weights_than_the_cards_are_refused(model: Path) -> None:
    with (model / "model.safetensors").open("ab") as file:
        file.write(b"x")
    with pytest.raises(UserError, match="expected the weights of the card"):
        load(model)


def test_weights_of_a_type_that_numpy_lacks_are_one_line(model: Path) -> None:
    raw = b'{"x":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}'
    old = hashlib.sha256((model / "model.safetensors").read_bytes()).hexdigest()
    weights = len(raw).to_bytes(8, "little") + raw + b"\0\0"
    (model / "model.safetensors").write_bytes(weights)
    edit(model, lambda text: text.replace(old, hashlib.sha256(weights).hexdigest()))
    with pytest.raises(UserError, match=r"expected weights in float32, found .*BF16"):
        load(model)


def test_every_wrong_shape_is_told_at_once(model: Path) -> None:
    weights = load_file(model / "model.safetensors")
    weights["embedding"] = weights["embedding"][:, :2].copy()
    del weights["output.bias"]
    weights["extra"] = np.zeros(3, np.float32)
    with_weights(model, weights)
    with pytest.raises(UserError) as raised:
        load(model)
    lines = str(raised.value).splitlines()
    assert [line.split(": ", 1)[1] for line in lines] == [
        "expected embedding (710, 4), found (710, 2): get the model again",
        "expected extra not at all, found (3,): get the model again",
        "expected output.bias (710,), found none: get the model again",
    ]


def test_weights_of_another_precision_are_refused(model: Path) -> None:
    weights = load_file(model / "model.safetensors")
    with_weights(model, {name: array.astype(np.float16) for name, array in weights.items()})
    with pytest.raises(UserError, match="float16"):
        load(model)


def test_what_is_no_safetensors_is_refused(model: Path) -> None:
    import hashlib

    old = hashlib.sha256((model / "model.safetensors").read_bytes()).hexdigest()
    (model / "model.safetensors").write_bytes(b"no weights")
    edit(model, lambda text: text.replace(old, hashlib.sha256(b"no weights").hexdigest()))
    with pytest.raises(UserError, match="weights in safetensors"):
        load(model)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("vocab_size: 710", "vocab_size: 711", "expected a vocabulary of 710"),
        ("drum-grid", "drum-grit", "did you mean 'drum-grid'"),
        ("kind: lstm", "kind: gru", "expected a kind of network, found 'gru'"),
        (
            "hidden: 8",
            "hiden: 8",
            r"README.md:5: network.hiden: unknown key; did you mean 'hidden'",
        ),
        ("hidden: 8", "hidden: abc", 'network.hidden: expected a whole number .*, found "abc"$'),
        ("hidden: 8", "hidden: ", "network.hidden: expected a whole number .*, found nothing$"),
        ("hidden: 8", "hidden: 8.0", "network.hidden: expected a whole number .*, found 8.0$"),
        ("hidden: 8", "hidden: true", "network.hidden: expected a whole number .*, found true$"),
        ("hidden: 8", "hidden: 90000", "expected a whole number from 1 to 8192, found 90000$"),
        ("layers: 1", "layers: 100000000", "expected a whole number from 1 to 16, found 1"),
        ("layers: 1", "layers: 1, depth: 3", "network.depth: unknown key; choose one of embedding"),
        ("layers: 1, ", "", "README.md:5: network.layers: expected this key, found none"),
        ("kind: lstm", "kind: lstm, kind: lstm", "README.md:5: kind: expected each key once"),
        ("voices: [drums]", "voices: 5", "README.md:7: voices: expected a list of names.*found 5$"),
        ("voices: [drums]", "voices: [1]", "voices: expected a list of names"),
        ("voices: [drums]", "voices: [a, a]", "voices: expected each voice once"),
        ("voices: [drums]", "voices: [a, b]", "voices: expected 1, as codec drum-grid .*, found 2"),
        ("name: drum-grid", "name: drum-grid, style: 5", "codec.style: expected text, found 5$"),
        ("name: drum-grid", "name: drum-grid, fill: yep", "codec.fill: expected true or false"),
        ("name: drum-grid", "name: drum-grid, tempo_qpm: -1", "codec.tempo_qpm: expected a tempo"),
        ("name: drum-grid", "name: drum-grid, stile: funk", "did you mean 'style'"),
        ("name: drum-grid", "name: drum-grid, style: fank", "did you mean 'funk'"),
    ],
)
def test_a_card_that_does_not_fit_says_what_to_do(
    model: Path, old: str, new: str, told: str
) -> None:
    edit(model, lambda text: text.replace(old, new, 1))
    with pytest.raises(UserError, match=told):
        load(model)


def test_all_that_a_card_says_wrong_is_told_at_once(model: Path) -> None:
    edit(model, lambda text: text.replace("drum-grid", "drum-grid, style: fank"))
    edit(model, lambda text: text.replace("hidden: 8", "hidden: 0, depth: 3"))
    with pytest.raises(UserError) as raised:
        load(model)
    told = [line.split(": ")[1] for line in str(raised.value).splitlines()]
    assert told == ["codec.style", "network.hidden", "network.depth"]


def test_a_network_over_drums_plays_no_other_codec(model: Path) -> None:
    shape = "{kind: look-back, hidden: 8, layers: 1, embedding: 4, feel: 0}"
    edit(
        model, lambda text: text.replace("{kind: lstm, hidden: 8, layers: 1, embedding: 4}", shape)
    )
    edit(model, lambda text: text.replace("drum-grid", "polyphony"))
    with pytest.raises(UserError, match="expected a codec of drums"):
        load(model)


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_weights_that_are_no_numbers_are_refused(model: Path, number: float) -> None:
    weights = load_file(model / "model.safetensors")
    weights["output.bias"][3] = number
    with_weights(model, weights)
    with pytest.raises(UserError, match=r"expected finite numbers in output.bias"):
        load(model)


def test_a_folder_without_a_card_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"expected a model: a folder with README.md"):
        load(tmp_path)


def test_weights_that_are_missing_are_told(model: Path) -> None:
    (model / "model.safetensors").unlink()
    with pytest.raises(UserError, match="expected weights"):
        load(model)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# no card",
        "---\nname: x\n",
        "---\n- a\n---\n",
        "---\na: [\n---\n",
        "---\na: !x 1\n---\n",
    ],
)
def test_text_that_is_no_card_is_told(text: str) -> None:
    with pytest.raises(UserError, match=r"^README.md:\d+: (expected|this is not YAML)") as raised:
        parse(text, Path("README.md"))
    assert "\n" not in str(raised.value)


def test_all_that_a_card_lacks_is_told_at_once() -> None:
    card = "---\nname: 3\ncodec: {name: 4}\nnetwork: lstm\nvocab_size: true\n---\n"
    with pytest.raises(UserError) as raised:
        parse(card, Path("README.md"))
    assert str(raised.value).splitlines() == [
        "README.md:1: sha256: expected this key, found none: add it",
        "README.md:2: name: expected text, found 3",
        "README.md:3: codec.name: expected text, found 4",
        'README.md:4: network: expected keys and values, found "lstm"',
        "README.md:5: vocab_size: expected a whole number, found true",
    ]


def test_a_codec_takes_its_meter_as_text() -> None:
    assert build_vocabulary("drum-text", {"meter": "7/8"}) == DrumText(meter=Meter(7, 8))
    with pytest.raises(UserError, match="a meter such as 4/4"):
        build_vocabulary("drum-text", {"meter": "seven"})


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_network_says_the_bounds_of_all_its_sizes(kind: str) -> None:
    parameters = set(inspect.signature(NETWORKS[kind].shapes).parameters)
    assert set(NETWORKS[kind].sizes) == parameters - {"vocab_size"}


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no endless device")
def test_weights_without_an_end_are_refused_and_not_waited_for(model: Path) -> None:
    weights = model / "model.safetensors"
    weights.unlink()
    weights.symlink_to("/dev/zero")
    with pytest.raises(UserError, match="no regular file"):
        load(model)
    weights.unlink()
    os.mkfifo(weights)
    with pytest.raises(UserError, match="no regular file"):
        load(model)


def test_weights_larger_than_the_bound_are_not_read(model: Path) -> None:
    with (model / "model.safetensors").open("ab") as file:
        file.truncate(LARGEST_WEIGHTS + 1)
    with pytest.raises(UserError, match="expected weights of at most 2 GB"):
        load(model)
