"""Whether a fresh listener tells what models play from songs, and how many bars it judges a second.

    python benchmarks/listener.py [--models lead lead-rl] [--kinds conv] [--seeds 8] [--cards]

Listeners are trained from nothing, one a seed, on the training split and on pieces of eight bars
that a model draws at temperature 1. AUC is that on held-out music and pieces drawn anew, 0.5 where
nobody could tell; here a listener learns in all rounds. Bars are judged from their notes to the
reward, a piece at a time, by one core; `Compose-v0` plays the tokens of drawn pieces and pays
them by the listener, without the policy that draws them. With `--cards` the AUC of a model that was
tuned stands in its card, beside that of what it was tuned from. Seconds are those of the processor.
Writes results/listener.json and results/listener.md, where rows of models and listeners that are
not asked for stay as they were measured last.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from machine import describe
from record import RESULTS, command, record

from daw_bridge.config.files import find
from daw_bridge.config.tuning import TuningFile
from daw_bridge.corpora.excerpts import excerpts
from daw_bridge.envs.compose import Compose
from daw_bridge.envs.rewards import Known
from daw_bridge.evaluation.music import find as find_music
from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter
from daw_bridge.policies import mix
from daw_bridge.policies.card import read
from daw_bridge.policies.load import codec_of
from daw_bridge.registry import LANES
from daw_bridge.training import publish
from daw_bridge.training.hearing import Hearing
from daw_bridge.training.lanes.sampler import Plan
from daw_bridge.training.lanes.sampler import pieces as drawn_pieces
from daw_bridge.training.make_listener import make_listener
from daw_bridge.training.make_tuned import begin
from daw_bridge.training.train_listener import Listener, Settings, as_reward

BARS = 8
WANTED = 100
"""Bars judged a second and core: 200 on two cores."""

SOME = 64
"""Pieces by which speed is measured."""

HEARD = "title: what a listener takes for real\nterms: {discriminator: {weight: 1}}\n"
DATA = {"drums": "groove", "line": "lieder"}

Pieces = Sequence[Sequence[Bar]]


def music(model: str, data: Path) -> tuple[Pieces, Pieces, dict[str, str]]:
    """Read real pieces to learn and others to judge by, and what a model is told to draw such."""
    codec = codec_of(read(find("models", model)))
    found = find_music([data / DATA[codec.kind]], codec, tell=lambda _: None)
    key = Key(0) if hasattr(codec, "key") else None
    real, held = (excerpts(each, BARS, Meter(), key) for each in (found.known, found.pieces))
    return real, held, {"key": str(key)} if key else {}


def judged(hearing: Hearing, pieces: Pieces, kind: str) -> float:
    """Return how many bars a second of one core are judged, the notes of the bank being made."""
    reward = as_reward(Listener(Settings(kind), len(hearing(pieces[0])[0])), hearing)
    some = pieces[:SOME]
    for bars in some:
        hearing(bars)
    begun_s = time.process_time()
    for bars in some:
        reward(bars)
    return BARS * len(some) / (time.process_time() - begun_s)


def composed(model: str, hearing: Hearing, conditions: dict[str, str], kind: str) -> float:
    """Return how many bars a second of one core `Compose-v0` plays and pays by a listener."""
    folder = find("models", model)
    preset = TuningFile(title=model, model=model, rewards="-", conditions={**conditions})
    start = begin(preset, folder)
    codec = start.codec
    lanes = LANES[start.kind](codec, start.network.shape, start.network.tensors(), SOME)
    drawn = list(drawn_pieces(lanes, codec, range(SOME), Plan(BARS)))
    bands = hearing(drawn[0].bars).shape[1]
    known = Known(pred_real=as_reward(Listener(Settings(kind), bands), hearing))
    with TemporaryDirectory() as out:
        (Path(out) / "heard.yaml").write_text(HEARD)
        env = Compose(model, str(Path(out) / "heard.yaml"), bars=BARS, known=known, **conditions)
    for each in drawn:
        hearing(each.bars)
    begun_s = time.process_time()
    for each in drawn:
        env.reset()
        tokens, ended = [codec.start_token, *each.tokens.tolist()], False
        while not ended:  # what is forced, the environment has taken by itself
            _, _, ended, _, _ = env.step(tokens[env.n_tokens])
    return BARS * len(drawn) / (time.process_time() - begun_s)


def merged(rows: Sequence[dict[str, Any]], path: Path) -> list[dict[str, Any]]:
    """Return rows, and those of other models and listeners that a file has, in its order."""
    before = json.loads(path.read_text())["rows"] if path.is_file() else []
    of = {(row["model"], row["listener"]): row for row in [*before, *rows]}
    return [*of.values()]


def into_cards(rows: Sequence[dict[str, Any]]) -> None:
    """Write the AUC of each kind of listener into the cards of models that were tuned."""
    auc = {(row["model"], row["listener"]): float(row["auc"]) for row in rows}
    for (model, kind), value in auc.items():
        folder = find("models", model)
        of = (read(folder).facts.get(mix.KEY) or {}).get("model")
        if (of, kind) in auc:
            figures = {f"auc_of_a_fresh_{kind}_listener": (auc[of, kind], value)}
            publish.write_figures(folder, figures)


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", default=["lead", "groove-drums", "groove-drums-rl"])
    parser.add_argument("--kinds", nargs="+", default=["conv", "lstm", "transformer"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--pieces", type=int, default=128)
    parser.add_argument("--cards", action="store_true", help="also into the cards of the tuned")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    for model in arguments.models:
        real, held, conditions = music(model, arguments.data)
        hearing = Hearing.of_model(find("models", model), **conditions)
        for kind in arguments.kinds:
            found = []
            for seed in range(1, arguments.seeds + 1):
                rounds = arguments.rounds
                settings = Settings(kind, seed=seed, rounds=rounds, warm_up=rounds)
                with TemporaryDirectory() as out:
                    row = make_listener(
                        find("models", model), real, held, Path(out), settings,
                        conditions=conditions, meter=Meter(), pieces_a_round=arguments.pieces,
                    )  # fmt: skip
                found.append([row[name] for name in ("auc", "accuracy", "calibration")])
            mean, spread = np.mean(found, 0), np.ptp(found, 0)
            rows.append(
                {
                    "model": model,
                    "listener": kind,
                    "seeds": arguments.seeds,
                    "auc": round(float(mean[0]), 3),
                    "auc_apart": round(float(spread[0]), 3),
                    "accuracy": round(float(mean[1]), 3),
                    "calibration": round(float(mean[2]), 3),
                    "held_out": len(held),
                    "bars_per_s": round(judged(hearing, held, kind)),
                    "composed_bars_per_s": round(composed(model, hearing, conditions, kind)),
                }
            )
    rows = merged(rows, RESULTS / "listener.json")
    if arguments.cards:
        into_cards(rows)
    result = {
        "command": command(),
        "machine": describe("torch", "numpy"),
        "rounds": arguments.rounds,
        "rows": rows,
    }
    lines = [
        "| model | listener | seeds | AUC | seeds apart | accuracy | chances off by "
        f"| pieces held out | bars judged a second and core (wanted: {WANTED}) "
        "| composed and judged |",
        "|---" * 10 + "|",
    ]
    lines += [f"| {' | '.join(str(value) for value in row.values())} |" for row in rows]
    record("listener", result, "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
