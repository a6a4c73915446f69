"""Ardour renders for real: a session of its own, without a window."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from daw_bridge.errors import UserError
from daw_bridge.midi import files
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.time import Meter, Ticks
from daw_bridge.render.ardour import Ardour, ArdourSettings
from daw_bridge.render.ardour_session import with_song
from daw_bridge.render.engine import Failure, RenderError
from daw_bridge.render.job import Job
from tests.render.four_bars import (
    NEAR_MS,
    hz_of,
    late_ms,
    length_s,
    read_wav,
    rendered,
    write_four_bars,
)

ardour = pytest.mark.ardour
needs_ardour = pytest.mark.skipif(
    shutil.which("ardour7-lua") is None, reason="no Ardour 7 (apt: ardour)"
)
needs_plugins = pytest.mark.skipif(
    not Path("/usr/lib/lv2/Nekobi.lv2").exists(), reason="no Nekobi (apt: dpf-plugins-lv2)"
)


def engine(*tracks: dict) -> Ardour:
    said = {"tracks": [{"name": str(i), **each} for i, each in enumerate(tracks)]}
    return Ardour(ArdourSettings.model_validate_json(json.dumps(said)))


@ardour
@needs_ardour
@needs_plugins
def test_each_note_begins_where_it_is_written(engine_process, tmp_path):
    folder = tmp_path / "é 'a \" b"
    folder.mkdir()
    midi = write_four_bars(folder / "a.mid", 97.3)
    sound = rendered(engine_process, midi, "ardour-nekobi", folder)
    assert max(map(abs, late_ms(midi, sound))) < NEAR_MS
    assert len(sound.samples) / sound.rate == pytest.approx(length_s(midi) + 1, abs=1e-3)


@ardour
@needs_ardour
def test_eight_bars_of_two_channels_become_one_stem(engine_process, tmp_path):
    events = []
    for bar in range(8):
        for channel, pitch in ((0, 69), (1, 69)):
            at = Ticks(1920 * bar + 960 * channel)
            events += [(at, note_on(channel, pitch, 100))]
            events += [(Ticks(at + 480), note_off(channel, pitch))]
    midi = tmp_path / "a.mid"
    files.write(midi, events, tempo_qpm=120, meter=Meter(), name="a", length=Ticks(8 * 1920))
    sound = rendered(engine_process, midi, "ardour", tmp_path)
    assert max(map(abs, late_ms(midi, sound))) < NEAR_MS
    assert len(sound.samples) / sound.rate == pytest.approx(17, abs=1e-3)
    assert abs(hz_of(sound, 1.05, 1.4) - 440) < 2


@ardour
@needs_ardour
@needs_plugins
def test_parameters_and_gain_are_heard(tmp_path):
    midi = write_four_bars(tmp_path / "a.mid", 120)

    def peak(**track) -> float:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        out = folder / "a.wav"
        engine({"instrument": "Nekobi", **track}).render(Job(midi, out, "ardour"), out)
        return float(np.abs(read_wav(out).samples).max())

    plain = peak()
    assert peak(gain=-6) == pytest.approx(plain / 2, rel=0.01)
    assert peak(parameters={"Volume": 10}) < plain / 2


@ardour
@needs_ardour
@needs_plugins
def test_what_is_not_there_is_told(tmp_path):
    midi = write_four_bars(tmp_path / "a.mid", 120)
    job = Job(midi, midi, "ardour")
    with pytest.raises(RenderError, match="no 'No Such Synth'") as caught:
        engine({"instrument": "No Such Synth"}).render(job, tmp_path / "a.wav")
    assert caught.value.kind is Failure.MISSING
    (tmp_path / "b").mkdir()
    with pytest.raises(UserError, match=r"Volme is no parameter: choose one of .*Volume"):
        engine({"instrument": "Nekobi", "parameters": {"Volme": 1}}).render(
            job, tmp_path / "b" / "a.wav"
        )


def test_without_ardour_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert "apt install ardour" in engine({"instrument": "x"}).missing()


EMPTY = """<Session>
<Sources/>
<Regions/>
<Location id="1" flags="IsRangeMarker"/>
<Playlist id="7" name="track 0" type="midi"/>
<Playlist id="8" name="track 1" type="midi"/>
<Tempos><Tempo npm="120"/></Tempos><Meters>
<Meter/></Meters>
</Session>"""


def test_a_song_is_written_into_a_session(tmp_path):
    events = [
        (Ticks(0), note_on(0, 60, 100)),
        (Ticks(480), note_off(0, 60)),
        (Ticks(1920), files.smf.meter(7, 8)),
        (Ticks(1920 + 1680 + 360), files.smf.tempo(60)),
    ]
    length = Ticks(1920 + 3 * 1680)
    files.write(tmp_path / "a.mid", events, tempo_qpm=120, meter=Meter(), name="a", length=length)
    text = with_song(EMPTY, files.read(tmp_path / "a.mid"), {"track 0": "track 0.mid"})
    assert 'flags="IsSessionRange"' in text
    assert text.count("<Region ") == 2
    assert f'length="b{length * 4}@b0"' in text
    assert '<Playlist id="8" name="track 1" type="midi"/>' in text
    assert '<Meter note-value="8" divisions-per-bar="7"' in text
    assert 'quarters="4:0" bbt="2|1|0"' in text
    place = f'sclock="{round((1920 + 1680 + 360) / 960 * 282240000)}" quarters="8:480"'
    assert f'{place} bbt="3|2|960"' in text
