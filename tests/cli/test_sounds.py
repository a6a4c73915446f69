"""`daw-bridge sounds`, as a user runs it: a sound is matched, played, or refused."""

import numpy as np
import pytest

pytest.importorskip("gymnasium", reason="needs the rl extra")
pytest.importorskip("numba", reason="needs the rl extra")

from daw_bridge.cli.main import run
from daw_bridge.config.files import names
from daw_bridge.envs.examples import example
from daw_bridge.render.wave import WaveWriter, read_head
from tests.cli.runs import done, refused, refused_in_a_line
from tests.render.tunes import tune

FAST = ("--by", "random", "--tries", "3")


@pytest.fixture(autouse=True)
def here(own_folder):
    """Work in a folder of one's own."""


def heard(path) -> np.ndarray:
    return np.concatenate(list(read_head(path).blocks(4_096)))[:, 0]


def write(path, samples, rate=44_100):
    with WaveWriter(path, rate, 1) as file:
        file.write(np.asarray(samples, np.float32)[:, None])


@pytest.mark.parametrize("name", names("presets/sounds"))
def test_each_sound_that_is_shipped_is_matched_by_command(name, capsys):
    said = done(capsys, "sounds", "match", name, *FAST).splitlines()
    assert said[0].startswith("random: ")
    assert 0 < float(said[0].split()[1]) < 2
    assert len(said) == 1 + example(name)["total_step"]


def test_a_search_and_the_agent_are_told_beside_chance_and_the_nearest_is_written(tmp_path, capsys):
    pytest.importorskip("cma")
    write(tmp_path / "mine.wav", 0.5 * example("kick")["target"])
    said = done(
        capsys, "sounds", "match", "kick", "mine.wav", "--tries", "60", "--steps", "3",
        "--wav", "found.wav",
    ).splitlines()  # fmt: skip
    ways = [line.split(": ") for line in said[:3]]
    assert [way for way, _ in ways] == ["agent", "cma", "random"]
    assert len(said[3].split()) == 6
    from daw_bridge.envs.distances import Spectral

    apart = Spectral(heard(tmp_path / "mine.wav")).of(heard(tmp_path / "found.wav")[None])[0]
    assert apart == pytest.approx(min(float(distance) for _, distance in ways), abs=1e-3)


@pytest.mark.parametrize(("name", "pitch", "channel"), [("snare", 38, 9), ("bass", 45, 0)])
def test_what_was_found_is_an_instrument_to_render_with(name, pitch, channel, tmp_path, capsys):
    done(capsys, "sounds", "match", name, *FAST, "--out", "my.yaml", "--wav", "found.wav")
    tune(tmp_path / "take.mid", [(0, 200, pitch, 127, channel)])
    done(capsys, "check", "my.yaml")
    done(capsys, "render", "take.mid", "--preset", "./my.yaml", "--out", "sound", "--workers", "1")
    played, found = heard(tmp_path / "sound" / "take.wav"), heard(tmp_path / "found.wav")
    if name == "bass":  # at its own pitch, that of the note
        spectrum = np.abs(np.fft.rfft(played[:5_000] * np.hanning(5_000), 44_100))
        assert spectrum[60:400].argmax() + 60 == pytest.approx(110, abs=6)
    else:
        begins = int(np.flatnonzero(played)[0])
        first = int(np.flatnonzero(found)[0])
        alike = np.corrcoef(played[begins : begins + 4_000], found[first : first + 4_000])
        assert alike[0, 1] > 0.999


TARGET = example("kick")["target"]
BAD_TARGETS = {
    "a target that is heard, found silence": (np.zeros_like(TARGET), 44_100),
    "found NaN or infinity in it": (np.where(TARGET > 0.5, np.nan, TARGET), 44_100),
    "a target of 44100 samples a second, found 48000": (TARGET, 48_000),
    "a target of at least 13230 samples (total_step x step_len), found 13229": (
        TARGET[:-1], 44_100,
    ),
}  # fmt: skip


@pytest.mark.parametrize("said", BAD_TARGETS)
def test_a_target_that_is_none_is_refused_in_a_line(said, tmp_path, capsys):
    write(tmp_path / "bad.wav", *BAD_TARGETS[said])
    assert said in refused_in_a_line(capsys, "sounds", "match", "kick", "bad.wav", *FAST)


SOUND = """\
title: Mine
step_len: 0.1
code: |
  ~env: imp 0.1 >> envperc {} {}
  o: sin {} >> mul ~env
action_space: [[exp, 0.001, 0.01], [exp, 0.05, 0.2], [exp, 40, 100]]
numbers: [[0.003, 0.1, 50.0]]
"""
BAD_SOUNDS = {
    "found 'sine' (line 2, column 4): did you mean 'sin'?": ("sin {}", "sine {}"),
    "a loop, o -> o (line 2, column 18)": ("mul ~env", "mul o"),
    "the decay of 'envperc', found the end of the line (line 1, column 28)": (
        "envperc {} {}", "envperc {}",
    ),
    "write 0.5": ("imp 0.1", "imp .5"),
    "write 0.00005": ("imp 0.1", "imp 5e-05"),
    "low below high in entry 0 of action_space, found 0.01 and 0.001": (
        "0.001, 0.01", "0.01, 0.001",
    ),
    "in entry 1 of action_space, found rel 2: let it point back": (
        "[exp, 0.05, 0.2]", "[rel, 2, 0.5]",
    ),
    "a number of at least 0 up to 60 as the decay of 'envperc', found -1 to 0.2": (
        "[exp, 0.05, 0.2]", "[lin, -1, 0.2]",
    ),
    "3 numbers in a row of numbers, found 2": ("0.1, 50.0", "50.0"),
}  # fmt: skip


@pytest.mark.parametrize("said", BAD_SOUNDS)
def test_a_sound_that_is_none_is_refused_by_check_and_by_match(said, tmp_path, capsys):
    (tmp_path / "mine.yaml").write_text(SOUND.replace(*BAD_SOUNDS[said]))
    assert run(["check", "mine.yaml"]) == 2
    assert said in capsys.readouterr().err
    assert said in "\n".join(refused(capsys, "sounds", "match", "./mine.yaml", *FAST))


def test_a_sound_of_ones_own_is_matched(tmp_path, capsys):
    (tmp_path / "mine.yaml").write_text(SOUND)
    assert "a sound in order: 1 steps of 3 numbers" in done(capsys, "check", "mine.yaml")
    assert done(capsys, "sounds", "match", "./mine.yaml", *FAST).startswith("random: ")


def test_an_agent_that_there_is_not_or_of_another_program_is_told(tmp_path, capsys):
    (tmp_path / "mine.yaml").write_text(SOUND)
    said = refused_in_a_line(capsys, "sounds", "match", "./mine.yaml", "--by", "agent")
    assert "mine.safetensors" in said
    said = refused_in_a_line(capsys, "sounds", "train", "bass", "--out", "a.safetensors")
    assert "a sound of one step, found 8 steps" in said
