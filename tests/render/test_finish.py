"""What is handed over: its length, loops that fit to the sample, loudness, checks, formats."""

import dataclasses

import numpy as np
import pytest

from daw_bridge.errors import UserError
from daw_bridge.render import sound_files
from daw_bridge.render.engine import Failure, RenderError
from daw_bridge.render.finish import CEILING, Figures, finish
from daw_bridge.render.loudness import Loudness
from daw_bridge.render.ogg import checksum, comments_of, pages_of
from daw_bridge.render.played import Played, Song, song_of
from daw_bridge.render.wave import WaveWriter, read_head
from tests.render.tunes import BAR, job_of, rendered, sound, tune

RATE = 8000
SONG = Song((Played(0, 0.5, 60, 100, 0),), 1.0)


def finished(folder, raw: np.ndarray, song: Song = SONG, **fields) -> tuple[Figures, np.ndarray]:
    """Finish some samples [n] or [n, channels] as what an engine wrote."""
    raw = raw.astype(np.float32).reshape(len(raw), -1)
    with WaveWriter(folder / "raw.wav", fields.get("rate", RATE), raw.shape[1]) as file:
        file.write(raw)
    job = dataclasses.replace(
        job_of(folder / "a.mid", **{"rate": RATE, "tail_s": 0.25, **fields}),
        out=folder / f"out.{'wav'}",
    )
    figures = finish(folder / "raw.wav", job.out, job, song)
    return figures, sound(job.out)


def sine(seconds: float, *, level: float = 0.5, hz: float = 440, rate: int = RATE) -> np.ndarray:
    return level * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)


def test_it_is_as_long_as_the_song_and_its_tail(tmp_path):
    for seconds in (0.3, 1.25, 2.0):
        figures, heard = finished(tmp_path, sine(seconds))
        assert (len(heard), figures.samples, figures.seconds) == (10_000, 10_000, 1.25)
    assert np.abs(heard[-20:]).max() < 0.07, "what rings on is faded out"
    assert np.abs(heard[9700:9800]).max() > 0.4


def test_figures_are_those_of_the_file(tmp_path):
    raw = np.concatenate([np.zeros(800), sine(1, level=0.25)])
    figures, heard = finished(tmp_path, np.stack([raw, raw / 2], 1))
    assert (figures.channels, heard.shape) == (2, (10_000, 2))
    assert figures.peak_db == pytest.approx(20 * np.log10(0.25), abs=0.01)
    assert figures.first_sound_s == pytest.approx(0.1, abs=0.001)
    assert (figures.gain_db, figures.clipped) == (0, 0)


def test_peaks_are_kept_below_1_db(tmp_path):
    figures, heard = finished(tmp_path, sine(1, level=3))
    assert np.abs(heard).max() < 10 ** (-1 / 20)
    assert figures.peak_db < -1
    assert figures.gain_db == pytest.approx(20 * np.log10(CEILING / 3), abs=0.01)


def test_what_the_engine_cut_off_is_counted(tmp_path):
    figures, _ = finished(tmp_path, np.clip(sine(1, level=3, hz=100), -1, 1))
    assert figures.clipped == 200
    figures, _ = finished(tmp_path, np.where(np.arange(8000) % 50, 0.1, 1.0))
    assert figures.clipped == 0, "a peak is none"


def test_silence_is_told(tmp_path):
    with pytest.raises(RenderError) as caught:
        finished(tmp_path, np.full(8000, 1e-4))
    assert caught.value.kind is Failure.SILENT
    assert "1 notes" in str(caught.value)


def test_what_an_engine_did_not_write_is_told(tmp_path):
    job = job_of(tmp_path / "a.mid", rate=RATE)
    with pytest.raises(RenderError, match="no file"):
        finish(tmp_path / "raw.wav", job.out, job, SONG)
    (tmp_path / "raw.wav").write_bytes(b"RIFF")
    with pytest.raises(RenderError, match=r"raw\.wav"):
        finish(tmp_path / "raw.wav", job.out, job, SONG)
    with WaveWriter(tmp_path / "raw.wav", 44_100, 1) as file:
        file.write(np.ones((10, 1), np.float32))
    with pytest.raises(RenderError, match="44100, as pyo has it"):
        finish(tmp_path / "raw.wav", job.out, job, SONG)


def test_a_loop_begins_with_what_rings_beyond_its_end(tmp_path):
    raw = np.arange(10_500) / 20_000
    _, heard = finished(tmp_path, raw, loop=True, tail_s=0.125)
    expected = raw[:8000].copy()
    tail = raw[8000:9000].copy()
    tail[-160:] *= np.linspace(1, 0, 160)
    expected[:1000] += tail
    assert len(heard) == 8000
    assert heard[:, 0] == pytest.approx(expected, abs=1e-4)


def test_a_tail_longer_than_the_loop_goes_round(tmp_path):
    raw = np.full(10_000, 0.1)
    song = dataclasses.replace(SONG, length_s=0.25)
    _, heard = finished(tmp_path, raw, song, loop=True, tail_s=0.75)
    assert heard[:, 0] == pytest.approx(np.full(2000, 0.4), abs=1e-4)


@pytest.mark.parametrize("preset", ["nes", "plain"])
def test_a_loop_that_goes_round_is_the_song_played_again(tmp_path, preset):
    notes = [(0, 400, 60, 60, 0), (480, 1400, 43, 70, 2), (1800, 120, 72, 60, 1)]
    notes += [(1860, 60, 49, 60, 9), (960, 60, 36, 60, 9)]
    thrice = [(start + i * BAR, *rest) for i in range(3) for start, *rest in notes]
    once = job_of(tune(tmp_path / "a.mid", notes), preset, tail_s=3, loop=True)
    long = rendered(job_of(tune(tmp_path / "b.mid", thrice, bars=3), preset))
    rendered(once)
    finish(once.out.with_suffix(".raw"), once.out, once, song_of(once.midi))
    heard = sound(once.out)
    assert len(heard) == 96_000
    assert np.abs(heard - long[192_000:288_000]).max() < 2**-15


