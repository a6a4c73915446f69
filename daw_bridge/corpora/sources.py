"""Find the music in folders, zips and single files, and read it, whatever its format."""

from __future__ import annotations

import csv
import io
import json
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import symusic
from numpy.typing import NDArray

from daw_bridge.corpora import pently
from daw_bridge.corpora.pieces import RUSH, Events, NoteTable, Piece, cut, rests_cut
from daw_bridge.corpora.voices import (
    NOISE,
    PULSE_1,
    PULSE_2,
    TRIANGLE,
    Track,
    four_voices,
    melody,
    nes_voice,
    polyphony,
)
from daw_bridge.encoding.drum_classes import N_CLASSES, PITCHES, bit
from daw_bridge.encoding.drum_text import BAR as BAR_WORD
from daw_bridge.encoding.drum_text import from_text
from daw_bridge.errors import UserError
from daw_bridge.midi.files import LARGEST_BYTES
from daw_bridge.music.gm_drums import CLASS_OF
from daw_bridge.music.keys import estimate
from daw_bridge.music.time import MOST_BARS, PPQ, Meter

KNOWN_DRUMS = tuple(pitch if pitch in CLASS_OF else -1 for pitch in range(128))
"""For each MIDI note the canonical drum, -1 for none: General MIDI's and those of Groove's kit."""

_SPLITS = {"train": "train", "valid": "valid", "validation": "valid", "test": "test"}
_LOWEST_KEY, _N_KEYS = 21, 88


LONGEST = MOST_BARS * Meter().bar_length()
"""In ticks; what is longer would fill the memory with bars, or has overflowed where it was read."""


class Unreadable(Exception):  # noqa: N818  it reports what a source is, not a defect
    """Say in a few words why a source gives no music."""


class Archives:
    """Keep zips open while their members are read; a context manager that closes them."""

    def __init__(self) -> None:
        self._open: dict[Path, zipfile.ZipFile] = {}

    def __enter__(self) -> Archives:
        return self

    def __exit__(self, *_: object) -> None:
        for archive in self._open.values():
            archive.close()

    def open(self, path: Path) -> zipfile.ZipFile:
        """Give the archive of a path, opened once."""
        if path not in self._open:
            self._open[path] = zipfile.ZipFile(path)
        return self._open[path]


@dataclass(frozen=True, slots=True)
class Source:
    """Name a file, or a member of a zip, and what its surroundings say of it."""

    path: Path
    member: str = ""
    name: str = ""
    split: str = ""
    conditions: tuple[tuple[str, str], ...] = ()
    tempo_qpm: float | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """Say what to read: the role, and what drum each MIDI note is.

    Roles are those of `voices.ROLES`, and those of benchmarks, "frames" and "tx1".
    """

    role: str = "drums"
    drums: tuple[int, ...] = KNOWN_DRUMS


@dataclass(slots=True)
class Material:
    """Hold what a source says before a role is picked from it.

    `n_frames` counts its frames where it is cut in frames, and is 0 elsewhere. `rush` is how early
    a note of the next bar may be: text is on its grid.
    """

    name: str
    tracks: list[Track]
    meters: list[tuple[int, Meter]]
    tempo_qpm: float = 120.0
    split: str = ""
    conditions: dict[str, str] = field(default_factory=dict)
    n_frames: int = 0
    rush: int = RUSH


def find_sources(path: Path) -> list[Source]:
    """List what may hold music, in order: the file, or everything of a known kind under a folder.

    Raises:
        UserError: there is nothing, or nothing of a known kind.
    """
    if not path.exists():
        raise UserError(
            "a folder, a zip or a file of music", f"nothing at {path}", "check the path"
        )
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    rows = _info(path) if path.is_dir() else {}
    sources: list[Source] = []
    for file in files:
        suffix = file.suffix.lower()
        inside = file.name if path.is_file() else file.relative_to(path).as_posix()
        if suffix == ".zip":
            sources += _members(file)
        elif suffix in _READERS:
            sources.append(_source(file, inside, rows.get(inside)))
    if not sources:
        kinds = " ".join(sorted(_READERS))
        raise UserError(f"music ({kinds})", f"none in {path}", "name another folder")
    return sources


def read_source(source: Source, reading: Reading, archives: Archives) -> list[Piece]:
    """Read the pieces of a source, as far as they hold notes of the role.

    Raises:
        Unreadable: it is empty, damaged, or holds nothing of the role.
    """
    try:
        if source.path.stat().st_size > _LIMIT.get(source.path.suffix.lower(), LARGEST_BYTES):
            raise Unreadable("too large for music")
        materials = list(_READERS[_suffix(source)](source, reading, archives))
    except OSError as error:
        raise Unreadable(str(error.strerror or error)) from error
    if any(_is_too_long(track.events) for each in materials for track in each.tracks):
        raise Unreadable("too long for music")
    pieces = [piece for material in materials for piece in _pieces(material, reading)]
    if not pieces:
        raise Unreadable(f"no notes for {reading.role}")
    return pieces


