"""The road of a touch: read music with dynamics, train, and put it into a model's folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch

from daw_bridge.config.training import TrainingFile
from daw_bridge.errors import UserError
from daw_bridge.policies.card import TOUCH_NAME
from daw_bridge.policies.card import read as read_card
from daw_bridge.policies.load import build_vocabulary
from daw_bridge.registry import CODECS
from daw_bridge.training import publish
from daw_bridge.training.materials import read_material
from daw_bridge.training.networks.touch_examples import phrase_logits
from daw_bridge.training.train_lstm import CHECKPOINT, Progress, train


def make_touch(
    preset: TrainingFile,
    data: Path,
    out: Path,
    command: str,
    *,
    fresh: bool,
    report: Callable[[Progress], None],
    stop: Callable[[], bool],
) -> list[str]:
    """Make the touch of the model in the folder `out`; return lines that say what was made.

    Raises:
        UserError: there is no model, or one of other music; else as `make_model`.
        KeyboardInterrupt: `stop` said so; the same call goes on.
    """
    vocabulary = build_vocabulary(preset.codec.name, preset.codec.options)
    codec = read_card(out).codec
    if CODECS.find(codec).kind != vocabulary.kind:
        raise UserError(f"a model of {vocabulary.kind} in {out}", f"one of {codec}", "name another")
    material = read_material(preset, data, vocabulary)
    result = train(preset, material, vocabulary, out, fresh=fresh, report=report, stop=stop)
    learnt = [*material.music.split("train"), *material.music.besides]
    weights = {**result.network.tensors(), "phrases": torch.from_numpy(phrase_logits(learnt))}
    sha256 = publish.write_weights(out, weights, TOUCH_NAME)
    facts = publish.touch_facts(preset, material, result, command, sha256)
    publish.write_touch(out, facts)
    (out / CHECKPOINT).unlink(missing_ok=True)
    return [f"wrote {out}/{TOUCH_NAME}: {name} {value}" for name, value in facts["figures"].items()]
