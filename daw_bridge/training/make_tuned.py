"""From a tuning preset to a model's folder: begin with a model, tune it, write what it became."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from daw_bridge.config.files import find
from daw_bridge.config.training import load_training
from daw_bridge.config.tuning import TuningFile
from daw_bridge.errors import UserError
from daw_bridge.pictures import charts
from daw_bridge.policies import forms, mix
from daw_bridge.policies.card import FILE_NAME, TOUCH_NAME, WEIGHTS_NAME, read
from daw_bridge.policies.load import codec_of, problems, weights_of
from daw_bridge.registry import NETWORKS, TRAINED
from daw_bridge.training import publish
from daw_bridge.training.hearing import Hearing
from daw_bridge.training.lanes.layers import as_tensors
from daw_bridge.training.networks.network import Network
from daw_bridge.training.rounds import CHECKPOINT, Judge, Method, Start, best_round, drawn, tune
from daw_bridge.training.songs import as_heard, songs
from daw_bridge.training.train_distil import Distil
from daw_bridge.training.train_dpo import Dpo, pairs_in
from daw_bridge.training.train_ppo import Ppo
from daw_bridge.training.train_reinforce import Reinforce

TOLD = "reward", "diversity", "kl"
"""What a card has of the first round and of the one that was best."""


AUDIO = "before.wav", "after.wav"
"""The first pieces of one round that there is not, as a listener hears them."""


def begin(preset: TuningFile, folder: Path) -> Start:
    """Load the network that a preset begins with.

    What it is told from now on, and was not, it makes nothing of at first.

    Raises:
        UserError: it cannot be loaded, takes no such condition, is none that can be tuned, or plays
            no melody whose leaps it could be told of.
    """
    card = read(folder, problems)
    codec = codec_of(card, **preset.conditions)
    shape = dict(card.network_shape)
    if preset.leaps:
        if "leaps" not in NETWORKS[card.network].sizes:
            what = "a model of a melody, to be told of its leaps"
            raise UserError(what, card.name, "leave out `leaps`")
        shape["leaps"] = 1
    network: Network = TRAINED[card.network](codec, **shape)
    network.take(as_tensors(weights_of(folder, card)))
    conditions = {name: str(value) for name, value in preset.conditions.items()}
    return Start(network, card.network, codec, conditions)


def method_of(preset: TuningFile, start: Start, judge: Judge, data: Path | None) -> Method:
    """Build the method that a preset names.

    Raises:
        UserError: it learns from real music, and no folder is given, or one without any.
    """
    if preset.method == "dpo":
        return Dpo(preset, start, pairs_in(preset, find("models", preset.model)))
    if preset.method == "reinforce":
        return Reinforce(preset, start, judge)
    music = None
    if preset.data is not None and preset.data_weight > 0:
        if judge.listener is not None:
            music = as_heard(start, judge.listener.real)
        elif data is not None:
            music = songs(load_training(preset.data), data, start.network, start.codec)
        else:
            what = f"the music of {preset.data}, which is learnt beside"
            raise UserError(what, "none", "name its folder: --data FOLDER")
    if preset.method == "distil":
        return Distil(preset, start, judge, music)
    return Ppo(preset, start, judge, music)


def write_audio(preset: TuningFile, folder: Path, start: Start, out: Path) -> list[str]:
    """Write what a start in `folder` and what it became play of one seed; return the files' names.

    Raises:
        UserError: the folder cannot be written to.
    """
    few = preset.model_copy(update={"kept": 2, "best_of": 1})
    hearing = Hearing.of_model(folder, **preset.conditions)
    for name, plays in zip(AUDIO, (begin(preset, folder), start), strict=True):
        hearing.write(drawn(preset.rounds + 3, few, plays)[0].bars, out / name)
    return list(AUDIO)


def make_tuned(
    preset: TuningFile,
    out: Path,
    command: str,
    *,
    judge: Judge,
    data: Path | None = None,
    threads: int | None = None,
    until: int | None = None,
    fresh: bool = False,
    report: Callable[[Mapping[str, float]], None] = lambda _: None,
) -> list[str]:
    """Make the model of a tuning preset in the folder `out`; return lines that say what was made.

    The checkpoint of an interrupted run lies in `out` until the model is whole.

    Raises:
        UserError: the model, the preset or the folder is not usable; see `rounds.tune`.
    """
    if threads:
        torch.set_num_threads(threads)
    folder = find("models", preset.model)
    if folder.resolve() == out.resolve():
        raise UserError("a folder for another model", f"that of {preset.model}", "name another")
    if (out / WEIGHTS_NAME).exists() and not (fresh or (out / CHECKPOINT).exists()):
        what, do = "a folder for a model that is to be made", "name another, or give --fresh"
        raise UserError(what, f"a whole one in {out}", do)
    start, as_it_was = begin(preset, folder), begin(preset, folder).network.eval()
    method = method_of(preset, start, judge, data)
    run = tune(
        preset, start, as_it_was, judge, method, out, until=until, fresh=fresh, report=report
    )
    sha256 = publish.write_weights(out, start.network.tensors())
    for name in (FILE_NAME, TOUCH_NAME, forms.FILE_NAME, publish.PLOT_NAME):
        if (folder / name).exists():
            shutil.copyfile(folder / name, out / name)
    best = best_round(run.history, preset)
    charts.rewards(run.history, best, out / publish.REWARDS_NAME)
    first, last = run.history[0], run.history[best]
    before = read(folder)
    facts: dict[str, Any] = dict(before.facts)
    facts.pop("evaluation", None)  # of the music that it was begun with
    facts |= {
        "name": out.resolve().name,
        "title": preset.title,
        "network": {"kind": before.network, **start.network.shape},
        "sha256": sha256,
        "seed": preset.seed,
        "command": command,
        "figures": {},
        mix.KEY: facts.get(mix.KEY, {"model": preset.model, "sha256": before.sha256}),
        "tuned": {
            "by": preset.method,
            "rewards": preset.rewards,
            "figures": {name: [round(each[name], 4) for each in (first, last)] for name in TOLD},
            "audio": write_audio(preset, folder, start, out),
            "round": best,
            "rounds": [
                {name: round(value, 4) for name, value in row.items()} for row in run.history
            ],
        },
    }
    publish.write_card(out, facts)
    if judge.listener is not None:
        one_each = preset.model_copy(update={"best_of": 1})
        others = drawn(preset.rounds + 2, one_each, start)
        judge.listener.write([each.bars for each in others], out)
    (out / CHECKPOINT).unlink(missing_ok=True)
    kept = f" (best of {preset.best_of} at first: {first['reward_kept']:.3f})"
    return [
        f"wrote {out}: round {best} of {len(run.history) - 1}",
        f"reward {first['reward']:.3f} -> {last['reward']:.3f}{kept * (preset.best_of > 1)}; "
        f"diversity {first['diversity']:.1f} -> {last['diversity']:.1f}; KL {last['kl']:.2f} nats",
    ]
