"""The chip's waves against their definition: steps, duty, spectra, periods, pitch."""

import numpy as np
import pytest

from daw_bridge.render import chip_waves
from daw_bridge.render.instruments import ChipNoise, ChipVoice, Note, Sweep

RATE = 48_000
DUTIES = (12.5, 25, 50, 75)


def tone(wave: str, pitch: int, seconds: float = 1.0, **settings) -> np.ndarray:
    """Give a note without its first and last 10 ms."""
    voice = ChipVoice(wave=wave, **settings)
    sounding = voice.begin(Note(pitch, 127, round(seconds * RATE)), RATE)
    return sounding.samples(480, round(seconds * RATE) - 480).astype(np.float64)


def spectrum(samples: np.ndarray, hz: np.ndarray) -> np.ndarray:
    """Give the amplitude at some frequencies."""
    window = np.hanning(len(samples))
    turns = np.outer(hz, np.arange(len(samples)) / RATE)
    return 2 * np.abs((np.exp(-2j * np.pi * turns) * (samples * window)).sum(1)) / window.sum()


def cents_off(samples: np.ndarray, hz: float) -> float:
    """Give how far a tone is from a frequency: by how its phase moves between its two halves."""
    half = len(samples) // 2
    time = np.arange(half) / RATE
    window = np.hanning(half)
    parts = [
        (np.exp(-2j * np.pi * hz * time) * samples[i : i + half] * window).sum() for i in (0, half)
    ]
    turn = np.angle(parts[1] / parts[0] * np.exp(-2j * np.pi * hz * half / RATE))
    return 1200 * np.log2(1 + turn / (2 * np.pi) / (half / RATE) / hz)


def test_the_shift_register_has_its_two_periods():
    assert [len(chip_waves.noise_bits(short=short)) for short in (False, True)] == [32_767, 93]
    long = chip_waves.noise_bits()
    assert long.sum() == 16_383, "of a period of maximal length one bit more is 1, heard as silence"
    # bit n+15 is bit n exclusive-or bit n+1, and of the short mode n+6
    for short, tap in ((False, 1), (True, 6)):
        heard = 1 - np.resize(chip_waves.noise_bits(short=short), 40_000)
        assert (heard[15:] == heard[:-15] ^ heard[tap : tap - 15]).all()


def test_noise_is_the_mean_of_its_bits_over_each_sample():
    bits = 2.0 * chip_waves.noise_bits() - 2 * chip_waves.noise_bits().mean()
    assert chip_waves.noise(0, 1, 500) == pytest.approx(bits[:500], abs=1e-5)
    assert chip_waves.noise(0, 4, 500) == pytest.approx(
        bits[:2000].reshape(-1, 4).mean(1), abs=1e-5
    )
    assert chip_waves.noise(32_760, 0.5, 40) == pytest.approx(
        np.repeat(np.resize(np.roll(bits, 7), 20), 2), abs=1e-5
    )


def test_the_triangle_has_32_steps_of_4_bits():
    table = chip_waves.triangle(chip_waves._HIGHEST[-1]).astype(np.float64)
    assert len(table) == 32_768
    middles = table.reshape(32, -1)[:, 400:-400].mean(1)
    stairs = [*range(16), *range(15, -1, -1)]
    assert (middles + 1) * 7.5 == pytest.approx(stairs, abs=0.02)


@pytest.mark.parametrize("duty", DUTIES)
def test_a_pulse_is_high_for_its_share_of_a_period(duty):
    table = chip_waves.pulse(duty / 100, 1500)
    assert (table > table.mean()).mean() * 100 == pytest.approx(duty, abs=0.1)
    assert (np.diff(np.sign(table - table.mean() - 1 + duty / 50)) != 0).sum() <= 3
    assert table[: int(duty / 100 * 32_768)].mean() - table[int(duty / 100 * 32_768) :].mean() == (
        pytest.approx(2, abs=0.01)
    )


@pytest.mark.parametrize("duty", DUTIES)
@pytest.mark.parametrize("pitch", [30, 57, 81, 100])
def test_the_spectrum_of_a_pulse_is_its_fourier_series_and_nothing_else(pitch, duty):
    samples = tone("pulse", pitch, duty=(duty,))
    hz = chip_waves.hz_of(pitch)
    k = np.arange(1, chip_waves.harmonics_below(0.45 * RATE, hz) + 1)
    ideal = 0.147 * 4 * np.abs(np.sin(np.pi * k * duty / 100)) / (np.pi * k)
    few = k[:40]
    assert spectrum(samples, few * hz) == pytest.approx(ideal[:40], abs=2e-4)
    between = (np.arange(1, 40) + 0.37) * hz
    aliases = spectrum(samples, between[between < RATE / 2])
    assert aliases.max() < 0.147 * 10 ** (-58 / 20)


