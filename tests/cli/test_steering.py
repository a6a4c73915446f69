"""Primers and limits from the command line to what is heard."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from safetensors.numpy import save

from daw_bridge.cli.main import run
from daw_bridge.daemon.source import key_of
from daw_bridge.encoding.polyphony import Polyphony
from daw_bridge.midi import files
from daw_bridge.music.keys import Key
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Ticks
from daw_bridge.policies.layout import layout_of
from daw_bridge.policies.token_lookback import TokenLookBackPolicy


@pytest.fixture
def choir(tmp_path: Path) -> Path:
    """Write a model of polyphony with random weights."""
    codec = Polyphony()
    layout = layout_of(codec)
    shape = {"hidden": 8, "layers": 1, "embedding": 4, "looked": 3, "head": 6, "keys": 25}
    shape |= {"seen": layout.n_seen, "copied": layout.n_copied, "voices": layout.n_voices}
    rng = np.random.default_rng(1)
    sizes = TokenLookBackPolicy.shapes(vocab_size=codec.vocab_size, **shape)
    data = save({n: rng.normal(size=s).astype(np.float32) for n, s in sizes.items()})
    folder = tmp_path / "choir"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(data)
    front = {
        "name": "choir",
        "codec": {"name": "polyphony"},
        "voices": ["choir"],
        "network": {"kind": "token-look-back", **shape},
        "vocab_size": codec.vocab_size,
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    (folder / "README.md").write_text(f"---\n{yaml.safe_dump(front)}---\n")
    return folder


def played(model: Path, out: Path, *options: str) -> files.Score:
    code = run(["generate", str(model), "--bars", "2", "--out", str(out), *options])
    assert code == 0
    return files.read(out / "choir-0001.mid")


def starts(score: files.Score) -> set[tuple[int, int]]:
    return {(note.start, note.pitch) for note in score.notes}


def test_a_melody_that_is_kept_comes_first(choir: Path, tmp_path: Path) -> None:
    primer = ("--primer-melody", "[60,-2,62,-1]", "--polyphony", "2")
    alone = played(choir, tmp_path / "a", *primer)
    kept = played(choir, tmp_path / "b", *primer, "--keep-primer")
    assert kept.length == alone.length + 1920
    assert {(0, 60), (240, 62)} <= starts(kept)
    later = {(tick - 1920, pitch) for tick, pitch in starts(kept) if tick >= 1920}
    assert later == starts(alone)


def test_a_melody_that_is_injected_is_harmonised(choir: Path, tmp_path: Path) -> None:
    melody = json.dumps([67, *[-2] * 7, 69, *[-2] * 7] * 2)
    options = ("--primer-melody", melody, "--inject-primer", "--polyphony", "3")
    heard = played(choir, tmp_path / "a", *options, "--keep-primer")
    assert {(0, 67), (960, 69), (1920, 67), (2880, 69)} <= starts(heard)
    without = played(choir, tmp_path / "b", *options)
    assert not {(0, 67), (960, 69)} & starts(without)
    assert starts(without) < starts(heard)


@pytest.mark.parametrize(
    ("scale", "pitches", "key"),
    [
        (None, (), "C major"),
        ("D minor", (60, 64, 67), "D minor"),
        (None, (67, 69, 71, 74, 78, 79), "G major"),
        ("D dorian", (62, 65, 69, 70, 74), "D minor"),
    ],
)
def test_a_key_that_is_not_named_is_that_of_the_scale_or_the_primer(
    scale: str | None, pitches: tuple[int, ...], key: str
) -> None:
    primer = Bar.of(Note(Ticks(0), pitch, Ticks(240), 90) for pitch in pitches)
    assert str(key_of(Key.parse(scale) if scale else None, [primer])) == key


def test_hearing_the_primer_can_be_left_out(choir: Path, tmp_path: Path) -> None:
    primer = ("--primer-pitches", "[67,64,60]")
    plain = played(choir, tmp_path / "a")
    heard = played(choir, tmp_path / "b", *primer)
    unheard = played(choir, tmp_path / "c", *primer, "--no-condition-on-primer")
    assert starts(unheard) == starts(plain) != starts(heard)


def test_a_file_may_be_the_primer(choir: Path, tmp_path: Path) -> None:
    played(choir, tmp_path / "a", "--polyphony", "2")
    primer = ("--primer-midi", str(tmp_path / "a" / "choir-0001.mid"), "--keep-primer")
    kept = played(choir, tmp_path / "b", *primer, "--polyphony", "2")
    assert kept.length == 4 * 1920


def test_scale_range_and_density_hold_to_the_file(choir: Path, tmp_path: Path) -> None:
    limits = ("--scale", "D minor", "--range", "50-74", "--density", "5", "--polyphony", "2")
    score = played(choir, tmp_path / "a", *limits)
    assert {note.pitch % 12 for note in score.notes} <= {2, 4, 5, 7, 9, 10, 0}
    assert all(50 <= note.pitch <= 74 for note in score.notes)
    again = played(choir, tmp_path / "b", *limits)
    assert again.notes == score.notes


@pytest.mark.parametrize("density", [0, 8])
def test_no_more_notes_begin_in_a_bar_than_density_allows(
    choir: Path, tmp_path: Path, density: int
) -> None:
    score = played(choir, tmp_path, "--density", str(density), "--bars", "8", "--seed", "3")
    bars = [note.start // 1920 for note in score.notes]
    assert max(bars.count(bar) for bar in range(8)) == density


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--primer-pitches", "60,64"], "expected a list such as"),
        (["--primer-pitches", "[60]", "--primer-melody", "[60]"], "expected one primer"),
        (["--keep-primer"], "expected a primer"),
        (["--scale", "H minor"], "expected a key such as"),
        (["--range", "80-40"], "expected MIDI notes such as"),
        (["--mute", "kik"], "did you mean 'kick'"),
        (["--mute", "kick"], "a model with drums"),
        (["--primer-midi", "nothing.mid"], "nothing.mid"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(
    choir: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    message: str,
) -> None:
    assert run(["generate", str(choir), "--out", str(tmp_path / "x"), *options]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_a_drum_of_a_chip_is_locked_to_its_primer(tmp_path: Path) -> None:
    drums = "[(36,),(),(),(),(38,),(),(),(),(36,),(),(),(),(38,),(),(),()]"
    line = ["generate", "chip", "--bars", "2", "--out", str(tmp_path), "--primer-drums", drums]
    assert run([*line, "--lock", "kick", "--lock", "snare"]) == 0
    score = files.read(tmp_path / "chip-0001.mid")
    struck = {(n.start, n.pitch) for n in score.notes if n.channel == 9 and n.pitch in (36, 38)}
    assert struck == {(480 * beat, (36, 38)[beat % 2]) for beat in range(8)}


def test_a_primer_that_the_model_cannot_play_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["generate", "groove-drums", "--out", str(tmp_path / "x"), "--primer-melody", "[90]"]
    assert run(line) == 2
    assert "a primer that groove-drums can play, found none of its notes" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()
