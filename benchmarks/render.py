"""How many times faster than real time tracks are drawn and rendered, and how exact our chip is.

    python benchmarks/render.py [--count N] [--bars N] [--files N] [--pairs N]

The factory draws and renders tracks of the model chip with the embedded instruments, on one core
and on all there are, with as many workers: seconds of music by seconds of the clock, the start of
Python and the page included, and the seconds for which all its processes computed. Their memory is
added up four times a second; of each quarter of the tracks the highest is told. Beside it, one
instrument (amsynth, a VST2) renders --files MIDI files: through `daw-bridge render` with one
worker, and in a plain loop of DawDreamer, which loads it anew for each file and writes WAV files
of 16 bits, as our pipeline does. Both are run --pairs times in turn, and the medians are told.
Then pedalboard, where it and a VST3 are installed; and LMMS. What is not installed is told. Chip
voices are compared with their definition for notes 30 to 100. Writes results/render.json and .md.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from machine import describe
from record import record

from daw_bridge.render import chip_waves
from daw_bridge.render.instruments import ChipVoice, Note
from daw_bridge.render.played import song_of

ROOT = Path(__file__).parents[1]
COMMAND = (
    sys.executable,
    "-c",
    "import sys; from daw_bridge.cli.main import main\nif __name__ == '__main__': sys.exit(main())",
)
AMSYNTH = ("/usr/lib/vst/amsynth_vst.so", "/usr/lib/lxvst/amsynth_vst.so")
OURS, BARE = "amsynth, our pipeline", "amsynth, a plain loop of DawDreamer"
TAIL_S, RATE = 1.0, 48_000
LOOK_S = 0.25


@dataclass(frozen=True, slots=True)
class Run:
    """A program that has ended: seconds of the clock and of all processors, and its memory.

    `own_cpu_s` are those of its first process, which the others work for. `memory` are the tracks
    that were done, and the MB of all its processes then.
    """

    seconds: float
    cpu_s: float
    own_cpu_s: float
    memory: list[tuple[int, float]]


def family(pid: int) -> Iterator[int]:
    """Give a process and all below it."""
    left = [pid]
    while left:
        each = left.pop()
        yield each
        with contextlib.suppress(OSError):  # it has ended meanwhile
            for task in Path(f"/proc/{each}/task").iterdir():
                left += map(int, (task / "children").read_text().split())


def memory_mb(pid: int) -> float:
    """Give the memory of a process, and its part of what it shares."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if "Pss:" in line) / 1024


def cpu_s(pid: int) -> float:
    """Give the seconds for which a process has computed."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def on_cores(number: int) -> Iterator[None]:
    """Let programs that are run meanwhile have so many cores at most."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:number])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class FailedError(Exception):
    """A program that was measured did not end well."""


def watched(command: Sequence[str | Path], manifest: Path | None = None) -> Run:
    """Run a program and look at all its processes, four times a second.

    What a process computes after the last look at it is not seen: a quarter of a second at most.
    """
    threads = {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    begun, memory, computed = time.perf_counter(), list[tuple[int, float]](), dict[int, float]()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command, env={**os.environ, **threads}, stdout=subprocess.DEVNULL, stderr=errors
        )
        while process.poll() is None:
            megabytes = 0.0
            for pid in family(process.pid):
                with contextlib.suppress(OSError, StopIteration):
                    computed[pid] = cpu_s(pid)
                    megabytes += memory_mb(pid)
            done = manifest.read_bytes().count(b"\n") if manifest and manifest.exists() else 0
            memory.append((done, megabytes))
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(LOOK_S)
        seconds = time.perf_counter() - begun
        if process.returncode:
            errors.seek(0)
            raise FailedError(f"{command}: {process.returncode}: {errors.read().decode()}")
    return Run(seconds, sum(computed.values()), computed[process.pid], memory)


def ours(*arguments: str | Path) -> list[str | Path]:
    """Give the words of a command of ours."""
    return [*COMMAND, *arguments]


