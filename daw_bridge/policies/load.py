"""From a model's folder to a policy that plays, checked against its card."""

from __future__ import annotations

import dataclasses
import hashlib
import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args, get_type_hints

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from threadpoolctl import threadpool_limits

from daw_bridge.encoding.codec import Codec, Vocabulary, has_bars
from daw_bridge.errors import Problem, UserError, UserErrors, near
from daw_bridge.files import read_bounded
from daw_bridge.music.keys import Key
from daw_bridge.music.time import Meter
from daw_bridge.policies import forms
from daw_bridge.policies.card import TOUCH_NAME, WEIGHTS_NAME, Card, shown
from daw_bridge.policies.card import read as read_card
from daw_bridge.policies.lstm import Sizes
from daw_bridge.policies.mix import Mix, mixed, origin
from daw_bridge.policies.mix import problems as mix_problems
from daw_bridge.policies.policy import Policy
from daw_bridge.policies.touch import Touch
from daw_bridge.registry import CODECS, NETWORKS

Weights = Mapping[str, NDArray[np.float32]]
Shapes = Mapping[str, tuple[int, ...]]


def load(folder: Path, mix: Mix | None = None) -> Policy:
    """Load a model: read its card, check its weights, build its policy.

    With a `mix` it plays between what it is and what it was tuned from. From then on BLAS keeps to
    one thread in this process: a step is far too small to be shared, and threads that wait for each
    other are late.

    Raises:
        UserError: the card or the weights cannot be read; the hash, the shapes or the vocabulary
            do not fit; or it is to be mixed with another model than it was tuned from.
    """
    card = read_card(folder, problems)
    vocabulary, network = vocabulary_of(card), NETWORKS[card.network]
    weights = weights_of(folder, card)
    share = 1.0 if mix is None else mix.share
    if mix is not None:
        weights = mixed(weights, _start(card, mix.start), share)
    threadpool_limits(1, user_api="blas")
    touch = _touch(folder, card, vocabulary)
    known = dataclasses.replace(card, forms=forms.read(folder), share=share, touch=touch)
    policy: Policy = network(known, vocabulary, weights)
    return policy


def weights_of(folder: Path, card: Card) -> Weights:
    """Read the weights that the card of a folder names.

    Raises:
        UserError: they cannot be read, or are not those of the card.
    """
    return _weights(folder / WEIGHTS_NAME, card.sha256, _shapes(card))


def _start(card: Card, folder: Path) -> Weights:
    """Read the weights of the model in a folder, from which that of a card was tuned."""
    was, found = origin(card), read_card(folder)
    if found.sha256 != was.sha256:
        raise UserError(
            f"{was.model} as {card.name} was tuned from it (sha256 {was.sha256[:12]}...)",
            f"another ({found.sha256[:12]}...) in {folder}",
            "tune it again, or leave out --rl-mix",
        )
    known = _shapes(found)
    shared = {name: shape for name, shape in _shapes(card).items() if name in known}
    return _weights(folder / WEIGHTS_NAME, was.sha256, shared)


def _shapes(card: Card) -> Shapes:
    shapes: Shapes = NETWORKS[card.network].shapes(vocab_size=card.vocab_size, **card.network_shape)
    return shapes


def _touch(folder: Path, card: Card, vocabulary: Vocabulary) -> Touch | None:
    """Load what gives the notes of a model their velocities, where its card names one."""
    if not card.facts.get("touch"):
        return None
    shape = {name: card.facts["touch"][name] for name in Touch.sizes}
    sha256 = card.facts["touch"]["sha256"].lower()
    weights = _weights(folder / TOUCH_NAME, sha256, Touch.shapes(**shape))
    return Touch(vocabulary, weights, card.facts["touch"].get("top_p", 1.0))


def codec_of(card: Card, **conditions: Any) -> Codec:
    """Build the codec of a card; `conditions` such as style or key come on top of its options.

    Raises:
        UserError: the codec or an option of it is unknown, an option is not possible, or the card
            names a vocabulary that holds no bars.
    """
    vocabulary = vocabulary_of(card, **conditions)
    if not has_bars(vocabulary):
        raise UserError("a model that plays bars", f"one of {card.codec}", "choose another")
    return vocabulary