def _is_too_long(events: Events) -> bool:
    return bool(((events.onset < 0) | (events.onset + events.duration > LONGEST)).any())


def _source(file: Path, name: str, row: dict[str, str] | None) -> Source:
    if row is None:
        return Source(file, name=name)
    conditions = [("style", row.get("style", "").split("/")[0])]
    conditions += [("kind", row.get("beat_type", "")), ("drummer", row.get("drummer", ""))]
    try:
        tempo = float(row.get("bpm", "") or 0) or None
    except ValueError:
        tempo = None
    split = _SPLITS.get(row.get("split", ""), "")
    return Source(file, "", name, split, tuple(c for c in conditions if c[1]), tempo)


def _info(folder: Path) -> dict[str, dict[str, str]]:
    """Read the table of the Groove MIDI Dataset, where there is one."""
    try:
        with (folder / "info.csv").open(newline="", encoding="utf-8") as file:
            return {row["midi_filename"]: row for row in csv.DictReader(file)}
    except (OSError, KeyError, csv.Error, UnicodeDecodeError):
        return {}


def _members(file: Path) -> list[Source]:
    split = _split_of(file.stem)
    try:
        with zipfile.ZipFile(file) as archive:
            names = [i.filename for i in archive.infolist() if not i.is_dir()]
    except (OSError, zipfile.BadZipFile):
        return [Source(file, name=file.name)]
    known = [n for n in names if Path(n).suffix.lower() in (".mid", ".midi")]
    return [Source(file, n, f"{file.name}/{n}", split) for n in sorted(known)]


def _split_of(stem: str) -> str:
    return _SPLITS.get(stem.lower().rsplit("_", 1)[-1], "")


def _suffix(source: Source) -> str:
    return Path(source.member or source.path).suffix.lower()


def _bytes(source: Source, archives: Archives) -> bytes:
    if not source.member:
        return source.path.read_bytes()
    try:
        archive = archives.open(source.path)
        if archive.getinfo(source.member).file_size > LARGEST_BYTES:
            raise Unreadable("too large for music")
        return archive.read(source.member)
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, RuntimeError) as error:
        raise Unreadable(f"a damaged zip ({error})") from error


def _read_zip(source: Source, _: Reading, __: Archives) -> Iterator[Material]:
    raise Unreadable(f"a damaged zip ({source.path.name})")


def _read_midi(source: Source, reading: Reading, archives: Archives) -> Iterator[Material]:
    data = _bytes(source, archives)
    if not data:
        raise Unreadable("an empty file")
    if data[:4] != b"MThd":
        raise Unreadable("no MIDI file")
    try:
        score = symusic.core.ScoreTick.from_midi(data)
    except Exception as error:  # symusic raises whatever its C++ did
        raise Unreadable(f"a damaged MIDI file ({error})") from error
    if score.ticks_per_quarter <= 0:
        raise Unreadable("a MIDI file without musical time")
    if reading.role == "tx1":
        yield _in_samples(score, source)
        return
    scale = PPQ / score.ticks_per_quarter
    tracks = [_track(track, scale) for track in score.tracks if len(track.notes)]
    if reading.role != "drums" and any(track.voice is not None for track in tracks):
        tracks = [track for track in tracks if track.voice is not None]
    tempo = source.tempo_qpm or (float(score.tempos[0].qpm) if len(score.tempos) else 120.0)
    yield Material(
        source.name,
        tracks,
        _meters(score, scale),
        tempo if 5 < tempo < 1000 else 120.0,
        source.split,
        dict(source.conditions),
    )


def _in_samples(score: symusic.core.ScoreTick, source: Source) -> Material:
    """Keep the samples of NES-MDB, in which a tick is one of 44,100 a second."""
    tracks = [track for track in (_track(t, 1.0) for t in score.tracks) if track.voice is not None]
    material = Material(source.name, tracks, [], 120.0, source.split)
    # The end of a song stands in the file as its last change of meter.
    last = max((int(change.time) for change in score.time_signatures), default=0)
    material.conditions["end"] = str(last)
    return material


