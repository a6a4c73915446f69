"""The demo: the first thing that anybody runs."""

import wave

import numpy as np
import pytest
from matplotlib.image import imread

from daw_bridge.cli.main import run
from daw_bridge.config.files import names
from daw_bridge.midi.files import read

pytestmark = pytest.mark.skipif(
    "groove-drums" not in names("models"), reason="the model groove-drums is not there"
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Run the demo once, as it is meant: in an empty folder, without arguments."""
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert run(["demo"]) == 0
    return folder


def test_the_demo_writes_three_files_and_nothing_else(made):
    assert sorted(path.name for path in made.iterdir()) == ["demo.mid", "demo.png", "demo.wav"]


def test_its_midi_file_is_eight_bars_of_drums(made):
    score = read(made / "demo.mid")
    assert score.remarks == ()
    assert len(score.bars(channel=9)) == 8
    assert {note.channel for note in score.notes} == {9}
    assert len(score.notes) > 40
    assert len({note.velocity for note in score.notes}) > 5, "stiff: no dynamics"
    assert len({note.start % 120 for note in score.notes}) > 5, "stiff: no feel"


def test_its_sound_has_a_hit_where_the_midi_file_has_one_and_does_not_clip(made):
    with wave.open(str(made / "demo.wav")) as file:
        rate, length = file.getframerate(), file.getnframes()
        sound = np.frombuffer(file.readframes(length), "<i2").reshape(-1, 2) / 32768
    assert length == round((8 * 4 * 0.6 + 1) * rate)
    assert 0.05 < np.abs(sound).max() < 0.99
    loudest = max(read(made / "demo.mid").notes, key=lambda note: note.velocity)
    at = round(loudest.start / 480 * 0.6 * rate)
    after, before = sound[at : at + 400], sound[max(at - 400, 0) : at]
    assert (after**2).mean() > (before**2).mean() if at else (after**2).mean() > 0


def test_its_picture_can_be_read(made):
    height, width = imread(made / "demo.png").shape[:2]
    assert width > 1200
    assert height > 600


@pytest.mark.parametrize(
    ("model", "channels"), [("chip", [0, 1, 2, 9]), ("chorale", [0]), ("lead", [0])]
)
def test_every_model_sounds(model, channels, tmp_path, capfd):
    assert run(["demo", model, "--out", str(tmp_path)]) == 0
    assert f"daw-bridge jam --model {model}" in capfd.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["demo.mid", "demo.png", "demo.wav"]
    score = read(tmp_path / "demo.mid")
    assert {note.channel for note in score.notes} <= set(channels)
    assert len(score.bars()) == 8
    with wave.open(str(tmp_path / "demo.wav")) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
    assert 0.05 < np.abs(sound).max() < 10 ** (-1 / 20)


def test_it_says_what_it_wrote_and_what_to_do_next(made, tmp_path, capfd):
    assert run(["demo", "--out", str(tmp_path / "again")]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    assert "demo.mid, demo.wav and demo.png" in out
    assert {"REAPER", "Live", "next"} <= {line.split(":")[0] for line in out.splitlines()}
    for name in ("demo.mid", "demo.wav", "demo.png"):
        assert (tmp_path / "again" / name).read_bytes() == (made / name).read_bytes()