def vocabulary_of(card: Card, **conditions: Any) -> Vocabulary:
    """Build the codec of a card, or the vocabulary that holds no bars.

    Raises:
        UserError: it, or an option of it, is unknown, or an option is not possible.
    """
    return build_vocabulary(card.codec, {**card.codec_options, **conditions})


def build_vocabulary(name: str, settings: Mapping[str, Any]) -> Vocabulary:
    """Build a codec, or a vocabulary that holds no bars, by name.

    Raises:
        UserError: it, or an option of it, is unknown, or an option is not possible.
    """
    build = CODECS.find(name)
    if found := list(option_problems(name, settings)):
        raise UserErrors(map(str, found))
    vocabulary: Vocabulary = build(**_parsed(settings))
    return vocabulary


def option_problems(name: str, settings: Mapping[str, Any]) -> Iterator[Problem]:
    """Find the options that a codec, known by name, does not take, and say what it expects."""
    build: Any = CODECS[name]
    hints = get_type_hints(build)
    takes = {field.name: hints[field.name] for field in dataclasses.fields(build)}
    for option, value in settings.items():
        if option not in takes:
            what = f"expected an option of {name}, found {option!r}: {near(option, takes)}"
            yield Problem((option,), what)
        elif (words := _other_than(value, takes[option])) is not None:
            yield Problem((option,), f"expected {words}, found {shown(value)}")
        else:
            try:
                build(**_parsed({option: value}))
            except (UserError, ValueError) as error:
                yield Problem((option,), str(error))


_WORDS: Mapping[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    Key: "a key such as C minor",
    Meter: "a meter such as 4/4",
}


def _other_than(value: object, annotation: Any) -> str | None:
    """Return what a value should be; None where it is that."""
    kinds = get_args(annotation) or (annotation,)
    fits = type(value) in kinds or (
        (isinstance(value, str) and bool({Key, Meter} & {*kinds}))
        or (type(value) is int and float in kinds)
        or (type(value) is float and int in kinds and value.is_integer())
    )
    return None if fits else " or ".join(_WORDS[kind] for kind in kinds if kind in _WORDS)


