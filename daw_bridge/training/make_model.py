"""The whole road: read, train, write a model's folder, and measure the model as it plays."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from daw_bridge.config.training import TrainingFile
from daw_bridge.encoding.codec import Codec
from daw_bridge.encoding.drum_grid import DrumGrid
from daw_bridge.evaluation.drum_figures import foretell
from daw_bridge.pictures import charts
from daw_bridge.policies.load import build_vocabulary, load
from daw_bridge.training import publish
from daw_bridge.training.materials import Material, read_material
from daw_bridge.training.train_lstm import CHECKPOINT, Progress, Result, train


def make_model(
    preset: TrainingFile,
    data: Path,
    out: Path,
    command: str,
    *,
    fresh: bool = False,
    report: Callable[[Progress], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> list[str]:
    """Make the model of a preset in the folder `out`; give lines that say what was made.

    The checkpoint of an interrupted run lies in `out` until the model is whole.

    Raises:
        UserError: the data, the preset or the folder is not usable; see `train`.
        KeyboardInterrupt: `stop` said so; the same call goes on.
    """
    codec = build_vocabulary(preset.codec.name, preset.codec.options)
    material = read_material(preset, data, codec)
    result = train(preset, material, codec.vocab_size, out, fresh=fresh, report=report, stop=stop)
    sha256 = publish.write_weights(out, result.network)
    charts.losses(result.history, result.best["epoch"], out / publish.PLOT_NAME)
    front = publish.facts(preset, material, result, codec.vocab_size, sha256)
    front |= {"name": out.resolve().name, "command": command, "figures": _nats(result, codec)}
    publish.write_card(out, front)
    if front["network"].get("feel"):
        front["figures"] |= _drum_figures(out, material)
        publish.write_card(out, front)
    (out / CHECKPOINT).unlink(missing_ok=True)
    lines = [f"wrote {out}: {name} {value}" for name, value in front["figures"].items()]
    if dropped := sum(source.get("duplicates_dropped", 0) for source in material.sources):
        lines.append(f"left out {dropped} duplicate(s); `daw-bridge data report` names them")
    if material.skipped:
        lines.append(f"skipped {len(material.skipped)} file(s): {'; '.join(material.skipped)}")
    return lines


def _nats(result: Result, codec: Codec) -> dict[str, Any]:
    valid = {f"{name}_nats": round(nats, 4) for name, nats in result.best["valid"].items()}
    del valid["loss_nats"]
    if "token_nats" in valid:
        valid["token_perplexity"] = round(math.exp(valid["token_nats"]), 4)
    elif codec.meter:
        # the network knows the meter, so the BAR after each bar's words costs nothing
        n = codec.tokens.steps_in(codec.meter)
        valid["token_perplexity"] = round(math.exp(valid["word_nats"] * n / (n + 1)), 4)
    return {"validation": valid}


def _drum_figures(folder: Path, material: Material) -> dict[str, Any]:
    """Measure on the validation takes in 4/4, conditions hidden, with and without their feel."""
    policy = load(folder)
    out: dict[str, Any] = {}
    takes = [take for take in material.takes if str(take.meter) == "4/4"]
    pieces = [(take.bars, DrumGrid(), take.tempo_qpm) for take in takes]
    if not pieces:
        return out
    for name, given in (("validation_4_4", True), ("validation_4_4_words_alone_given", False)):
        figures = foretell(policy, pieces, feel_given=given).figures()
        out[name] = {key: round(value, 4) for key, value in figures.items()}
    return out
