"""The kit: it sounds when it is struck, as hard as it is struck, and never clips."""

import wave
from pathlib import Path

import numpy as np
import pytest

from daw_bridge.errors import UserError
from daw_bridge.music.gm_drums import DRUM_CLASSES
from daw_bridge.render.drum_synth import RATE, Hit, render


def samples(path: Path) -> np.ndarray:
    """Give a stereo WAV file as [samples, 2] in -1..1."""
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, RATE)
        data = file.readframes(file.getnframes())
    return np.frombuffer(data, "<i2").reshape(-1, 2) / 32768


def energy(sound: np.ndarray, begin_s: float, end_s: float) -> float:
    return float((sound[round(begin_s * RATE) : round(end_s * RATE)] ** 2).mean())


@pytest.fixture(scope="module")
def each_drum(tmp_path_factory) -> np.ndarray:
    """Strike every drum alone: a second each, hard at the start and softly at half."""
    path = tmp_path_factory.mktemp("kit") / "kit.wav"
    hits = [Hit(i + 0.0, drum.pitch, 120) for i, drum in enumerate(DRUM_CLASSES)]
    hits += [Hit(i + 0.7, drum.pitch, 40) for i, drum in enumerate(DRUM_CLASSES)]
    render(hits, path, len(DRUM_CLASSES))
    return samples(path)


@pytest.mark.parametrize("place", range(len(DRUM_CLASSES)))
def test_every_drum_sounds_and_louder_when_it_is_struck_harder(each_drum, place):
    hard = energy(each_drum, place, place + 0.05)
    soft = energy(each_drum, place + 0.7, place + 0.75)
    assert hard > 1e-5
    if DRUM_CLASSES[place].name not in ("crash", "ride"):  # they still ring from the hard hit
        assert hard > 5 * soft > 0


def test_a_hit_begins_on_its_sample(tmp_path):
    path = tmp_path / "a.wav"
    render([Hit(0.5, 36, 127), Hit(1.25, 38, 127)], path, 2)
    loud = np.abs(samples(path)).max(axis=1) > 1e-3
    assert np.flatnonzero(loud)[0] - round(0.5 * RATE) in range(12)
    quiet = np.abs(samples(path)[: round(0.5 * RATE)]).max()
    assert quiet == 0


def test_a_closed_hat_chokes_an_open_one(tmp_path):
    render([Hit(0, 46, 100)], tmp_path / "open.wav", 1)
    render([Hit(0, 46, 100), Hit(0.2, 42, 40)], tmp_path / "choked.wav", 1)
    opened, choked = samples(tmp_path / "open.wav"), samples(tmp_path / "choked.wav")
    assert energy(opened, 0.35, 0.5) > 20 * energy(choked, 0.35, 0.5)


def test_everything_at_once_does_not_clip(tmp_path):
    hits = [Hit(t / 20, drum.pitch, 127) for t in range(20) for drum in DRUM_CLASSES]
    render(hits, tmp_path / "a.wav", 1)
    assert 0.3 < np.abs(samples(tmp_path / "a.wav")).max() < 0.99


def test_the_length_is_what_was_asked_for_and_the_sound_is_always_the_same(tmp_path, capfd):
    for name in ("a.wav", "b.wav"):
        render([Hit(0, 38, 100), Hit(0.1, 42, 90), Hit(9, 36, 9)], tmp_path / name, 0.75)
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()
    assert 0 <= len(samples(tmp_path / "a.wav")) - 0.75 * RATE < 256
    assert capfd.readouterr() == ("", "")


def test_no_hits_are_silence(tmp_path):
    render([Hit(0.1, 60, 100)], tmp_path / "a.wav", 0.5)
    assert not samples(tmp_path / "a.wav").any()


def test_a_place_that_cannot_be_written_to_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="expected a folder to write"):
        render([], tmp_path / "file" / "a.wav", 0.1)
