"""From a model's folder to a policy that plays, checked against its card."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from threadpoolctl import threadpool_limits

from daw_bridge.encoding.chip_voices import ChipVoices
from daw_bridge.encoding.codec import Codec
from daw_bridge.encoding.drum_grid import DrumGrid
from daw_bridge.encoding.drum_text import DrumText
from daw_bridge.encoding.frames import Frames
from daw_bridge.encoding.line import Line
from daw_bridge.encoding.polyphony import Polyphony
from daw_bridge.errors import UserError, UserErrors, near
from daw_bridge.music.keys import Key
from daw_bridge.music.time import Meter
from daw_bridge.policies.card import WEIGHTS_NAME, Card
from daw_bridge.policies.card import read as read_card
from daw_bridge.policies.look_back import LookBackPolicy
from daw_bridge.policies.lstm import LstmPolicy
from daw_bridge.policies.policy import Policy
from daw_bridge.policies.token_look_back import TokenLookBackPolicy

Weights = Mapping[str, NDArray[np.float32]]
Shapes = Mapping[str, tuple[int, ...]]

CODECS: Mapping[str, Callable[..., Codec]] = {
    "chip-voices": ChipVoices,
    "drum-grid": DrumGrid,
    "drum-text": DrumText,
    "frames": Frames,
    "line": Line,
    "polyphony": Polyphony,
}
"""Every encoding that a card may name."""


NETWORKS: Mapping[str, Any] = {
    "lstm": LstmPolicy,
    "look-back": LookBackPolicy,
    "token-look-back": TokenLookBackPolicy,
}
"""Every kind of network that a card may name; each says its `shapes`, and is built of card, codec
and weights."""


def load(folder: Path) -> Policy:
    """Load a model: read its card, check its weights, build its policy.

    From then on BLAS keeps to one thread in this process: a step is far too small to be shared,
    and threads that wait for each other are late.

    Raises:
        UserError: the card or the weights cannot be read; the hash, the shapes or the vocabulary
            do not fit.
    """
    card = read_card(folder)
    codec = codec_of(card)
    if codec.vocab_size != card.vocab_size:
        raise UserError(
            f"a vocabulary of {codec.vocab_size}, as codec {card.codec} has it",
            f"{card.vocab_size} in the card of {card.name}",
            "train the model again with this version",
        )
    network = _known(NETWORKS, card.network, "a kind of network")
    weights = _weights(folder / WEIGHTS_NAME, card)
    try:
        expected = network.shapes(vocab_size=card.vocab_size, **card.network_shape)
    except TypeError as error:
        raise UserError(
            f"the shape of a {card.network} network", str(error), "mend the card"
        ) from error
    errors = _mismatches(expected, weights, folder / WEIGHTS_NAME)
    if errors:
        raise UserErrors(errors)
    threadpool_limits(1, user_api="blas")
    policy: Policy = network(card, codec, weights)
    return policy


def codec_of(card: Card, **conditions: Any) -> Codec:
    """Build the codec of a card; `conditions` such as style or key come on top of its options.

    Raises:
        UserError: the codec or an option of it is unknown, or an option is not possible.
    """
    return build_codec(card.codec, {**card.codec_options, **conditions})


def build_codec(name: str, settings: Mapping[str, Any]) -> Codec:
    """Build a codec by name.

    Raises:
        UserError: the codec or an option of it is unknown, or an option is not possible.
    """
    build = _known(CODECS, name, "a codec")
    options = dict(settings)
    known = {f.name for f in dataclasses.fields(build)}
    for option in options:
        if option not in known:
            raise UserError(f"an option of {name}", repr(option), near(option, known))
    try:
        if isinstance(options.get("meter"), str):
            options["meter"] = Meter.parse(options["meter"])
        if isinstance(options.get("key"), str):
            options["key"] = Key.parse(options["key"])
        codec: Codec = build(**options)
    except (TypeError, ValueError) as error:
        raise UserError(f"options of {name}", str(error), "mend them") from error
    return codec


def _known(registry: Mapping[str, Any], name: str, what: str) -> Any:
    if name not in registry:
        raise UserError(what, repr(name), near(name, registry))
    return registry[name]


def _weights(path: Path, card: Card) -> Weights:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError("weights", f"{path} ({error.strerror})", "get the whole model") from error
    found = hashlib.sha256(data).hexdigest()
    if found != card.sha256:
        raise UserError(
            f"the weights of the card (sha256 {card.sha256[:12]}...)",
            f"others ({found[:12]}...) in {path}",
            "get the model again: card and weights belong together",
        )
    try:
        return load_tensors(data)
    except SafetensorError as error:
        raise UserError(
            "weights in safetensors", f"{path} ({error})", "get the model again"
        ) from error


def _mismatches(expected: Shapes, weights: Weights, path: Path) -> list[str]:
    found: dict[str, object] = {
        name: array.shape if array.dtype == np.float32 else f"{array.shape} in {array.dtype}"
        for name, array in weights.items()
    }
    return [
        f"{path}: expected {name} {expected.get(name, 'not at all')}, "
        f"found {found.get(name, 'none')}: get the model again"
        for name in sorted(expected.keys() | found.keys())
        if expected.get(name) != found.get(name)
    ]
