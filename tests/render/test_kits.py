"""Our own instruments: who plays what, when it begins, how loud it may be."""

import json

import numpy as np
import pytest

from daw_bridge.config.render import load_render
from daw_bridge.music.gm_drums import DRUM_CLASSES
from daw_bridge.render import kits
from daw_bridge.render.instruments import Note
from daw_bridge.render.kits import Kits, KitSettings
from daw_bridge.render.sounding import Sounding
from tests.render.tunes import BAR, job_of, rendered, tune

PRESETS = ("nes", "plain")
NOTES = [(480, 240, 69, 100, channel) for channel in (0, 1, 2, 5)]


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("channel", [0, 1, 2, 7])
def test_a_note_begins_on_its_sample_and_is_silent_before(tmp_path, preset, channel):
    for at, pitch in ((480, 60), (1111, 43), (1500, 96)):
        midi = tune(tmp_path / f"{at}.mid", [(at, 200, pitch, 90, channel)])
        loud = np.abs(rendered(job_of(midi, preset))).max(axis=1)
        begins = round(at / 960 * 48_000)
        assert loud[:begins].max() == 0
        assert np.flatnonzero(loud > 0.01)[0] - begins < 0.005 * 48_000


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("drum", DRUM_CLASSES, ids=lambda drum: drum.name)
def test_every_drum_begins_on_its_sample_and_louder_when_it_is_struck_harder(
    tmp_path, preset, drum
):
    hits = [(480, 60, drum.pitch, 120, 9), (2400 + 480, 60, drum.pitch, 40, 9)]
    loud = np.abs(rendered(job_of(tune(tmp_path / "a.mid", hits, bars=2), preset))).max(axis=1)
    assert loud[:24_000].max() == 0
    assert np.flatnonzero(loud > 0.003)[0] - 24_000 < 0.005 * 48_000
    hard, soft = (np.square(loud[i : i + 2400]).mean() for i in (24_000, 144_000))
    assert hard > 4 * soft > 0


def test_a_lead_alone_is_about_as_loud_as_the_drums_are(tmp_path):
    midi = tune(tmp_path / "a.mid", [(0, 900, 67, 127, 0)])
    high = np.abs(rendered(job_of(midi, "plain", parts={0: "lead"}))).max()
    assert 0.3 < high < 0.89


@pytest.mark.parametrize("pitch", [27, 39, 56, 60, 76, 87, 100, 0])
def test_drums_beside_the_nine_sound_as_a_near_one(tmp_path, pitch):
    midi = tune(tmp_path / "a.mid", [(0, 60, pitch, 100, 9)])
    assert np.abs(rendered(job_of(midi, "plain"))).max() > 0.01


@pytest.mark.parametrize("preset", PRESETS)
def test_a_closed_hat_chokes_an_open_one(tmp_path, preset):
    opened, closed = (0, 60, 46, 110, 9), (96, 60, 42, 30, 9)
    alone = rendered(job_of(tune(tmp_path / "a.mid", [opened]), preset))
    choked = rendered(job_of(tune(tmp_path / "b.mid", [opened, closed]), preset))
    late = slice(round(0.23 * 48_000), round(0.28 * 48_000))
    assert np.square(alone[late]).mean() > 4 * np.square(choked[late]).mean()
    assert np.array_equal(alone[:4800], choked[:4800])


@pytest.mark.parametrize("preset", PRESETS)
def test_all_at_once_stays_below_full_scale(tmp_path, preset):
    notes = [(0, 1900, pitch, 127, channel) for channel, pitch in enumerate((64, 60, 43))]
    notes += [(tick, 60, pitch, 127, 9) for tick in (0, 480, 960) for pitch in (36, 38, 49)]
    peak = np.abs(rendered(job_of(tune(tmp_path / "a.mid", notes), preset))).max()
    assert 0.2 < peak < 1


def test_blocks_change_nothing(tmp_path, monkeypatch):
    notes = [(i * 37, 400 + 31 * i, 40 + i, 30 + i, i % 3) for i in range(60)]
    notes += [(i * 55, 30, 36 + i % 16, 90, 9) for i in range(40)]
    midi = tune(tmp_path / "a.mid", notes, bars=4)
    for preset in PRESETS:
        whole = rendered(job_of(midi, preset, rate=8000))
        monkeypatch.setattr(kits, "BLOCK_S", 1)
        assert np.abs(rendered(job_of(midi, preset, rate=8000)) - whole).max() < 1e-6
        monkeypatch.undo()


