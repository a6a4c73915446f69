"""From a finished run to a model's folder: weights, card and plot, each written whole."""

from __future__ import annotations

import hashlib
import platform
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from safetensors.numpy import save
from torch import Tensor

from daw_bridge import __version__
from daw_bridge.config.training import TrainingFile
from daw_bridge.document import LARGEST_BYTES
from daw_bridge.encoding.codec import Vocabulary
from daw_bridge.errors import UserError
from daw_bridge.files import read_text, whole
from daw_bridge.music.gm_drums import DRUM_CLASSES
from daw_bridge.policies import forms, mix
from daw_bridge.policies.card import FILE_NAME, WEIGHTS_NAME
from daw_bridge.policies.forms import without_long_rests
from daw_bridge.training.materials import Material
from daw_bridge.training.train_lstm import Result

PLOT_NAME, REWARDS_NAME = "loss.png", "rewards.png"

FENCE = re.compile(r"^---[ \t]*\n", re.MULTILINE)
"""What stands before and after the front matter of a card."""

MOST_FORMS, LEAST_BARS, MOST_BARS = 200, 16, 128
"""Of how many pieces the forms are kept, and how many bars of each."""


def write_weights(folder: Path, weights: Mapping[str, Tensor], name: str = WEIGHTS_NAME) -> str:
    """Write weights by their names as the player wants them, into a file; give its sha256.

    Raises:
        UserError: the folder cannot be written to.
    """
    tensors = {
        key: np.ascontiguousarray(tensor.detach().cpu().float().numpy())
        for key, tensor in weights.items()
    }
    data = save(tensors)
    with whole(folder / name) as path:
        path.write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def facts(
    preset: TrainingFile, material: Material, result: Result, vocabulary: Vocabulary, sha256: str
) -> dict[str, Any]:
    """Return the front matter of a card, in the order in which it is read.

    The caller fills in `name`, `command` and `figures`.
    """
    return {
        "name": "",
        "title": preset.title,
        "codec": {"name": preset.codec.name, **preset.codec.options},
        "classes": {drum.name: [drum.pitch, *drum.folds] for drum in DRUM_CLASSES}
        if vocabulary.kind == "drums"
        else {},
        "voices": list(preset.voices),
        "network": {"kind": preset.network.kind, **result.network.shape},
        "vocab_size": vocabulary.vocab_size,
        "sha256": sha256,
        "data": [dict(source) for source in material.music.sources],
        "seed": preset.loop.seed,
        "command": "",
        "trained": _trained(result),
        "figures": {},
    }


def touch_facts(
    preset: TrainingFile, material: Material, result: Result, command: str, sha256: str
) -> dict[str, Any]:
    """Return what a card says of a touch."""
    nats = result.best["valid"]["velocity"]
    return {
        "sha256": sha256,
        **result.network.shape,
        "top_p": preset.top_p,
        "data": [dict(source) for source in material.music.sources],
        "seed": preset.loop.seed,
        "command": command,
        "trained": _trained(result),
        "figures": {"validation": {"velocity_nats": round(nats, 4)}},
    }


def _trained(result: Result) -> dict[str, Any]:
    return {
        "epochs": len(result.history),
        "best_epoch": result.best["epoch"],
        "minutes": round(result.wall_s / 60, 1),
        "threads": torch.get_num_threads(),
        "versions": {
            "daw-bridge": __version__,
            "torch": str(torch.__version__).partition("+")[0],
            "python": platform.python_version(),
        },
    }


def write_forms(folder: Path, material: Material) -> None:
    """Write the forms of real pieces, which a jam goes by; nothing where bars have no labels.

    Raises:
        UserError: the folder cannot be written to.
    """
    # What is only learnt at first is other music than what is to be played.
    learnt_last = (each for each in material.train if each.labels and each.weights[1] > 0)
    known = (without_long_rests(each.labels) for each in learnt_last)
    lines = [forms.shown(labels[:MOST_BARS]) for labels in known if len(labels) >= LEAST_BARS]
    order = np.random.default_rng(0).permutation(len(lines))[:MOST_FORMS]
    if lines:
        with whole(folder / forms.FILE_NAME) as path:
            path.write_text("".join(lines[i] + "\n" for i in sorted(order)), encoding="utf-8")


