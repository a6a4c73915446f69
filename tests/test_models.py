"""Every model that is shipped plays, says where it comes from, and is small."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from daw_bridge.config.files import shipped_folder
from daw_bridge.config.jam import JamFile
from daw_bridge.daemon.source import bars_of
from daw_bridge.jam.ask import Ask
from daw_bridge.music.notes import Bar
from daw_bridge.music.time import Meter
from daw_bridge.policies.card import read
from daw_bridge.policies.load import codec_of, load

MODELS = sorted((shipped_folder() / "models").glob("*/README.md"))
FOLDERS = [pytest.param(card.parent, id=card.parent.name) for card in MODELS]
MOST_BYTES = 40_000_000  # of six models: those that were tuned are as large as what they came of
NEVER_SHIPPED = ("metallica", "NES-MDB", "Nottingham", "MuseData", "Piano-midi", "quarter frames")


def bars(folder, count: int = 6, **settings) -> list[Bar]:
    file = JamFile(model=str(folder), seed=3, **settings)
    source = bars_of(load(folder), file)
    return [source.bar(Ask(number, meter=file.meter)) for number in range(count)]


@pytest.mark.parametrize("folder", FOLDERS)
def test_it_plays_the_same_again_and_something_at_all(folder) -> None:
    first = bars(folder)
    assert first == bars(folder)
    assert sum(len(bar.notes) for bar in first) > 6
    assert {bar.meter for bar in first} == {Meter()}


@pytest.mark.parametrize("folder", FOLDERS)
def test_it_plays_in_other_meters(folder) -> None:
    assert {bar.meter for bar in bars(folder, 3, meter="3/4")} == {Meter(3, 4)}


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_it_plays_is_what_its_codec_holds(folder) -> None:
    card = read(folder)
    codec = codec_of(card)
    for bar in bars(folder):
        assert _at_one_velocity(codec.quantise(bar)) == _at_one_velocity(bar)
        assert "touch" in card.facts or codec.quantise(bar) == bar


def _at_one_velocity(bar: Bar) -> Bar:
    return Bar.of((replace(note, velocity=1) for note in bar.notes), bar.meter)


@pytest.mark.parametrize("folder", FOLDERS)
def test_its_card_says_where_it_comes_from(folder) -> None:
    facts = read(folder).facts
    tuned = facts.get("tuned")
    assert facts["command"].startswith("daw-bridge tune " if tuned else "daw-bridge train ")
    assert isinstance(facts["seed"], int)
    assert (tuned or facts)["figures"]
    assert facts["trained"]["versions"]["torch"]
    for source in facts["data"]:
        assert source["licence"]
        assert source["splits"]
        assert not any(name in source["name"] for name in NEVER_SHIPPED)
    for source in facts.get("touch", {}).get("data", []):
        assert source["licence"]
    assert (folder / "loss.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in folder.iterdir() if "checkpoint" not in path.name) == [
        "README.md",
        *sorted(tuned.get("audio", []) if tuned else []),
        "forms.txt",
        "loss.png",
        "model.safetensors",
        *(["reliability.png"] if tuned and "auc" in tuned["rounds"][0] else []),
        *(["rewards.png"] if tuned else []),
        *(["touch.safetensors"] if "touch" in facts else []),
    ]


def test_all_of_them_together_are_small() -> None:
    assert sum((card.parent / "model.safetensors").stat().st_size for card in MODELS) < MOST_BYTES


def test_the_voices_of_a_chip_play_one_note_at_a_time() -> None:
    folder = shipped_folder() / "models" / "chip"
    if not folder.is_dir():
        pytest.skip("there is no chip model")
    for bar in bars(folder, 12):
        for voice in range(4):
            notes = [note for note in bar.notes if note.voice == voice]
            for one, other in pairwise(notes):
                assert one.start + one.duration <= other.start
