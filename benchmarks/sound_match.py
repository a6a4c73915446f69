"""How fast sounds are matched, and how near an agent comes to a target beside searches.

    python benchmarks/sound_match.py [--seconds 5] [--targets 100] [--recorded FILE.wav ...]

Speed: SoundMatch of the kick, 0.3 s at 44.1 kHz with the spectral reward, alone and by sixteens.
SoundTune of the kick: targets that were drawn with seeds which no training drew, and recorded ones
(without any given, the kicks of Hydrogen's GMRockKit and of LMMS, where they are installed): the
nearest of 30 steps of the agent that is shipped, of 300 tries of CMA-ES and of 300 at random.
Writes results/sound_match.json and results/sound_match.md.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from machine import describe
from record import record

import daw_bridge.envs  # noqa: F401
from daw_bridge.config.files import shipped_folder
from daw_bridge.envs.examples import example
from daw_bridge.envs.search import at_random, by_cma, nearest
from daw_bridge.envs.sound_tune import SoundTune
from daw_bridge.envs.tuner import Tuner

RATE = 44_100
HELD_OUT = 1_000_000
KICKS = (
    *(f"/usr/share/hydrogen/data/drumkits/GMRockKit/Kick-{name}.wav"
      for name in ("Softest", "Soft", "Med", "Hard", "Hardest")),
    *(f"/usr/share/lmms/samples/drums/{name}.ogg"
      for name in ("kick01", "kick02", "kick03", "kick_soft01", "kick_hard01")),
)  # fmt: skip


def steps_a_second(step: Callable[[], None], each: int, seconds: float) -> float:
    """Return how many steps of an environment are taken in a second, `each` at a time."""
    step()
    count, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < seconds:
        step()
        count += each
    return count / spent


def speeds(seconds: float) -> dict[str, float]:
    settings = example("kick")
    alone = gymnasium.make("daw_bridge/SoundMatch-v0", **settings)
    many = gymnasium.make_vec(
        "daw_bridge/SoundMatch-v0", 16, vectorization_mode="vector_entry_point", **settings
    )
    many.reset()
    actions = np.random.default_rng(0).random((16, 6), np.float32)

    def one() -> None:
        alone.reset()
        alone.step(actions[0])

    found = {
        "one": steps_a_second(one, 1, seconds),
        "sixteen": steps_a_second(lambda: many.step(actions), 16, seconds),
    }
    many.close()
    return found


def recorded(path: Path, length: int) -> np.ndarray:
    """Return the beginning of a file, from its attack on, of full scale, at our rate."""
    import soundfile

    samples, rate = soundfile.read(path, always_2d=True, dtype="float32")
    sound = samples.mean(axis=1)
    at = np.arange(int(len(sound) * RATE / rate)) * rate / RATE
    sound = np.interp(at, np.arange(len(sound)), sound)
    peak = np.abs(sound).max()
    begins = max(int(np.argmax(np.abs(sound) > 0.02 * peak)) - 20, 0)
    cut = sound[begins : begins + length] / peak
    return np.pad(cut, (0, length - len(cut))).astype(np.float32)


def nearest_of(env: SoundTune, tuner: Tuner, options: dict[str, Any]) -> dict[str, float]:
    """Return the smallest distance that each comes to, towards one target."""
    numbers = env.parameters.free
    return {
        "agent, 30 steps": nearest(tuner.tries(env, options, 30, 1))[0],
        "CMA-ES, 300 tries": nearest(by_cma(env.distance_of, numbers, 300, 1))[0],
        "at random, 300 tries": nearest(at_random(env.distance_of, numbers, 300, 1))[0],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--targets", type=int, default=100)
    parser.add_argument("--recorded", type=Path, nargs="*")
    args = parser.parse_args()
    fast = speeds(args.seconds)

    settings = example("kick")
    env = SoundTune(settings["code"], settings["action_space"], settings["step_len"])
    tuner = Tuner.load(shipped_folder() / "presets" / "sounds" / "kick.safetensors")
    held_out = (np.random.default_rng(HELD_OUT + i).random(6) for i in range(args.targets))
    drawn = [nearest_of(env, tuner, {"drawn": each}) for each in held_out]
    files = [each for each in map(Path, KICKS) if each.exists()]
    sounds = [recorded(each, len(settings["target"])) for each in args.recorded or files]
    real = [nearest_of(env, tuner, {"target": each}) for each in sounds]
    result = {"machine": describe(), "steps_a_second": fast, "drawn": drawn, "recorded": real}
    record("sound_match", result, table(fast, drawn, real))


def table(
    fast: dict[str, float], drawn: list[dict[str, float]], real: list[dict[str, float]]
) -> str:
    """Say how fast, and how near, in the middle of the targets."""
    lines = [
        "| SoundMatch, kick of 0.3 s, spectral reward | steps a second |",
        "|---|---|",
        f"| one environment, one core | {fast['one']:,.0f} |",
        f"| sixteen at once | {fast['sixteen']:,.0f} |",
        "",
        f"| SoundTune, kick: median distance | {len(drawn)} targets drawn | {len(real)} recorded |",
        "|---|---|---|",
    ]
    for name in drawn[0]:
        middle = [
            f"{np.median([each[name] for each in some]):.3f}" if some else "-"
            for some in (drawn, real)
        ]
        lines.append(f"| {name} | {middle[0]} | {middle[1]} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
