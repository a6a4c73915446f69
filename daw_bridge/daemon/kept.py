"""Bars that players have kept or rejected while they played: a line for each, in one file."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from daw_bridge.config.files import user_folder
from daw_bridge.config.validation import problems
from daw_bridge.daemon.growing import locked
from daw_bridge.errors import UserError
from daw_bridge.files import open_regular
from daw_bridge.jam.events import Event, Judged
from daw_bridge.jam.schedule import Route, Score
from daw_bridge.midi import files, smf
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import PPQ, Ticks

LONGEST_LINE = 1 << 22
"""In bytes: 33 bars that are full of notes."""

TRACKS = ("played", "generated", "rejected")
"""What a jam's bars become tracks of: the player's own, those that were kept, and the others."""

_NEW_OR_LONGER = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)


class KeptBar(BaseModel):
    """A bar that was heard at a tick of a jam, and is liked, `kept`, or is not.

    `before` are the bars that sounded before it, `played` is what was played with it. `settings`
    are those of the preset by which the `model` made it, the seed among them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    jam: str
    tick: int
    kept: bool
    model: str
    sha256: str
    settings: dict[str, Any]
    bar: Bar
    before: tuple[Bar, ...]
    played: Bar | None


def kept_path() -> Path:
    """Return the file of all bars that were ever kept or rejected on this machine."""
    return user_folder() / "kept.jsonl"


class KeptBars:
    """A watcher that stores the bars which a player keeps or rejects, each at once.

    Several jams may do so at one time. Nothing is written before there is such a bar.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or kept_path()
        self._jam = f"{time.strftime('%Y-%m-%d %H:%M:%S')} {os.getpid()}"

    def __call__(self, event: Event) -> None:
        """Store a bar that was judged.

        Raises:
            UserError: it cannot be written.
        """
        if isinstance(event, Judged):
            told = KeptBar(
                jam=self._jam,
                tick=event.tick,
                kept=event.kept,
                bar=event.bar,
                before=event.before,
                played=event.played,
                **json.loads(event.by),
            )
            _append(self._path, told.model_dump_json().encode())


def _append(path: Path, line: bytes) -> None:
    """Add a line, whole or not at all; one that a crash has cut off stays a line of its own.

    Raises:
        UserError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, _NEW_OR_LONGER, 0o600)
        try:
            with locked(handle):
                size = os.lseek(handle, 0, os.SEEK_END)
                os.lseek(handle, max(0, size - 1), os.SEEK_SET)
                cut_off = os.read(handle, 1) not in (b"", b"\n")
                whole = (b"\n" if cut_off else b"") + line + b"\n"
                if os.write(handle, whole) < len(whole):
                    os.ftruncate(handle, size)
                    raise OSError(28, "no space left")
        finally:
            os.close(handle)
    except OSError as error:
        found = str(error.strerror or error)
        raise UserError(f"to store what is kept, in {path}", found, "free space there") from error


def read(path: Path | None = None) -> Iterator[KeptBar]:
    """Read all bars that were kept or rejected, the oldest first; a line that was cut off is none.

    Raises:
        UserError: the file cannot be read, or a line of it is damaged.
    """
    path = path or kept_path()
    if not path.exists():
        return
    with open_regular(path, "the bars that were kept") as file:
        number = 0
        while line := file.readline(LONGEST_LINE):
            number += 1
            try:
                yield KeptBar.model_validate_json(line)
            except ValidationError as error:
                if _is_cut_off(line):
                    continue
                found = f"line {number} of {path}: {next(iter(problems(error)))}"
                raise UserError("a bar that was kept", found, "take that line out") from error


def _is_cut_off(line: bytes) -> bool:
    return line.startswith(b'{"jam":') and not line.rstrip().endswith(b"}")


def jams(bars: Iterable[KeptBar]) -> list[tuple[str, list[KeptBar]]]:
    """Part bars by the jams that they were heard in, the oldest first."""
    parted = sorted(bars, key=lambda each: each.jam)
    return [(jam, list(own)) for jam, own in groupby(parted, key=lambda each: each.jam)]


def write_tracks(bars: Iterable[KeptBar], path: Path) -> None:
    """Write bars of a jam one after another, each on the track of what it is: see `TRACKS`.

    Drums are as General MIDI has them, on the channels that the preset gives its voices.

    Raises:
        UserError: the file cannot be written.
    """
    line = Ticks(0)
    meters: list[tuple[int, bytes]] = []
    scores = {name: Score({}) for name in TRACKS}
    tempo_qpm = None
    for each in bars:
        meter, routes = each.bar.meter, _routes(each)
        tempo_qpm = tempo_qpm or float(each.settings.get("bpm", 0)) or None
        meters.append((line, smf.meter(meter.numerator, meter.denominator)))
        scores["generated" if each.kept else "rejected"].place(each.bar, line, routes)
        if each.played is not None:
            scores["played"].place(each.played, line, routes)
        line = Ticks(line + meter.bar_length())
    tempos = [(0, smf.tempo(tempo_qpm))] if tempo_qpm else []
    end = (line, smf.meta(smf.END_OF_TRACK, b""))
    tracks = [[(0, smf.meta(smf.TRACK_NAME, b"kept")), *tempos, *meters, end]]
    for name, score in scores.items():
        sounding = [(max(tick, 0), data) for tick, _, data in score.until(Ticks(line + 1))]
        head = (0, smf.meta(smf.TRACK_NAME, name.encode()))
        tracks.append([head, *sounding, *_ends(score, line), end])
    files.write_bytes(path, smf.pack(tracks, PPQ))


def _ends(score: Score, line: Ticks) -> list[tuple[int, bytes]]:
    """End at the last bar line what would go on."""
    return [(line, data) for _, _, data in score.until(Ticks(1 << 40)) if data[0] >> 4 == 0x8]


def _routes(each: KeptBar) -> dict[int, Route]:
    """Return where the voices of a bar go: as the preset says, as far as channels."""
    voices = each.settings.get("voices") or [{}]
    return {
        int(voice.get("voice", 0)): Route(channel=int(voice.get("channel", 1)) - 1)
        for voice in voices
    }
