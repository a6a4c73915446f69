"""A small synthetic drum kit: hits to a sound file, with pyo and without an audio device.

The kit is one graph of pyo objects that runs through the whole piece. A table holds the hits of
each drum, one sample for each: read at the rate of the sound, it strikes the drum to the sample.
Drums with a pitch are resonators struck by that sample, as in the analogue drum machines, so
their attack is the same each time and overlapping hits add up. Cymbals are six square waves that
no harmonic series holds together, and noise, under an envelope. The two hi-hats share one
envelope, so that a closed one chokes an open one.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daw_bridge.files import whole
from daw_bridge.music.gm_drums import CLASS_OF, DRUM_CLASSES

RATE = 44_100
BLOCK = 256
"""Samples that pyo computes at once; the length of a file is a whole number of them."""

SEED = 1
"""Of pyo's noise, so that the same hits give the same sound."""

CLOSED_S, OPEN_S = 0.09, 0.9
"""How long the two hi-hats ring."""

METAL_HZ = (205.3, 284.7, 304.4, 369.6, 522.7, 540.0)
"""Squares whose overtones fall nowhere together, as sheet metal's do."""

FLOOR = 1e-9
"""Noise far below 16 bits. Without it filters fade into numbers so small that processors crawl."""

Signal = Any
"""A pyo object; pyo is untyped."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One stroke: seconds from the start, canonical (General MIDI) pitch, velocity 1..127."""

    time_s: float
    pitch: int
    velocity: int


