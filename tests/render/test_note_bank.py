"""The quick synth gives the samples that the kit writes; what is heard of them is in its band."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from daw_bridge.errors import UserError
from daw_bridge.music.notes import Bar, Note
from daw_bridge.music.time import Meter, Ticks
from daw_bridge.render.mel import mel_bank, mel_of
from daw_bridge.render.note_bank import NoteBank, Struck, struck_in
from tests.render.tunes import BAR, job_of, rendered, tune

CASES = {
    "plain": ("soprano", "alto", "lead"),
    "nes": ("pulse 1", "pulse 2", "triangle"),
}


def note(start: int, pitch: int, duration: int, velocity: int = 90, **about: int | bool) -> Note:
    return Note(Ticks(start), pitch, Ticks(duration), velocity, **about)  # type: ignore[arg-type]


def music(seed: int, voices: int) -> list[Bar]:
    """Two bars of notes at random, none of which overlaps another of its voice and pitch."""
    rng = np.random.default_rng(seed)
    return [
        Bar.of(
            note(start, int(rng.integers(48, 80)), 110, int(rng.integers(20, 127)), voice=voice)
            for voice in range(voices)
            for start in rng.choice(16, 6, replace=False) * 120 + int(rng.integers(0, 9))
        )
        for _ in range(2)
    ]


@pytest.mark.parametrize("preset", CASES)
def test_it_sounds_as_the_kit_does(preset: str, tmp_path: Path) -> None:
    voices = CASES[preset]
    bars = music(3, len(voices))
    lines = [(n.start, n.end - n.start, n.pitch, n.velocity, n.voice) for n in struck_in(bars)]
    midi = tune(tmp_path / "a.mid", lines, bars=2, bpm=125)
    kit = rendered(job_of(midi, preset, rate=16_000, parts=dict(enumerate(voices)))).mean(axis=1)
    ours = NoteBank.of_voices(voices, preset).sound(bars, 125)
    assert len(ours) == round(2 * 4 * 60 / 125 * 16_000)
    assert np.abs(ours).max() > 0.05
    assert np.abs(ours - kit[: len(ours)]).max() < 1e-6


def test_drums_sound_as_the_kit_plays_them_hats_choked(tmp_path: Path) -> None:
    hits = [(0, 36), (0, 46), (240, 42), (480, 38), (480, 46), (490, 46), (960, 49), (1500, 46)]
    bars = [Bar.of(note(start, pitch, 60, 40 + pitch) for start, pitch in hits)] * 2
    lines = [(n.start, 60, n.pitch, n.velocity, 9) for n in struck_in(bars)]
    midi = tune(tmp_path / "a.mid", lines, bars=2)
    kit = rendered(job_of(midi, "plain", rate=16_000)).mean(axis=1)
    ours = NoteBank.of_voices(["drums"]).sound(bars)
    assert np.abs(ours - kit[: len(ours)]).max() < 1e-6


def test_a_tied_note_is_one_and_an_early_one_starts_with_the_piece() -> None:
    bars = [
        Bar.of([note(-30, 60, 100), note(1800, 62, 120)]),
        Bar.of([note(0, 62, 240, tied=True), note(0, 64, 50, tied=True)], Meter(3, 4)),
        Bar.of([note(-20, 62, 100)]),
    ]
    assert struck_in(bars) == [
        Struck(0, 100, 60, 90, 0),
        Struck(1800, 2160, 62, 90, 0),
        Struck(BAR, BAR + 50, 64, 90, 0),
        Struck(BAR + 1440 - 20, BAR + 1440 + 80, 62, 90, 0),
    ]


def test_what_it_cannot_play_is_said() -> None:
    with pytest.raises(UserError, match="voices 0 to 0, found voice 1"):
        NoteBank.of_voices(["lead"]).sound([Bar.of([note(0, 60, 9, voice=1)])])
    with pytest.raises(UserError, match="our own instruments"):
        NoteBank.of_voices(["lead"], "lmms-nes")


def test_a_sine_is_heard_in_its_band_and_in_its_time() -> None:
    rate, hop = 16_000, 500
    time = np.arange(rate) / rate
    for band in (5, 20, 40):
        bank = mel_bank(1024, 48, rate)
        hz = float(bank[band].argmax()) * rate / 1024
        sound = (np.sin(2 * np.pi * hz * time) * (time >= 0.5)).astype(np.float32)
        heard = mel_of(sound, rate, hop=hop)
        assert heard.shape == (32, 48)
        assert heard[20].argmax() == band
        assert 5 < heard[20].max() < 10
        assert heard[:15].max() == 0
        assert heard[17:].max(axis=1).min() > 5


def test_silence_is_nothing_and_louder_is_more() -> None:
    hiss = np.random.default_rng(1).normal(0, 0.1, 16_000).astype(np.float32)
    assert not mel_of(np.zeros(8000, np.float32), 16_000, hop=500).any()
    soft, loud = (mel_of(hiss * gain, 16_000, hop=500) for gain in (0.5, 1))
    assert (loud > soft).all()
