"""Every codec with every network: what `check` passes plays and is measured; else it is refused."""

import hashlib
import inspect
import json
from contextlib import suppress
from itertools import product
from pathlib import Path

import mido
import numpy as np
import pytest
import yaml
from safetensors.numpy import save

from daw_bridge.cli.main import run
from daw_bridge.encoding.codec import has_bars
from daw_bridge.errors import UserError
from daw_bridge.registry import CODECS, NETWORKS

SIZES = {"hidden": 8, "layers": 1, "embedding": 4, "looked": 3, "head": 6} | dict.fromkeys(
    ("feel", "seen", "copied", "keys", "voices"), 2
)


def write_model(folder: Path, codec_name: str, network: str, **changes: int) -> Path:
    """Write a model with random weights of the sizes that its network takes."""
    vocabulary = CODECS[codec_name]()
    sizes = dict(SIZES)
    with suppress(UserError):
        laid_down = NETWORKS[network].laid_down(vocabulary)
        sizes |= {name: each.start for name, each in laid_down.items()}
    sizes |= changes
    shapes = NETWORKS[network].shapes
    shape = {name: sizes[name] for name in inspect.signature(shapes).parameters if name in sizes}
    rng = np.random.default_rng(1)
    data = save(
        {
            name: rng.normal(scale=0.1, size=size).astype(np.float32)
            for name, size in shapes(vocab_size=vocabulary.vocab_size, **shape).items()
        }
    )
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(data)
    card = {
        "name": "pair",
        "codec": {"name": codec_name},
        "network": {"kind": network, **shape},
        "vocab_size": vocabulary.vocab_size,
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    (folder / "README.md").write_text(f"---\n{yaml.safe_dump(card)}---\n")
    return folder


def write_music(folder: Path, kind: str) -> Path:
    """Write two pieces of a kind, of some bars."""
    folder.mkdir()
    if kind == "frames":
        song = [[60, 64, 67], [60, 64, 69], [62, 65, 69], [59, 62, 67]] * 8
        (folder / "songs.json").write_text(json.dumps({"test": [song, song[::-1]]}))
        return folder
    channel, pitches = (9, (36, 42, 38, 42)) if kind == "drums" else (0, (60, 64, 67, 64))
    for name in "ab":
        song = mido.MidiFile(ticks_per_beat=480)
        for voice in range(4 if kind == "choir" else 1):
            song.tracks.append(track := mido.MidiTrack([mido.MetaMessage("track_name", name="p1")]))
            for pitch in pitches * 16:
                note = pitch - 5 * voice
                track.append(mido.Message("note_on", channel=channel, note=note, velocity=90))
                track.append(mido.Message("note_off", channel=channel, note=note, time=240))
        song.save(folder / f"{name}.mid")
        pitches = pitches[::-1]
    return folder


@pytest.mark.parametrize(("codec", "network"), [*product(CODECS, NETWORKS)])
def test_what_check_passes_plays_and_is_measured(
    codec: str,
    network: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DAW_BRIDGE_HOME", str(tmp_path / "home"))
    model = write_model(tmp_path / "pair", codec, network)
    code = run(["check", str(model)])
    told = capsys.readouterr().err
    if code:
        assert code == 2
        assert "network" in told
        assert all(": expected " in line for line in told.splitlines())
        return
    out = str(tmp_path / "out")
    vocabulary = CODECS[codec]()
    meter = str(vocabulary.meter or "4/4") if has_bars(vocabulary) else "4/4"
    played = run(["generate", str(model), "--bars", "1", "--meter", meter, "--out", out])
    assert played == (0 if has_bars(vocabulary) else 2), capsys.readouterr().err
    music = write_music(tmp_path / "music", vocabulary.kind)
    few = ("--excerpts", "2", "--bars", "2", "--workers", "1")
    assert run(["evaluate", str(model), str(music), *few]) == 0, capsys.readouterr().err


@pytest.mark.parametrize(
    ("codec", "network", "size", "words"),
    [
        ("line", "token-look-back", {"keys": 51}, "keys: expected 25, as codec line has it"),
        ("polyphony", "token-look-back", {"seen": 3}, "seen: expected"),
        ("drum-grid", "look-back", {"feel": 0}, "feel: expected 1 to 8192, as codec drum-grid"),
        ("drum-text", "look-back", {"feel": 8}, "feel: expected 0, as codec drum-text has it"),
        ("drum-grid", "look-back", {"styles": 3}, "styles: expected 19, as codec drum-grid"),
    ],
)
def test_a_size_that_the_codec_does_not_have_is_refused_with_the_one_that_fits(
    codec, network, size, words, tmp_path, capsys
):
    assert run(["check", str(write_model(tmp_path / "odd", codec, network, **size))]) == 2
    assert words in capsys.readouterr().err


def test_the_pairs_that_go_together_pass(tmp_path):
    fitting = {
        (codec, network)
        for codec, network in product(CODECS, NETWORKS)
        if run(["check", str(write_model(tmp_path / f"{codec}-{network}", codec, network))]) == 0
    }
    drums = {name for name, codec in CODECS.items() if codec.kind == "drums"}
    pitched = CODECS.keys() - drums
    assert fitting == {
        *product(CODECS, ["lstm"]),
        *product(drums, ["look-back"]),
        *product(pitched, ["token-look-back"]),
    }