def _track(track: symusic.core.TrackTick, scale: float) -> Track:
    notes = track.notes.numpy()
    onset = np.rint(notes["time"] * scale).astype(np.int64)
    end = np.rint((notes["time"] + notes["duration"].astype(np.int64)) * scale).astype(np.int64)
    velocity = np.clip(notes["velocity"].astype(np.int64), 1, 127)
    pitch = np.clip(notes["pitch"].astype(np.int64), 0, 127)
    voice = nes_voice(track.name)
    if voice == NOISE and scale != 1.0:
        # Sixteen kinds of noise, the low ones dark: a kick, a snare and a hat as far as that goes.
        pitch = np.where(pitch <= 5, 36, np.where(pitch <= 10, 38, 42))
    events = Events.of(onset, pitch, np.maximum(end - onset, 1), velocity, voice or 0)
    return Track(track.name, bool(track.is_drum), events, voice)


def _meters(score: symusic.core.ScoreTick, scale: float) -> list[tuple[int, Meter]]:
    meters: list[tuple[int, Meter]] = []
    for change in score.time_signatures:
        try:
            meter = Meter(int(change.numerator), int(change.denominator))
        except ValueError as error:
            raise Unreadable(f"no meter of {change.numerator}/{change.denominator}") from error
        if not meters or meters[-1][1] != meter:
            meters.append((round(change.time * scale), meter))
    return meters


