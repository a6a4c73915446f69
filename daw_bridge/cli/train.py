"""`daw-bridge train`: from a folder of music to a model that plays."""

from __future__ import annotations

import shlex
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daw_bridge.cli.options import options_of, without_extra
from daw_bridge.cli.types import NAMED, PATH, Setting, Whole
from daw_bridge.config.training import TrainingFile, load_training, overridden
from daw_bridge.files import folder_to_write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from daw_bridge.training.train_lstm import Progress as Reached

MOST_THREADS = 256
"""What torch is asked for at most: it crashes where the system does not give it that many."""


@click.command(
    epilog="Example: daw-bridge train groove-drums --data groove --out models/mine --epochs 4"
)
@click.argument("preset", type=NAMED["training"])
@click.option("--data", type=PATH, required=True, help="Folder or file.")
@click.option("--out", type=PATH, required=True, help="The model's folder.")
@click.option("--threads", type=Whole(1, MOST_THREADS), help="How many cores torch may use.")
@click.option("--fresh", is_flag=True, help="Begin again; do not go on from a checkpoint.")
@click.option("--tensorboard", type=PATH, help="Write losses for TensorBoard here.")
@click.option(
    "--set", "values", type=Setting(), multiple=True,
    help="Any value of the preset, such as network.shape.layers=3; may be repeated.",
)  # fmt: skip
@options_of(TrainingFile)
def train(
    preset: str, *, data: Path, out: Path, threads: int | None, tensorboard: Path | None,
    fresh: bool, values: tuple[tuple[str, Any], ...], **options: Any,
) -> None:  # fmt: skip
    """Train the model that PRESET describes, on the music in --data.

    An interrupted run (Ctrl-C) goes on where it was when the same command is given again.
    """
    flags = {name.replace("__", "."): each for name, each in options.items() if each is not None}
    file = overridden(load_training(preset), [*values, *flags.items()])
    for folder in (out, tensorboard):
        if folder is not None:
            folder_to_write(folder)
    try:
        import torch  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise without_extra("torch, which training needs") from error
    if threads:
        torch.set_num_threads(threads)
    command = "daw-bridge " + shlex.join(sys.argv[1:])
    from daw_bridge.evaluation import drum_figures  # noqa: PLC0415
    from daw_bridge.training.make_model import make_model  # noqa: PLC0415

    try:
        with (
            _shown() as shown,
            _written(tensorboard, shown) as report,
            _interruptible() as stop,
        ):
            lines = make_model(
                file, data, out, command,
                measure=drum_figures.of_model, fresh=fresh, report=report, stop=stop,
            )  # fmt: skip
    except KeyboardInterrupt:
        click.echo(f"interrupted; the same command goes on from {out}", err=True)
        sys.exit(130)
    for line in lines:
        click.echo(line)


@contextmanager
def _shown() -> Iterator[Callable[[Reached], None]]:
    """Show a bar with tokens a second, losses and the time left.

    Without a terminal, write a line for each epoch.
    """
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    console = Console(stderr=True)
    columns = (
        TextColumn("epoch {task.fields[epoch]}"),
        BarColumn(),
        TextColumn("{task.fields[speed]} tokens/s"),
        TextColumn("{task.fields[losses]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("train", total=1.0, epoch="", speed="", losses="reading data")

        def report(at: Reached) -> None:
            losses = _losses(at.losses)
            if at.valid and not console.is_terminal:
                done = f"epoch {at.epoch:.0f}/{at.epochs}, {at.tokens_per_s:,.0f} tokens/s"
                click.echo(f"{done}: {losses}; valid: {_losses(at.valid)}", err=True)
            progress.update(
                task, total=at.epochs, completed=at.epoch, losses=losses,
                epoch=f"{min(int(at.epoch) + 1, at.epochs)}/{at.epochs}",
                speed=f"{at.tokens_per_s:,.0f}",
            )  # fmt: skip

        yield report


def _losses(losses: Mapping[str, float]) -> str:
    return "  ".join(f"{name} {nats:.3f}" for name, nats in losses.items())


@contextmanager
def _written(
    folder: Path | None, report: Callable[[Reached], None]
) -> Iterator[Callable[[Reached], None]]:
    """Write losses for TensorBoard as well, where a folder is given."""
    if folder is None:
        yield report
        return
    from daw_bridge.errors import UserError  # noqa: PLC0415

    try:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise UserError("the package tensorboard", "none", "pip install tensorboard") from error
    with SummaryWriter(str(folder)) as writer:

        def both(at: Reached) -> None:
            for split, losses in (("train", at.losses), ("valid", at.valid)):
                for name, nats in losses.items():
                    writer.add_scalar(f"{name}/{split}", nats, at.updates)
            report(at)

        yield both


@contextmanager
def _interruptible() -> Iterator[Callable[[], bool]]:
    """Let Ctrl-C and a termination end the run after the update at hand, with a checkpoint."""
    asked = False

    def ask(number: int, frame: object) -> None:
        nonlocal asked
        del number, frame
        asked = True

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