@pytest.mark.parametrize("rate", [8000, 22_050, 44_100, 96_000])
def test_any_sample_rate_will_do(tmp_path, rate):
    midi = tune(tmp_path / "a.mid", [*NOTES, (0, 60, 36, 100, 9), (480, 60, 49, 100, 9)])
    for preset in PRESETS:
        heard = rendered(job_of(midi, preset, rate=rate))
        assert len(heard) == 2.5 * rate
        assert np.abs(heard).max() > 0.1


def test_the_cards_voices_have_the_instruments_of_their_names():
    assert Kits(KitSettings())._instruments([0, 9], {})[9].wave == "drums"
    nes = Kits(settings_of("nes"))
    parts = {0: "triangle", 4: "pulse 2", 5: "noise"}
    found = nes._instruments([0, 4, 5, 7, 9], parts)
    assert [found[c].wave for c in (0, 4, 5, 7, 9)] == [
        "triangle", "pulse", "chip-drums", "pulse", "chip-drums",
    ]  # fmt: skip
    assert found[4].duty == (50, 12.5)
    plain = [nes._instruments([0, 1, 2, 3], {})[c] for c in range(4)]
    assert [each.wave for each in plain] == ["pulse", "pulse", "triangle", "pulse"]


def settings_of(preset: str) -> KitSettings:
    return KitSettings.model_validate_json(json.dumps(load_render(preset).settings))


def test_sixteen_channels_and_a_chord_all_sound(tmp_path):
    midi = tune(tmp_path / "a.mid", [(0, 480, 48 + c, 80, c) for c in range(16)])
    chord = tune(tmp_path / "b.mid", [(0, 480, pitch, 80, 0) for pitch in (60, 64, 67)])
    one = tune(tmp_path / "c.mid", [(0, 480, 60, 80, 0)])
    for preset in PRESETS:
        energy = [np.square(rendered(job_of(each, preset))).mean() for each in (midi, chord, one)]
        assert energy[0] > energy[1] > 2 * energy[2]


def test_a_change_of_tempo_moves_what_comes_after_it(tmp_path):
    from daw_bridge.midi import smf
    from daw_bridge.midi.files import write
    from daw_bridge.music.time import Ticks

    events = [
        (Ticks(480), smf.tempo(60)),
        (Ticks(960), bytes([0x90, 69, 100])),
        (Ticks(1000), bytes([0x80, 69, 0])),
    ]
    write(tmp_path / "a.mid", events, tempo_qpm=120, name="a", length=Ticks(BAR))
    loud = np.abs(rendered(job_of(tmp_path / "a.mid"))).max(axis=1)
    assert np.flatnonzero(loud)[0] in range(72_000, 72_010)
    assert len(loud) == (0.5 + 3 + 0.5) * 48_000


def test_the_same_notes_give_the_same_bytes(tmp_path):
    midi = tune(tmp_path / "a.mid", [*NOTES, (0, 60, 38, 100, 9), (0, 60, 42, 99, 9)])
    for preset in PRESETS:
        assert np.array_equal(rendered(job_of(midi, preset)), rendered(job_of(midi, preset)))


def soundings() -> list[Sounding]:
    out: list[Sounding] = []
    for preset in PRESETS:
        settings = settings_of(preset)
        every = [*settings.voices.values(), settings.drums, *settings.others]
        out += [each.begin(Note(50, 100, 5000), 8000) for each in every]
    return out


def test_a_stretch_of_a_note_is_the_same_whoever_asks():
    for each in soundings():
        whole = each.samples(0, each.length)
        assert np.isfinite(whole).all()
        for first, last in ((0, 1), (7, each.length - 9), (each.length - 5, each.length)):
            assert each.samples(first, last) == pytest.approx(whole[first:last], abs=1e-6)


def test_settings_that_are_wrong_are_told_by_line(tmp_path):
    from daw_bridge.errors import UserErrors

    path = tmp_path / "presets" / "render" / "a.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(
        "title: x\nengine: pyo\nsettings:\n  drums: {wave: drums, pan: 3}\n  others:\n"
        "    - {wave: pulse, duty: [30]}\n    - {wave: pulse, volume: [16]}\n"
    )
    with pytest.raises(UserErrors) as caught:
        load_render(str(path))
    told = caught.value.errors
    assert len(told) == 3
    assert "a.yaml:4: settings.drums" in told[0]
    assert "12.5, 25, 50 or 75" in told[1]
    assert ":7: " in told[2]