def _read_text(source: Source, _: Reading, __: Archives) -> Iterator[Material]:
    """Read drum words: one piece a line; 16 words a bar of 4/4, 32 of them 32nds."""
    try:
        lines = source.path.read_text("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise Unreadable("no drum text") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            bars = from_text(line)
        except UserError as error:
            raise Unreadable(f"no drum text (line {number}: {error})") from error
        counts = [len(bar) - 1 for bar in bars]
        step = PPQ // 8 if set(counts) == {32} else PPQ // 4
        words = np.array([w for bar in bars for w in bar.tolist() if w != BAR_WORD], np.int64)
        place, drum = np.nonzero(words[:, None] & [bit(d) for d in range(N_CLASSES)])
        pitch = np.array(PITCHES)[drum]
        tick = 0
        meters = []
        for count in counts:
            meters.append((tick, Meter(4, 4) if count * step == 4 * PPQ else Meter(count, 16)))
            tick += count * step
        events = Events.of(place * step, pitch, 60, 100, 0)
        name = f"{source.name}:{number}"
        split = _split_of(source.path.stem)
        yield Material(name, [Track("", True, events)], meters, 120.0, split, rush=0)


def _read_json(source: Source, reading: Reading, _: Archives) -> Iterator[Material]:
    """Read frames of pitches by split; the file's name tells quarters from 16ths."""
    stem = source.path.stem.lower()
    frame = PPQ if "quarter" in stem else PPQ // 4
    try:
        splits = json.loads(source.path.read_bytes())
        for split, pieces in splits.items():
            for number, frames in enumerate(pieces):
                if any(int(pitch) > 127 for chord in frames for pitch in chord):
                    raise ValueError("expected MIDI notes, or numbers below 0 for silence")
                satb = "satb" in stem and all(len(chord) == 4 for chord in frames)
                if reading.role == "frames":
                    tracks = [Track("", False, _struck(frames))]
                elif satb:
                    tracks = _choir(frames, frame)
                else:
                    tracks = [Track("", False, _held(frames, frame))]
                name, known = f"{source.name}:{split}:{number}", _SPLITS.get(split, "")
                yield Material(name, tracks, [], 90.0, known, {}, len(frames))
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise Unreadable("no frames of pitches") from error


def _choir(frames: list[list[int]], frame: int) -> list[Track]:
    """Part soprano, alto, tenor and bass; a chip has no voice for the tenor."""
    voices = (("soprano", PULSE_1), ("alto", PULSE_2), ("tenor", None), ("bass", TRIANGLE))
    return [
        Track(name, False, _held([[f[i]] if f[i] >= 0 else [] for f in frames], frame), voice)
        for i, (name, voice) in enumerate(voices)
    ]


def _struck(frames: list[list[int]]) -> Events:
    """Give every pitch of every frame as a note of its own, a quarter long."""
    pairs = [(place, int(p)) for place, chord in enumerate(frames) for p in chord if p >= 0]
    place, pitch = np.array(pairs, np.int64).reshape(-1, 2).T
    return Events.of(place * PPQ, pitch, PPQ, 90, 0)


def _held(frames: list[list[int]], frame: int) -> Events:
    """Join a pitch that stays from frame to frame into one note."""
    roll = np.zeros((len(frames) + 2, 128), np.int8)
    for place, chord in enumerate(frames, 1):
        roll[place, [int(pitch) for pitch in chord if pitch >= 0]] = 1
    change = np.diff(roll, axis=0)
    pitch, first = np.nonzero(change.T == 1)
    _, end = np.nonzero(change.T == -1)
    return Events.of(first * frame, pitch, (end - first) * frame, 90, 0)


def _read_rolls(source: Source, reading: Reading, _: Archives) -> Iterator[Material]:
    """Read packed piano rolls: `{split}_rolls` [frames, 88 bits], `{split}_lengths`."""
    if reading.role != "frames":
        raise Unreadable("piano rolls hold no durations: they are for the frames encoding")
    try:
        with np.load(io.BytesIO(source.path.read_bytes()), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        for split in ("train", "valid", "test"):
            if f"{split}_rolls" not in arrays:
                continue
            rolls = np.unpackbits(arrays[f"{split}_rolls"], axis=1)[:, :_N_KEYS]
            ends = np.cumsum(arrays[f"{split}_lengths"])
            for number, roll in enumerate(np.split(rolls, ends[:-1])):
                place, key = np.nonzero(roll)
                events = Events.of(place * PPQ, key + _LOWEST_KEY, PPQ, 90, 0)
                name = f"{source.name}:{split}:{number}"
                yield Material(name, [Track("", False, events)], [], 90.0, split, {}, len(roll))
    except (ValueError, KeyError, zipfile.BadZipFile, EOFError) as error:
        raise Unreadable("no piano rolls") from error


def _read_pently(source: Source, _: Reading, __: Archives) -> Iterator[Material]:
    try:
        songs = pently.read(source.path.read_text("utf-8"))
    except (UnicodeDecodeError, pently.PentlyError) as error:
        raise Unreadable(f"no score of Pently ({error})") from error
    for song, tracks in songs:
        yield Material(f"{source.name}:{song.name}", tracks, song.meters, song.tempo_qpm)


_READERS: dict[str, Callable[[Source, Reading, Archives], Iterator[Material]]] = {
    ".mid": _read_midi,
    ".midi": _read_midi,
    ".txt": _read_text,
    ".json": _read_json,
    ".npz": _read_rolls,
    ".pently": _read_pently,
    ".zip": _read_zip,
}
_LIMIT = {".npz": 1 << 28, ".json": 1 << 26, ".txt": 1 << 26, ".zip": 1 << 32}


def _pieces(material: Material, reading: Reading) -> Iterator[Piece]:
    unmapped: Counter[int] = Counter()

    def canonical(events: Events) -> Events:
        pitch = np.array(reading.drums, np.int64)[events.pitch]
        for note in events.pitch[pitch < 0].tolist():
            unmapped[note] += 1
        known = Events(events.onset, pitch, events.duration, events.velocity, events.voice)
        return known.where(pitch >= 0)

    match reading.role:
        case "drums":
            events = Events.join([canonical(t.events) for t in material.tracks if t.is_drum])
            events = Events.of(events.onset, events.pitch, events.duration, events.velocity, 0)
        case "line":
            events = melody(material.tracks)
        case "chip":
            events = four_voices(material.tracks, canonical)
        case _:
            events = polyphony(material.tracks)
    conditions = dict(material.conditions)
    if reading.role == "tx1":
        yield Piece(material.name, *_one_bar(material.tracks), 120.0, material.split, conditions)
        return
    if reading.role == "frames":
        if not material.n_frames:
            raise Unreadable("the frames encoding reads frames of pitches, and this is none")
        notes, pairs = cut(events, [(0, Meter(1, 4))], held=False)
        pairs = np.tile(np.array([[1, 4]], np.int16), (material.n_frames, 1))
    else:
        held, rush = reading.role != "drums", material.rush
        notes, pairs = cut(events, material.meters, held=held, rush=rush)
        if reading.role != "drums" and len(notes):
            notes, pairs = rests_cut(notes, pairs)
    if not len(notes):
        return
    if reading.role != "drums" and (key := _key(events)):
        conditions["key"] = key
    yield Piece(
        material.name, notes, pairs, material.tempo_qpm, material.split, conditions, dict(unmapped)
    )


def _one_bar(tracks: list[Track]) -> tuple[NoteTable, NDArray[np.int16]]:
    """Put the notes of four voices into one table as they are, by voice and start."""
    events = Events.join([track.events for track in tracks])
    zero = np.zeros_like(events.onset)
    columns = [zero, events.onset, events.pitch, events.duration, events.velocity, events.voice]
    order = np.lexsort((events.onset, events.voice))
    return np.stack([*columns, zero], 1)[order].astype(np.int32), np.array([[1, 4]], np.int16)


def _key(events: Events) -> str:
    pitched = events.where(events.voice != NOISE)
    weights = np.bincount(pitched.pitch % 12, pitched.duration, 12)
    key = estimate(weights.tolist())
    return "" if key is None else str(key)
