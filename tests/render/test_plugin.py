"""Plugins from Debian, and some that behave badly, inside DawDreamer."""

from __future__ import annotations

import ast
import importlib.util
import json
import platform
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from daw_bridge.render import plugin_folders
from daw_bridge.render.child import Child
from daw_bridge.render.engine import Failure, RenderError
from daw_bridge.render.job import Job
from daw_bridge.render.plugin import Plugins, PluginSettings
from tests.render.four_bars import (
    NEAR_MS,
    hz_of,
    late_ms,
    length_s,
    read_wav,
    rendered,
    write_four_bars,
)

NEKOBI_LV2 = "http://distrho.sf.net/plugins/Nekobi"

dawdreamer = pytest.mark.skipif(
    importlib.util.find_spec("dawdreamer") is None, reason="no DawDreamer (the plugin extra)"
)


def needs(*plugins: str) -> None:
    """Skip where a plugin is not installed."""
    for name in plugins:
        lv2 = Path("/usr/lib/lv2/Nekobi.lv2")
        there = lv2.exists() if plugin_folders.is_uri(name) else plugin_folders.find_plugin(name)
        if not there:
            pytest.skip(f"no {name} (apt: amsynth dpf-plugins-vst dpf-plugins-lv2)")


def settings(*instruments: dict, **more) -> dict:
    tracks = [{"name": str(i), **each} for i, each in enumerate(instruments)]
    return {"tracks": tracks, **more}


def model(said: dict) -> PluginSettings:
    return PluginSettings.model_validate_json(json.dumps(said))


def sound_of(child: Child, midi: Path, said: dict, rate: int = 48_000):
    """Render through plugins, in the process of an engine."""
    out = midi.with_name("sound.wav")
    child.render(Job(midi, out, "plugin", said, rate=rate), out)
    return read_wav(out)


def failure(child: Child, midi: Path, said: dict, limit_s: float = 60.0) -> RenderError:
    """Render what must fail."""
    out = midi.with_name("sound.wav")
    with pytest.raises(RenderError) as caught:
        child.render(Job(midi, out, "plugin", said, limit_s=limit_s), out)
    return caught.value


@dawdreamer
@pytest.mark.parametrize(
    ("preset", "plugin"),
    [("amsynth", "amsynth_vst.so"), ("kars", "Kars-vst.so"), ("nekobi", NEKOBI_LV2)],
)
@pytest.mark.parametrize("tempo", [120, 97.3])
def test_each_note_begins_where_it_is_written(engine_process, tmp_path, preset, plugin, tempo):
    needs(plugin)
    midi = write_four_bars(tmp_path / "é 'a b.mid", tempo)
    sound = rendered(engine_process, midi, preset, tmp_path)
    assert max(map(abs, late_ms(midi, sound))) < NEAR_MS
    assert len(sound.samples) / sound.rate > length_s(midi)


@dawdreamer
@pytest.mark.parametrize(
    ("plugin", "rate"),
    [("amsynth_vst.so", rate) for rate in (44_100, 48_000, 96_000)]
    + [(NEKOBI_LV2, rate) for rate in (44_100, 48_000, 96_000)]
    + [("Nekobi-vst.so", 44_100)],
)
def test_an_instrument_is_in_tune(engine_process, tmp_path, plugin, rate):
    needs(plugin)
    midi = write_four_bars(tmp_path / "a.mid", 60, pitches=(69,))
    sound = sound_of(engine_process, midi, settings({"instrument": {"plugin": plugin}}), rate)
    assert abs(hz_of(sound, 0.02, 0.25) - 440) < 2


@dawdreamer
@pytest.mark.parametrize("plugin", ["amsynth_vst.so", NEKOBI_LV2])
def test_a_file_sounds_the_same_whatever_was_played_before(engine_process, tmp_path, plugin):
    needs(plugin)
    first = write_four_bars(tmp_path / "a.mid", 120)
    other = write_four_bars(tmp_path / "b.mid", 97.3, pitches=(40, 50))
    said = settings({"instrument": {"plugin": plugin}})
    outs = [tmp_path / f"{i}.wav" for i in range(5)]
    for midi, out in zip((first, other, first, other), outs, strict=False):
        engine_process.render(Job(midi, out, "plugin", said), out)
    with Child() as new:
        new.render(Job(other, outs[4], "plugin", said), outs[4])
    one, two, one_again, two_again, alone = (out.read_bytes() for out in outs)
    assert one == one_again != two == two_again == alone


