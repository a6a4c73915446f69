"""`daw-bridge tune`: a model that learns from its own best pieces."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from daw_bridge.cli.options import without_extra
from daw_bridge.cli.types import NAMED, PATH, Whole
from daw_bridge.errors import UserError
from daw_bridge.files import folder_to_write

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from daw_bridge.config.tuning import TuningFile
    from daw_bridge.encoding.codec import Codec
    from daw_bridge.envs.rewards import Known, Rewards
    from daw_bridge.music.keys import Key
    from daw_bridge.music.notes import Bar


@click.command(epilog="Example: daw-bridge tune lead-rl --out my-lead")
@click.argument("preset", type=NAMED["tuning"])
@click.option("--out", type=PATH, required=True, help="The folder of the model that is made.")
@click.option("--data", type=PATH, help="The music that a preset learns beside, a folder.")
@click.option(
    "--listener", type=PATH, help="Of `daw-bridge listen`: it pays `discriminator` as it is."
)
@click.option("--threads", type=Whole(1), help="How many threads compute; all, if not given.")
@click.option("--until", type=Whole(1), help="End with this round, if the preset has more.")
@click.option("--fresh", is_flag=True, help="Begin again, and not where a run was interrupted.")
def tune(
    preset: str, out: Path, data: Path | None, listener: Path | None, threads: int | None,
    until: int | None, *, fresh: bool,
) -> None:  # fmt: skip
    """Tune a model as PRESET says: draw pieces, pay them, learn from that, and so on.

    An interrupted run (Ctrl-C) goes on with its round when the same command is given again.
    """
    from daw_bridge.config.files import find  # noqa: PLC0415
    from daw_bridge.config.rewards import load_rewards  # noqa: PLC0415
    from daw_bridge.config.tuning import load_tuning  # noqa: PLC0415
    from daw_bridge.envs.known import known_of  # noqa: PLC0415
    from daw_bridge.envs.rewards import Rewards  # noqa: PLC0415
    from daw_bridge.evaluation.diversity import bar_shape, rareness, vendi  # noqa: PLC0415
    from daw_bridge.music.keys import Key  # noqa: PLC0415
    from daw_bridge.policies.card import read  # noqa: PLC0415
    from daw_bridge.policies.load import codec_of, vocabulary_of  # noqa: PLC0415

    file = load_tuning(preset)
    folder_to_write(out)
    folder = find("models", file.model)
    paid, card = load_rewards(file.rewards), read(folder)
    rewards, known = Rewards.of(paid), known_of(paid, card)
    key = Key.parse(str(file.conditions.get("key", "C major")))

    if "novelty" in rewards.terms:
        learnt, _ = real_music(file, codec_of(card, **file.conditions), data)
        shapes = (bar_shape(bar) for bars in learnt for bar in bars)
        known = replace(known, shapes=frozenset(each for each in shapes if each is not None))
    refuse_two_listeners(file, listener)
    if listener is None and file.listener is None:
        rewards.check(known)

    vectors = partial(histograms, drums=vocabulary_of(card).kind == "drums")
    try:
        from daw_bridge.training.hearing import Hearing  # noqa: PLC0415
        from daw_bridge.training.in_turn import InTurn  # noqa: PLC0415
        from daw_bridge.training.make_tuned import make_tuned  # noqa: PLC0415
        from daw_bridge.training.rounds import CHECKPOINT, Judge  # noqa: PLC0415
        from daw_bridge.training.train_listener import as_reward, load  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise without_extra("torch, which tuning needs") from error
    in_turn = None
    hearing = Hearing.of_model(folder, **file.conditions)
    if listener is not None:
        known = replace(known, pred_real=as_reward(load(listener), hearing))
    elif file.listener is not None:
        in_turn = InTurn(file.listener, hearing, *real_music(file, hearing.codec, data))
        known = replace(known, pred_real=in_turn.log_real)
    judge = Judge(
        payer(rewards, key, known), lambda some: vendi(vectors(some)),
        lambda some: rareness(vectors(some)), in_turn,
    )  # fmt: skip
    if in_turn is not None and (term := rewards.terms.get("discriminator")) is not None:
        judge = judge.hearing(term, payer(rewards.without("discriminator"), key, known))
    command = "daw-bridge " + shlex.join(sys.argv[1:])
    try:
        lines = make_tuned(
            file, out, command, judge=judge, data=data, threads=threads, until=until,
            fresh=fresh, report=_said,
        )  # fmt: skip
    except KeyboardInterrupt:
        begins = "goes on from" if (out / CHECKPOINT).exists() else "begins anew in"
        click.echo(f"interrupted; the same command {begins} {out}", err=True)
        sys.exit(130)
    for line in lines:
        click.echo(line)


def histograms(pieces: Sequence[Sequence[Bar]], *, drums: bool) -> NDArray[np.float64]:
    """Return what is compared of pieces, to tell how different they are: [piece, feature]."""
    import numpy as np  # noqa: PLC0415

    from daw_bridge.evaluation.features import histogram  # noqa: PLC0415

    return np.stack([histogram(bars, drums=drums) for bars in pieces])


def payer(rewards: Rewards, key: Key, known: Known) -> Callable[[Sequence[Bar]], float]:
    """Return what pays a piece in a key."""
    from daw_bridge.envs.rewards import Music  # noqa: PLC0415

    return lambda bars: rewards(Music(bars, key, known=known))


def refuse_two_listeners(file: TuningFile, listener: Path | None) -> None:
    """Stop where a listener is named, and another is to learn in turn: only one can pay."""
    if listener is not None and file.listener is not None:
        what = "that of --listener, and one in the preset that learns in turn"
        raise UserError("one listener", what, "leave one of them out")


def real_music(file: TuningFile, codec: Codec, data: Path | None) -> list[list[list[Bar]]]:
    """Read the pieces that a model and a listener learn, and those that are held out.

    Raises:
        UserError: no folder or no training preset says what they are, or there are none.
    """
    from daw_bridge.config.training import load_training  # noqa: PLC0415
    from daw_bridge.corpora.excerpts import excerpts  # noqa: PLC0415
    from daw_bridge.evaluation.music import find as find_music  # noqa: PLC0415
    from daw_bridge.music.keys import Key  # noqa: PLC0415
    from daw_bridge.music.time import Meter  # noqa: PLC0415

    if file.data is None or data is None:
        what = "real music to listen to, or to be unlike"
        raise UserError(what, "none", "name `data` in the preset, and --data FOLDER")
    music = find_music(
        [data], codec, preset=load_training(file.data), tell=lambda what: click.echo(what, err=True)
    )
    key = Key.parse(str(file.conditions["key"])) if "key" in file.conditions else None
    return [
        excerpts(part, file.bars, Meter.parse(file.meter), key)
        for part in (music.known, music.pieces)
    ]


def _said(row: Mapping[str, float]) -> None:
    figures = (f"{name} {value:.3f}" for name, value in row.items() if name != "round")
    click.echo(f"round {row['round']:.0f}: {'  '.join(figures)}", err=True)
