"""`daw-bridge sounds match`: the numbers of a program that come nearest to a target."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daw_bridge.cli.types import NAMED, PATH, Whole
from daw_bridge.config.sound import SoundFile, agent_of, load_sound
from daw_bridge.files import whole

if TYPE_CHECKING:
    from daw_bridge.envs.sound_match import SoundMatch

WAYS = ("agent", "cma", "random")


@click.command(epilog="Example: daw-bridge sounds match kick mine.wav --out my-kick.yaml")
@click.argument("sound", type=NAMED["sound"])
@click.argument("target", type=PATH, required=False)
@click.option("--by", type=click.Choice(WAYS), multiple=True, help="All that can, if not given.")
@click.option(
    "--steps", type=Whole(1, 10_000), default=30, show_default=True, help="Tries of the agent."
)
@click.option(
    "--tries",
    type=Whole(1, 1_000_000),
    default=300,
    show_default=True,
    help="Tries of each search, for each step of the sound.",
)
@click.option("--seed", type=Whole(0, 2**31), default=1, show_default=True)
@click.option("--out", type=PATH, help="The render preset that plays what came nearest.")
@click.option("--wav", type=PATH, help="A file of what came nearest.")
def match(
    sound: str, target: Path | None, by: Sequence[str], steps: int, tries: int, seed: int,
    out: Path | None, wav: Path | None,
) -> None:  # fmt: skip
    """Find the numbers of SOUND's program that sound most like TARGET, a WAV file.

    Without a target it is that of the sound's own file. Beside each other: the agent that was
    trained for the program, where there is one; CMA-ES, where it is installed (extra `cma`); and
    numbers drawn at random. What came nearest is written, to be played as an instrument:

        daw-bridge render take.mid --preset ./my-kick.yaml --out sound
    """
    from daw_bridge.envs.examples import example  # noqa: PLC0415
    from daw_bridge.envs.search import distance_of  # noqa: PLC0415
    from daw_bridge.envs.sound_match import SoundMatch  # noqa: PLC0415

    file = load_sound(sound)
    env = SoundMatch(**(example(sound) | ({} if target is None else {"target": target})))
    found = {}
    for way in by or _ways(sound):
        actions = _found(way, env, sound, steps if way == "agent" else tries, seed)
        found[way] = distance_of(env, actions), actions
        click.echo(f"{way}: {found[way][0]:.4f}")
    _, actions = min(found.values(), key=lambda each: each[0])
    for action in actions:
        click.echo(" ".join(f"{value:.5g}" for value in env.parameters.values(action)))
    if out is not None:
        _write_preset(out, file, env.code(actions[0], file.pitch))
    if wav is not None:
        _write_wave(wav, env, actions)


def _ways(sound: str) -> list[str]:
    """Return the ways that there are on this machine for a sound."""
    from importlib.util import find_spec  # noqa: PLC0415

    able = {"agent": agent_of(sound).exists(), "cma": find_spec("cma") is not None, "random": True}
    return [way for way in WAYS if able[way]]


def _found(way: str, env: SoundMatch, sound: str, tries: int, seed: int) -> list[Any]:
    """Return the action of each step that one way finds."""
    from daw_bridge.envs.search import at_random, by_cma, nearest, step_by_step  # noqa: PLC0415
    from daw_bridge.envs.sound_tune import SoundTune  # noqa: PLC0415
    from daw_bridge.envs.tuner import Tuner  # noqa: PLC0415

    if way != "agent":
        return step_by_step(env, by_cma if way == "cma" else at_random, tries, seed)
    file = load_sound(sound)
    tune = SoundTune(file.code, file.action_space, file.step_len, tries)
    options = {"target": env.target}
    return [nearest(Tuner.load(agent_of(sound)).tries(tune, options, tries, seed))[1]]


def _write_preset(out: Path, file: SoundFile, code: str) -> None:
    from daw_bridge.envs.found import write_preset  # noqa: PLC0415

    write_preset(out, file.title, {file.plays: (code, file.step_len)})
    click.echo(f"{out}")


def _write_wave(wav: Path, env: SoundMatch, actions: Sequence[Any]) -> None:
    from daw_bridge.envs.graph.player import RATE  # noqa: PLC0415
    from daw_bridge.render.wave import WaveWriter  # noqa: PLC0415

    env.begin()
    for action in actions:
        heard = env.step(action)[0]
    with whole(wav) as part, WaveWriter(part, RATE, 1) as written:
        written.write(heard[:, None])
    click.echo(f"{wav}")
