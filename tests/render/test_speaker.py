"""Sound out of this machine, without a device: what is missing, and whose time it is."""

import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from daw_bridge.errors import UserError
from daw_bridge.midi.messages import TimedMessage, note_on
from daw_bridge.music.time import Seconds
from daw_bridge.ports.backend import PortSettings, SoundSettings
from daw_bridge.render import speaker


def pyo(devices=0, jack=1, boots=("jack", "portaudio")):
    class Server:
        def __init__(self, *, audio, **_settings):
            self.audio = audio

        def setVerbosity(self, _level):  # noqa: N802  pyo's name
            pass

        def boot(self):
            pass

        def getIsBooted(self):  # noqa: N802
            return self.audio in boots

        def getSamplingRate(self):  # noqa: N802
            return 48_000.0

        def getBufferSize(self):  # noqa: N802
            return 256

    return SimpleNamespace(
        Server=Server,
        withJack=lambda: jack,
        withPortaudio=lambda: 1,
        withCoreaudio=lambda: 0,
        pa_count_devices=lambda: devices,
    )


def test_without_pyo_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyo", None)
    with pytest.raises(UserError, match=r"pip install 'daw-bridge\[sound\]'"):
        speaker.LiveSound.system()


@pytest.mark.parametrize(
    ("wanted", "jack_runs", "devices", "found"),
    [
        ("auto", True, 1, "jack"),
        ("auto", False, 1, "portaudio"),
        ("portaudio", True, 1, "portaudio"),
        ("jack", True, 1, "jack"),
    ],
)
def test_the_first_audio_system_that_is_there_plays(monkeypatch, wanted, jack_runs, devices, found):
    monkeypatch.setattr(speaker, "server_runs", lambda: jack_runs)
    name, server = speaker._booted(pyo(devices), wanted)
    assert (name, server.audio) == (found, found)


def test_one_that_does_not_open_is_passed_over(monkeypatch):
    monkeypatch.setattr(speaker, "server_runs", lambda: True)
    assert speaker._booted(pyo(1, boots=("portaudio",)), "auto")[0] == "portaudio"


@pytest.mark.parametrize("wanted", ["auto", "portaudio", "coreaudio"])
def test_without_a_device_nothing_is_opened_and_it_is_said_what_to_do(monkeypatch, wanted):
    monkeypatch.setattr(speaker, "server_runs", lambda: False)
    with pytest.raises(UserError, match="start JACK, or look at"):
        speaker._booted(pyo(0), wanted)


def test_a_device_without_a_clock_has_the_mean_of_its_callbacks(monkeypatch):
    now = [50.0]
    monkeypatch.setattr(speaker.time, "monotonic", lambda: now[0])
    clock = speaker.CountedClock(48_000)
    assert clock.now() == 50.0
    for cycle in range(2000):  # a device that is slow by a thousandth, called unevenly
        now[0] = 50.0 + cycle * 480 / 47_952 + 0.002 * (cycle % 3)
        frame = clock.begin_cycle(480)
        assert frame == 50 * 48_000 + cycle * 480
    assert abs(clock.now() - frame / 48_000) < 0.003
    now[0] += 2.0  # it stood still
    assert clock.begin_cycle(480) == frame + 480
    assert clock.now() == pytest.approx((frame + 480) / 48_000, abs=1e-9)


KIT = json.dumps({"kit": {"drums": {"wave": "chip-drums"}}})


@pytest.fixture
def sound(monkeypatch):
    monkeypatch.setattr(speaker, "server_runs", lambda: False)
    monkeypatch.setattr(speaker, "_pyo", lambda: pyo(1))
    lost = []
    live = speaker.LiveSound(PortSettings(), SoundSettings("auto", KIT), lost.append)
    live._ring = [np.zeros(speaker.TABLE_SIZE, np.float32) for _ in range(2)]
    live.lost = lost
    return live


def ring_of(live, head, end):
    return live._ring[0][np.arange(head, end) % speaker.TABLE_SIZE]


@pytest.mark.parametrize("hours", [0, 5])
def test_a_note_begins_on_its_sample_of_the_table_and_fades_at_the_end(sound, hours):
    head = hours * 3600 * 48_000
    struck = TimedMessage(Seconds((head + 1100) / 48_000), 2, 0, "notes", note_on(9, 49, 127))
    sound._pending.add([struck])
    sound._mix(100, head, head + 2048, None)
    assert np.flatnonzero(ring_of(sound, head, head + 2048))[0] in (1000, 1001)
    fade = round(speaker.FADE_S * 48_000)
    half = head + 2048 + fade // 2
    sound._mix(100, head + 2048, half, head + 2048 + fade)
    alone = speaker.LiveKit(speaker.LiveSettings.model_validate_json(KIT), 48_000)
    alone.play(head + 1100, struck)
    alone.mix(head + 100, head + 2148)
    whole = alone.mix(head + 2148, half + 100)[0]
    left = np.linspace(1, 0.5, len(whole), endpoint=False)
    assert np.abs(ring_of(sound, head + 2048, half) - whole * left).max() < 1e-5
    assert np.abs(whole).max() > 0.01


def test_what_has_been_read_is_not_heard_again(sound):
    for ring in sound._ring:
        ring[:] = 1
    sound._clear(speaker.TABLE_SIZE - 100, speaker.TABLE_SIZE + 50)
    assert [int(ring.sum()) for ring in sound._ring] == [speaker.TABLE_SIZE - 150] * 2


def test_what_ends_the_mixing_is_told(sound, monkeypatch):
    monkeypatch.setattr(sound._kit, "mix", lambda *_span: 1 / 0)
    sound._turned.set()
    sound._run()
    assert "ZeroDivisionError" in sound.lost[0]


def test_an_audio_system_that_takes_nothing_any_more_is_lost(sound, monkeypatch):
    monkeypatch.setattr(speaker, "SILENT_S", 0.0)
    sound._run()
    assert sound.lost == ["portaudio takes no sound any more"]
