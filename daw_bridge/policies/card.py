"""What a model says of itself: the front matter of `models/<name>/README.md`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from daw_bridge.errors import UserError, UserErrors

FILE_NAME = "README.md"
WEIGHTS_NAME = "model.safetensors"

_KEYS: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "codec": dict,
    "network": dict,
    "vocab_size": int,
    "sha256": str,
}


@dataclass(frozen=True, slots=True)
class Card:
    """Hold what the player must know of a model, and all of its front matter as `facts`.

    `codec_options` and `network_shape` are the keyword arguments of the classes that the names
    stand for in `load`. `sha256` is the hash of the weights file, in hexadecimal digits.
    """

    name: str
    codec: str
    network: str
    vocab_size: int
    sha256: str
    codec_options: Mapping[str, Any] = field(default_factory=dict)
    network_shape: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def voices(self) -> tuple[str, ...]:
        """Give the names of the voices, from voice 0."""
        return tuple(self.facts.get("voices", ()))


def read(folder: Path) -> Card:
    """Read the card of a model.

    Raises:
        UserError: there is none, it is no YAML, or keys are missing or of another type; all of
            these are told at once.
    """
    path = folder / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            "a model: a folder with README.md and model.safetensors",
            f"no card to read in {folder}",
            "choose one of `daw-bridge models`",
        ) from error
    return parse(text, path)


def parse(text: str, path: Path) -> Card:
    """Read the text of a card that came from `path`, which errors name.

    Raises:
        UserError: as `read`.
    """
    facts = _front_matter(text, path)
    errors = [f"{path}: {problem}" for problem in _problems(facts)]
    if errors:
        raise UserErrors(errors)
    codec, network = dict(facts["codec"]), dict(facts["network"])
    return Card(
        name=facts["name"],
        codec=codec.pop("name"),
        network=network.pop("kind"),
        vocab_size=facts["vocab_size"],
        sha256=facts["sha256"].lower(),
        codec_options=codec,
        network_shape=network,
        facts=facts,
    )


def _front_matter(text: str, path: Path) -> dict[str, Any]:
    opening, _, rest = text.partition("\n")
    matter, end, _ = rest.partition("\n---\n")
    if opening.rstrip() != "---" or not end:
        raise UserError("a card that begins with YAML between two lines ---", str(path), "add it")
    try:
        facts = yaml.safe_load(matter)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UserError("a card in YAML", f"{path}: {error}", "mend it") from error
    if not isinstance(facts, dict):
        raise UserError("a card of keys and values", str(path), "mend it")
    return facts


def _problems(facts: dict[str, Any]) -> Iterator[str]:
    for key, kind in _KEYS.items():
        if key not in facts:
            yield f"expected {key}, found none: add it"
        elif not isinstance(facts[key], kind) or isinstance(facts[key], bool):
            name = "a table" if kind is dict else "a whole number" if kind is int else "text"
            yield f"expected {key} to be {name}, found {facts[key]!r}: mend it"
    for key, inner in (("codec", "name"), ("network", "kind")):
        table = facts.get(key)
        if isinstance(table, dict) and not isinstance(table.get(inner), str):
            yield f"expected {key}.{inner}, found {table.get(inner)!r}: add it"
