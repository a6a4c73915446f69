"""Sound out of this machine, without a device: what is missing, and whose time it is."""

import sys
from types import SimpleNamespace

import pytest

from daw_bridge.errors import UserError
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
