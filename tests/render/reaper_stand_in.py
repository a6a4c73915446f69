"""A stand-in for REAPER's executable: it takes the same words, and goes wrong in the same ways.

It reads a project with a parser that is not ours, plays a tone for each note at the second that its
map of tempos says, and writes the file that the project asks for. Its first word is "well", or
what goes wrong; the others are REAPER's.
"""

from __future__ import annotations

import base64
import os
import signal
import sys
import threading
from itertools import pairwise
from pathlib import Path

import mido
import numpy as np
import rpp

from daw_bridge.render.wave import WaveWriter

ALONE = {"-newinst", "-nosplash", "-ignoreerrors"}
WITH_A_VALUE = {"-cfgfile", "-renderproject", "-batchconvert"}
FLOAT_WAV = b"evaw\x20\x00\x01"


def main(mode: str, words: list[str]) -> int:
    said: dict[str, str] = {}
    words = list(words)
    while words:
        word = words.pop(0)
        assert word in ALONE | WITH_A_VALUE, f"REAPER knows no {word}"
        said[word] = words.pop(0) if word in WITH_A_VALUE else ""
    assert {"-newinst", "-nosplash"} <= said.keys(), "a running REAPER would take the project"
    if mode == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if mode == "hang":
        threading.Event().wait()
    if "-batchconvert" in said:
        return batch(mode, said)
    if mode == "nothing":
        return 0
    render(said)
    return 1 if mode == "an exit code" else 0


def render(said: dict[str, str]) -> None:
    project = rpp.loads(Path(said["-renderproject"]).read_text(encoding="utf-8"))
    one = {each[0]: each[1:] for each in project if isinstance(each, list)}
    rate = int(one["RENDER_FMT"][2])
    bounds, _, end_s = (float(each) for each in one["RENDER_RANGE"][:3])
    assert bounds == 0, "only a range of its own holds the tail"
    assert base64.b64decode(project.find("RENDER_CFG")[0]).startswith(FLOAT_WAV[:4])
    seconds_at = clock(project, float(one["TEMPO"][0]))
    mix = np.zeros((round(end_s * rate), 2), np.float32)
    for track in project.findall("TRACK"):
        if not instrument(track, said):
            continue
        for item in track.findall("ITEM"):
            for quarter, length, velocity in notes(item.find("SOURCE")):
                tone(mix, rate, seconds_at(quarter), seconds_at(quarter + length), velocity)
    with WaveWriter(Path(one["RENDER_FILE"][0]), rate, 2) as file:
        file.write(mix)


def instrument(track, said: dict[str, str]) -> bool:
    """Whether a track has one; where a plugin is missing, REAPER asks, unless it is told not to."""
    chain = track.find("FXCHAIN")
    for effect in chain.findall("JS") if chain is not None else []:
        folder = Path(said["-cfgfile"]).parent if "-cfgfile" in said else Path.home()
        if not (folder / "Effects" / effect.attrib[0]).is_file():
            quiet = "-ignoreerrors" in said and "errnowarn=5" in Path(said["-cfgfile"]).read_text()
            if not quiet:
                threading.Event().wait()
            return False
    return chain is not None


def clock(project, tempo: float):
    """Give the second of each quarter, over the points of the tempo map."""
    points = [(0.0, tempo)]
    envelope = project.find("TEMPOENVEX")
    if envelope is not None:
        points = [(float(p[1]), float(p[2])) for p in envelope if p[0] == "PT"]
    spans, quarter = [], 0.0
    for (begin, tempo_qpm), (end, _) in pairwise([*points, (1e9, 0.0)]):
        spans.append((quarter, begin, tempo_qpm))
        quarter += (end - begin) * tempo_qpm / 60

    def seconds_at(at: float) -> float:
        first, begin, tempo_qpm = [span for span in spans if span[0] <= at + 1e-9][-1]
        return begin + (at - first) * 60 / tempo_qpm

    return seconds_at


def notes(source) -> list[tuple[float, float, int]]:
    """Give the quarter, length and velocity of each note; without HASDATA there are none."""
    data = [each for each in source if each[0] == "HASDATA"]
    if not data:
        return []
    division, tick, begun, found = int(data[0][2]), 0, {}, []
    for letter, delta, *message in (each for each in source if each[0] in "Ee"):
        assert letter == "E"
        tick += int(delta)
        status, key, value = (int(byte, 16) for byte in message)
        if status & 0xF0 == 0x90 and value:
            begun[status & 0xF, key] = tick, value
        elif status & 0xE0 == 0x80 and (status & 0xF, key) in begun:
            first, velocity = begun.pop((status & 0xF, key))
            found.append((first / division, (tick - first) / division, velocity))
    assert message == ["b0", "7b", "00"], "the last event is the end of the item"
    return found


def tone(mix, rate: int, begin_s: float, end_s: float, velocity: int) -> None:
    first, last = round(begin_s * rate), min(round(end_s * rate), len(mix))
    wave = np.cos(np.arange(last - first) * 2 * np.pi * 440 / rate) * velocity / 127 * 0.2
    mix[first:last] += wave[:, None].astype(np.float32)


def batch(mode: str, said: dict[str, str]) -> int:
    path = Path(said["-batchconvert"])
    lines = path.read_text(encoding="utf-8").splitlines()
    begin = lines.index("<CONFIG")
    config = dict(line.split(" ", 1) for line in lines[begin + 1 :] if " " in line)
    log = []
    for line in lines[:begin]:
        source, target = line.split("\t")
        if mode == "nothing":
            log.append(f"{source}: ran but no output: effect not available")
            continue
        rate = int(config["SRATE"])
        file = mido.MidiFile(source)
        mix = np.zeros((round((file.length + float(config["PAD_END"])) * rate), 2), np.float32)
        now = 0.0
        for message in file:
            now += message.time
            if message.type == "note_on" and message.velocity:
                tone(mix, rate, now, now + 0.1, message.velocity)
        with WaveWriter(Path(target), rate, 2) as writer:
            writer.write(mix)
        log.append(f"{source}: ok")
    path.with_name(f"{path.name}.log").write_text("\n".join(log))
    return 1 if mode == "an exit code" else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
