"""The commands: a listener of a model is made, told of, and pays what the model then plays."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from daw_bridge.cli.main import run
from daw_bridge.midi import files
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.time import Meter, Ticks
from tests.tiny_model import write_tiny_model

pytest.importorskip("torch", reason="needs the train extra")
pytest.importorskip("gymnasium", reason="needs the rl extra")
pytestmark = pytest.mark.torch

TUNING = """title: x
model: {model}
rewards: {rewards}
bars: 1
rounds: 1
kept: 4
best_of: 2
lanes: 8
most_kl: 1000
least_diversity: 0
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model of random drums, and music of a plain beat: some to learn, some held out."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    card = write_tiny_model(tmp_path / "tiny") / "README.md"
    named = "voices: [drums]"
    card.write_text(card.read_text().replace(named, f"{named}\ndata: [{{name: x, licence: CC0}}]"))
    for split in ("train", "valid"):
        for number in range(4):
            events = []
            for step in range(32):
                pitch = 36 if step % 8 == 0 else 38 if step % 8 == 4 else 42
                at = Ticks(120 * step)
                velocity = 70 + 10 * number
                events += [(at, note_on(9, pitch, velocity)), (Ticks(at + 60), note_off(9, pitch))]
            path = tmp_path / "music" / split / f"{number}.mid"
            files.write(path, events, tempo_qpm=120, meter=Meter(), name="x")
    return tmp_path


def listen(*more: str) -> int:
    line = ["listen", "./tiny", "music", "--out", "ear", "--bars", "1", "--pieces", "8"]
    return run([*line, "--threads", "1", *more])


def test_a_listener_is_made_and_pays(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert listen("--rounds", "2") == 0
    told = capsys.readouterr()
    assert "8 real pieces to learn, 8 to judge by" in told.err
    assert told.err.count("auc") == 2
    assert told.out.startswith("wrote ear: accuracy ")
    made = {path.name for path in (home / "ear").iterdir()}
    sounds = {f"taken-for-real-{place}.wav" for place in (1, 2, 3)}
    assert made == {"listener.safetensors", "reliability.png", *sounds}
    assert listen("--rounds", "2", "--kind", "lstm") == 2
    assert "a checkpoint whose listener" in capsys.readouterr().err
    (home / "ears.yaml").write_text("title: x\nterms: {discriminator: {weight: 1}}\n")
    (home / "mine.yaml").write_text(TUNING.format(model="./tiny", rewards="./ears.yaml"))
    assert run(["tune", "./mine.yaml", "--out", "tuned"]) == 2
    assert "a listener, for the reward discriminator" in capsys.readouterr().err
    assert run(["tune", "./mine.yaml", "--out", "tuned", "--listener", "nowhere"]) == 2
    assert "the folder of a listener" in capsys.readouterr().err
    assert run(["tune", "./mine.yaml", "--out", "tuned", "--listener", "ear"]) == 0
    rounds = [line for line in capsys.readouterr().err.splitlines() if "reward" in line]
    assert len(rounds) == 2
    assert all(float(line.split("reward ")[1].split()[0]) < 0 for line in rounds)


def test_a_listener_learns_in_turn_with_what_it_pays(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It warms up on the start, pays by what it learnt, and goes on where a run was cut."""
    (home / "ears.yaml").write_text("title: x\nterms: {discriminator: {weight: 1}}\n")
    music = "title: x\ndata: music\ncodec: {name: drum-grid}\nnetwork: {kind: lstm}\n"
    music += "reading: {drop_duplicates: false}\n"
    (home / "music.yaml").write_text(music)
    tuning = TUNING.format(model="./tiny", rewards="./ears.yaml")
    ears = "data: ./music.yaml\ndata_weight: 0\nlistener: {warm_up: 4, fooled: 0}\n"
    (home / "mine.yaml").write_text(tuning + ears)
    assert run(["tune", "./mine.yaml", "--out", "tuned"]) == 2
    assert "real music to listen to, or to be unlike, found none" in capsys.readouterr().err
    assert run(["tune", "./mine.yaml", "--out", "tuned", "--listener", "ear"]) == 2
    assert "expected one listener, found that of --listener" in capsys.readouterr().err
    assert run(["tune", "./mine.yaml", "--out", "tuned", "--data", "music", "--threads", "1"]) == 0
    rounds = [line for line in capsys.readouterr().err.splitlines() if "reward" in line]
    assert all("learnt 1.000" in line for line in rounds)
    assert float(rounds[0].split("reward ")[1].split()[0]) < math.log(0.5)
    made = {path.name for path in (home / "tuned").iterdir()}
    assert {"reliability.png", "taken-for-real-1.wav", "before.wav", "after.wav"} <= made
    assert "Heard: [after.wav](after.wav)" in (home / "tuned" / "README.md").read_text()


def test_music_in_which_nothing_can_be_judged_is_one_line(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert listen("--bars", "64") == 2
    assert "real music to learn and to judge by, found none" in capsys.readouterr().err