@dawdreamer
def test_two_instruments_are_blended_and_an_effect_is_heard(engine_process, tmp_path):
    needs("amsynth_vst.so", "MaBitcrush-vst.so", NEKOBI_LV2)
    midi = write_four_bars(tmp_path / "a.mid", 120)
    nekobi = {"instrument": {"plugin": NEKOBI_LV2}}
    amsynth = {"instrument": {"plugin": "amsynth_vst.so"}, "gain": -6}

    def samples(*instruments, **more):
        return sound_of(engine_process, midi, settings(*instruments, **more)).samples

    one, two, both = samples(nekobi), samples(amsynth), samples(nekobi, amsynth)
    assert np.abs(both - (one + two)).max() < 1e-6
    crush = {"plugin": "MaBitcrush-vst.so", "parameters": {"resolution": 0.1}}
    dull = samples(nekobi, effects=[crush])
    assert np.abs(dull).max() > 0
    assert np.abs(dull - one).max() > 0.01
    behind = samples({**nekobi, "effects": [crush]})
    assert np.abs(behind - dull).max() < 1e-6


@dawdreamer
@pytest.mark.parametrize("name", [NEKOBI_LV2, "Nekobi-vst.so"])
def test_parameters_are_set_by_name(engine_process, tmp_path, name):
    needs(name)
    midi = write_four_bars(tmp_path / "a.mid", 120)
    plugin = {"plugin": name}
    plain = sound_of(engine_process, midi, settings({"instrument": plugin}))
    quiet = sound_of(
        engine_process, midi, settings({"instrument": {**plugin, "parameters": {"Volume": 0.2}}})
    )
    assert 0 < np.abs(quiet.samples).max() < 0.5 * np.abs(plain.samples).max()
    wrong = settings({"instrument": {**plugin, "parameters": {"Volme": 0.2}}})
    error = failure(engine_process, midi, wrong)
    assert "found 'Volme'" in str(error)
    assert "did you mean 'Volume'?" in str(error)


def fxp(path: Path, values: list[float]) -> Path:
    """Write a program of a VST2: the value of each parameter, as hosts save it."""
    head = struct.pack(">4si4sii28s", b"FxCk", 1, b"ours", 1, len(values), b"a program")
    body = head + struct.pack(f">{len(values)}f", *values)
    path.write_bytes(struct.pack(">4si", b"CcnK", len(body)) + body)
    return path


@dawdreamer
def test_a_program_that_was_saved_is_heard_as_its_parameters_are(engine_process, tmp_path):
    needs("Nekobi-vst.so")
    midi = write_four_bars(tmp_path / "a.mid", 120)
    values = {"Waveform": 0.0, "Tuning": 0.5, "Cutoff": 0.7, "VCF Resonance": 0.4}
    values |= {"Env Mod": 0.3, "Decay": 0.6, "Accent": 0.2, "Volume": 0.4}
    ways = (
        {},
        {"parameters": values},
        {"preset": str(fxp(tmp_path / "mine.fxp", list(values.values())))},
    )
    plain, by_name, by_program = (
        sound_of(
            engine_process, midi, settings({"instrument": {"plugin": "Nekobi-vst.so", **each}})
        ).samples
        for each in ways
    )
    assert np.abs(by_name - plain).max() > 0.01
    assert np.abs(by_program - by_name).max() < 1e-4


@dawdreamer
def test_a_preset_that_is_not_there_is_told(engine_process, tmp_path):
    needs("amsynth_vst.so")
    midi = write_four_bars(tmp_path / "a.mid", 120)
    for name in ("none.fxp", "none.vstpreset", "none"):
        said = settings({"instrument": {"plugin": "amsynth_vst.so", "preset": f"/x/{name}"}})
        assert "there is no such file" in str(failure(engine_process, midi, said))


@dawdreamer
def test_a_missing_plugin_is_told_before_and_meanwhile(engine_process, tmp_path):
    midi = write_four_bars(tmp_path / "a.mid", 120)
    said = settings(*[{"instrument": {"plugin": "Nobody's.vst3"}}] * 2)
    assert Plugins(model(said)).missing() == "the plugin Nobody's.vst3"
    error = failure(engine_process, midi, said)
    assert error.kind is Failure.MISSING
    assert "install it, or name its path" in str(error)


@dawdreamer
def test_what_is_no_plugin_is_told(engine_process, tmp_path):
    midi = write_four_bars(tmp_path / "a.mid", 120)
    error = failure(engine_process, midi, settings({"instrument": {"plugin": str(midi)}}))
    assert error.kind is Failure.FAILED
    assert "expected a VST3, VST2, LV2 or Audio Unit" in str(error)


@pytest.fixture(scope="module")
def tone(tmp_path_factory):
    """Give the VST3 of `tone_vst3.c`: a square wave, as loud as its parameter Level says."""
    if shutil.which("cc") is None or not sys.platform.startswith("linux"):
        pytest.skip("no C compiler to make a VST3 with, as a bundle of Linux")
    bundle = tmp_path_factory.mktemp("vst3") / "A tone é.vst3"
    inside = bundle / "Contents" / f"{platform.machine()}-linux"
    inside.mkdir(parents=True)
    source = Path(__file__).with_name("tone_vst3.c")
    command = ["cc", "-shared", "-fPIC", "-o", inside / "A tone é.so", source, "-lm"]
    subprocess.run(command, check=True)
    return str(bundle)