@pytest.mark.parametrize("pitch", [30, 57, 81, 100])
def test_the_spectrum_of_the_triangle_is_that_of_its_stairs(pitch):
    samples = tone("triangle", pitch)
    hz = chip_waves.hz_of(pitch)
    stairs = np.array([*range(16), *range(15, -1, -1)]) / 7.5 - 1
    k = np.arange(1, min(chip_waves.harmonics_below(0.45 * RATE, hz), 40) + 1)
    ideal = 0.166 * 2 * np.abs(np.fft.fft(stairs)[k % 32]) / 32 * np.abs(np.sinc(k / 32))
    assert spectrum(samples, k * hz) == pytest.approx(ideal, abs=2e-4)


@pytest.mark.parametrize("wave", ["pulse", "triangle"])
@pytest.mark.parametrize("pitch", range(30, 101, 5))
def test_notes_are_in_tune_within_a_cent(wave, pitch):
    assert abs(cents_off(tone(wave, pitch), chip_waves.hz_of(pitch))) < 0.1


@pytest.mark.parametrize(("wave", "cycle"), [("pulse", 16), ("triangle", 32)])
@pytest.mark.parametrize("pitch", [36, 60, 89, 100])
def test_an_authentic_note_has_one_of_the_chips_periods(wave, cycle, pitch):
    wanted = chip_waves.hz_of(pitch)
    timer = round(chip_waves.CPU_HZ / cycle / wanted - 1)
    got = chip_waves.CPU_HZ / (cycle * (timer + 1))
    assert abs(cents_off(tone(wave, pitch, authentic=True), got)) < 0.1
    assert pitch != 100 or abs(1200 * np.log2(got / wanted)) > 1, "out of tune, as the chip is"


def test_the_clock_is_that_of_ntsc():
    assert pytest.approx(1_789_773, abs=1) == chip_waves.CPU_HZ


def test_a_sweep_moves_the_timer_in_half_frames_until_it_is_mute():
    voice = ChipVoice(wave="pulse", sweep=Sweep(period=1, shift=3))
    hz = voice._hz(60, [800] * 60, RATE)
    timer = chip_waves.timer_of(chip_waves.hz_of(60), "pulse")
    expected = []
    for _ in range(60):
        expected.append(chip_waves.hz_of_timer(timer, "pulse") if timer <= 0x7FF else 0)
        timer += timer >> 3
    assert hz == expected
    assert hz[-1] == 0


def test_levels_and_duties_change_in_60ths_of_a_second():
    voice = ChipVoice(wave="pulse", volume=(15, 5, 0), duty=(50, 12.5))
    sounding = voice.begin(Note(69, 127, 4 * 800), RATE)
    samples = sounding.samples(0, sounding.length)
    loud = [np.abs(samples[i * 800 + 60 : (i + 1) * 800]).max() for i in range(4)]
    assert loud[0] == pytest.approx(0.147, rel=0.25)
    assert loud[1] == pytest.approx(0.147 * 5 / 15 * 1.75, rel=0.2), "a narrow pulse, mean 0"
    assert loud[2:] == [0, 0]


def test_a_softer_key_is_a_lower_level_of_16():
    heights = {v: float(np.abs(tone_at(v)).max()) / 0.147 * 15 / 1.19 for v in (127, 96, 64, 32, 1)}
    assert {v: round(each, 1) for v, each in heights.items()}[1] == pytest.approx(1, abs=0.2)
    assert list(heights.values()) == sorted(heights.values(), reverse=True)


def tone_at(velocity: int) -> np.ndarray:
    voice = ChipVoice(wave="pulse")
    return voice.begin(Note(45, velocity, 9600), RATE).samples(480, 9000)


@pytest.mark.parametrize("wave", ["pulse", "triangle"])
def test_a_note_begins_and_ends_with_less_of_a_jump_than_the_chips(wave):
    sounding = ChipVoice(wave=wave).begin(Note(60, 127, 12_345), RATE)
    samples = sounding.samples(0, sounding.length)
    inside = np.abs(np.diff(samples[1000:12_000])).max()
    padded = np.concatenate([[0], samples, [0]])
    assert np.abs(np.diff(padded[:100])).max() <= inside
    assert np.abs(np.diff(padded[-100:])).max() <= inside


def test_noise_is_higher_with_the_pitch_and_metallic_when_short():
    def brightness(pitch: int, *, short: bool = False) -> float:
        voice = ChipNoise(wave="noise", short=short)
        samples = voice.begin(Note(pitch, 127, RATE), RATE).samples(0, RATE)
        power = np.abs(np.fft.rfft(samples)) ** 2
        return float((power * np.arange(len(power))).sum() / power.sum())

    assert brightness(49) < brightness(54) < brightness(63)
    metal = ChipNoise(wave="noise", short=True).begin(Note(52, 127, RATE), RATE)
    tones = np.abs(np.fft.rfft(metal.samples(0, RATE)))
    hz = chip_waves.CPU_HZ / chip_waves.NOISE_PERIODS[15 - 52 % 16] / 93
    assert tones[round(hz)] > 50 * np.median(tones)
