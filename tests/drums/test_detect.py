"""Which map a take was made for: right where the notes tell, unsure where they do not."""

import csv
from pathlib import Path

import pytest

from daw_bridge.config.drum_map import load_drum_map
from daw_bridge.config.files import shipped_folder
from daw_bridge.drums.detect import SURE_NATS, detect
from daw_bridge.midi import files
from daw_bridge.music.drum_map import DrumMap, Pad, translation
from daw_bridge.music.gm_drums import DRUMS
from daw_bridge.music.time import Meter

GROOVE = Path(__file__).parents[3] / "shared" / "data" / "groove"
BAR = Meter().bar_length()

SHIPPED = {
    path.stem: load_drum_map(str(path))
    for path in sorted((shipped_folder() / "presets" / "drum_maps").glob("*.yaml"))
}
MAPS = list(SHIPPED.values())


def rock(bars: int = 8) -> list[tuple[int, int, int]]:
    """Give a plain beat in General MIDI: hats in eighths, a crash, a pedal, a fill on the toms."""
    hits = []
    for bar in range(bars):
        at = bar * BAR
        hits += [(at + i * 240, 42, 70 if i % 2 else 90) for i in range(8)]
        hits += [(at, 36, 110), (at + 960, 36, 105), (at + 1200, 36, 90)]
        hits += [(at + 480, 38, 115), (at + 1440, 38, 118), (at + 1680, 40, 60)]
    fill = [(1440 + i * 120, pitch, 100) for i, pitch in enumerate([50, 45, 43, 43])]
    return [*hits, *fill, (0, 49, 120), (4 * BAR, 57, 118), (960, 44, 50), (1920, 51, 80)]


def in_map(name: str) -> list[tuple[int, int, int]]:
    device = SHIPPED[name].to_device
    return [(tick, note, velocity) for tick, p, velocity in rock() if (note := device(p))]


@pytest.mark.parametrize(
    "name", ["addictive-drums-2", "bfd3", "studio-drummer", "magenta9", "lstmetallica9", "gm"]
)
def test_a_plain_beat_is_told_in_kits_that_differ(name):
    detection = detect(in_map(name), BAR, MAPS)
    assert detection.sure
    assert name in detection.alike
    assert detection.runner_up.name not in detection.alike
    assert detection.margin >= SURE_NATS


def test_kits_that_read_a_take_alike_are_one_answer():
    detection = detect(in_map("superior-drummer-3"), BAR, MAPS)
    assert detection.sure
    assert {"superior-drummer-3", "ezdrummer-3"} <= set(detection.alike)
    assert "addictive-drums-2" not in detection.alike


def test_of_kits_that_read_alike_general_midi_comes_first_then_what_is_verified():
    alike = detect(in_map("gm"), BAR, MAPS).alike
    assert alike[0] == "gm"
    certain = [SHIPPED[name].certainty for name in alike[1:]]
    assert certain == sorted(certain, key=["verified", "one source", "unverified"].index)


def test_one_kind_of_hit_tells_nothing():
    detection = detect([(0, 43, 100), (480, 43, 100), (960, 45, 90)], BAR, MAPS)
    assert not detection.sure
    assert detection.margin < SURE_NATS


def test_a_ranking_holds_every_map_once_best_first():
    detection = detect(in_map("gm"), BAR, MAPS)
    assert sorted(fit.name for fit in detection.ranking) == sorted(SHIPPED)
    scores = [fit.score for fit in detection.ranking]
    assert scores == sorted(scores, reverse=True)
    assert detection.best == detection.ranking[0]
    assert 0 < detection.share <= 1


def test_the_order_of_hits_and_of_maps_does_not_matter():
    hits = in_map("ssd-5.5")
    first = detect(hits, BAR, MAPS)
    assert detect(hits[::-1], BAR, MAPS).best.name == first.best.name
    assert set(detect(hits, BAR, MAPS[::-1]).alike) == set(first.alike)


def test_a_map_alone_has_no_runner_up():
    detection = detect(rock(), BAR, [SHIPPED["gm"]])
    assert detection.sure
    assert detection.runner_up is None
    assert detection.alike == ("gm",)


def kit(name: str, **notes: int) -> DrumMap:
    """Make a map of a few drums; the hats cut each other, all other drums are dropped."""
    own = {drum.replace("_", "-"): note for drum, note in notes.items()}
    hats = frozenset(note for drum, note in own.items() if DRUMS[drum].family == "hi-hat")
    pads = tuple(Pad(drum, note) for drum, note in own.items())
    return DrumMap(name, pads, {}, frozenset(DRUMS) - set(own), (hats,))


def test_of_two_kits_with_the_same_notes_the_one_whose_drums_are_played_like_drums_fits():
    swapped = kit("swapped", kick=42, snare=38, closed_hat=36)
    straight = kit("straight", kick=36, snare=38, closed_hat=42)
    detection = detect(rock(), BAR, [swapped, straight])
    assert detection.best.name == "straight"
    assert detection.sure


def test_two_drums_that_are_none_of_the_nine_are_two_readings():
    bell, clap = kit("bell", kick=36, cowbell=60), kit("clap", kick=36, clap=60)
    hits = [(i * 480, 36, 90) for i in range(8)] + [(i * 960, 60, 90) for i in range(4)]
    assert len(detect(hits, BAR, [bell, clap]).alike) == 1


def test_nothing_to_go_by_is_refused():
    with pytest.raises(ValueError, match="found none"):
        detect([], BAR, MAPS)


@pytest.mark.shared_data
@pytest.mark.skipif(not GROOVE.is_dir(), reason="the Groove data is not beside the checkout")
@pytest.mark.parametrize("name", [m.name for m in MAPS if m.certainty == "verified"])
def test_validation_takes_are_told_in_every_verified_map(name, validation):
    table = translation(SHIPPED["roland-td"], SHIPPED[name]).table
    right = wrong = 0
    for bar_length, hits in validation:
        moved = [(tick, table[pitch], velocity) for tick, pitch, velocity in hits]
        detection = detect(moved, bar_length, MAPS)
        right += detection.sure and name in detection.alike
        wrong += detection.sure and name not in detection.alike
    assert right >= 0.95 * len(validation)
    assert wrong <= 0.02 * len(validation)


@pytest.fixture(scope="module")
def validation():
    """Give the bar length and hits of every validation take."""
    with (GROOVE / "info.csv").open() as table:
        rows = [row for row in csv.DictReader(table) if row["split"] == "validation"]
    scores = [files.read(GROOVE / row["midi_filename"]) for row in rows]
    return [
        (score.meters[0][1].bar_length(), [(n.start, n.pitch, n.velocity) for n in score.notes])
        for score in scores
    ]
