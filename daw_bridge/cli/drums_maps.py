"""`daw-bridge drums maps|show|note-names|jsfx`: what the maps say, for people and for DAWs."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from daw_bridge.cli.batch import console, named_file, refuse_to_overwrite, write_all
from daw_bridge.cli.types import NAMED, PATH
from daw_bridge.config.drum_map import load_drum_map, load_drum_maps
from daw_bridge.drums.jsfx import FILE_NAME, remap_script
from daw_bridge.music.drum_map import DrumMap
from daw_bridge.music.gm_drums import DRUM_AT, DRUMS
from daw_bridge.music.note_names import WRITERS
from daw_bridge.music.notes import note_name


@click.command(epilog="Example: daw-bridge drums maps")
def maps() -> None:
    """List the drum maps there are, with how sure each is."""
    table = Table("map", "for", "certainty", "notes", "source")
    for name, drum_map in load_drum_maps().items():
        notes = sum(len(pad.notes) for pad in drum_map.pads)
        table.add_row(
            name, drum_map.title, drum_map.certainty, str(notes), "; ".join(drum_map.sources)
        )
    console().print(table)


@click.command(epilog="Example: daw-bridge drums show ssd-5.5")
@click.argument("name", metavar="MAP", type=NAMED["map"])
def show(name: str) -> None:
    """Print a map: each note with both octave names, what it is, and what it chokes."""
    drum_map = load_drum_map(name)
    out = console()
    out.print(_heading(drum_map), highlight=False)
    out.print(_notes(drum_map))
    out.print(_stand_ins(drum_map), highlight=False)


def _heading(drum_map: DrumMap) -> str:
    lines = [f"{drum_map.name}: {drum_map.title} ({drum_map.certainty})"]
    lines += [f"  source: {source}" for source in drum_map.sources]
    lines += [f"  {remark}" for remark in drum_map.remarks]
    hat = drum_map.hi_hat
    if hat.controller is not None:
        ends = "" if hat.closed is None else f", {hat.closed} closed to {hat.open} open"
        notes = (
            f" moves {', '.join(map(str, hat.controller_notes))}" if hat.controller_notes else ""
        )
        lines.append(f"  hi-hat pedal: CC{hat.controller}{notes}{ends}")
    return "\n".join(lines)


def _notes(drum_map: DrumMap) -> Table:
    table = Table("note", "C4=60 (REAPER)", "C3=60 (Live)", "sound", "drum", "GM", "use", "open")
    table.add_column("choke group")
    for note in range(128):
        label = drum_map.label(note)
        if label is None:
            continue
        pad, canonical = drum_map.pad_at(note) or "", drum_map.to_canonical(note)
        sent = {each.note for each in drum_map.pads}
        use = "sent" if note in sent else "understood" if pad else "never sent"
        reaper, live = (part.split()[0] for part in note_name(note).split("(")[1].split(", "))
        openness = drum_map.hi_hat.openness.get(note)
        groups = (str(i) for i, group in enumerate(drum_map.choke_groups, 1) if note in group)
        known = "" if canonical is None else str(canonical)
        degree = "" if openness is None else f"{openness} %"
        table.add_row(str(note), reaper, live, label, pad, known, use, degree, ", ".join(groups))
    return table


def _stand_ins(drum_map: DrumMap) -> str:
    lines = ["Played as another drum of its family:"]
    for name, to in drum_map.nearest.items():
        lines.append(f"  {DRUMS[name].note:3} {name} -> {to} ({drum_map.note_for(name)})")
    dropped = [drum for drum in DRUM_AT.values() if drum.name in drum_map.dropped]
    lines.append("Not sent at all:")
    lines.append("  " + (", ".join(f"{drum.note} {drum.name}" for drum in dropped) or "nothing"))
    return "\n".join(lines if drum_map.nearest else lines[1:])


@click.command("note-names", epilog="Example: daw-bridge drums note-names ssd-5.5 --for reaper")
@click.argument("name", metavar="MAP", type=NAMED["map"])
@click.option("--for", "daw", type=click.Choice(sorted(WRITERS)), required=True, help="The DAW.")
@click.option("--out", type=PATH, help="A file or folder; else print.")
@click.option("--force", is_flag=True, help="Overwrite the file if it is there.")
def note_names(name: str, daw: str, out: Path | None, *, force: bool) -> None:
    """Write a map's note names: a note-name file for REAPER, pads for Live, a .drm for Cubase."""
    writer, ending = WRITERS[daw]
    drum_map = load_drum_map(name)
    text = writer(drum_map)
    if out is None:
        click.echo(text, nl=False)
        return
    path = named_file(out, f"{drum_map.name}{ending}")
    refuse_to_overwrite([path], force=force)
    write_all({path: text.encode()})
    click.echo(f"wrote {path}")


@click.command(epilog="Example: daw-bridge drums jsfx --out ~/.config/REAPER/Effects")
@click.option("--out", type=PATH, help="A file or folder; else print.")
@click.option("--force", is_flag=True, help="Overwrite the file if it is there.")
def jsfx(out: Path | None, *, force: bool) -> None:
    """Write the REAPER effect that remaps drums live, with all maps in its menus."""
    text = remap_script(list(load_drum_maps().values()))
    if out is None:
        click.echo(text, nl=False)
        return
    path = named_file(out, FILE_NAME)
    refuse_to_overwrite([path], force=force)
    write_all({path: text.encode("ascii")})
    click.echo(f"wrote {path}: restart REAPER, or rescan, then add it as an input FX of the track")
