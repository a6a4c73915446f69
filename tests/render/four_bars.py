"""Four bars that every engine renders, and where in its sound their notes begin."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from daw_bridge.config.render import load_render
from daw_bridge.midi import files
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.tempo_map import TempoMap
from daw_bridge.music.time import Meter, Seconds, Ticks
from daw_bridge.render.child import Child
from daw_bridge.render.job import Job

NEAR_MS = 5.0
"""How far from its place a note may begin, in the sound of any engine."""

QUIET = 0.1
"""A note has begun where the sound reaches this part of the note's peak."""

PITCHES = (57, 64, 69, 60)


def write_four_bars(
    path: Path, tempo_qpm: float, channel: int = 0, pitches: Sequence[int] = PITCHES
) -> Path:
    """Write sixteen short notes a quarter apart, each a little off its beat; the tempo changes."""
    events = [(Ticks(3 * 1920), files.smf.tempo(tempo_qpm * 1.25))]
    for i in range(16):
        at = Ticks(480 * i + 37 * i % 100)
        pitch = pitches[i % len(pitches)]
        events += [
            (at, note_on(channel, pitch, 60 + 4 * i)),
            (Ticks(at + 120), note_off(channel, pitch)),
        ]
    files.write(
        path, events, tempo_qpm=tempo_qpm, meter=Meter(), name="four bars", length=Ticks(4 * 1920)
    )
    return path


class Sound(NamedTuple):
    """Samples a second, and one channel of them."""

    rate: int
    samples: np.ndarray


def rendered(
    child: Child, midi: Path, preset: str, folder: Path, parts: dict[int, str] | None = None
) -> Sound:
    """Render a file through a preset, in an engine's process; give the mean of its channels."""
    file = load_render(preset)
    out = folder / "sound.wav"
    child.render(
        Job(midi, out, file.engine, file.settings, preset, parts or {}, file.rate, file.tail), out
    )
    return read_wav(out)


def read_wav(path: Path) -> Sound:
    """Read samples of 16 bits or 32-bit floats."""
    raw = path.read_bytes()
    chunks, at = {}, 12
    while at + 8 <= len(raw):
        size = int.from_bytes(raw[at + 4 : at + 8], "little")
        chunks[raw[at : at + 4]] = raw[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    _, channels, rate, _, _, bits = np.frombuffer(chunks[b"fmt "][:16], "<u2,<u2,<u4,<u4,<u2,<u2")[
        0
    ]
    kind, full = {16: ("<i2", 32768), 32: ("<f4", 1)}[int(bits)]
    samples = np.frombuffer(chunks[b"data"], kind).reshape(-1, channels).mean(1) / full
    return Sound(int(rate), samples)


def late_ms(midi: Path, sound: Sound) -> list[float]:
    """Give for each note how much later than written it begins in the sound, in milliseconds."""
    score = files.read(midi)
    clock = TempoMap(score.tempos)
    late = []
    for note in score.notes:
        due = round(clock.seconds_at(note.start) * sound.rate)
        begin = max(due - sound.rate // 20, 0)
        near = np.abs(sound.samples[begin : due + sound.rate // 10])
        assert near.max() > 1e-3, f"the note of tick {note.start} is silent"
        first = int(np.flatnonzero(near > QUIET * near.max())[0])
        late.append((begin + first - due) / sound.rate * 1000)
    return late


def length_s(midi: Path) -> Seconds:
    """Give the length of a file."""
    score = files.read(midi)
    return TempoMap(score.tempos).seconds_at(score.length)


def hz_of(sound: Sound, begin_s: float, end_s: float) -> float:
    """Give the frequency of the strongest partial of a stretch, to a part of a cent."""
    part = sound.samples[round(begin_s * sound.rate) : round(end_s * sound.rate)]
    size = 1 << 21
    spectrum = np.abs(np.fft.rfft((part - part.mean()) * np.blackman(len(part)), size))
    return float(np.argmax(spectrum) * sound.rate / size)