def lufs(samples: np.ndarray, rate: int = 48_000) -> float | None:
    meter = Loudness(rate)
    for block in np.array_split(samples.astype(np.float32).reshape(len(samples), -1), 7):
        meter.add(block)
    return meter.lufs()


@pytest.mark.parametrize("rate", [32_000, 44_100, 48_000, 96_000])
def test_loudness_is_that_of_the_standard(rate):
    tone = sine(5, level=1, hz=997, rate=rate)
    assert lufs(tone, rate) == pytest.approx(-3.01, abs=0.05)
    assert lufs(np.stack([tone, tone], 1) / 10, rate) == pytest.approx(-20, abs=0.05)


def test_loudness_weighs_and_gates():
    low, high = (lufs(sine(5, level=0.1, hz=hz, rate=48_000)) for hz in (30, 8000))
    assert low == pytest.approx(-32.0, abs=0.2)
    assert high == pytest.approx(-23.0 + 3.3, abs=0.3)
    tone = sine(5, level=0.1, hz=997, rate=48_000)
    with_silence = np.concatenate([tone, np.zeros(48_000 * 20), 0.001 * tone])
    assert lufs(with_silence) == pytest.approx(lufs(tone), abs=0.3)
    assert lufs(np.zeros(48_000)) is None
    assert lufs(tone[:4800]) is None


def test_loudness_is_brought_to_what_is_asked(tmp_path):
    figures, heard = finished(tmp_path, sine(1.2, level=0.01), lufs=-20)
    assert figures.lufs == pytest.approx(-20, abs=0.01)
    assert lufs(heard[:9600], RATE) == pytest.approx(-20, abs=0.1)
    figures, heard = finished(tmp_path, sine(1.2, level=0.01), lufs=-1)
    assert figures.lufs < -1, "no louder than peaks allow"
    assert np.abs(heard).max() < 10 ** (-1 / 20)


@pytest.mark.parametrize("file_format", ["flac", "ogg", "mp3"])
@pytest.mark.parametrize("channels", [1, 2])
def test_other_formats_hold_the_same_sound(tmp_path, file_format, channels):
    soundfile = pytest.importorskip("soundfile")
    samples = np.stack([sine(2, rate=48_000)] * channels, 1).astype(np.float32)
    path = tmp_path / f"a.{file_format}"
    sound_files.write(path, np.array_split(samples, 3), 48_000, channels)
    heard, rate = soundfile.read(path, always_2d=True)
    assert (rate, heard.shape[1]) == (48_000, channels)
    assert len(heard) == len(samples) or file_format == "mp3"
    middle = heard[24_000:72_000, 0]
    assert np.abs(np.fft.rfft(middle))[440] == pytest.approx(12_000, rel=0.02)


def test_the_points_of_a_loop_are_tags_of_an_ogg(tmp_path):
    soundfile = pytest.importorskip("soundfile")
    samples = np.stack([sine(3, rate=48_000)] * 2, 1).astype(np.float32)
    plain, tagged = tmp_path / "a.ogg", tmp_path / "b.ogg"
    sound_files.write(plain, [samples], 48_000, 2)
    sound_files.write(tagged, [samples], 48_000, 2, (0, len(samples)))
    found = comments_of(tagged)
    assert (found["LOOPSTART"], found["LOOPLENGTH"]) == ("0", "144000")
    assert found.keys() - comments_of(plain).keys() == {"LOOPSTART", "LOOPLENGTH"}
    heard, again = (soundfile.read(path)[0] for path in (plain, tagged))
    assert np.array_equal(heard, again)
    pages = list(pages_of(tagged.read_bytes()))
    assert [page.number for page in pages] == list(range(len(pages)))
    assert b"".join(page.packed() for page in pages) == tagged.read_bytes(), "their sums are right"


def test_the_sum_of_an_ogg_page_is_that_of_its_writer(tmp_path):
    pytest.importorskip("soundfile")
    sound_files.write(tmp_path / "a.ogg", [np.zeros((5000, 1), np.float32)], 48_000, 1)
    raw = (tmp_path / "a.ogg").read_bytes()
    size = 28 + sum(raw[27 : 27 + raw[26]]) - 1 + raw[26]
    page = raw[:size]
    assert checksum(page[:22] + bytes(4) + page[26:]) == int.from_bytes(page[22:26], "little")


def test_a_format_that_cannot_be_is_refused_before_any_work():
    pytest.importorskip("soundfile")
    with pytest.raises(UserError, match="pads both ends"):
        sound_files.check("mp3", 48_000, loop=True)
    with pytest.raises(UserError, match="96000"):
        sound_files.check("mp3", 96_000, loop=False)
    sound_files.check("ogg", 48_000, loop=True)


def test_without_the_extra_only_wav_is_written(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "soundfile", None)
    sound_files.check("wav", 48_000, loop=True)
    with pytest.raises(UserError, match=r"daw-bridge\[audio\]"):
        sound_files.check("flac", 48_000, loop=False)


def test_a_wav_says_its_loop(tmp_path):
    _, heard = finished(tmp_path, sine(1), loop=True)
    raw = (tmp_path / "out.wav").read_bytes()
    assert raw.count(b"smpl") == 1
    assert len(heard) == read_head(tmp_path / "out.wav").length == 8000
