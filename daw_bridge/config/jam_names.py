"""What a jam preset names: a model, drum maps, conditions; and which of these there are not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from daw_bridge.config.drum_map import load_drum_map
from daw_bridge.config.files import find
from daw_bridge.document import Document
from daw_bridge.errors import Location, Problem, UserError, UserErrors
from daw_bridge.policies.card import Card
from daw_bridge.policies.card import read as read_card
from daw_bridge.registry import CODECS

Found = TypeVar("Found")

SAID_BY = {"tempo_qpm": "bpm", "meter": "meter"}
"""What a model may be told of tempo and meter, and the key of a jam that says it."""


PLAYER = "player"
"""The value of a condition that is what is found in what a player plays."""

FOLLOWED: Mapping[str, str] = {
    "key": "",
    "density": "`limits: density`",
    "register": "`limits: range`",
    "swing": "",
    "loudness": "`loudness`",
}
"""The conditions that may be the player's, and where else what they say can be chosen."""


def name_problems(
    document: Document, replaced: Collection[str] = ()
) -> tuple[list[Problem], list[str]]:
    """Look up all that a preset names, as far as its values can be read.

    `replaced` are keys that flags come before, which do not count.

    Returns:
        What is wrong in this file, and lines about the files that it names.
    """
    from daw_bridge.policies import load  # noqa: PLC0415  numpy: only where needed

    data = document.data if isinstance(document.data, dict) else {}
    problems: list[Problem] = []
    others: list[str] = []

    def looked_up(at: Location, look: Callable[[], Found]) -> Found | None:
        try:
            return look()
        except UserErrors as error:
            others.extend(error.errors)
        except UserError as error:
            problems.append(Problem(at, str(error)))
        return None

    model, conditions = data.get("model"), data.get("conditions")
    card = None
    if isinstance(model, str) and "model" not in replaced:
        card = looked_up(("model",), lambda: read_card(find("models", model), load.problems))
    if card is not None and isinstance(conditions, dict) and "conditions" not in replaced:
        problems += (each.under("conditions") for each in condition_problems(card, conditions))
    listed = data.get("voices")
    voices = listed if isinstance(listed, list) else []
    if card is not None:
        numbers = [voice.get("voice", 0) if isinstance(voice, dict) else 0 for voice in voices]
        problems += voice_problems(card, numbers)
    for i, voice in enumerate(voices if "voices" not in replaced else ()):
        name = voice.get("drum_map") if isinstance(voice, dict) else None
        if isinstance(name, str):
            looked_up(("voices", i, "drum_map"), partial(load_drum_map, name))
    return problems, list(dict.fromkeys(others))


def voice_problems(card: Card, voices: Sequence[Any]) -> Iterator[Problem]:
    """Find the voices that a preset routes, in its order, and a model does not have."""
    last = card.voice_count - 1
    there = f"0 to {last}" if last else "0, its only one"
    for i, number in enumerate(voices):
        if type(number) is int and number > last:
            what = f"expected a voice of {card.name}: {there}, found {number}"
            yield Problem(("voices", i, "voice"), what)


def condition_problems(card: Card, conditions: Mapping[str, Any]) -> Iterator[Problem]:
    """Find the conditions, by name, that a model does not take, and what it expects."""
    from daw_bridge.policies.load import option_problems  # noqa: PLC0415  numpy

    told = {name: value for name, value in conditions.items() if name not in {*FOLLOWED, *SAID_BY}}
    if "key" in conditions:
        told["key"] = "C" if conditions["key"] == PLAYER else conditions["key"]
    yield from option_problems(card.codec, told)
    for name, value in conditions.items():
        if name in SAID_BY:
            what = f"expected this under `{SAID_BY[name]}`, found it among the conditions"
            yield Problem((name,), what)
        elif name in FOLLOWED and name != "key" and value != PLAYER:
            chosen = f": one of your own goes under {FOLLOWED[name]}" if FOLLOWED[name] else ""
            yield Problem((name,), f"expected `{PLAYER}`, found {value!r}{chosen}")
        elif name == "register" and CODECS[card.codec].kind == "drums":
            yield Problem((name,), f"expected a pitched model for a register, found {card.name}")
