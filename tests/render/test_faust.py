"""The chip's voices in Faust, against the definition of the chip."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from daw_bridge.errors import UserError
from daw_bridge.render.faust import Faust, FaustSettings
from daw_bridge.render.job import Job
from tests.render.four_bars import NEAR_MS, hz_of, late_ms, rendered, write_four_bars

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("dawdreamer") is None, reason="no DawDreamer (the plugin extra)"
)

DSP = Path(__file__).parents[2] / "presets" / "render" / "faust"


def faust(**track) -> Faust:
    return Faust(
        FaustSettings.model_validate_json(json.dumps({"tracks": [{"name": "a", **track}]}))
    )


@pytest.mark.parametrize("part", ["pulse 1", "pulse 2", "triangle", "noise", "something else"])
def test_each_note_begins_where_it_is_written(engine_process, tmp_path, part):
    channel, pitches = (9, (36, 38, 42, 46)) if part == "noise" else (0, (57, 64, 69, 60))
    midi = write_four_bars(tmp_path / "a.mid", 97.3, channel, pitches)
    sound = rendered(engine_process, midi, "faust-nes", tmp_path, {channel: part})
    assert max(map(abs, late_ms(midi, sound))) < NEAR_MS
    assert 0.05 < np.abs(sound.samples).max() < 0.89  # -1 dBFS


@pytest.mark.parametrize("part", ["pulse 1", "pulse 2", "triangle"])
@pytest.mark.parametrize("pitch", [33, 57, 81, 100])
def test_a_voice_is_in_tune(engine_process, tmp_path, part, pitch):
    midi = write_four_bars(tmp_path / "a.mid", 30, pitches=(pitch,))
    sound = rendered(engine_process, midi, "faust-nes", tmp_path, {0: part})
    cents = 1200 * np.log2(hz_of(sound, 0.01, 0.49) / (440 * 2 ** ((pitch - 69) / 12)))
    assert abs(cents) < 1


def test_the_triangle_has_32_steps_of_16_levels(engine_process, tmp_path):
    midi = write_four_bars(tmp_path / "a.mid", 30, pitches=(33,))  # 55 Hz: 27 samples a step
    sound = rendered(engine_process, midi, "faust-nes", tmp_path, {0: "triangle"})
    period = sound.samples[: round(sound.rate / 55)]
    assert len(np.unique(period.round(4))) == 16
    assert np.count_nonzero(np.diff(period)) == 30  # the lowest and highest level last two steps


@pytest.mark.parametrize(("short", "tap", "period"), [(0, 1, 32_767), (1, 6, 93)])
def test_the_noise_is_the_chips_shift_register(short, tap, period):
    import dawdreamer

    engine = dawdreamer.RenderEngine(48_000, 512)
    table = engine.make_faust_processor("table")
    source = (DSP / "noise.dsp").read_text().replace("process =", "voice =")
    read = f"process = rdtable({period}, register({tap}) & 1, (+(1) ~ _) - 1);"
    table.set_dsp_string(source + read)
    engine.load_graph([(table, [])])
    engine.render(1.0)
    bits, register = [], 1
    for _ in range(period):
        bits.append(register & 1)
        register = register >> 1 | (((register ^ register >> tap) & 1) << 14)
    assert register == 1
    assert engine.get_audio()[0][:period].astype(int).tolist() == bits


def test_what_does_not_compile_or_has_no_such_parameter_is_told(tmp_path):
    midi = write_four_bars(tmp_path / "a.mid", 120)
    (tmp_path / "bad.dsp").write_text("process = nonsense;")

    def said(**track) -> str:
        engine = faust(**track)
        assert engine.missing() is None
        with pytest.raises(UserError) as caught:
            engine.render(Job(midi, midi, "faust"), tmp_path / "a.wav")
        return str(caught.value)

    assert "undefined symbol : nonsense" in said(dsp=str(tmp_path / "bad.dsp"))
    assert "did you mean 'duty'?" in said(dsp="pulse.dsp", parameters={"dutty": 0.5})


def test_an_instrument_that_is_not_there_is_missing():
    assert faust(dsp="none.dsp").missing() == "the instrument none.dsp"
