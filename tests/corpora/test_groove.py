"""Groove takes: read as the data's own text has them, and learnt from as they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("symusic", reason="the train extra is not installed")
pytest.importorskip("torch", reason="the train extra is not installed")

from daw_bridge.corpora.groove import Take, read_takes
from daw_bridge.encoding.drum_grid import steps_of, word_of
from daw_bridge.encoding.drum_text import DrumText, to_text
from daw_bridge.errors import UserError
from daw_bridge.midi.files import write
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Meter, Ticks
from daw_bridge.training.drum_examples import ANY, NO, YES, example_of, fills

COLUMNS = "drummer,style,bpm,beat_type,time_signature,midi_filename,split"


def folder_of(path: Path, rows: list[str]) -> Path:
    (path / "info.csv").write_text("\n".join([COLUMNS, *rows]) + "\n")
    return path


def write_hits(path: Path, ticks: list[int]) -> None:
    events = [(Ticks(tick), note_on(9, 36, 90)) for tick in ticks]
    events += [(Ticks(tick + 20), note_off(9, 36)) for tick in ticks]
    write(path, events, tempo_qpm=100, meter=Meter(), name="x")


def test_a_hit_that_rushes_the_bar_line_belongs_to_the_bar_it_announces(tmp_path: Path) -> None:
    write_hits(tmp_path / "a.mid", [0, 1850, 2000, 3780])
    folder = folder_of(tmp_path, ["d1,funk/slow,100,beat,4-4,a.mid,train"])
    (take,) = read_takes(folder)
    assert (take.style, take.tempo_qpm, take.fill, take.meter) == ("funk", 100.0, False, Meter())
    assert [[note.start for note in bar.notes] for bar in take.bars] == [[0, 1850], [80], [-60]]


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    write_hits(tmp_path / "a.mid", [0])
    (tmp_path / "b.mid").write_bytes(b"MThd")
    row = "d1,funk,100,beat,4-4,{},train"
    folder = folder_of(tmp_path, [row.format(name) for name in ("a.mid", "b.mid", "c.mid")])
    skipped: list[str] = []
    assert [take.name for take in read_takes(folder, skipped=skipped)] == ["a"]
    assert [Path(line.split(" (")[0]).name for line in skipped] == ["b.mid", "c.mid"]
    with pytest.raises(UserError, match=r"b\.mid"):
        read_takes(folder)


def test_a_folder_without_a_table_is_no_groove(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"the info\.csv of the Groove MIDI Dataset"):
        read_takes(tmp_path)


@pytest.mark.shared_data
@pytest.mark.parametrize("split", ["train", "validation"])
def test_the_words_are_those_of_the_text(shared_data: Path, split: str) -> None:
    takes = read_takes(shared_data / "groove", (split,))
    lines = (shared_data / "drum_text" / f"groove_{split}.txt").read_text().splitlines()
    codec = DrumText()
    ours = [
        " ".join(to_text(codec.encode(bar)) for bar in take.bars)
        for take in takes
        if take.meter == Meter()
    ]
    assert ours == [line.strip() for line in lines]


@pytest.mark.shared_data
def test_the_grid_has_the_same_words_as_the_text(shared_data: Path) -> None:
    for take in read_takes(shared_data / "groove", ("validation",)):
        for bar in take.bars:
            words = [word_of(step) for step in steps_of(bar)]
            assert words == DrumText().encode(bar)[:-1].tolist()


def take_of(toms: list[int], *, fill: bool = False) -> Take:
    bars = tuple(Bar.of(Note(Ticks(120 * k), 48, Ticks(60), 90) for k in range(n)) for n in toms)
    return Take("t", "train", "d", "funk", 100.0, fill, Meter(), bars)


def test_a_bar_full_of_toms_is_a_fill_where_toms_are_rare() -> None:
    assert fills(take_of([0, 0, 0, 6, 1, 3])) == [NO, NO, NO, YES, ANY, ANY]
    assert fills(take_of([6, 6, 6, 6])) == [ANY] * 4
    assert fills(take_of([0, 2], fill=True)) == [YES, YES]


def test_an_example_holds_every_hit_in_order() -> None:
    notes = [
        Note(Ticks(0), 36, Ticks(60), 127),
        Note(Ticks(100), 38, Ticks(60), 20),
        Note(Ticks(130), 38, Ticks(60), 101),
        Note(Ticks(120), 42, Ticks(60), 64),
    ]
    take = Take("t", "train", "d", "funk", 100.0, False, Meter(), (Bar.of(notes),))
    example = example_of(take)
    assert example.steps["target"][:3].tolist() == [256, 192, 0]
    assert example.events["step"].tolist() == [0, 1, 1, 1]
    assert example.events["velocity"].tolist() == [31, 4, 25, 15]
    assert example.events["offset"].tolist() == [15, 31 + 10, 17, 15]
    assert example.events["drum"].tolist() == [0, 1, 1, 2]
    assert np.unique(example.steps["conditions"][:, 2]).tolist() == [NO]
    assert not example_of(take, labels=False).steps["conditions"].any()


def test_the_silence_after_the_last_hit_is_not_learnt() -> None:
    take = take_of([0, 3, 1, 0])
    weight = example_of(take, ending=False).steps["weight"]
    assert np.flatnonzero(weight).tolist() == list(range(33))
    assert example_of(take).steps["weight"].all()
    assert example_of(take_of([0]), ending=False).steps["weight"].all()


def test_an_example_counts_the_steps_of_each_bar_in_its_meter() -> None:
    bars = tuple(
        Bar.of([Note(Ticks(0), 36, Ticks(60), 90)], meter) for meter in (Meter(3, 4), Meter(5, 8))
    )
    example = example_of(Take("t", "train", "d", "", 100.0, False, bars[0].meter, bars))
    assert len(example) == 12 + 10
    assert np.flatnonzero(example.steps["target"]).tolist() == [0, 12]
    assert not example.steps["conditions"][:, 0].any()


def test_any_folder_of_drums_can_be_learnt_from(tmp_path: Path) -> None:
    from daw_bridge.config.training import load_training
    from daw_bridge.encoding.drum_grid import DrumGrid
    from daw_bridge.training.materials import read_material

    rng = np.random.default_rng(1)
    for k in range(10):
        write_hits(tmp_path / f"{k}.mid", sorted(rng.choice(1920 * 4, 30, replace=False).tolist()))
    (tmp_path / "broken.mid").write_bytes(b"MThd")
    material = read_material(load_training("groove-drums"), tmp_path, DrumGrid())
    assert len(material.train) >= 8
    assert len(material.valid) >= 1
    assert material.sources[0]["licence"] == "the user's own"
    assert any(line.startswith("broken") for line in material.skipped)
