"""`daw-bridge sounds train`: an agent that tunes a sound's program towards any target."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import click

from daw_bridge.cli.options import without_extra
from daw_bridge.cli.types import NAMED, PATH
from daw_bridge.config.sound import AgentFile, load_sound
from daw_bridge.errors import UserError


@click.command(epilog="Example: daw-bridge sounds train kick --out kick.safetensors")
@click.argument("sound", type=NAMED["sound"])
@click.option("--out", type=PATH, required=True, help="The file of the weights that are made.")
@click.option("--fresh", is_flag=True, help="Begin again, and not where a run was interrupted.")
def train(sound: str, out: Path, *, fresh: bool) -> None:
    """Train an agent for the program of SOUND, as `agent` in its file says.

    It computes in one thread, so that the same seed makes the same agent. Where it stands is in
    OUT.checkpoint; an interrupted run (Ctrl-C) goes on from there when the same command is given
    again.
    """
    file = load_sound(sound)
    if len(file.numbers) != 1:
        found = f"{len(file.numbers)} steps in {sound}"
        raise UserError("a sound of one step", found, "an agent tunes one sound at a time")
    try:
        from daw_bridge.envs.sound_tune import SoundTune  # noqa: PLC0415
        from daw_bridge.training import train_sound  # noqa: PLC0415
        from daw_bridge.training.imagination import imagination  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise without_extra("torch, which training needs") from error
    preset = file.agent or AgentFile()
    standing = out.with_name(f"{out.name}.checkpoint")
    if fresh:
        standing.unlink(missing_ok=True)
    try:
        network = train_sound.train(
            lambda: SoundTune(file.code, file.action_space, file.step_len, preset.steps),
            preset, _said, standing,
        )  # fmt: skip
        env = SoundTune(file.code, file.action_space, file.step_len)
        imagined = imagination(env, preset, _said)
    except KeyboardInterrupt:
        click.echo(f"interrupted; the same command goes on from {standing}", err=True)
        sys.exit(130)
    network.tuner(imagined).save(out)
    click.echo(f"{out}")


def _said(row: Mapping[str, float]) -> None:
    figures = (f"{name} {value:.3f}" for name, value in row.items() if name != "round")
    click.echo(f"round {row['round']:.0f}: {'  '.join(figures)}", err=True)
