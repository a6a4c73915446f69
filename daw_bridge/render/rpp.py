"""A project of REAPER with the notes of a MIDI file: text, and no program.

Only what REAPER itself has been seen to write or to read is used. The notes stand in it, so that
it needs no other file; an instrument is a JSFX, or what the user has saved in REAPER: a chain of
effects (.RfxChain) or a track template (.RTrackTemplate), whose text is put in as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from daw_bridge.midi.files import Score
from daw_bridge.midi.smf import Smf
from daw_bridge.music.tempo_map import TempoMap
from daw_bridge.music.time import Meter

WAV_FLOAT = "ZXZhdyAAAQ=="
"""How REAPER writes that a WAV file of 32-bit floats is wanted."""

SLIDERS = 64
"""Numbers after a JSFX in a project; those that are not set are a dash."""

_SQUARE = 1
"""A point of the tempo map after which the tempo stays, and does not glide."""


@dataclass(frozen=True, slots=True)
class Voice:
    """A track: its name, the channels 0..15 that it plays, and the lines of its instrument.

    `effects` are the lines inside of its chain of effects; a `template` is a whole track, as REAPER
    saved it, into which the notes are put.
    """

    name: str
    channels: frozenset[int]
    effects: tuple[str, ...] = ()
    template: tuple[str, ...] = ()
    keys: tuple[tuple[int, int], ...] = ()
    factor: float = 1.0


def project(
    file: Smf, score: Score, voices: Iterable[Voice], out: Path, rate: int, tail_s: float
) -> str:
    """Write a project that plays a file on tracks, and renders to `out` when it is told to.

    `file` and `score` are the same MIDI file, as events and as notes; all messages of a channel go
    to its track, in the file's own ticks.
    """
    clock = TempoMap(score.tempos)
    song_s = clock.seconds_at(score.length)
    meter = score.meters[0][1]
    lines = [
        '<REAPER_PROJECT 0.1 "7.0" 0',
        "RIPPLE 0",
        f"SAMPLERATE {rate} 1 0",
        f"TEMPO {score.tempos[0][1]:.10g} {meter.numerator} {meter.denominator}",
        *_tempo_map(score, clock),
        f"RENDER_FILE {quoted(str(out))}",
        'RENDER_PATTERN ""',
        f"RENDER_FMT 0 2 {rate}",
        "RENDER_1X 0",
        f"RENDER_RANGE 0 0 {song_s + tail_s:.9f} 0 0",
        "RENDER_RESAMPLE 3 0 1",
        "RENDER_ADDTOPROJ 0",
        "RENDER_STEMS 0",
        "RENDER_DITHER 0",
        "<RENDER_CFG",
        WAV_FLOAT,
        ">",
        "MASTER_VOLUME 1 0 -1 -1 1",
    ]
    for voice in voices:
        lines += _track(voice, _item(file, voice, song_s))
    return "\n".join([*lines, ">", ""])


def js(place: str, sliders: Sequence[float]) -> tuple[str, ...]:
    """Write a JSFX of REAPER's folder `Effects`, with its sliders."""
    numbers = [f"{value:.6g}" for value in sliders]
    values = " ".join(numbers + ["-"] * (SLIDERS - len(numbers)))
    return ("BYPASS 0 0 0", f'<JS {quoted(place)} ""', values, ">", "WAK 0 0")


def quoted(text: str) -> str:
    """Quote a text as REAPER does: with what does not stand in it."""
    for mark in "\"'":
        if mark not in text:
            return f"{mark}{text}{mark}"
    return f"`{text.replace('`', chr(39))}`"


def _tempo_map(score: Score, clock: TempoMap) -> Iterator[str]:
    """Write the changes of tempo and meter, if there are any."""
    meters = dict(score.meters)
    changes = sorted({tick for tick, _ in score.tempos} | set(meters))
    if len(changes) == 1:
        return
    yield "<TEMPOENVEX"
    yield "ACT 1 -1"
    tempo = score.tempos[0][1]
    tempos = dict(score.tempos)
    for tick in changes:
        tempo = tempos.get(tick, tempo)
        point = f"PT {clock.seconds_at(tick):.12f} {tempo:.10f} {_SQUARE}"
        yield f"{point} {_signature(meters[tick])}" if tick in meters else point
    yield ">"


def _signature(meter: Meter) -> int:
    return 65536 * meter.denominator + meter.numerator


def _track(voice: Voice, item: list[str]) -> list[str]:
    if voice.template:
        end = _end_of_track(voice.template)
        return [*voice.template[:end], *item, *voice.template[end:]]
    return [
        "<TRACK",
        f"NAME {quoted(voice.name)}",
        f"VOLPAN {voice.factor:.6g} 0 -1 -1 1",
        "NCHAN 2",
        "MAINSEND 1 0",
        "<FXCHAIN",
        "SHOW 0",
        *voice.effects,
        ">",
        *item,
        ">",
    ]


def _end_of_track(lines: Sequence[str]) -> int:
    """Find the line that closes the first track of a template."""
    depth = 0
    for i, line in enumerate(lines):
        depth += line.lstrip().startswith("<") - (line.strip() == ">")
        if depth == 0:
            return i
    return len(lines)


def _item(file: Smf, voice: Voice, song_s: float) -> list[str]:
    return [
        "<ITEM",
        "POSITION 0",
        f"LENGTH {song_s:.9f}",
        "LOOP 0",
        f"NAME {quoted(voice.name)}",
        "VOLPAN 1 0 1 -1",
        "PLAYRATE 1 1 0 -1 0 0.0025",
        "<SOURCE MIDI",
        f"HASDATA 1 {file.division} QN",
        *_events(file, voice),
        "IGNTEMPO 0 120 4 4",
        ">",
        ">",
    ]


def _events(file: Smf, voice: Voice) -> Iterator[str]:
    """Write the messages of some channels, each in ticks from the one before; then the end."""
    keys = dict(voice.keys)
    found = [
        (event.tick, event.status, event.data)
        for track in file.tracks
        for event in track
        if event.status < 0xF0 and event.status & 0x0F in voice.channels
    ]
    found.sort(key=lambda event: event[0])  # events of one tick stay in their order
    last = 0
    for tick, status, data in found:
        first = keys.get(data[0], data[0]) if status < 0xB0 else data[0]
        second = data[1] if len(data) > 1 else 0
        yield f"E {tick - last} {status:02x} {first:02x} {second:02x}"
        last = tick
    end = max((event.tick for track in file.tracks for event in track), default=0)
    yield f"E {end - last} b0 7b 00"