TONE = "DA3B121D6E000000746F6E6500000001"


def vstpreset(path: Path, plugin: str, state: bytes) -> Path:
    """Write the state of a VST3 as hosts save it: head, state, and a list of what there is."""
    head = struct.pack("<4si32sq", b"VST3", 1, plugin.encode(), 48 + len(state))
    listed = struct.pack("<4si4sqq", b"List", 1, b"Comp", 48, len(state))
    path.write_bytes(head + state + listed)
    return path


@dawdreamer
@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_a_vst3_plays_in_time_and_in_tune(engine_process, tmp_path, tone, rate):
    midi = write_four_bars(tmp_path / "a.mid", 97.3, pitches=(69,))
    sound = sound_of(engine_process, midi, settings({"instrument": {"plugin": tone}}), rate)
    assert max(map(abs, late_ms(midi, sound))) < NEAR_MS
    assert abs(hz_of(sound, 0.02, 0.25) - 440) < 2


@dawdreamer
def test_a_vst3_has_its_parameters_by_name_and_its_vstpreset(engine_process, tmp_path, tone):
    midi = write_four_bars(tmp_path / "a.mid", 120, pitches=(69,))
    soft = vstpreset(tmp_path / "söft.vstpreset", TONE, struct.pack("<d", 0.25))

    def peak(**more) -> float:
        said = settings({"instrument": {"plugin": tone, **more}})
        return float(np.abs(sound_of(engine_process, midi, said).samples).max())

    assert peak() == pytest.approx(0.25)
    assert peak(parameters={"Level": 0.5}) == pytest.approx(0.125)
    assert peak(preset=str(soft)) == pytest.approx(0.0625)
    assert peak(preset=str(soft), parameters={"Level": 0.5}) == pytest.approx(0.125)
    other = vstpreset(tmp_path / "other.vstpreset", "0" * 32, struct.pack("<d", 0.25))
    for path in (other, tmp_path / "cut.vstpreset"):
        (tmp_path / "cut.vstpreset").write_bytes(soft.read_bytes()[:60])
        said = settings({"instrument": {"plugin": tone, "preset": str(path)}})
        assert "a preset of the plugin" in str(failure(engine_process, midi, said))
    assert peak() == pytest.approx(0.25)


CRASHES = "#include <stdlib.h>\nvoid *VSTPluginMain(void *host) { abort(); }"
HANGS = "#include <unistd.h>\nvoid *VSTPluginMain(void *host) { for (;;) pause(); }"


@dawdreamer
@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler to make a bad plugin with")
@pytest.mark.parametrize(("code", "kind"), [(CRASHES, Failure.CRASHED), (HANGS, Failure.HUNG)])
def test_a_plugin_that_behaves_badly_ends_its_job_only(engine_process, tmp_path, code, kind):
    needs(NEKOBI_LV2)
    (tmp_path / "bad.c").write_text(code)
    bad = tmp_path / "bad plugin.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", bad, tmp_path / "bad.c"], check=True)
    midi = write_four_bars(tmp_path / "a.mid", 120)
    error = failure(engine_process, midi, settings({"instrument": {"plugin": str(bad)}}), limit_s=5)
    assert error.kind is kind
    good = sound_of(engine_process, midi, settings({"instrument": {"plugin": NEKOBI_LV2}}))
    assert np.abs(good.samples).max() > 0.01


def test_without_dawdreamer_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    said = model(settings({"instrument": {"plugin": NEKOBI_LV2}}))
    assert "pip install 'daw-bridge[plugin]'" in Plugins(said).missing()


def test_plugins_are_found_by_name_below_the_usual_folders(tmp_path, monkeypatch):
    inside = tmp_path / "vst3" / "Maker" / "Chip One.vst3"
    inside.mkdir(parents=True)
    monkeypatch.setattr(plugin_folders, "folders", lambda: [tmp_path / "none", tmp_path / "vst3"])
    find = plugin_folders.find_plugin
    assert find("Chip One.vst3") == str(inside)
    assert find("chip one.vst3") is None
    assert find(str(inside)) == str(inside)
    assert find(str(inside / "x")) is None
    assert find("urn:a:b") == "urn:a:b"


def test_the_gpl_host_is_named_in_one_place():
    """Whoever does not ask for it never loads it: nothing imports it at its top."""
    package = Path(plugin_folders.__file__).parents[1]
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [getattr(node, "module", "") or "", *(each.name for each in node.names)]
                assert "dawdreamer" not in names, path


def test_a_preset_of_nobody_is_refused():
    with pytest.raises(ValueError, match="instrument"):
        model(settings({}))
    with pytest.raises(ValueError, match="less than or equal to 1"):
        model(settings({"instrument": {"plugin": "a", "parameters": {"x": 2.0}}}))
