"""`daw-bridge drums standardise`: loops of single drums, each on its standard note."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import click
from rich.table import Table

from daw_bridge.cli.batch import (
    aloud,
    console,
    done_for_each,
    midi_files,
    outputs,
    overwritten,
    write_all,
)
from daw_bridge.cli.types import FOLDER, PATH
from daw_bridge.config.loop_rules import load_loop_rules
from daw_bridge.drums.loop_names import Naming, Rules, name_loop, path_names
from daw_bridge.drums.remap import to_one_drum
from daw_bridge.midi import files
from daw_bridge.music.gm_drums import DRUMS


@click.command(epilog="Example: daw-bridge drums standardise 'Trap Loops' standard")
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.argument("out", metavar="OUT", type=FOLDER)
@click.option("--rules", type=PATH, help="YAML with names of your own.")
@click.option("--skip", is_flag=True, help="Leave out what cannot be told, and list it.")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
def standardise(folder: Path, out: Path, rules: Path | None, *, skip: bool, force: bool) -> None:
    """Give each loop of a single drum in DIR that drum's General MIDI note, on channel 10.

    The drum is told by the name of the file (Kick_01, Hi-Hat Open 3, HH, OH, 808, Snr, ...), or of
    its folder. Names of two drums, of none, or of what may be several (Cymbal, Bell, 808 Bass) are
    listed and nothing is written, unless --skip.

    A name that says too little is taken as one drum, which is told: Perc as a high bongo, since
    General MIDI has no such drum, HH as closed, Tom as a low tom, Rim as a side stick, 808 alone as
    a kick, Conga as open, Bongo, Timbale, Agogo and Wood Block as high. --rules can say otherwise.
    """
    own = load_loop_rules(rules) if rules else Rules()
    found = midi_files(folder, out)
    names = {path: name_loop(path_names(folder, path), own) for path in found}
    unclear = {path: naming.reason for path, naming in names.items() if naming.drum is None}
    places = outputs(folder, [path for path in found if path not in unclear], out)
    errors = [] if skip else [_unclear_line(path, reason) for path, reason in unclear.items()]
    errors += overwritten(places.values(), force=force)

    def work(path: Path) -> tuple[bytes, int]:
        return to_one_drum(aloud(path, files.unpack), str(names[path].drum))

    with done_for_each(places, work, errors) as contents:
        write_all({places[path]: raw for path, (raw, _) in contents.items()})
        _tell(names, contents, unclear, out)


def _unclear_line(path: Path, reason: str) -> str:
    return f"{path}: expected the name of one drum, found that {reason}: rename it, or --skip"


def _tell(
    names: Mapping[Path, Naming],
    contents: Mapping[Path, tuple[bytes, int]],
    unclear: Mapping[Path, str],
    out: Path,
) -> None:
    counts = Counter(str(names[path].drum) for path in contents)
    table = Table("drum", "note", "loops")
    for drum, count in sorted(counts.items(), key=lambda each: DRUMS[each[0]].note):
        table.add_row(DRUMS[drum].label, str(DRUMS[drum].note), str(count))
    console().print(table)
    taken = Counter((names[path].taken_for, str(names[path].drum)) for path in contents)
    for (said, drum), count in sorted(taken.items()):
        if said:
            click.echo(f"{count} loop(s) that say no more than {said} taken as {DRUMS[drum].label}")
    by_folder = Counter((names[path].folder, str(names[path].drum)) for path in contents)
    for (folder, drum), count in sorted(by_folder.items()):
        if folder:
            click.echo(
                f"{count} loop(s) named by their folder {folder} taken as {DRUMS[drum].label}"
            )
    for path, (_, n_pitches) in contents.items():
        if n_pitches > 1:
            click.echo(f"{path}: its {n_pitches} different notes became one")
    for path, reason in unclear.items():
        click.echo(f"{path}: left out, {reason}")
    click.echo(f"wrote {len(contents)} loop(s) to {out}")
