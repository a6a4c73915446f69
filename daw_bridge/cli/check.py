"""`daw-bridge check`: whether a file is in order, without a device."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daw_bridge.cli.batch import done_for_each
from daw_bridge.cli.types import PATH
from daw_bridge.errors import UserError
from daw_bridge.midi.files import ENDINGS

if TYPE_CHECKING:
    from daw_bridge.config.sound import SoundFile


@click.command(epilog="Example: daw-bridge check presets/jams/groove.yaml my-model take.mid")
@click.argument("files", nargs=-1, required=True, type=PATH)
def check(files: tuple[Path, ...]) -> None:
    """Tell whether FILES are in order, and if not, all that is wrong.

    A file may be a preset of a jam, a training, a render, rewards or a sound, a drum map, a model
    (its folder, card or weights) or a MIDI file. No device is opened.
    """
    with done_for_each(dict.fromkeys(files), _checked) as results:
        for path, said in results.items():
            click.echo(f"{path}: {said}")


def _checked(path: Path) -> str:
    """Check one file; say what it is.

    Raises:
        UserError: all that is wrong with it.
    """
    if not path.exists():
        raise UserError("a file or a model's folder", f"nothing at {path}", "check the name")
    if path.is_dir() or path.suffix in (".md", ".safetensors"):
        return _model(path if path.is_dir() else path.parent)
    if path.suffix.lower() in ENDINGS:
        return _midi(path)
    if path.suffix in (".yaml", ".yml"):
        return _preset(path)
    raise UserError(
        "a .yaml, .mid or a model's folder", str(path), "name a preset, MIDI file or model"
    )


def _model(folder: Path) -> str:
    from daw_bridge.policies.load import load  # noqa: PLC0415

    card = load(folder).card
    return f"a model in order: {card.name}, codec {card.codec}, {card.vocab_size} tokens"


def _midi(path: Path) -> str:
    from daw_bridge.midi.files import read  # noqa: PLC0415

    score = read(path)
    said = "; ".join(("", *score.remarks))
    meters = _some(str(meter) for _, meter in score.meters)
    tempos = _some(f"{tempo:g}" for _, tempo in score.tempos)
    state = "with damage" if score.damage else "in order"
    return (
        f"a MIDI file {state}: {len(score.notes)} notes, {len(score.bar_lines())} bars of "
        f"{meters} at {tempos}{said}"
    )


def _sound(file: SoundFile) -> str:
    said = f"{len(file.numbers)} steps of {len(file.action_space)} numbers"
    if not (find_spec("gymnasium") and find_spec("numba")):
        return f"a sound in order: {said}; its program is not read without the extra `rl`"
    from daw_bridge.envs.examples import sound_of  # noqa: PLC0415

    sound_of(file)
    return f"a sound in order: {said}"


def _some(words: Iterable[str]) -> str:
    """List the first of many."""
    first = list(islice(words, 5))
    return ", ".join(first[:4]) + ("..." if first[4:] else "")


_SAID: Mapping[str, Callable[[Any], str]] = {
    "presets/rewards": lambda file: f"a preset of rewards in order: {len(file.terms)} terms",
    "presets/sounds": _sound,
    "presets/training": lambda _: "a training preset in order",
    "presets/tuning": lambda file: f"a tuning preset in order: of {file.model}",
}
"""What is said of presets of which there is no more to check than their schema."""


def _preset(path: Path) -> str:
    from daw_bridge.config.kinds import SCHEMAS, kind_of  # noqa: PLC0415
    from daw_bridge.config.validation import validate  # noqa: PLC0415
    from daw_bridge.document import read  # noqa: PLC0415

    document = read(path)
    kind = kind_of(document)
    if kind == "presets/drum_maps":
        from daw_bridge.config.drum_map import drum_map_of  # noqa: PLC0415

        return f"a drum map in order: {len(drum_map_of(document).pads)} pads"
    if kind == "presets/render":
        from daw_bridge.config.render import render_file_of  # noqa: PLC0415

        return f"a render preset in order: through {render_file_of(document).engine}"
    if kind in _SAID:
        return _SAID[kind](validate(document, SCHEMAS[kind]))
    from daw_bridge.daemon.settings import checked  # noqa: PLC0415

    file = checked(document)
    return f"a jam preset in order: {file.model} at {file.bpm:g}, {file.meter}"