def write_card(folder: Path, front: Mapping[str, Any]) -> None:
    """Write the card: YAML between two lines `---`, then what a person reads of the model.

    Its touch stays, which knows nothing of what it is trained to play, and so does prose that was
    written by hand under `## Notes`.

    Raises:
        UserError: the folder cannot be written to.
    """
    old, prose = _read_card(folder)
    _, heading, notes = prose.partition("\n## Notes\n")
    kept = {"touch": old["touch"]} if "touch" in old else {}
    _write(folder, {**front, **kept}, heading + notes)


def write_touch(folder: Path, touch: Mapping[str, Any]) -> None:
    """Write what a model's card says of its touch; all else of the card stays.

    Raises:
        UserError: the folder cannot be written to.
    """
    front, prose = _read_card(folder)
    _, heading, sections = prose.partition("\n## ")
    _write(folder, {**front, "touch": dict(touch)}, heading + sections)


def write_figures(folder: Path, figures: Mapping[str, Sequence[float]]) -> None:
    """Add figures of before and after to the card of a tuned model; all else stays.

    Raises:
        UserError: the folder cannot be written to.
    """
    front, prose = _read_card(folder)
    _, heading, sections = prose.partition("\n## ")
    found = {name: [float(each) for each in pair] for name, pair in figures.items()}
    tuned = {**front["tuned"], "figures": {**front["tuned"]["figures"], **found}}
    _write(folder, {**front, "tuned": tuned}, heading + sections)


def _write(folder: Path, front: Mapping[str, Any], sections: str) -> None:
    matter = yaml.safe_dump(
        dict(front), sort_keys=False, allow_unicode=True, width=98, default_flow_style=None
    )
    with whole(folder / FILE_NAME) as path:
        path.write_text(f"---\n{matter}---\n\n{_prose(front)}{sections}", encoding="utf-8")


def _read_card(folder: Path) -> tuple[dict[str, Any], str]:
    """Return the front matter and the prose of a card; where there is none, nothing."""
    try:
        text = read_text(folder / FILE_NAME, LARGEST_BYTES, "a card")
    except UserError:
        return {}, ""
    _, matter, prose = FENCE.split(text, 2)
    return yaml.safe_load(matter), prose


def _prose(front: Mapping[str, Any]) -> str:
    lines = [f"# {front['name']}", "", f"{front['title']}.", ""]
    lines += ["```", front["command"], "```", "", f"![Loss over the epochs]({PLOT_NAME})", ""]
    if tuned := front.get("tuned"):
        lines += _tuned(tuned, front[mix.KEY]["model"])
    lines += ["Trained on:", ""]
    lines += [f"* {source['name']}: {source['licence']}" for source in front.get("data", ())]
    if touch := front.get("touch"):
        lines += ["", "How hard its notes are struck was learnt apart:", ""]
        lines += ["```", touch["command"], "```", ""]
        lines += [f"* {source['name']}: {source['licence']}" for source in touch["data"]]
    return "\n".join([*lines, ""])


def _tuned(tuned: Mapping[str, Any], of: str) -> list[str]:
    """Return what a person reads of how a model was tuned, and what came of it."""
    how = f"Tuned from `{of}` by {tuned['by']}, paid by the rewards `{tuned['rewards']}`:"
    plot = f"![What was paid, how diverse, how far from its start]({REWARDS_NAME})"
    heard = [f"Heard: [{name}]({name})" for name in tuned.get("audio", ())]
    return [how, "", plot, "", *before_and_after(tuned["figures"]), "", *heard, ""]


def before_and_after(figures: Mapping[str, Sequence[float]]) -> list[str]:
    """Return the lines of a table of what a model's start and the tuned model earn."""
    rows = [
        f"| {name.replace('_', ' ')} | {before:g} | {after:g} |"
        for name, (before, after) in figures.items()
    ]
    return ["| | before | after |", "|---|---|---|", *rows]