def _parsed(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options as a codec takes them, from what a card, a preset or a flag can hold."""
    parsed = dict(options)
    if isinstance(parsed.get("meter"), str):
        parsed["meter"] = Meter.parse(parsed["meter"])
    if isinstance(parsed.get("key"), str):
        parsed["key"] = Key.parse(parsed["key"])
    return {
        name: int(value) if type(value) is float and value.is_integer() else value
        for name, value in parsed.items()
    }


def problems(card: Card) -> Iterator[Problem]:
    """Find what is wrong with a card's codec and network, before anything is made of them."""
    of_codec = list(_codec_problems(card))
    yield from of_codec
    yield from _network_problems(card)
    yield from _touch_problems(card)
    yield from mix_problems(card)
    if not of_codec:
        vocabulary = vocabulary_of(card)
        yield from _pair_problems(card, vocabulary)
        yield from _voice_problems(card, vocabulary)


def _voice_problems(card: Card, vocabulary: Vocabulary) -> Iterator[Problem]:
    """Find whether a card names fewer voices than its codec plays, or more."""
    plays = max(int(vocabulary.tokens.voice.max(initial=-1)) + 1, 1)
    if card.voices and len(card.voices) != plays and has_bars(vocabulary):
        what = f"expected {plays}, as codec {card.codec} has them, found {len(card.voices)}"
        yield Problem(("voices",), what)


def _codec_problems(card: Card) -> Iterator[Problem]:
    if card.codec not in CODECS:
        what = f"expected a codec, found {card.codec!r}: {near(card.codec, CODECS)}"
        yield Problem(("codec", "name"), what)
        return
    for each in option_problems(card.codec, card.codec_options):
        yield each.under("codec")


def _network_problems(card: Card) -> Iterator[Problem]:
    if card.network not in NETWORKS:
        what = f"expected a kind of network, found {card.network!r}: {near(card.network, NETWORKS)}"
        yield Problem(("network", "kind"), what)
        return
    network = NETWORKS[card.network]
    sizes: Sizes = network.sizes
    for name, value in card.network_shape.items():
        if name not in sizes:
            yield Problem(("network", name), f"unknown key; {near(name, sizes)}")
        elif type(value) is not int or value not in sizes[name]:
            least, most = sizes[name][0], sizes[name][-1]
            what = f"expected a whole number from {least} to {most}, found {shown(value)}"
            yield Problem(("network", name), what)
    parameters = inspect.signature(network.shapes).parameters
    for name in sizes:
        needed = parameters[name].default is inspect.Parameter.empty
        if needed and name not in card.network_shape:
            yield Problem(("network", name), "expected this key, found none: add it")


def _touch_problems(card: Card) -> Iterator[Problem]:
    """Find what is wrong with what a card says of its touch."""
    said = card.facts.get("touch", {})
    if not isinstance(said, dict):
        yield Problem(("touch",), f"expected keys and values, found {shown(said)}")
        return
    if said and not isinstance(said.get("sha256"), str):
        yield Problem(("touch", "sha256"), f"expected text, found {shown(said.get('sha256'))}")
    top_p = said.get("top_p", 1.0)
    if type(top_p) not in (int, float) or not 0 < top_p <= 1:
        what = f"expected a number above 0 and up to 1, found {shown(top_p)}"
        yield Problem(("touch", "top_p"), what)
    for name, values in Touch.sizes.items() if said else ():
        value = said.get(name)
        if type(value) is not int or value not in values:
            what = f"expected a whole number from {values[0]} to {values[-1]}, found {shown(value)}"
            yield Problem(("touch", name), what)


def _pair_problems(card: Card, vocabulary: Vocabulary) -> Iterator[Problem]:
    if vocabulary.vocab_size != card.vocab_size:
        what = f"expected a vocabulary of {vocabulary.vocab_size}, as codec {card.codec} has it"
        do = "train the model again with this version"
        yield Problem(("vocab_size",), f"{what}, found {card.vocab_size}: {do}")
    if card.network not in NETWORKS:
        return
    try:
        sizes = NETWORKS[card.network].laid_down(vocabulary)
    except UserError as error:
        yield Problem(("network", "kind"), str(error))
        return
    for name, fitting in sizes.items():
        found = card.network_shape.get(name, fitting.start)
        possible = type(found) is int and found in NETWORKS[card.network].sizes.get(name, ())
        if possible and found not in fitting:
            least, most = fitting[0], fitting[-1]
            wanted = f"{least}" if least == most else f"{least} to {most}"
            what = f"expected {wanted}, as codec {card.codec} has it, found {found}"
            yield Problem(("network", name), f"{what}: train the model again with this version")


LARGEST_WEIGHTS = 1 << 31
"""Of a file of weights, in bytes."""


def _weights(path: Path, sha256: str, expected: Shapes) -> Weights:
    """Read the weights of a hash, of the shapes that are expected."""
    weights = _read(path, sha256)
    if errors := _mismatches(expected, weights, path):
        raise UserErrors(errors)
    return weights


def _read(path: Path, sha256: str) -> Weights:
    data = read_bounded(path, LARGEST_WEIGHTS, "weights")
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise UserError(
            f"the weights of the card (sha256 {sha256[:12]}...)",
            f"others ({found[:12]}...) in {path}",
            "get the model again: card and weights belong together",
        )
    try:
        return load_tensors(data)
    except SafetensorError as error:
        raise UserError(
            "weights in safetensors", f"{path} ({error})", "get the model again"
        ) from error
    except KeyError as error:  # a type that numpy does not have
        raise UserError(
            "weights in float32", f"{path} ({error.args[0]})", "get the model again"
        ) from error


def _mismatches(expected: Shapes, weights: Weights, path: Path) -> list[str]:
    found: dict[str, object] = {
        name: array.shape if array.dtype == np.float32 else f"{array.shape} in {array.dtype}"
        for name, array in weights.items()
    }
    shapes = [
        f"{path}: expected {name} {expected.get(name, 'not at all')}, "
        f"found {found.get(name, 'none')}: get the model again"
        for name in sorted(expected.keys() | found.keys())
        if expected.get(name) != found.get(name)
    ]
    return shapes + [
        f"{path}: expected finite numbers in {name}, found others: get the model again"
        for name, array in sorted(weights.items())
        if array.dtype == np.float32 and not np.isfinite(array).all()
    ]
