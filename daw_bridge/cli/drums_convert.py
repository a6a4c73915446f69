"""`daw-bridge drums convert|detect`: MIDI files from one drum map to another."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click
from rich.table import Table

from daw_bridge.cli.batch import (
    CHANNEL,
    console,
    drum_channel,
    for_each,
    midi_files,
    outputs,
    overwritten,
    write_all,
)
from daw_bridge.config.drum_map import load_drum_maps
from daw_bridge.drums.detect import Detection
from daw_bridge.drums.detect import detect as detected
from daw_bridge.drums.remap import Remapped, note_counts, remap
from daw_bridge.errors import UserError
from daw_bridge.midi import files, smf
from daw_bridge.midi.messages import CONTROL_CHANGE, DRUM_CHANNEL
from daw_bridge.music.drum_map import DrumMap, translation

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Converted:
    """Hold a file in its new map: its bytes, the map it was in, and what became of its hits.

    `alike` counts the maps that read it as this one does.
    """

    raw: bytes
    source: DrumMap
    counts: Remapped
    remark: str = ""
    alike: int = 1


@click.command(
    epilog="Example: daw-bridge drums convert takes sd3 --from roland-td --to ezdrummer-3"
)
@click.argument("path", metavar="IN.mid|DIR", type=click.Path(path_type=Path))
@click.argument("out", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--from", "source", required=True, help="The map the files are in, or auto.")
@click.option("--to", "target", required=True, help="The map of the instrument.")
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
    results = for_each(found, lambda each: _converted(each, named, to, channel, maps), there)
    write_all({places[each]: result.raw for each, result in results.items()})
    _tell(results, to, auto=source == AUTO)
    click.echo(f"wrote {len(results)} file(s) to {out}")


def _converted(
    path: Path,
    source: DrumMap | None,
    target: DrumMap,
    channel: int | None,
    maps: Mapping[str, DrumMap],
) -> Converted:
    file = files.unpack(path)
    counts = note_counts(file)
    place = drum_channel(counts, channel)
    if place != DRUM_CHANNEL and counts[DRUM_CHANNEL]:
        raise UserError(
            f"nothing on channel 10, where the drums of channel {place + 1} go",
            f"{counts[DRUM_CHANNEL]} notes",
            "move them first",
        )
    alike = 1
    if source is None:
        detection = _detected(path, place, maps)
        source, alike = _surely(detection, maps), len(detection.alike)
    raw, became = remap(file, translation(source, target), place)
    return Converted(raw, source, became, _pedal_remark(file, place, target, became), alike)


def _detected(path: Path, channel: int, maps: Mapping[str, DrumMap]) -> Detection:
    score = files.read(path)
    hits = [(n.start, n.pitch, n.velocity) for n in score.notes if n.channel == channel]
    return detected(hits, score.meters[0][1].bar_length(), list(maps.values()))


def _surely(detection: Detection, maps: Mapping[str, DrumMap]) -> DrumMap:
    if not detection.sure and detection.runner_up:
        raise UserError(
            "a map that fits clearly best",
            f"{detection.best.name} and {detection.runner_up.name} to fit about as well",
            "say which with --from",
        )
    return maps[detection.best.name]


def _pedal_remark(file: smf.Smf, channel: int, target: DrumMap, became: Remapped) -> str:
    """Warn where the target waits for the pedal to say how open the hi-hat is, and nobody does."""
    hat = target.hi_hat
    waiting = sum(n for (_, note), n in became.sent.items() if note in hat.controller_notes)
    pedal = any(
        event.status == CONTROL_CHANGE | channel and event.data[0] == hat.controller
        for track in file.tracks
        for event in track
    )
    if not waiting or pedal:
        return ""
    notes = " and ".join(map(str, hat.controller_notes))
    return f"{target.name} opens {notes} by CC{hat.controller}, which the file does not have"


def _tell(results: Mapping[Path, Converted], target: DrumMap, *, auto: bool) -> None:
    if auto:
        for path, result in results.items():
            click.echo(f"{path}: read as {result.source.name}{_others(result.alike)}")
    kept, table = 0, Table("from", "note", "hits", "became")
    for (name, before, became), hits in sorted(_changes(results, target).items()):
        if became:
            table.add_row(name, before, str(hits), became)
        else:
            kept += hits
    total = sum((r.counts.sent.total() + r.counts.dropped.total()) for r in results.values())
    if table.row_count:
        console().print(table)
    dropped = sum(result.counts.dropped.total() for result in results.values())
    nearest = total - kept - dropped
    click.echo(f"{total} hits: {kept} kept, {nearest} played by the nearest, {dropped} dropped")
    for remark, count in Counter(r.remark for r in results.values() if r.remark).items():
        click.echo(f"note: {remark} ({count} file(s))")


def _changes(results: Mapping[Path, Converted], target: DrumMap) -> Counter[tuple[str, str, str]]:
    """Count hits by map, note and what became of them; nothing where they are what they were."""
    changes: Counter[tuple[str, str, str]] = Counter()
    for result in results.values():
        source = result.source
        for (before, after), hits in result.counts.sent.items():
            pad, new = source.pad_at(before), target.pad_at(after)
            told = "" if pad == new else f"{after} {target.label(after)}"
            changes[source.name, f"{before:3} {source.label(before)}", told] += hits
        for before, hits in result.counts.dropped.items():
            known = source.pad_at(before) is not None
            why = f"dropped: {target.name} has none" if known else "dropped: no drum in this map"
            changes[source.name, f"{before:3} {source.label(before) or ''}", why] += hits
    return changes


@click.command(epilog="Example: daw-bridge drums detect take.mid")
@click.argument("path", metavar="FILE|DIR", type=click.Path(path_type=Path))
@click.option("--channel", type=CHANNEL, help="The channel of the drums, 1 to 16; 10 as a rule.")
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each file.")
def detect(path: Path, *, channel: int | None, as_json: bool) -> None:
    """Tell which map a MIDI file was made for, by how its notes are played.

    Maps that read every note of the file as the same drum are one answer, of which gm is named
    where it is among them, else one that has been verified. The score says how likely a reading is,
    of 100 for all readings; "unsure" means that another one fits about as well.
    """
    maps = load_drum_maps()
    results = for_each(midi_files(path), lambda each: _detect(each, channel, maps))
    for each, detection in results.items():
        click.echo(json.dumps(_record(each, detection)) if as_json else _told(each, detection))


def _detect(path: Path, channel: int | None, maps: Mapping[str, DrumMap]) -> Detection:
    place = drum_channel({note.channel for note in files.read(path).notes}, channel)
    return _detected(path, place, maps)


def _record(path: Path, detection: Detection) -> dict[str, object]:
    runner_up = detection.runner_up
    return {
        "file": str(path),
        "sure": detection.sure,
        "best": detection.best.name,
        "score": round(detection.best.score, 2),
        "share": round(detection.share, 3),
        "runner_up_share": round(detection.runner_up_share, 3),
        "reads_alike": list(detection.alike),
        "runner_up": runner_up and {"map": runner_up.name, "score": round(runner_up.score, 2)},
    }


def _told(path: Path, detection: Detection) -> str:
    best, runner_up = detection.best, detection.runner_up
    alike = len(detection.alike)
    named = best.name if detection.sure else "unsure"
    lines = [f"{path}: {named}{_others(alike) if detection.sure else ''}"]
    lines.append(f"  best        {best.name}, score {_score(detection.share)} of 100")
    if alike > 1:
        lines.append(f"  reads alike {', '.join(detection.alike[1:])}")
    if runner_up:
        score = _score(detection.runner_up_share)
        lines.append(f"  runner-up   {runner_up.name}, score {score} of 100")
    return "\n".join(lines)


def _others(alike: int) -> str:
    """Say that the notes cannot tell one map from others."""
    return f" ({alike} maps read every note of it alike)" if alike > 1 else ""


def _score(share: float) -> str:
    """Write how likely a reading is, of 100; one that is possible at all is never 0."""
    percent = 100 * share
    if 0.1 <= percent <= 99.9:
        return f"{percent:.1f}"
    return "below 0.1" if percent < 0.1 else "above 99.9"
