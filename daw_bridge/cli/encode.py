"""`daw-bridge encode|decode`: MIDI files as text, and text as MIDI files."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click

from daw_bridge.cli.batch import (
    CHANNEL,
    aloud,
    console,
    done_for_each,
    midi_files,
    overwritten,
    refuse_to_overwrite,
    write_all,
)
from daw_bridge.cli.options import option_of
from daw_bridge.cli.types import NAMED, PATH
from daw_bridge.config.drum_map import load_drum_map
from daw_bridge.config.jam import JamFile
from daw_bridge.drums.as_text import Became, messages_of, pieces_of, words_of
from daw_bridge.encoding.drum_text import DrumText
from daw_bridge.errors import UserError
from daw_bridge.files import read_text, read_text_from
from daw_bridge.midi import files
from daw_bridge.music.drum_map import DrumMap
from daw_bridge.music.gm_drums import DRUM_AT
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter

CODECS = click.Choice(["drum-text"])
RESOLUTION = click.option(
    "--resolution", type=click.Choice(["16", "32"]), default="16", show_default=True, help="Steps."
)


@click.command(epilog="Example: daw-bridge encode takes --drum-map roland-td --out takes.txt")
@click.argument("path", metavar="FILE|DIR", type=PATH)
@click.option("--codec", type=CODECS, default="drum-text", show_default=True)
@RESOLUTION
@click.option(
    "--drum-map",
    type=NAMED["map"],
    help="The map that the files are in; without it, notes as in the Groove text.",
)
@click.option("--channel", type=CHANNEL, help="The channel of the drums, 1 to 16; 10 as a rule.")
@click.option("--out", type=PATH, help="The text file; without it, print.")
@click.option("--force", is_flag=True, help="Overwrite the file if it is there.")
def encode(
    path: Path,
    *,
    codec: str,
    resolution: str,
    drum_map: str | None,
    channel: int | None,
    out: Path | None,
    force: bool,
) -> None:
    """Write the drums of a MIDI file as text, or of a folder's files, a line each.

    A word of nine bits a step (kick, snare, closed and open hi-hat, low, mid and high tom, ride,
    crash), and BAR at the end of each bar.
    """
    del codec  # there is one
    settings = DrumText(int(resolution))
    mapped = None if drum_map is None else load_drum_map(drum_map)
    found = midi_files(path)
    there = [] if out is None else overwritten([out], force=force)

    def work(each: Path) -> tuple[str, Counter[int]]:
        return words_of(aloud(each, files.read), settings, mapped, channel)

    with done_for_each(found, work, there) as texts:
        text = "\n".join([*(line for line, _ in texts.values()), ""])
        if out is None:
            click.echo(text, nl=False)
        else:
            write_all({out: text.encode()})
            console().print(f"wrote {len(texts)} piece(s) to {out}", highlight=False)
        lost = sum((each for _, each in texts.values()), Counter[int]())
        for line in _left_out(lost, mapped):
            click.echo(line, err=out is None)


def _left_out(lost: Counter[int], mapped: DrumMap | None) -> Iterator[str]:
    """Tell the hits that the text has no word for."""
    for note, hits in sorted(lost.items()):
        name = mapped.label(note) if mapped else DRUM_AT[note].label if note in DRUM_AT else None
        told = f"{hits} hit(s) of {note} {name or ''}".rstrip()
        yield f"{told} left out: none of the nine drums"


@click.command(epilog="Example: daw-bridge decode '0b100000000 ... BAR' --out beat.mid")
@click.argument("text", metavar="TEXT")
@click.option(
    "--out",
    type=PATH,
    required=True,
    help="The MIDI file; a folder makes a file of each line.",
)
@RESOLUTION
@option_of(JamFile, "bpm")
@option_of(JamFile, "meter")
@click.option(
    "--drum-map",
    type=NAMED["map"],
    default="gm",
    show_default=True,
    help="The map of the instrument.",
)
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
def decode(
    text: str,
    *,
    out: Path,
    resolution: str,
    bpm: float,
    meter: Meter,
    drum_map: str,
    force: bool,
) -> None:
    """Write text as a MIDI file. TEXT is a file of words, `-` for standard input, or the words."""
    name, lines = _lines(text)
    mapped = load_drum_map(drum_map)
    codec = DrumText(int(resolution), meter)
    each_line = out.is_dir() or out.suffix.lower() not in files.ENDINGS
    pieces = pieces_of(name, lines, codec, each_line=each_line)
    paths = [out / f"{Path(name).stem}_{i:05d}.mid" for i in range(1, len(pieces) + 1)]
    if not each_line:
        paths = [out]
    refuse_to_overwrite(paths, force=force)
    became: Became = Counter()
    for path, bars in zip(paths, pieces, strict=True):
        became += _write(path, bars, mapped, bpm)
    for line in _changes(became, mapped):
        click.echo(line)
    click.echo(f"wrote {len(paths)} MIDI file(s): {paths[0]}{' ...' if paths[1:] else ''}")


LARGEST_TEXT = 1 << 25
"""Of a text to decode, in bytes."""


def _lines(text: str) -> tuple[str, list[tuple[int, str]]]:
    """Return the name of a text and its lines that hold words, with their numbers from 1."""
    if text == "-":
        name = "text"
        content = read_text_from(sys.stdin.buffer, LARGEST_TEXT, "a text", "standard input")
    elif _is_there(text):
        name, content = text, read_text(Path(text), LARGEST_TEXT)
    elif text.lstrip().startswith(("0b", "BAR")):
        name, content = "text", text
    else:
        found = f"{text[:80]!r}"
        raise UserError("a text file, or words such as 0b100000000", found, "check the name")
    lines = [(i, line) for i, line in enumerate(content.splitlines(), 1) if line.strip()]
    if not lines:
        raise UserError("words", f"none in {name}", "name another text")
    return name, lines


def _is_there(text: str) -> bool:
    try:
        return Path(text).exists()
    except OSError:  # too long for a name
        return False


def _changes(became: Became, drum_map: DrumMap) -> Iterator[str]:
    """Yield the hits that a map has no note of their own for, as `drums convert` does."""
    for (note, sent), hits in sorted(became.items(), key=lambda each: each[0][0]):
        drum = f"{hits} hit(s) of {note} {DRUM_AT[note].label}"
        if sent is None:
            yield f"{drum} dropped: {drum_map.name} has none"
        elif drum_map.to_canonical(sent) != note:
            yield f"{drum} played by the nearest, {sent} {drum_map.label(sent)}"


def _write(path: Path, bars: list[Bar], drum_map: DrumMap, bpm: float) -> Became:
    messages, length, became = messages_of(bars, drum_map)
    meter = bars[0].meter
    files.write(path, messages, tempo_qpm=bpm, meter=meter, name=path.stem, length=length)
    return became
