"""What new music gave each model: one trained without it, and the one that is shipped.

    python benchmarks/ablation.py [--data ../shared/data] [--runs runs/ablation] [PRESET ...]

Trains every pitched model as its preset says, but without the sets of `NEW`, and foretells held-out
music with both: of the sets that both have learnt from, and of all. A model that is in --runs
already is not trained again. Writes results/ablation.json and .md, and a line into each card.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from pathlib import Path
from typing import Any

import yaml
from machine import describe
from record import RESULTS, record

from daw_bridge.config.files import find as find_file
from daw_bridge.config.training import TrainingFile, load_training
from daw_bridge.evaluation import likelihood
from daw_bridge.evaluation.card import add_section
from daw_bridge.evaluation.music import find
from daw_bridge.policies.card import read
from daw_bridge.policies.load import vocabulary_of

NEW = ("quartets", "mutopia", "tannerhelland", "blasphemer", "orchestra")
PRESETS = ("chip", "chorale", "lead")
WITH, WITHOUT = "with", "without"


def without_new(preset: TrainingFile) -> TrainingFile:
    """Return a preset without the parts of the sets that are new."""
    parts = tuple(p for p in preset.reading.parts if p.path.partition("/")[0] not in NEW)
    reading = preset.reading.model_copy(update={"parts": parts})
    return preset.model_copy(update={"reading": reading, "ship": False})


def trained(name: str, preset: TrainingFile, data: Path, runs: Path) -> Path:
    """Train a preset in a folder of its own, unless that has been done; return the folder."""
    out, file = runs / name, runs / f"{name}.yaml"
    if not (out / "model.safetensors").is_file():
        runs.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump(preset.model_dump(mode="json"), sort_keys=False))
        command = ["daw-bridge", "train", str(file), "--data", str(data), "--out", str(out)]
        subprocess.run([*command, "--threads", "1"], check=True)
    return out


def compared(name: str, data: Path, runs: Path) -> dict[str, Any]:
    """Return nats per 16th of both models, nothing but the meter told, on both kinds of music."""
    whole = load_training(name)
    part = without_new(whole)
    folders = {WITHOUT: trained(name, part, data, runs), WITH: find_file("models", name)}
    found: dict[str, Any] = {}
    for music, preset in (("old sets", part), ("all sets", whole)):
        judged = find([data], vocabulary_of(read(folders[WITH])), preset=preset, tell=print)
        found[music] = {"pieces": len(judged.pieces)}
        for which, folder in folders.items():
            vocabulary = vocabulary_of(read(folder))
            tally = likelihood.of_model(folder, judged.pieces)
            figures = likelihood.figures_of(tally, vocabulary)
            found[music][which] = round(figures["nats_per_16th"], 4)
    return found


def sentence(found: dict[str, Any]) -> str:
    """Return the line of a card."""
    parts = [
        f"{music} {row[WITHOUT]:.3f} without, {row[WITH]:.3f} with ({row['pieces']} pieces)"
        for music, row in found.items()
    ]
    return (
        f"Trained without {', '.join(NEW)}, and with what this preset takes of them; nats per 16th "
        f"of held-out music, with the meter told: {'; '.join(parts)}."
    )


def summary(models: dict[str, Any]) -> str:
    """Return a table, a row for each model and kind of music."""
    lines = ["| model | held-out music | pieces | without | with |", "|---|---|---|---|---|"]
    lines += [
        f"| {name} | {music} | {row['pieces']} | {row[WITHOUT]:.3f} | {row[WITH]:.3f} |"
        for name, found in models.items()
        for music, row in found.items()
    ]
    words = (
        f"Nats per 16th, nothing told but the meter. Without: {', '.join(NEW)} left out of the "
        "preset, all else the same."
    )
    return "\n".join([*lines, "", words, ""])


def main() -> None:
    """Compare, and keep what was found before of presets that are not named."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("presets", nargs="*", default=PRESETS)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--runs", type=Path, default=Path("runs/ablation"))
    asked = parser.parse_args()
    path = RESULTS / "ablation.json"
    models = json.loads(path.read_text())["models"] if path.is_file() else {}
    for name in asked.presets:
        models[name] = compared(name, asked.data, asked.runs)
        result = {
            "machine": describe("daw-bridge", "torch", "numpy"),
            "models": dict(sorted(models.items())),
        }
        record("ablation", result, summary(result["models"]))
        command = f"python benchmarks/ablation.py --data {asked.data} {name}"
        text = f"{sentence(models[name])}\n\n```\n{command}\n```\n"
        add_section(find_file("models", name), "Ablation", text)


if __name__ == "__main__":
    main()
