"""What our networks reach on the sets that others published figures for.

    daw-bridge train jsb-quarter --data ../shared/data/pianoroll_benchmark --out runs/jsb-quarter
    ...and so on for each row of `SETS`, then
    python benchmarks/published.py runs ../shared/data

Every model in the folder of runs is measured on its validation music by `daw-bridge evaluate`,
beside an n-gram that copies. Their test splits are not ours to see. Writes results/published.json
and results/published.md.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from machine import describe
from record import record

from daw_bridge.config.training import load_training
from daw_bridge.evaluation.evaluate import Settings, evaluate
from daw_bridge.policies.card import read


@dataclass(frozen=True, slots=True)
class Set:
    """Name a preset, its music, and what others reached on the test split."""

    preset: str
    data: str
    title: str
    others: str
    target: float | None


SETS = (
    Set("jsb-quarter", "pianoroll_benchmark", "JSB chorales, quarter frames, nats a frame",
        "RNN-NADE 5.56, RNN-RBM 6.27", 5.3),
    Set("nottingham", "pianoroll_benchmark", "Nottingham, nats a frame",
        "RNN-NADE 2.31, RNN-RBM 2.39", 2.2),
    Set("metallica", "drum_text/metallica_train.txt", "LSTMetallica's text, perplexity",
        "", 1.65),
    Set("lstmetallica", "drum_text/metallica_train.txt",
        "the same, a plain stacked LSTM as in the paper", "", None),
    Set("nesmdb-tx1", "nesmdb", "NES-MDB, TX1 events, perplexity",
        "LSTM 14.1, with augmentation 12.6, Transformer-XL 3.5", 12.6),
)  # fmt: skip


def measure(each: Set, runs: Path, data: Path) -> dict[str, object]:
    """Evaluate one model and its baselines."""
    folder = runs / each.preset
    preset = load_training(each.preset)
    report = evaluate(
        folder,
        [data / each.data],
        Settings(n_excerpts=2, n_bars=2, seed=1),
        preset=preset if preset.data == "music" else None,
        tell=print,
    ).plain()
    unit = report["unit"]
    figures = {name: row[unit] for name, row in report["rows"].items() if unit in row}
    ours = float(figures[report["model"]])
    return {
        "preset": each.preset,
        "set": each.title,
        "unit": unit,
        "ours": ours,
        "n-gram that copies": figures["n-gram that copies"],
        "copy of the last bar": figures["copy of the last bar"],
        "published, on the test split": each.others,
        "target": each.target,
        "reached": None if each.target is None else ours <= each.target,
        "trained": read(folder).facts["trained"],
    }


def table(rows: list[dict[str, object]]) -> str:
    """Write the rows as a table."""
    head = "| set | preset | ours | target | n-gram that copies | copy of the last bar "
    lines = [f"{head}| published, on the test split |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        ours, target = f"{row['ours']:.2f}", "" if row["target"] is None else row["target"]
        baselines = f"{row['n-gram that copies']:.2f} | {row['copy of the last bar']:.2f}"
        published = row["published, on the test split"]
        lines.append(
            f"| {row['set']} | `{row['preset']}` | {ours} | {target} | {baselines} | {published} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure all that was trained, print and write."""
    runs, data = (Path(argument) for argument in sys.argv[1:3])
    trained = [each for each in SETS if (runs / each.preset / "README.md").is_file()]
    rows = [measure(each, runs, data) for each in trained]
    result = {
        "command": "python benchmarks/published.py runs ../shared/data",
        "machine": describe("torch", "numpy"),
        "rows": rows,
    }
    record("published", result, table(rows))


if __name__ == "__main__":
    main()
