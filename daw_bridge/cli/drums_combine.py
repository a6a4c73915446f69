"""`daw-bridge drums combine`: new loops of the kick, snare and hi-hat loops of a pack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from daw_bridge.cli.batch import aloud, done_for_each, midi_files, refuse_to_overwrite
from daw_bridge.cli.options import option_of
from daw_bridge.cli.types import FOLDER, Real, Whole
from daw_bridge.config.bounds import Bounds
from daw_bridge.config.jam import JamFile
from daw_bridge.drums.loop_combine import Combination, draw
from daw_bridge.drums.loop_files import MANIFEST, file_names, parts_in, write_loops
from daw_bridge.drums.loop_parts import alike, on_grid
from daw_bridge.errors import UserError
from daw_bridge.midi import files
from daw_bridge.midi.files import Score


@click.command(epilog="Example: daw-bridge drums combine standard new --count 500 --split")
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.argument("out", metavar="OUT", type=FOLDER)
@click.option("--count", type=Whole(1), required=True, help="How many loops.")
@option_of(JamFile, "bars", default=2, words="Their length.")
@option_of(JamFile, "seed")
@click.option(
    "--split",
    type=Real("a part of the loops", Bounds(gt=0, lt=1)),
    is_flag=False,
    flag_value="0.2",
    help="Divide the parts: this much for validation (0.2 if no number is given).",
)
@click.option(
    "--resolution",
    type=click.Choice(["16", "32"]),
    help="Move hits to 16ths or 32nds; hi-hat rolls keep 32nds and triplets.",
)
@click.option("--skip", is_flag=True, help="Leave out what does not fit, and list it.")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
def combine(folder: Path, out: Path, **options: Any) -> None:
    """Combine kick, snare and hi-hat loops of DIR into COUNT new loops, no two of them equal.

    DIR holds loops of single drums with standard notes, as `drums standardise` writes them, of one
    meter, tempo and length. manifest.jsonl says which parts made which loop. With --split, no part
    of a validation loop is in a training loop. OUT lies outside DIR, since new loops are no parts.
    """
    if folder.resolve() in (out.resolve(), *out.resolve().parents):
        raise UserError(f"a folder outside {folder} for new loops", str(out), "name another OUT")
    found = midi_files(folder, out)
    with done_for_each(found, lambda each: aloud(each, files.read)) as scores:
        _combine(folder, out, scores, options)


def _combine(
    folder: Path, out: Path, scores: Mapping[Path, Score], options: Mapping[str, Any]
) -> None:
    parts, left_out = parts_in(folder, scores, options["bars"], skip=options["skip"])
    if options["resolution"]:
        parts = [on_grid(part, int(options["resolution"])) for part in parts]
    parts, repeats = alike(parts)
    loops = draw(parts, options["count"], options["seed"], options["split"])
    named = dict(zip(file_names(loops), loops, strict=True))
    refuse_to_overwrite([out / name for name in (*named, MANIFEST)], force=options["force"])
    write_loops(named, out, {key: options[key] for key in ("bars", "seed", "resolution")})
    for name, why in left_out.items():
        click.echo(f"{folder / name}: left out, {why}")
    for name, first in repeats.items():
        click.echo(f"{folder / name}: left out, the same rhythm as {first}")
    _tell(loops, out)


def _tell(loops: Iterable[Combination], out: Path) -> None:
    splits = Counter(loop.split for loop in loops)
    told = ", ".join(f"{count} for {split}" for split, count in splits.items() if split)
    total = sum(splits.values())
    click.echo(f"wrote {total} loop(s){f' ({told})' if told else ''} and {MANIFEST} to {out}")
