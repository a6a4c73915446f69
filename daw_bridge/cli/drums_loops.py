"""`daw-bridge drums standardise|combine`: loop packs, and new loops from them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from daw_bridge.cli.batch import (
    console,
    for_each,
    midi_files,
    outputs,
    overwritten,
    refuse_to_overwrite,
    write_all,
)
from daw_bridge.cli.options import Real, Whole
from daw_bridge.config.loop_rules import load_loop_rules
from daw_bridge.drums import loop_combine as combining
from daw_bridge.drums.loop_combine import TRAINING, VALIDATION, Combination, manifest_line
from daw_bridge.drums.loop_names import Naming, Rules, name_loop
from daw_bridge.drums.loop_parts import (
    ROLE_OF,
    ROLES,
    Part,
    alike,
    misfits,
    on_grid,
    part_of,
    role_of,
)
from daw_bridge.drums.remap import remap
from daw_bridge.errors import UserError, UserErrors
from daw_bridge.files import whole
from daw_bridge.midi import files
from daw_bridge.music.drum_map import Translation
from daw_bridge.music.gm_drums import DRUMS
from daw_bridge.music.time import Ticks

FOLDER = click.Path(path_type=Path, file_okay=False)

_LOOP = re.compile(rf'"file": "((?:(?:{TRAINING}|{VALIDATION})/)?loop_\d+\.mid)"')
"""Where a manifest names one of our own files."""


@click.command(epilog="Example: daw-bridge drums standardise 'Trap Loops' standard")
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.argument("out", metavar="OUT", type=FOLDER)
@click.option("--rules", type=click.Path(path_type=Path), help="YAML with names of your own.")
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
    names = {path: _named(folder, path, own) for path in found}
    unclear = {path: naming.reason for path, naming in names.items() if naming.drum is None}
    places = outputs(folder, [path for path in found if path not in unclear], out)
    errors = [] if skip else [_unclear_line(path, reason) for path, reason in unclear.items()]
    errors += overwritten(places.values(), force=force)
    contents = for_each(places, lambda path: _standard(path, str(names[path].drum)), errors)
    write_all({places[path]: raw for path, (raw, _) in contents.items()})
    _tell_standardised(names, contents, unclear, out)


def _named(folder: Path, path: Path, rules: Rules) -> Naming:
    inside = path.relative_to(folder)
    return name_loop([folder.resolve().name, *inside.parts[:-1], inside.stem], rules)


def _unclear_line(path: Path, reason: str) -> str:
    return f"{path}: expected the name of one drum, found that {reason}: rename it, or --skip"


def _standard(path: Path, drum: str) -> tuple[bytes, int]:
    """Give the bytes of a loop whose notes are all one drum's, and how many notes became one."""
    file = files.unpack(path)
    pitches = {
        event.data[0]
        for track in file.tracks
        for event in track
        if event.status & 0xF0 == 0x90 and event.data[1]
    }
    if not pitches:
        raise UserError("a loop with notes", "none", "remove the file")
    raw, _ = remap(file, Translation((DRUMS[drum].note,) * 128), channel=None)
    return raw, len(pitches)


