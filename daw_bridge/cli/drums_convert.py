"""`daw-bridge drums convert`: MIDI files from one drum map to another."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click
from rich.table import Table

from daw_bridge.cli.batch import (
    CHANNEL,
    aloud,
    console,
    done_for_each,
    midi_files,
    outputs,
    overwritten,
    write_all,
)
from daw_bridge.cli.drums_detect import others
from daw_bridge.cli.types import NAMED, PATH
from daw_bridge.config.drum_map import load_drum_maps
from daw_bridge.drums.convert import Converted, read_as, surest
from daw_bridge.drums.convert import convert as converted
from daw_bridge.drums.detect import Detection
from daw_bridge.drums.remap import drum_channel, note_counts
from daw_bridge.midi import files

AUTO = "auto"


@click.command(
    epilog="Example: daw-bridge drums convert takes sd3 --from roland-td --to ezdrummer-3"
)
@click.argument("path", metavar="IN.mid|DIR", type=PATH)
@click.argument("out", metavar="OUT", type=PATH)
@click.option(
    "--from",
    "source",
    type=NAMED["map"],
    required=True,
    help="The map the files are in, or auto.",
)
@click.option("--to", "target", type=NAMED["map"], required=True, help="The map of the instrument.")
@click.option("--channel", type=CHANNEL, help="The channel of the drums, 1 to 16; 10 as a rule.")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
def convert(
    path: Path, out: Path, *, source: str, target: str, channel: int | None, force: bool
) -> None:
    """Give the drums of MIDI files the notes of another map, on channel 10.

    Everything else in the files stays. Hits that the source map does not know, or that the target
    has nothing for, are dropped and listed: no note passes through unmapped.
    """
    loaded = load_drum_maps([target] if source == AUTO else [target, source])
    to, named = loaded[target], loaded.get(source)
    maps = load_drum_maps() if source == AUTO else {}
    found = midi_files(path, out)
    places = outputs(path, found, out)
    there = overwritten(places.values(), force=force)
    readings: dict[Path, Detection] = {}

    def work(each: Path) -> Converted:
        file = aloud(each, files.unpack)
        place = drum_channel(note_counts(file), channel)
        if named is None:
            readings[each] = read_as(files.read(each), place, maps.values())
        return converted(file, named or surest(readings[each], maps), to, place)

    with done_for_each(found, work, there) as results:
        write_all({places[each]: result.raw for each, result in results.items()})
        for each in (path for path in results if path in readings):
            click.echo(f"{each}: read as {readings[each].best.name}{others(readings[each])}")
        _tell(list(results.values()))
        click.echo(f"wrote {len(results)} file(s) to {out}")


def _tell(results: list[Converted]) -> None:
    kept, dropped, total = 0, 0, 0
    rows: Counter[tuple[str, str, str]] = Counter()
    for result in results:
        for before, after, hits in result.hits():
            total += hits
            dropped += hits if after is None else 0
            if result.kept(before, after):
                kept += hits
            else:
                label = f"{before:3} {result.source.label(before) or ''}"
                rows[result.source.name, label, _became(result, before, after)] += hits
    if rows:
        table = Table("from", "note", "hits", "became")
        for (name, label, became), hits in sorted(rows.items()):
            table.add_row(name, label, str(hits), became)
        console().print(table)
    nearest = total - kept - dropped
    click.echo(f"{total} hits: {kept} kept, {nearest} played by the nearest, {dropped} dropped")
    for remark, count in Counter(each.remark for each in results if each.remark).items():
        click.echo(f"note: {remark} ({count} file(s))")


def _became(result: Converted, before: int, after: int | None) -> str:
    if after is not None:
        return f"{after} {result.target.label(after)}"
    if result.source.pad_at(before) is None:
        return "dropped: no drum in this map"
    return f"dropped: {result.target.name} has none"
