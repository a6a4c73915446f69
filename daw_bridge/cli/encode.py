"""`daw-bridge encode|decode`: MIDI files as text, and text as MIDI files."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import click

from daw_bridge.cli.batch import (
    CHANNEL,
    console,
    for_each,
    midi_files,
    overwritten,
    refuse_to_overwrite,
    write_all,
)
from daw_bridge.cli.options import type_of
from daw_bridge.cli.types import NAMED
from daw_bridge.config.drum_map import load_drum_map
from daw_bridge.config.jam import JamFile
from daw_bridge.drums.remap import drum_channel
from daw_bridge.encoding.codec import Tokens
from daw_bridge.encoding.drum_text import DrumText, from_text, to_text, tokens_of
from daw_bridge.errors import UserError, UserErrors
from daw_bridge.midi import files
from daw_bridge.midi.messages import DRUM_CHANNEL, note_off, note_on
from daw_bridge.music.drum_map import DrumMap
from daw_bridge.music.gm_drums import CLASS_OF, DRUM_AT
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter, Ticks

Result = TypeVar("Result")

CODECS = click.Choice(["drum-text"])
RESOLUTION = click.option(
    "--resolution", type=click.Choice(["16", "32"]), default="16", show_default=True, help="Steps."
)


@click.command(epilog="Example: daw-bridge encode takes --drum-map roland-td --out takes.txt")
@click.argument("path", metavar="FILE|DIR", type=click.Path(path_type=Path))
@click.option("--codec", type=CODECS, default="drum-text", show_default=True)
@RESOLUTION
@click.option(
    "--drum-map",
    type=NAMED["map"],
    help="The map that the files are in; without it, notes as in the Groove text.",
)
@click.option("--channel", type=CHANNEL, help="The channel of the drums, 1 to 16; 10 as a rule.")
@click.option("--out", type=click.Path(path_type=Path), help="The text file; without it, print.")
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
    mapped = load_drum_map(drum_map) if drum_map else None
    found = midi_files(path)
    there = [] if out is None else overwritten([out], force=force)
    texts = for_each(
        found, lambda each: text_of(files.read(each), settings, mapped, channel), there
    )
    text = "\n".join([*(line for line, _ in texts.values()), ""])
    lost = sum((each for _, each in texts.values()), Counter[int]())
    if out is None:
        click.echo(text, nl=False)
    else:
        write_all({out: text.encode()})
        console().print(f"wrote {len(texts)} piece(s) to {out}", highlight=False)
    for note, hits in sorted(lost.items()):
        name = mapped.label(note) if mapped else DRUM_AT[note].label if note in DRUM_AT else None
        told = f"{hits} hit(s) of {note} {name or ''}".rstrip()
        click.echo(f"{told} left out: none of the nine drums", err=out is None)


def text_of(
    score: files.Score, codec: DrumText, drum_map: DrumMap | None, channel: int | None
) -> tuple[str, Counter[int]]:
    """Write the drums of a score as text, up to the last bar with a hit.

    A hit goes to the nearest step of the whole piece, so one before a bar line may fall on it.

    Returns:
        The text, and by note the hits of what is none of the nine drums.

    Raises:
        UserError: it has no drums on that channel.
    """
    place = drum_channel({note.channel for note in score.notes}, channel)
    early = Ticks(codec.step // 2 + 1)
    bars = [
        codec.encode(_canonical(bar, drum_map)) for bar in score.bars(channel=place, early=early)
    ]
    while bars and not bars[-1][:-1].any():
        bars.pop()
    if not bars:
        raise UserError("drums", "notes that are none in this map", "name the map with --drum-map")
    struck = (note.pitch for note in score.notes if note.channel == place)
    lost = Counter(note for note in struck if _drum(note, drum_map) not in CLASS_OF)
    return to_text(int(token) for bar in bars for token in bar), lost


def _drum(note: int, drum_map: DrumMap | None) -> int | None:
    return note if drum_map is None else drum_map.to_canonical(note)


def _canonical(bar: Bar, drum_map: DrumMap | None) -> Bar:
    pairs = ((note, _drum(note.pitch, drum_map)) for note in bar.notes)
    return Bar.of([replace(note, pitch=p) for note, p in pairs if p is not None], bar.meter)


@click.command(epilog="Example: daw-bridge decode '0b100000000 ... BAR' --out beat.mid")
@click.argument("text", metavar="TEXT")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="The MIDI file; a folder makes a file of each line.",
)
@RESOLUTION
@click.option(
    "--bpm",
    type=type_of(JamFile, "bpm"),
    default=120.0,
    show_default=True,
    help="Quarter notes a minute.",
)
@click.option("--meter", type=type_of(JamFile, "meter"), default="4/4", show_default=True)
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
    each_line = out.is_dir() or out.suffix.lower() not in (".mid", ".midi")
    pieces = _pieces(name, lines, codec, each_line=each_line)
    paths = [out / f"{Path(name).stem}_{i:05d}.mid" for i in range(1, len(pieces) + 1)]
    if not each_line:
        paths = [out]
    refuse_to_overwrite(paths, force=force)
    became: Counter[tuple[int, int | None]] = Counter()
    for path, bars in zip(paths, pieces, strict=True):
        became += _write(path, bars, mapped, bpm)
    for line in _changes(became, mapped):
        click.echo(line)
    click.echo(f"wrote {len(paths)} MIDI file(s): {paths[0]}{' ...' if paths[1:] else ''}")


def _lines(text: str) -> tuple[str, list[tuple[int, str]]]:
    """Give the name of a text and its lines that hold words, with their numbers from 1."""
    if text == "-":
        name, content = "text", sys.stdin.read()
    elif text.lstrip().startswith(("0b", "BAR")) and not _is_file(text):
        name, content = "text", text
    else:
        name = text
        try:
            content = Path(text).read_text("utf-8")
        except (OSError, ValueError) as error:
            raise UserError(
                "a text file, or words such as 0b100000000", f"{text[:80]!r}", "check the name"
            ) from error
    lines = [(i, line) for i, line in enumerate(content.splitlines(), 1) if line.strip()]
    if not lines:
        raise UserError("words", f"none in {name}", "name another text")
    return name, lines


def _is_file(text: str) -> bool:
    return len(text) < 256 and Path(text).is_file()


def _pieces(
    name: str, lines: list[tuple[int, str]], codec: DrumText, *, each_line: bool
) -> list[list[Bar]]:
    """Read pieces, one a line, or all lines as one piece; tell all wrong lines at once."""
    if not each_line:
        _read(name, lines, lambda line: list(tokens_of(line)))
        lines = [(lines[-1][0], " ".join(line for _, line in lines))]
    return _read(name, lines, lambda line: _bars(from_text(line), codec))


def _read(
    name: str, lines: Iterable[tuple[int, str]], reader: Callable[[str], Result]
) -> list[Result]:
    """Read lines, and tell all wrong ones at once."""
    results: list[Result] = []
    errors: list[str] = []
    for number, line in lines:
        try:
            results.append(reader(line))
        except (UserError, ValueError) as error:
            errors.append(f"{name}:{number}: {error}")
    if errors:
        raise UserErrors(errors)
    return results


def _bars(tokens: Iterable[Tokens], codec: DrumText) -> list[Bar]:
    bars = [codec.decode(each) for each in tokens]
    for number, bar in enumerate(bars, 1):
        if bar.meter != bars[0].meter:
            raise UserError(
                f"bars of {bars[0].meter} throughout, as the first",
                f"one of {bar.meter} as bar {number}",
                "mend the text, or give --meter and --resolution",
            )
    return bars


def _changes(became: Counter[tuple[int, int | None]], drum_map: DrumMap) -> Iterator[str]:
    """Tell the hits that a map has no note of their own for, as `drums convert` does."""
    for (note, sent), hits in sorted(became.items(), key=lambda each: each[0][0]):
        drum = f"{hits} hit(s) of {note} {DRUM_AT[note].label}"
        if sent is None:
            yield f"{drum} dropped: {drum_map.name} has none"
        elif drum_map.to_canonical(sent) != note:
            yield f"{drum} played by the nearest, {sent} {drum_map.label(sent)}"


def _write(
    path: Path, bars: list[Bar], drum_map: DrumMap, bpm: float
) -> Counter[tuple[int, int | None]]:
    """Write a piece; count its hits by canonical note and the note that was sent, if any."""
    became: Counter[tuple[int, int | None]] = Counter()
    length = bars[0].meter.bar_length()
    events: list[tuple[Ticks, bytes]] = []
    for number, bar in enumerate(bars):
        for note in bar.notes:
            pitch = drum_map.to_device(note.pitch)
            became[note.pitch, pitch] += 1
            if pitch is not None:
                start = number * length + note.start
                events.append((Ticks(start), note_on(DRUM_CHANNEL, pitch, note.velocity)))
                events.append((Ticks(start + note.duration), note_off(DRUM_CHANNEL, pitch)))
    files.write(
        path,
        events,
        tempo_qpm=bpm,
        meter=bars[0].meter,
        name=path.stem,
        length=Ticks(len(bars) * length),
    )
    return became
