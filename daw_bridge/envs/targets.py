"""A sound that is to be matched: from samples or a file, checked before anything is learnt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from daw_bridge.envs.graph.player import Sound
from daw_bridge.errors import UserError
from daw_bridge.render.wave import read_head

SILENCE = 1e-4
"""The peak below which a sound is silent, 80 dB below full scale."""

LONGEST_S = 60

TRIES = 1000
"""Sounds on end that may be silent before a program is held for silent."""


def heard(draw: Callable[[], Sound]) -> Sound:
    """Draw until something is heard, and return that.

    Raises:
        UserError: nothing is, however often it is drawn.
    """
    for _ in range(TRIES):
        sound = draw()
        if np.abs(sound).max(initial=0) >= SILENCE:
            return sound
    what = "a program that is heard with some of the numbers of its action_space"
    raise UserError(what, f"silence {TRIES} times on end", "mend the program, or widen its bounds")


def target_of(given: Any, rate: int, length: int) -> Sound:
    """Return the first `length` samples of a target, in one channel.

    `given` is a WAV file's path; or samples, at the rate of the environment; or both samples and
    their rate, `(samples, rate)`. Channels ([sample, channel]) are averaged.

    Raises:
        UserError: it is of another rate, too short, silent, or not all numbers.
    """
    samples, its_rate = _read(given, rate, length)
    if its_rate != rate:
        raise UserError(
            f"a target of {rate} samples a second", f"{its_rate}", "resample it, or give rate="
        )
    try:
        numbers = np.asarray(samples)
    except ValueError as error:
        raise UserError("a target of samples", f"{type(given).__name__}", "give floats") from error
    if numbers.dtype.kind != "f" and numbers.size:
        found = f"{type(samples).__name__} of {numbers.dtype}"
        raise UserError("a target of samples", found, "give floats in -1..1")
    sound = numbers.astype(np.float32)
    if sound.ndim == 2:
        sound = sound.mean(axis=1)
    if sound.ndim != 1:
        raise UserError("a target [sample] or [sample, channel]", f"{sound.shape}", "reshape it")
    if len(sound) < length:
        what = f"a target of at least {length} samples (total_step x step_len)"
        raise UserError(what, f"{len(sound)}", "shorten the episode, or pad the target with zeros")
    sound = np.ascontiguousarray(sound[:length])
    if not np.isfinite(sound).all():
        raise UserError("a target of numbers", "NaN or infinity in it", "export it anew")
    if np.abs(sound).max(initial=0) < SILENCE:
        raise UserError("a target that is heard", "silence", "cut off what is before the sound")
    return sound


def _read(given: Any, rate: int, length: int) -> tuple[Any, int]:
    if isinstance(given, str | Path):
        wave = read_head(Path(given))
        blocks = list(wave.blocks(max(length, 1)))[:1] if wave.rate == rate else []
        return (blocks[0] if blocks else np.zeros(0, np.float32)), wave.rate
    if isinstance(given, tuple) and len(given) == 2 and np.ndim(given[1]) == 0:
        return given[0], int(given[1])
    return given, rate


def length_of(total_step: int, step_len: float, rate: int) -> list[int]:
    """Return the sample at which each step ends, from 0, where the first one begins.

    Raises:
        UserError: there is no step, or it is of no length, or all are too long.
    """
    if isinstance(total_step, bool) or not isinstance(total_step, int) or total_step < 1:
        raise UserError("a total_step of at least 1", repr(total_step), "give a whole number")
    if not 1 <= step_len * rate <= LONGEST_S * rate or total_step * step_len > LONGEST_S:
        what = f"a step_len of a sample or more, and {LONGEST_S} s in all"
        raise UserError(what, f"{total_step} x {step_len!r} s", "change one of them")
    return [int(i * step_len * rate + 1e-6) for i in range(total_step + 1)]