def factory(count: int, bars: int, workers: int) -> dict[str, Any]:
    """Draw and render tracks on as many cores; give how long they are, and how long that took."""
    with tempfile.TemporaryDirectory() as folder, on_cores(workers):
        made = ("factory", "chip", f"--count={count}", f"--bars={bars}", f"--workers={workers}")
        manifest = Path(folder) / "manifest.jsonl"
        run = watched(ours(*made, "--out", folder), manifest)
        lines = [json.loads(line) for line in manifest.read_text().splitlines()]
    music = sum(line["seconds"] for line in lines)
    quarters: list[list[float]] = [[], [], [], []]
    for done, megabytes in run.memory:
        quarters[min(4 * done // count, 3)].append(megabytes)
    return {
        "workers": workers,
        "seconds": round(run.seconds, 2),
        "music_s": round(music, 1),
        "times_real_time": round(music / run.seconds, 1),
        "cpu_s_a_track": round(run.cpu_s / count, 3),
        "first_process_cpu_s_a_track": round(run.own_cpu_s / count, 4),
        "mb_a_track": round(sum(line["bytes"] for line in lines) / count / 1e6, 2),
        "memory_mb_by_quarter": [round(max(each, default=0.0)) for each in quarters],
        "memory_mb_by_track": [(done, round(megabytes, 1)) for done, megabytes in run.memory],
    }


def pitch_error() -> float:
    """Give by how many cents a pulse or a triangle is off at most, of notes 30 to 100."""
    worst = 0.0
    for wave in ("pulse", "triangle"):
        for pitch in range(30, 101):
            hz, half = chip_waves.hz_of(pitch), RATE // 2
            voice = ChipVoice(wave=wave).begin(Note(pitch, 127, RATE + 960), RATE)
            samples, window = voice.samples(480, 480 + RATE).astype(float), np.hanning(half)
            turns = np.exp(-2j * np.pi * hz * np.arange(half) / RATE) * window
            first, second = ((samples[i : i + half] * turns).sum() for i in (0, half))
            turn = np.angle(second / first * np.exp(-2j * np.pi * hz * half / RATE))
            worst = max(worst, abs(1200 * np.log2(1 + turn / (2 * np.pi) / (half / RATE) / hz)))
    return worst


@contextmanager
def takes(files: int, bars: int) -> Iterator[Path]:
    """Give a folder of MIDI files with a voice each."""
    with tempfile.TemporaryDirectory() as folder:
        watched(ours("generate", "lead", f"--count={files}", f"--bars={bars}", "--out", folder))
        (Path(folder) / "manifest.jsonl").unlink()
        yield Path(folder)


def through(midis: Path, *options: str) -> Run:
    """Have our pipeline render a folder, with one worker."""
    with tempfile.TemporaryDirectory() as out:
        return watched(ours("render", midis, "--out", out, "--workers=1", *options))


WRITE_WAV = """
import sys, wave, numpy as np
def write(path, sound, rate):
    with wave.open(path, "wb") as file:
        file.setnchannels(len(sound))
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(sound, -1, 1).T * 32767).astype("<i2").tobytes())
"""

BARE_DAWDREAMER = f"""{WRITE_WAV}
import dawdreamer
plugin, rate, tail, *midis = sys.argv[1:]
for midi in midis:
    seconds, path = midi.split(":", 1)
    engine = dawdreamer.RenderEngine(int(rate), 512)
    synth = engine.make_plugin_processor("synth", plugin)
    synth.load_midi(path)
    engine.load_graph([(synth, [])])
    engine.render(float(seconds) + float(tail))
    write(path + ".wav", engine.get_audio(), int(rate))
"""

BARE_PEDALBOARD = f"""{WRITE_WAV}
import mido, pedalboard
plugin, rate, tail, *midis = sys.argv[1:]
for midi in midis:
    seconds, path = midi.split(":", 1)
    synth = pedalboard.load_plugin(plugin)
    at, events = 0.0, []
    for message in mido.MidiFile(path):
        at += message.time
        if not message.is_meta:
            events.append((message.bytes(), at))
    sound = synth(events, duration=float(seconds) + float(tail), sample_rate=int(rate))
    write(path + ".wav", np.asarray(sound), int(rate))
"""


def bare(program: str, plugin: str, midis: Path) -> Run:
    """Run a plain loop over the same files, in a process of its own."""
    listed = [f"{song_of(each).length_s}:{each}" for each in sorted(midis.glob("*.mid"))]
    return watched([sys.executable, "-c", program, plugin, str(RATE), str(TAIL_S), *listed])


def hosts(files: int, bars: int, pairs: int) -> list[dict[str, Any]]:
    """Give how fast plugins and LMMS render the same files; who is missing or fails has none."""
    plugin = next((each for each in AMSYNTH if Path(each).exists()), None)
    has = {
        each: importlib.util.find_spec(each) is not None for each in ("dawdreamer", "pedalboard")
    }
    vst3 = next(iter(sorted(Path("/usr/lib/vst3").glob("*.vst3"))), None)
    lmms = subprocess.run(["which", "lmms"], capture_output=True, check=False).returncode == 0
    amsynth = bool(plugin) and has["dawdreamer"]
    preset = ("--via=plugin", "--preset=amsynth", f"--tail={TAIL_S:g}")
    ways: list[tuple[str, int, Callable[[Path], Run]]] = [
        (OURS, pairs * amsynth, lambda midis: through(midis, *preset)),
        (BARE, pairs * amsynth, lambda midis: bare(BARE_DAWDREAMER, str(plugin), midis)),
        (
            "a VST3, a plain loop of pedalboard",
            int(bool(vst3) and has["pedalboard"]),
            lambda midis: bare(BARE_PEDALBOARD, str(vst3), midis),
        ),
        ("LMMS, our pipeline", int(lmms), lambda midis: through(midis, "--via=lmms")),
        ("our own instruments, our pipeline", 1, through),
    ]
    runs: dict[str, list[Run]] = {name: [] for name, _, _ in ways}
    with takes(files, bars) as midis:
        music = sum(song_of(each).length_s + TAIL_S for each in midis.glob("*.mid"))
        for turn in range(pairs):
            for name, times, way in ways:
                if turn < times:
                    try:
                        runs[name].append(way(midis))
                    except FailedError as error:  # one host's fault takes no other's figure
                        print(f"{name}: {error}", file=sys.stderr)
    return [{"what": name, **figures(each, music, files)} for name, each in runs.items()]


def figures(runs: Sequence[Run], music_s: float, files: int) -> dict[str, Any]:
    """Give the medians of some runs; nothing of none."""
    if not runs:
        return {}
    seconds = statistics.median(each.seconds for each in runs)
    return {
        "runs": len(runs),
        "seconds": round(seconds, 2),
        "times_real_time": round(music_s / seconds, 1),
        "cpu_s_a_file": round(statistics.median(each.cpu_s for each in runs) / files, 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--bars", type=int, default=16)
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--pairs", type=int, default=3)
    asked = parser.parse_args()
    cores = os.cpu_count() or 1
    runs = [factory(asked.count, asked.bars, n) for n in dict.fromkeys((1, cores))]
    result = {
        "machine": describe("numpy", "dawdreamer", "pedalboard"),
        "command": f"python benchmarks/render.py --count {asked.count} --bars {asked.bars} "
        f"--files {asked.files} --pairs {asked.pairs}",
        "factory": runs,
        "speed_up": round(runs[0]["seconds"] / runs[-1]["seconds"], 2),
        "cents_off_at_most": round(pitch_error(), 4),
        "hosts": hosts(asked.files, asked.bars, asked.pairs),
    }
    record("render", result, table(result, asked.count, asked.bars))


def table(result: dict[str, Any], count: int, bars: int) -> str:
    """Give the figures as Markdown."""
    lines = [
        f"{count} tracks of {bars} bars of `chip`, drawn and rendered to WAV:",
        "",
        "| cores | seconds | x real time | CPU seconds a track | memory by quarter of the "
        "tracks, MB |",
        "|--:|--:|--:|--:|---|",
        *(
            f"| {run['workers']} | {run['seconds']:.1f} | {run['times_real_time']:.0f} | "
            f"{run['cpu_s_a_track']:.2f} | {', '.join(map(str, run['memory_mb_by_quarter']))} |"
            for run in result["factory"]
        ),
        "",
        f"From one core to {result['factory'][-1]['workers']}: {result['speed_up']:.2f} x. "
        f"Pulse and triangle are at most {result['cents_off_at_most']:.3f} cents off, "
        "of notes 30 to 100.",
        "",
        million(result["factory"], bars),
        "",
        "| the same files of one voice, one worker | x real time | CPU seconds a file |",
        "|---|--:|--:|",
        *(
            f"| {each['what']} | {each['times_real_time']:.0f} | {each['cpu_s_a_file']:.2f} |"
            if "seconds" in each
            else f"| {each['what']} | not installed, or it failed | |"
            for each in result["hosts"]
        ),
    ]
    both = {each["what"]: each for each in result["hosts"] if "seconds" in each}
    if OURS in both and BARE in both:
        wall, cpu = (
            f"{abs(more):.0%} {'less' if more < 0 else 'more'}"
            for more in (
                both[OURS][what] / both[BARE][what] - 1 for what in ("seconds", "cpu_s_a_file")
            )
        )
        lines += [
            "",
            f"Our pipeline takes {wall} time than the bare engine, and its processes compute for "
            f"{cpu}: one of them measures and finishes a file while the other renders the next. "
            "Both load the instrument anew for each file, and write WAV files.",
        ]
    return "\n".join(lines) + "\n"


def million(runs: Sequence[Mapping[str, Any]], bars: int) -> str:
    """Tell on paper what a million tracks take, by the cost of one."""
    one, most = runs[0], runs[-1]
    hours = one["cpu_s_a_track"] * 1e6 / 3600
    fed = one["cpu_s_a_track"] / most["first_process_cpu_s_a_track"]
    on = ", ".join(f"{hours / cores:,.1f} on {cores:,}" for cores in (2, 64, 1024))
    return (
        f"On paper, a million tracks of {bars} bars take {hours:,.0f} hours of one core: {on}. "
        f"They fill {one['mb_a_track']:,.1f} TB as WAV. The process that gives out the work and "
        f"writes manifest and page computes {1000 * most['first_process_cpu_s_a_track']:.0f} ms "
        f"for each, so one command keeps some {fed:,.0f} cores busy: for more, several commands, "
        "each with a folder and seeds of its own."
    )


if __name__ == "__main__":
    main()