def render(hits: Iterable[Hit], path: Path, duration_s: float) -> None:
    """Write hits as a stereo WAV file of 16 bits and `duration_s` seconds, whole or not at all.

    Pitches that belong to none of the nine drum classes are left out. Blocks while it computes,
    some twenty times faster than the piece. One call at a time in a process: pyo has one server.

    Raises:
        UserError: the file cannot be written.
    """
    n_blocks = -(-round(duration_s * RATE) // BLOCK)
    strikes = _strikes(hits, n_blocks * BLOCK)
    pyo = _pyo()
    server = pyo.Server(sr=RATE, nchnls=2, buffersize=BLOCK, duplex=0, audio="offline", verbosity=1)
    server.boot()
    server.setGlobalSeed(SEED)
    try:
        with whole(path) as temporary:
            server.recordOptions(dur=(n_blocks - 0.5) * BLOCK / RATE, filename=str(temporary))
            kit = _Kit(pyo, strikes)
            server.start()
            kit.alive.clear()
            if temporary.stat().st_size < 4 * n_blocks * BLOCK:  # pyo does not tell
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    finally:
        server.shutdown()


def _pyo() -> Any:
    """Import pyo without the advice on window toolkits that it prints."""
    os.environ.setdefault("PYO_GUI_WX", "0")
    with contextlib.redirect_stdout(io.StringIO()):
        import pyo  # noqa: PLC0415  # only rendering needs it
    return pyo


def _strikes(hits: Iterable[Hit], n_samples: int) -> NDArray[np.float32]:
    """Return [class, sample] how hard each drum is struck: 0..1, curved as loudness is heard."""
    strikes = np.zeros((len(DRUM_CLASSES), n_samples), np.float32)
    for hit in hits:
        at = round(hit.time_s * RATE)
        drum = CLASS_OF.get(hit.pitch)
        if drum is not None and 0 <= at < n_samples:
            strikes[drum, at] = max(strikes[drum, at], (hit.velocity / 127) ** 1.6)
    return strikes


class _Kit:
    """The graph, with all objects of it: pyo crashes over one that Python drops."""

    def __init__(self, pyo: Any, strikes: NDArray[np.float32]) -> None:
        self._pyo = pyo
        self.alive: list[Signal] = []
        self._hiss = self._make("Noise")
        squares = self._make("LFO", freq=list(METAL_HZ), sharp=1, type=2, mul=0.16)
        self._sheet = self._mix(squares)
        struck = {each.name: strikes[i] for i, each in enumerate(DRUM_CLASSES)}
        placed = [
            self._kick(struck["kick"]),
            self._snare(struck["snare"]),
            self._hats(struck["closed-hat"], struck["open-hat"]),
            self._tom(struck["low-tom"], hz=82, pan=0.75),
            self._tom(struck["mid-tom"], hz=118, pan=0.55),
            self._tom(struck["high-tom"], hz=165, pan=0.35),
            self._ride(struck["ride"]),
            self._crash(struck["crash"]),
        ]
        room = self._make(
            "Freeverb", self._mix(*placed, voices=2), size=0.3, damp=0.6, bal=0.12, mul=1.5
        )
        self._make("Tanh", room, mul=0.95).out()  # never above 0 dBFS, however much is struck

    def _kick(self, strikes: NDArray[np.float32]) -> Signal:
        struck, when, force = self._played(strikes)
        fall = self._envelope(when, 0.12, steepness=6, mul=120, add=47)
        body = self._ring(struck, fall, decay=0.13, mul=75)
        click = self._noise(self._envelope(when, 0.012, mul=force))
        return self._place(0.5, body, self._make("ButLP", click, freq=3500, mul=0.8))

    def _snare(self, strikes: NDArray[np.float32]) -> Signal:
        struck, when, force = self._played(strikes)
        fall = self._envelope(when, 0.05, mul=60, add=[186, 331])
        tone = self._ring(struck, fall, decay=0.06, mul=20)
        wires = self._noise(self._envelope(when, 0.24, steepness=5, mul=force))
        bright = self._make("Sig", force, mul=7000, add=4000)
        rattle = self._make("ButLP", self._make("ButHP", wires, freq=1400), freq=bright, mul=0.9)
        return self._place(0.48, tone, rattle)

    def _hats(self, closed: NDArray[np.float32], opened: NDArray[np.float32]) -> Signal:
        _, when, force = self._played(np.where(closed > 0, closed, opened))
        lengths = np.where(closed > 0, CLOSED_S, np.where(opened > 0, OPEN_S, 0))
        length = self._make("SampHold", self._read(lengths.astype(np.float32)), when, 1.0)
        ring = self._envelope(when, length, steepness=5, mul=force)
        metal = self._mix(self._metal(ring), self._noise(ring, mul=0.5))
        thin = self._make("ButHP", self._make("ButHP", metal, freq=6500), freq=6500)
        bright = self._make("Sig", force, mul=9000, add=7500)
        return self._place(0.3, self._make("ButLP", thin, freq=bright, mul=1.3))

    def _tom(self, strikes: NDArray[np.float32], *, hz: float, pan: float) -> Signal:
        struck, when, force = self._played(strikes)
        fall = self._envelope(when, 0.09, mul=0.45 * hz, add=hz)
        body = self._ring(struck, fall, decay=0.16, mul=55)
        skin = self._noise(self._envelope(when, 0.03, mul=force))
        return self._place(pan, body, self._make("ButLP", skin, freq=2500, mul=0.5))

    def _ride(self, strikes: NDArray[np.float32]) -> Signal:
        struck, when, force = self._played(strikes)
        ping = self._ring(struck, [3137, 4411, 5933, 8120], decay=0.22, mul=3)
        ring = self._envelope(when, 1.4, steepness=5, mul=force)
        wash = self._mix(self._metal(ring), self._noise(ring, mul=0.2))
        return self._place(0.68, ping, self._make("ButHP", wash, freq=5200, mul=0.5))

    def _crash(self, strikes: NDArray[np.float32]) -> Signal:
        _, when, force = self._played(strikes)
        ring = self._envelope(when, 2.2, steepness=6, mul=force)
        wash = self._mix(self._metal(ring, mul=0.6), self._noise(ring))
        return self._place(0.4, self._make("ButHP", wash, freq=2800, mul=0.4))

    def _played(self, strikes: NDArray[np.float32]) -> tuple[Signal, Signal, Signal]:
        """Return impulses as strong as the hits, triggers, and the force of the last hit."""
        struck, when = self._read(strikes), self._read((strikes > 0).astype(np.float32))
        return struck, when, self._make("SampHold", struck, when, 1.0)

    def _read(self, samples: NDArray[np.float32]) -> Signal:
        table = self._make("DataTable", size=samples.size)
        np.asarray(table.getBuffer())[:] = samples
        # Without interpolation: between two samples there is nothing to strike.
        rate = RATE / samples.size
        return self._make("TableRead", table, freq=rate, loop=False, interp=1).play()

    def _envelope(
        self, when: Signal, length_s: Signal, *, steepness: float = 4, **scale: Signal
    ) -> Signal:
        table = self._make("ExpTable", [(0, 1.0), (8191, 0.0)], exp=steepness, inverse=True)
        return self._make("TrigEnv", when, table, dur=length_s, **scale)

    def _noise(self, envelope: Signal, mul: float = 1.0) -> Signal:
        level = self._make("Sig", envelope, mul=mul, add=FLOOR)
        return self._make("Sig", self._hiss, mul=level)

    def _metal(self, envelope: Signal, mul: float = 1.0) -> Signal:
        return self._make("Sig", self._sheet, mul=self._make("Sig", envelope, mul=mul))

    def _ring(self, struck: Signal, freq: Signal, decay: float, mul: float) -> Signal:
        fed = self._make("Sig", self._hiss, mul=FLOOR, add=struck)
        return self._make("ComplexRes", fed, freq=freq, decay=decay, mul=mul)

    def _place(self, pan: float, *signals: Signal) -> Signal:
        return self._make("Pan", self._mix(*signals), outs=2, pan=pan, spread=0)

    def _mix(self, *signals: Signal, voices: int = 1) -> Signal:
        return self._make("Mix", list(signals), voices=voices)

    def _make(self, kind: str, *inputs: Signal, **settings: Signal) -> Signal:
        made = getattr(self._pyo, kind)(*inputs, **settings)
        self.alive.append(made)
        return made
