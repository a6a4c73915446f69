"""Drum maps: whether real bars come back through every map, how fast, and how well maps are told.

Run it as: python benchmarks/drum_maps.py [--data ../shared/data/groove]

Every bar of the data (Groove's takes, in the map roland-td) goes to every map and back: hits,
onsets, velocities and classes must be what they were wherever both maps have the class. Then hits
per second, as arrays, one by one as in the live path, and as whole files. Then `drums detect` on
every take re-mapped to every map. Writes results/drum_maps.json, .md and drum_maps_details.md.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from machine import describe
from record import RESULTS, record

from daw_bridge.config.drum_map import load_drum_map
from daw_bridge.config.files import shipped_folder
from daw_bridge.drums.detect import detect
from daw_bridge.drums.remap import remap, remap_pitches
from daw_bridge.midi import files
from daw_bridge.midi.reading import unpack
from daw_bridge.music.drum_map import DrumMap, translation
from daw_bridge.music.gm_drums import CLASS_OF, DRUM_CLASSES

TARGET_HITS_PER_SECOND = 500_000
TARGET_DETECTED = 0.95
EVERY = 10
"""Whole files are slow: every tenth goes through every map."""

Hits = list[tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class Take:
    """Hold a take: its split, its bars and hits, and the bytes it was read from."""

    split: str
    bar_length: int
    n_bars: int
    hits: Hits
    raw: bytes


def takes_of(folder: Path) -> list[Take]:
    takes = []
    with (folder / "info.csv").open() as table:
        for row in csv.DictReader(table):
            raw = (folder / row["midi_filename"]).read_bytes()
            score = files.parse(raw)
            hits = [(n.start, n.pitch, n.velocity) for n in score.notes]
            meter = score.meters[0][1]
            takes.append(Take(row["split"], meter.bar_length(), len(score.bar_lines()), hits, raw))
    return takes


def has_class(drum_map: DrumMap, index: int) -> bool:
    """Whether a class of `DRUM_CLASSES`, sent and read back, is still that class."""
    note = drum_map.to_device(DRUM_CLASSES[index].pitch)
    return note is not None and CLASS_OF.get(drum_map.to_canonical(note)) == index


def round_trip(takes: list[Take], maps: dict[str, DrumMap]) -> dict[str, object]:
    """Send every hit to every map and back through canonical notes; count what changed class."""
    pitches = np.array([pitch for take in takes for _, pitch, _ in take.hits], np.int16)
    canonical = remap_pitches(pitches, tuple(maps["roland-td"].to_canonical(n) for n in range(128)))
    class_of = np.array([CLASS_OF.get(n, -1) for n in range(128)])
    before = class_of[canonical]
    lost = {}
    for name, drum_map in maps.items():
        device = tuple(drum_map.to_device(n) for n in range(128))
        back = tuple(drum_map.to_canonical(n) for n in range(128))
        sent = remap_pitches(canonical, device)
        after = np.where(sent >= 0, class_of[remap_pitches(np.maximum(sent, 0), back)], -1)
        changed = Counter(before[after != before].tolist())
        lost[name] = {
            "dropped": int((sent < 0).sum()),
            "changed_class": {DRUM_CLASSES[i].name: n for i, n in changed.items()},
            "classes_it_lacks": [
                c.name for i, c in enumerate(DRUM_CLASSES) if not has_class(drum_map, i)
            ],
        }
    wrong = [
        n
        for n, loss in lost.items()
        if set(loss["changed_class"]) - set(loss["classes_it_lacks"]) or loss["dropped"]
    ]
    return {
        "takes": len(takes),
        "bars": sum(take.n_bars for take in takes),
        "hits": len(pitches),
        "maps": len(maps),
        "maps_that_changed_a_class_they_have": wrong,
        "lost": lost,
    }


def whole_files(takes: list[Take], maps: dict[str, DrumMap]) -> dict[str, object]:
    """Convert files to every map and back as bytes; compare onsets, velocities and classes."""
    roland, differ, hits, spent = maps["roland-td"], [], 0, 0.0
    for name, drum_map in maps.items():
        there, back = translation(roland, drum_map), translation(drum_map, roland)
        for take in takes[::EVERY]:
            began = time.perf_counter()
            sent, counts = remap(unpack(take.raw), there)
            returned, _ = remap(unpack(sent), back)
            spent += time.perf_counter() - began
            hits += 2 * counts.sent.total()
            if told(roland, drum_map, files.parse(returned)) != told(
                roland, drum_map, files.parse(take.raw)
            ):
                differ.append(name)
    return {
        "files": len(takes[::EVERY]),
        "hits_per_second": round(hits / spent),
        "maps_with_a_difference": sorted(set(differ)),
    }


def told(roland: DrumMap, drum_map: DrumMap, score: files.Score) -> list[tuple[int, int, int]]:
    """Give onset, velocity and class of each hit, -1 for classes that the map lacks."""
    classes = [(n, CLASS_OF[roland.to_canonical(n.pitch)]) for n in score.notes]
    merged = {i for i in range(9) if not has_class(drum_map, i)}
    if 5 in merged:
        merged |= {4, 6}  # a missing tom is played by another, and comes back as that one
    if 7 in merged:
        merged.add(8)
    return sorted((n.start, n.velocity, -1 if c in merged else c) for n, c in classes)


def speed(takes: list[Take], maps: dict[str, DrumMap]) -> dict[str, int]:
    """Measure hits per second as arrays and one by one, the median over all maps."""
    pitches = np.array([pitch for take in takes for _, pitch, _ in take.hits], np.int16)
    singly = pitches.tolist()
    arrays, live = [], []
    for drum_map in maps.values():
        table = translation(maps["roland-td"], drum_map).table
        began = time.perf_counter()
        remap_pitches(pitches, table)
        arrays.append(len(pitches) / (time.perf_counter() - began))
        began = time.perf_counter()
        to_device = drum_map.to_device
        for pitch in singly:
            to_device(pitch)
        live.append(len(pitches) / (time.perf_counter() - began))
    return {"arrays": round(np.median(arrays)), "one_by_one": round(np.median(live))}


def detection(takes: list[Take], maps: dict[str, DrumMap]) -> dict[str, dict[str, float]]:
    """Detect the map of every take in every map; "right": sure, and the map is in the answer."""
    everything = list(maps.values())
    results = {}
    for name, drum_map in maps.items():
        table = translation(maps["roland-td"], drum_map).table
        counts: Counter[str] = Counter()
        alike = 0
        for take in takes:
            hits = [(t, n, v) for t, p, v in take.hits if (n := table[p]) is not None]
            if not hits:
                continue
            found = detect(hits, take.bar_length, everything)
            right = name in found.alike
            counts["unsure" if not found.sure else "right" if right else "wrong"] += 1
            counts["best_is_it"] += found.best.name == name
            counts["takes"] += 1
            alike += len(found.alike)
        n = counts["takes"]
        results[name] = {
            "certainty": drum_map.certainty,
            "takes": n,
            "maps_in_answer": round(alike / n, 1),
        }
        results[name] |= {
            key: round(counts[key] / n, 4) for key in ("right", "unsure", "wrong", "best_is_it")
        }
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/groove"))
    folder = parser.parse_args().data
    paths = sorted((shipped_folder() / "presets" / "drum_maps").glob("*.yaml"))
    maps = {path.stem: load_drum_map(str(path)) for path in paths}
    takes = takes_of(folder)
    by_split = {s: [t for t in takes if t.split == s] for s in ("train", "validation")}
    result = {
        "command": "python benchmarks/drum_maps.py",
        "machine": describe("numpy"),
        "round_trip": round_trip(takes, maps),
        "hits_per_second": speed(takes, maps),
        "whole_files": whole_files(takes, maps),
        "detection": {split: detection(some, maps) for split, some in by_split.items() if some},
    }
    record("drum_maps", result, summary(result))
    (RESULTS / "drum_maps_details.md").write_text(details(result))


def summary(result: dict) -> str:
    """Give the few lines that the README shows."""
    trip, speeds, whole = result["round_trip"], result["hits_per_second"], result["whole_files"]
    wrong = len(trip["maps_that_changed_a_class_they_have"])
    rows = [
        (
            f"maps, of {trip['maps']}, that change a class they have ({trip['bars']} bars to each"
            " and back)",
            wrong,
            "0",
        ),
        ("hits converted per second, as arrays", f"{speeds['arrays']:,}", "500,000"),
        ("the same, one by one, as in the live path", f"{speeds['one_by_one']:,}", ""),
        ("the same, whole files read and written in memory", f"{whole['hits_per_second']:,}", ""),
    ]
    for split, results in result["detection"].items():
        verified = [each for each in results.values() if each["certainty"] == "verified"]
        least = min(each["right"] for each in verified)
        most = max(each["wrong"] for each in verified)
        size = sum(each["maps_in_answer"] for each in verified) / len(verified)
        named = f"`drums detect` on {split} takes in each verified map"
        rows += [
            (f"{named}: least that is right", f"{least:.1%}", "95 %"),
            (f"{named}: most that is wrong, the rest is unsure", f"{most:.1%}", ""),
            (f"{named}: mean number of maps in an answer", f"{size:.1f}", ""),
        ]
    lines = [f"| {what} | {value} | {target} |" for what, value, target in rows]
    return "\n".join(["| | measured | target |", "|---|---|---|", *lines, ""])


def details(result: dict) -> str:
    """Give what was lost, and every map's detection."""
    differ = ", ".join(result["whole_files"]["maps_with_a_difference"]) or "none"
    lines = [
        "# Drum maps, one by one",
        "",
        f"Every {EVERY}th file as bytes, to each map and back: maps with another onset, velocity or"
        f" class: {differ}.",
        "",
        "| map lacks | what was lost |",
        "|---|---|",
    ]
    for name, lost in result["round_trip"]["lost"].items():
        if lost["changed_class"] or lost["dropped"]:
            counts = ", ".join(f"{n} hits of {c}" for c, n in lost["changed_class"].items())
            lacks = ", ".join(lost["classes_it_lacks"])
            lines.append(f"| {name}: {lacks} | {counts}, read back as another |")
    lines += [
        "",
        "`drums detect` on takes re-mapped to each map. Right: sure, and the map is in the answer,",
        "which names all maps that read the take alike; best: the map itself is named first.",
        "Maps such as gm and gm2 are the same on all notes of these takes: no more can be told.",
        "",
        "| map | certainty | split | right | unsure | wrong | best | maps in the answer |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for split, results in result["detection"].items():
        for name, r in sorted(results.items(), key=lambda each: each[1]["certainty"] != "verified"):
            rates = " | ".join(
                f"{r[key]:.1%}" for key in ("right", "unsure", "wrong", "best_is_it")
            )
            lines.append(
                f"| {name} | {r['certainty']} | {split} | {rates} | {r['maps_in_answer']} |"
            )
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
