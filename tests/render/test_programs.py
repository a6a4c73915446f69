"""A sound that was found is a render preset, and plays as an instrument."""

import numpy as np
import pytest

pytest.importorskip("gymnasium", reason="needs the rl extra")
pytest.importorskip("numba", reason="needs the rl extra")

from daw_bridge.config.render import load_render
from daw_bridge.envs.examples import example
from daw_bridge.envs.found import write_preset
from daw_bridge.envs.sound_match import SoundMatch
from daw_bridge.errors import UserError
from daw_bridge.render.instruments import Note
from daw_bridge.render.programs import Programs
from tests.render.tunes import job_of, rendered, tune


def found(name: str, **how) -> str:
    env = SoundMatch(**example(name))
    return env.code(np.full(env.action_space.shape, 0.4, np.float32), **how)


def test_a_kick_that_was_found_is_played_where_a_kick_is_written(tmp_path):
    env = SoundMatch(**example("kick"))
    env.reset()
    heard = env.step(np.full(6, 0.4, np.float32))[0]
    preset = write_preset(tmp_path / "mine.yaml", "Mine", {"kick": (found("kick"), 0.3)})
    assert load_render(str(preset)).engine == "pyo"
    midi = tune(tmp_path / "a.mid", [(480, 60, 36, 127, 9), (960, 60, 38, 127, 9)])
    played = rendered(job_of(midi, str(preset)))[:, 0]
    begins = int(np.flatnonzero(played)[0])
    part = played[begins : begins + 5_000]
    first = int(np.flatnonzero(heard)[0])
    assert np.corrcoef(part, heard[first : first + 5_000])[0, 1] > 0.999
    assert np.abs(played[begins + 20_000 :]).max() > 0.05  # the snare is our own kit's


def test_a_bass_that_was_found_follows_the_notes():
    code = found("bass", pitch=1)
    bass = Programs(wave="programs", sounds={"any": {"code": code, "seconds": 0.5}})
    low, high = (bass.begin(Note(pitch, 127, 100), 44_100).samples(0, 4_410) for pitch in (33, 45))
    spectra = [np.abs(np.fft.rfft(each * np.hanning(4_410), 44_100)) for each in (low, high)]
    assert [int(each[30:160].argmax() + 30) for each in spectra] == pytest.approx([55, 110], abs=2)
    soft = bass.begin(Note(33, 40, 100), 44_100).samples(0, 4_410)
    assert np.abs(soft).max() < 0.5 * np.abs(low).max()


def test_a_program_that_is_none_is_refused_with_its_place():
    broken = Programs(wave="programs", sounds={"any": {"code": "o: sine 440", "seconds": 1.0}})
    with pytest.raises(UserError, match=r"'sine' \(line 1, column 4\)"):
        broken.begin(Note(60, 100, 100), 44_100)
