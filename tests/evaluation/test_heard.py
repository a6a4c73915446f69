"""What a model plays is drawn at its jam preset, under the conditions of real pieces."""

from __future__ import annotations

from pathlib import Path

import pytest

from daw_bridge.config.jam import JamFile, load_jam
from daw_bridge.corpora.pieces import Piece
from daw_bridge.encoding.chip_voices import ChipVoices
from daw_bridge.encoding.drum_grid import DrumGrid
from daw_bridge.encoding.kind import Kind
from daw_bridge.encoding.line import Line
from daw_bridge.evaluation.free_running import told_of
from daw_bridge.evaluation.heard import Model, at_a_limit, of_training, style_ranks, takes_of
from daw_bridge.evaluation.measures.table import MEASURES, figures
from daw_bridge.evaluation.measures.take import Take
from daw_bridge.evaluation.samples import Wanted, of_model
from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import SIXTEENTH, Meter, Ticks
from tests.tiny_model import write_tiny_model

WALTZ = Bar.of([Note(Ticks(0), 60, Ticks(480), 80)], Meter(3, 4))


def test_a_jam_is_told_what_is_known_of_a_piece_and_keeps_the_rest() -> None:
    groove = load_jam("groove")
    known = {"style": "jazz", "kind": "beat", "drummer": "drummer1"}
    beat = Piece.of("beat", [WALTZ], tempo_qpm=150.0, conditions=known)
    told = told_of(groove, beat, DrumGrid(), 7)
    assert (told.conditions, told.bpm, told.meter) == (
        {"style": "jazz"},
        150,
        Meter(3, 4),
    )
    assert (told.seed, told.temperature, told.top_p) == (7, groove.temperature, groove.top_p)
    unknown = told_of(groove, Piece.of("beat", [WALTZ]), DrumGrid(), 7)
    assert unknown.conditions == {}
    song = Piece.of("song", [WALTZ], conditions={"key": "D minor"})
    assert told_of(load_jam("chip"), song, ChipVoices(), 1).conditions == {
        "key": "D minor",
        "drums": False,
    }
    other = JamFile(model="x", conditions={"loud": True})
    assert told_of(other, song, Line(), 1).conditions == {"loud": True, "key": "D minor"}


def test_takes_know_the_key_that_was_told() -> None:
    song = Piece.of("song", [WALTZ], conditions={"key": "D minor"})
    expected = Take([WALTZ], "line", Key(2, "minor"), drums=False)
    assert takes_of([song], [[WALTZ]], "line") == [expected]


@pytest.mark.parametrize("kind", MEASURES)
def test_silence_has_figures_too(kind: Kind) -> None:
    found = figures([Take([Bar()] * 4, kind, Key(0))])
    assert found
    assert all(0 <= value <= 1 for value in found.values())


def test_frames_are_not_measured() -> None:
    assert figures([Take([Bar()], "frames")]) == {}


def test_a_limit_is_half_of_what_is_struck_without(tiny_model: Path) -> None:
    song = Piece.of("song", [WALTZ], conditions={"key": "D minor"})
    model = Model("tiny", tiny_model, Line(), JamFile(model=str(tiny_model)), workers=1)
    wanted = [Wanted(song, seed, 4) for seed in range(2)]
    free = of_model(tiny_model, wanted, model.jam, workers=1)
    struck = sum(not note.tied for bars in free for bar in bars for note in bar.notes)
    found = at_a_limit(model, wanted, free)
    assert found["density_limit"] == max(round(struck / 8 / 2), 2)
    assert 0 < found["density_most_in_a_bar"] <= found["density_limit"]


def beats(style: str, pitch: int, split: str) -> list[Piece]:
    bar = Bar.of([Note(Ticks(480 * i), pitch, SIXTEENTH, 80) for i in range(4)])
    about = {"split": split, "conditions": {"style": style}}
    return [Piece.of(f"{style} {n}", [bar] * 8, **about) for n in range(13)]


def test_held_out_takes_are_in_their_own_styles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daw_bridge.evaluation.heard.ASKED", 1)
    folder = write_tiny_model(tmp_path / "drummer")
    model = Model("drummer", folder, DrumGrid(), JamFile(model=str(folder)), workers=1)
    known = [*beats("funk", 36, "train"), *beats("rock", 38, "train")]
    ours, theirs = style_ranks(model, beats("rock", 38, "valid"), known, 1)
    assert theirs == 1
    assert 1 <= ours <= 2


def test_what_was_learnt_is_measured_as_it_is_held() -> None:
    found = of_training(beats("funk", 35, "train"), 8, 1, DrumGrid())
    assert found["novelty_of_the_fourth_bar"] == 0
    assert found["mean_velocity"] == 79  # as the codec holds it
