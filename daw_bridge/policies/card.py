"""What a model says of itself: the front matter of `models/<name>/README.md`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daw_bridge import document as documents
from daw_bridge.document import Document, refusal
from daw_bridge.errors import Problem, UserError
from daw_bridge.music.form import Label

if TYPE_CHECKING:
    from daw_bridge.policies.touch import Touch

FILE_NAME = "README.md"
WEIGHTS_NAME = "model.safetensors"
TOUCH_NAME = "touch.safetensors"

_KEYS: Mapping[str, type] = {
    "name": str,
    "codec": dict,
    "network": dict,
    "vocab_size": int,
    "sha256": str,
}
_WORDS = {str: "text", dict: "keys and values", int: "a whole number"}


@dataclass(frozen=True, slots=True)
class Card:
    """What the player must know of a model, and all of its front matter as `facts`.

    `codec_options` and `network_shape` are the keyword arguments of the classes that the names
    stand for in `load`. `forms` are of real pieces, and `touch` gives notes their velocities, where
    it has one: both are known once the model is loaded, and so is `share`, of what it became where
    it was tuned. `sha256` is the hash of the weights file, in hexadecimal digits. `document` is
    what it was read from, whose lines errors name.
    """

    name: str
    codec: str
    network: str
    vocab_size: int
    sha256: str
    codec_options: Mapping[str, Any] = field(default_factory=dict)
    network_shape: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    forms: tuple[tuple[Label, ...], ...] = ()
    share: float = 1.0
    touch: Touch | None = field(default=None, repr=False, compare=False)
    document: Document = field(default=Document(Path(FILE_NAME), {}, {}), repr=False, compare=False)

    @property
    def weights_sha256(self) -> str:
        """Return the hash of all weights that play: the model's, and its touch's if it has one."""
        touch = self.facts.get("touch")
        if not isinstance(touch, dict):
            return self.sha256
        both = f"{self.sha256} {str(touch.get('sha256')).lower()}"
        return hashlib.sha256(both.encode()).hexdigest()

    @property
    def voices(self) -> tuple[str, ...]:
        """Return the names of the voices, from voice 0."""
        return tuple(self.facts.get("voices", ()))

    @property
    def voice_count(self) -> int:
        """Count the voices; a card that names none has one."""
        return len(self.voices) or 1


def read(folder: Path, further: Callable[[Card], Iterable[Problem]] = lambda _: ()) -> Card:
    """Read the card of a model; `further` says what else is wrong with one that can be read.

    Raises:
        UserError: there is none, it is no YAML, or keys are missing, of another type or there
            twice; all of these are told at once.
    """
    path = folder / FILE_NAME
    if not path.exists():
        raise UserError(
            "a model: a folder with README.md and model.safetensors",
            f"no card in {folder}",
            "choose one of `daw-bridge models`",
        )
    return _card(documents.read(path), further)


def parse(text: str, path: Path) -> Card:
    """Read the text of a card that came from `path`, which errors name.

    Raises:
        UserError: as `read`.
    """
    return _card(documents.parse_front_matter(text, path), lambda _: ())


def _card(document: Document, further: Callable[[Card], Iterable[Problem]]) -> Card:
    if problems := list(_problems(document.data)):
        raise refusal(document, problems)
    card = _of_facts(document)
    problems = list(further(card))
    if problems or document.repeated:
        raise refusal(document, problems)
    return card


def _of_facts(document: Document) -> Card:
    facts = document.data
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
        document=document,
    )


def _problems(facts: Any) -> Iterator[Problem]:
    if not isinstance(facts, dict):
        yield Problem((), f"expected a card of keys and values, found {shown(facts)}")
        return
    for key, kind in _KEYS.items():
        if key not in facts:
            yield Problem((key,), "expected this key, found none: add it")
        elif type(facts[key]) is not kind:
            yield Problem((key,), f"expected {_WORDS[kind]}, found {shown(facts[key])}")
    for key, inner in (("codec", "name"), ("network", "kind")):
        table = facts.get(key)
        if isinstance(table, dict) and not isinstance(table.get(inner), str):
            yield Problem((key, inner), f"expected text, found {shown(table.get(inner))}")
    voices = facts.get("voices", [])
    if not isinstance(voices, list) or not all(isinstance(each, str) for each in voices):
        what = "expected a list of names, such as [drums]"
        yield Problem(("voices",), f"{what}, found {shown(voices)}")
    elif len(set(voices)) < len(voices):
        yield Problem(("voices",), f"expected each voice once, found {shown(voices)}")


def shown(value: object) -> str:
    """Write a value of a card as its user did, or nearly so."""
    text = "nothing" if value is None else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."
