"""MIDI files and jobs to render, and how to look at what came out."""

from pathlib import Path

import numpy as np

from daw_bridge.config.render import load_render
from daw_bridge.midi.files import write
from daw_bridge.music.time import Ticks
from daw_bridge.registry import ENGINES
from daw_bridge.render.engine import begin
from daw_bridge.render.job import Job
from daw_bridge.render.wave import read_head

BAR = 1920

Line = tuple[int, int, int, int, int]
"""Start and duration in ticks, pitch, velocity, channel (0..15)."""


def tune(path: Path, notes: list[Line], *, bars: int = 1, bpm: float = 120) -> Path:
    events = []
    for start, duration, pitch, velocity, channel in notes:
        events.append((Ticks(start), bytes([0x90 | channel, pitch, velocity])))
        events.append((Ticks(start + duration), bytes([0x80 | channel, pitch, 0])))
    write(path, events, tempo_qpm=bpm, name="a tune", length=Ticks(bars * BAR))
    return path


def sound(path: Path) -> np.ndarray:
    """Give a WAV file as [samples, channels]."""
    file = read_head(path)
    blocks = list(file.blocks(1 << 20))
    return np.concatenate(blocks) if blocks else np.zeros((0, file.channels), np.float32)


def job_of(midi: Path, preset: str = "nes", **fields) -> Job:
    file = load_render(preset)
    given = {"rate": file.rate, "tail_s": 0.5, **fields}
    return Job(midi, midi.with_suffix(".wav"), file.engine, file.settings, preset, **given)


def rendered(job: Job) -> np.ndarray:
    """Render a job here, in this process, and give what the engine wrote."""
    raw = job.out.with_suffix(".raw")
    begin(ENGINES[job.engine], job.settings).render(job, raw)
    return sound(raw)