def _tell_standardised(
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


@click.command(epilog="Example: daw-bridge drums combine standard new --count 500 --split")
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.argument("out", metavar="OUT", type=FOLDER)
@click.option("--count", type=Whole(1), required=True, help="How many loops.")
@click.option("--bars", type=Whole(1), default=2, show_default=True, help="Their length.")
@click.option("--seed", type=Whole(0), default=1, show_default=True)
@click.option(
    "--split",
    type=Real("a part of the loops between 0 and 1", lambda part: 0 < part < 1),
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
    parts, left_out = _read_parts(folder, found, options["bars"], skip=options["skip"])
    if options["resolution"]:
        parts = [on_grid(part, int(options["resolution"])) for part in parts]
    parts, repeats = alike(parts)
    loops = _draw(parts, options["count"], options["seed"], options["split"])
    paths = _paths(out, loops)
    manifest = out / "manifest.jsonl"
    refuse_to_overwrite([*paths, manifest], force=options["force"])
    _remove_former(manifest)
    _write(dict(zip(paths, loops, strict=True)), manifest, options)
    for name, why in left_out.items():
        click.echo(f"{folder / name}: left out, {why}")
    for name, first in repeats.items():
        click.echo(f"{folder / name}: left out, the same rhythm as {first}")
    _tell_combined(loops, out)


def _read_parts(
    folder: Path, found: Iterable[Path], n_bars: int, *, skip: bool
) -> tuple[list[Part], dict[str, str]]:
    """Read the parts of a pack that fit together, and say what is left out and why."""
    scores = for_each(found, files.read)
    parts: list[Part] = []
    wrong: dict[str, str] = {}
    unused: dict[str, str] = {}
    for path, score in scores.items():
        name = path.relative_to(folder).as_posix()
        named = _named(folder, path, Rules()).drum
        by_name = ROLE_OF.get(DRUMS[named].note) if named else None
        role = role_of(score)
        pitches = ", ".join(map(str, sorted({note.pitch for note in score.notes}))) or "none"
        if role and by_name == (role if named else None):
            parts.append(part_of(name, role, score))
        elif by_name:
            standard = ", ".join(map(str, ROLES[by_name]))
            wrong[name] = f"expected the notes of a {by_name} ({standard}), found {pitches}"
        elif role:
            wrong[name] = f"expected the notes of a {named}, found those of a {role} ({pitches})"
        else:
            unused[name] = f"it holds neither a kick nor a snare nor a hi-hat alone ({pitches})"
    lengths = {part.n_bars for part in parts}
    if len(lengths) == 1 and n_bars not in lengths:
        raise UserError(f"loops of {n_bars} bars", f"{min(lengths)} in each", "say so with --bars")
    unfit = misfits(parts, n_bars)
    if (wrong or unfit) and not skip:
        lines = {name: f"{why}: let `drums standardise` set them" for name, why in wrong.items()}
        lines |= {name: f"{why}: mend it" for name, why in unfit.items()}
        raise UserErrors(f"{folder / name}: {lines[name]}, or --skip" for name in sorted(lines))
    return [part for part in parts if part.name not in unfit], wrong | unfit | unused


def _draw(
    parts: Iterable[Part], count: int, seed: int, fraction: float | None
) -> list[Combination]:
    pools = combining.pools_of(parts)
    empty = [role for role in ROLES if not pools[role]]
    if empty:
        raise UserError("kick, snare and hi-hat loops", f"no {' and no '.join(empty)}", "add some")
    try:
        if fraction is None:
            return combining.combine(pools, count, seed)
        wanted = max(round(fraction * count), 1)
        training, validation = combining.split(pools, fraction, wanted, seed)
        held_out = min(wanted, combining.possible(validation))
        if count - held_out > combining.possible(training):
            raise _too_few(count, held_out, training, validation)
        return [
            *combining.combine(training, count - held_out, seed, TRAINING),
            *combining.combine(validation, held_out, seed, VALIDATION),
        ]
    except ValueError as error:
        raise UserError(*_sides(str(error)), "ask for fewer, or add loops") from error


def _too_few(
    count: int, held_out: int, training: combining.Pools, validation: combining.Pools
) -> UserError:
    most, others = combining.possible(training), combining.possible(validation)
    return UserError(
        f"at most {most} loops for training and {others} for validation, as the parts are split",
        f"--count {count}, {count - held_out} and {held_out} of them",
        "ask for fewer, add loops, or leave out --split",
    )


def _sides(text: str) -> tuple[str, str]:
    expected, _, found = text.removeprefix("expected ").partition(", found ")
    return expected, found


def _paths(out: Path, loops: Iterable[Combination]) -> list[Path]:
    return [out / loop.side / f"loop_{number:05d}.mid" for number, loop in enumerate(loops, 1)]


def _write(loops: Mapping[Path, Combination], manifest: Path, options: Mapping[str, Any]) -> None:
    """Write the manifest, then the loops: a run that breaks off is known to the next, as former."""
    settings = {key: options[key] for key in ("bars", "seed", "resolution")}
    lines = []
    for path, loop in loops.items():
        name = path.relative_to(manifest.parent).as_posix()
        music = {"bpm": round(loop.tempo_qpm, 3), "meter": str(loop.parts[0].meter)}
        lines.append(json.dumps(manifest_line(name, loop, music | settings)))
    with whole(manifest) as temporary:
        temporary.write_text("\n".join([*lines, ""]), encoding="utf-8")
    for path, loop in loops.items():
        first = loop.parts[0]
        files.write(
            path,
            loop.events(),
            tempo_qpm=loop.tempo_qpm,
            meter=first.meter,
            name=path.stem,
            length=Ticks(first.n_bars * first.meter.bar_length()),
        )


def _remove_former(manifest: Path) -> None:
    """Remove the loops of a former run, or one of its parts might be on both sides of a split."""
    if not manifest.exists():
        return
    try:
        for name in _LOOP.findall(manifest.read_text(encoding="utf-8", errors="replace")):
            (manifest.parent / name).unlink(missing_ok=True)
    except OSError as error:
        raise UserError(
            "to remove a former run's loops", f"{error.filename} ({error.strerror})", "move it"
        ) from error


def _tell_combined(loops: Iterable[Combination], out: Path) -> None:
    sides = Counter(loop.side for loop in loops)
    told = ", ".join(f"{count} for {side}" for side, count in sides.items() if side)
    total = sum(sides.values())
    click.echo(f"wrote {total} loop(s){f' ({told})' if told else ''} and manifest.jsonl to {out}")
