"""`daw-bridge drums detect`: the drum map that a MIDI file was made for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import click

from daw_bridge.cli.batch import CHANNEL, aloud, done_for_each, midi_files
from daw_bridge.cli.types import PATH
from daw_bridge.config.drum_map import load_drum_maps
from daw_bridge.drums.convert import read_as
from daw_bridge.drums.detect import Detection
from daw_bridge.drums.remap import drum_channel
from daw_bridge.midi import files
from daw_bridge.music.drum_map import DrumMap


@click.command(epilog="Example: daw-bridge drums detect take.mid")
@click.argument("path", metavar="FILE|DIR", type=PATH)
@click.option("--channel", type=CHANNEL, help="The channel of the drums, 1 to 16; 10 as a rule.")
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each file.")
def detect(path: Path, *, channel: int | None, as_json: bool) -> None:
    """Tell which map a MIDI file was made for, by how its notes are played.

    Maps that read every note of the file as the same drum are one answer, of which gm is named
    where it is among them, else one that has been verified. The score says how likely a reading is,
    of 100 for all readings; "unsure" means that another one fits about as well.
    """
    maps = load_drum_maps()
    with done_for_each(midi_files(path), lambda each: _detect(each, channel, maps)) as results:
        for each, detection in results.items():
            click.echo(json.dumps(_record(each, detection)) if as_json else _told(each, detection))


def _detect(path: Path, channel: int | None, maps: Mapping[str, DrumMap]) -> Detection:
    score = aloud(path, files.read)
    place = drum_channel({note.channel for note in score.notes}, channel)
    return read_as(score, place, maps.values())


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
    named = best.name if detection.sure else "unsure"
    lines = [f"{path}: {named}{others(detection) if detection.sure else ''}"]
    lines.append(f"  best        {best.name}, score {_score(detection.share)} of 100")
    if len(detection.alike) > 1:
        lines.append(f"  reads alike {', '.join(detection.alike[1:])}")
    if runner_up:
        score = _score(detection.runner_up_share)
        lines.append(f"  runner-up   {runner_up.name}, score {score} of 100")
    return "\n".join(lines)


def others(detection: Detection) -> str:
    """Return a remark on maps that read the notes alike; "" where there is one alone."""
    alike = len(detection.alike)
    return f" ({alike} maps read every note of it alike)" if alike > 1 else ""


def _score(share: float) -> str:
    """Write how likely a reading is, of 100; one that is possible at all is never 0."""
    percent = 100 * share
    if 0.1 <= percent <= 99.9:
        return f"{percent:.1f}"
    return "below 0.1" if percent < 0.1 else "above 99.9"
