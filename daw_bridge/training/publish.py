"""From a finished run to a model's folder: weights, card and plot, each written whole."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from safetensors.numpy import save

from daw_bridge import __version__
from daw_bridge.config.training import TrainingFile
from daw_bridge.document import LARGEST_BYTES
from daw_bridge.encoding.codec import Vocabulary
from daw_bridge.errors import UserError
from daw_bridge.files import read_text, whole
from daw_bridge.music.gm_drums import DRUM_CLASSES
from daw_bridge.policies import forms
from daw_bridge.policies.card import FILE_NAME, WEIGHTS_NAME
from daw_bridge.policies.forms import without_long_rests
from daw_bridge.training.materials import Material
from daw_bridge.training.networks.network import Network
from daw_bridge.training.train_lstm import Result

PLOT_NAME = "loss.png"

MOST_FORMS, LEAST_BARS, MOST_BARS = 200, 16, 128
"""Of how many pieces the forms are kept, and how many bars of each."""


def write_weights(folder: Path, network: Network) -> str:
    """Write the weights as the player wants them; give their sha256.

    Raises:
        UserError: the folder cannot be written to.
    """
    tensors = {
        name: np.ascontiguousarray(tensor.detach().cpu().float().numpy())
        for name, tensor in network.tensors().items()
    }
    data = save(tensors)
    with whole(folder / WEIGHTS_NAME) as path:
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
        "trained": {
            "epochs": len(result.history),
            "best_epoch": result.best["epoch"],
            "minutes": round(result.wall_s / 60, 1),
            "threads": torch.get_num_threads(),
            "versions": {
                "daw-bridge": __version__,
                "torch": str(torch.__version__).partition("+")[0],
                "python": platform.python_version(),
            },
        },
        "figures": {},
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

    Prose that was written by hand under `## Notes` stays.

    Raises:
        UserError: the folder cannot be written to.
    """
    matter = yaml.safe_dump(
        dict(front), sort_keys=False, allow_unicode=True, width=98, default_flow_style=None
    )
    with whole(folder / FILE_NAME) as path:
        path.write_text(f"---\n{matter}---\n\n{_prose(front)}{_notes(folder)}", encoding="utf-8")


def _prose(front: Mapping[str, Any]) -> str:
    lines = [f"# {front['name']}", "", f"{front['title']}.", ""]
    lines += ["```", front["command"], "```", "", f"![Loss over the epochs]({PLOT_NAME})", ""]
    lines += ["Trained on:", ""]
    lines += [f"* {source['name']}: {source['licence']}" for source in front["data"]]
    return "\n".join([*lines, ""])


def _notes(folder: Path) -> str:
    try:
        text = read_text(folder / FILE_NAME, LARGEST_BYTES, "a card")
    except UserError:
        return ""
    _, heading, notes = text.partition("\n## Notes\n")
    return heading + notes
