"""The whole road: read, train, write a model's folder, and measure the model as it plays."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from daw_bridge.config.training import TrainingFile
from daw_bridge.corpora.pieces import Piece, damaged
from daw_bridge.encoding.codec import Vocabulary, has_bars
from daw_bridge.pictures import charts
from daw_bridge.policies.load import build_vocabulary
from daw_bridge.registry import NETWORKS
from daw_bridge.training import publish
from daw_bridge.training.make_touch import make_touch
from daw_bridge.training.materials import read_material
from daw_bridge.training.train_lstm import CHECKPOINT, Progress, Result, train

Measure = Callable[[Path, Sequence[Piece]], Mapping[str, Any]]


def make_model(
    preset: TrainingFile,
    data: Path,
    out: Path,
    command: str,
    *,
    measure: Measure = lambda _, __: {},
    fresh: bool = False,
    report: Callable[[Progress], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> list[str]:
    """Make the model of a preset in the folder `out`; return lines that say what was made.

    `measure` takes the model's folder and the pieces of validation, and returns figures for the
    card. The checkpoint of an interrupted run lies in `out` until the model is whole.

    Raises:
        UserError: the data, the preset or the folder is not usable; see `train`.
        KeyboardInterrupt: `stop` said so; the same call goes on.
    """
    if preset.network.kind not in NETWORKS:  # it plays nothing by itself
        return make_touch(preset, data, out, command, fresh=fresh, report=report, stop=stop)
    vocabulary = build_vocabulary(preset.codec.name, preset.codec.options)
    material = read_material(preset, data, vocabulary)
    result = train(preset, material, vocabulary, out, fresh=fresh, report=report, stop=stop)
    sha256 = publish.write_weights(out, result.network.tensors())
    publish.write_forms(out, material)
    charts.losses(result.history, result.best["epoch"], out / publish.PLOT_NAME)
    front = publish.facts(preset, material, result, vocabulary, sha256)
    front |= {"name": out.resolve().name, "command": command, "figures": _nats(result, vocabulary)}
    publish.write_card(out, front)
    if figures := measure(out, material.music.split("valid")):
        front["figures"] |= figures
        publish.write_card(out, front)
    (out / CHECKPOINT).unlink(missing_ok=True)
    lines = [f"wrote {out}: {name} {value}" for name, value in front["figures"].items()]
    if dropped := sum(source.get("duplicates_dropped", 0) for source in material.music.sources):
        lines.append(f"left out {dropped} duplicate(s); `daw-bridge data report` names them")
    if skipped := material.music.skipped:
        lines.append(f"skipped {len(skipped)} file(s): {'; '.join(skipped)}")
    lines += [f"{name} is damaged: {what}" for name, what in damaged(material.music.pieces)]
    return lines


def _nats(result: Result, vocabulary: Vocabulary) -> dict[str, Any]:
    valid = {f"{name}_nats": round(nats, 4) for name, nats in result.best["valid"].items()}
    del valid["loss_nats"]
    if "token_nats" in valid:
        valid["token_perplexity"] = round(math.exp(valid["token_nats"]), 4)
    elif has_bars(vocabulary) and vocabulary.meter is not None:
        # the network knows the meter, so the BAR after each bar's words costs nothing
        n = vocabulary.tokens.steps_in(vocabulary.meter)
        valid["token_perplexity"] = round(math.exp(valid["word_nats"] * n / (n + 1)), 4)
    return {"validation": valid}
