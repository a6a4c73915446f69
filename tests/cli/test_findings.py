"""What a first user found, and must not find again."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest

from daw_bridge.cli.main import main, run
from daw_bridge.config.files import find
from daw_bridge.daemon.takes import MANIFEST
from tests.tiny_model import write_tiny_model


@pytest.fixture
def tiny(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("DAW_BRIDGE_HOME", str(tmp_path / "home"))
    return write_tiny_model(tmp_path / "tiny")


def generate(tiny: Path, out: Path, *options: str) -> int:
    return run(["generate", str(tiny), "--bars", "2", "--out", str(out), *options])


def test_a_jam_that_never_began_leaves_an_earlier_recording_alone(tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "there-is-none-of-this-name")
    record = tmp_path / "precious.mid"
    record.write_bytes(b"an earlier take")
    options = ["--model", str(tiny), "--backend", "jack", "--bars", "1"]
    assert run(["jam", *options, "--record", str(record)]) == 2
    assert record.read_bytes() == b"an earlier take"
    assert run(["jam", *options, "--record", str(tmp_path / "new.mid")]) == 2
    assert not (tmp_path / "new.mid").exists()


def test_recordings_of_one_seed_are_the_same_bytes_whatever_they_are_called(tiny, tmp_path):
    for name in ("one.mid", "two.mid"):
        options = ["--model", str(tiny), "--backend", "offline", "--bars", "2", "--seed", "3"]
        assert run(["jam", *options, "--record", str(tmp_path / name)]) == 0
    assert (tmp_path / "one.mid").read_bytes() == (tmp_path / "two.mid").read_bytes()


def test_a_run_that_is_interrupted_leaves_no_manifest_of_another(tiny, tmp_path, monkeypatch):
    assert generate(tiny, tmp_path, "--count", "2", "--seed", "7") == 0
    lines = (tmp_path / MANIFEST).read_text().splitlines()
    assert [json.loads(line)["seed"] for line in lines] == [7, 8]

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("daw_bridge.daemon.best.perform", interrupted)
    assert generate(tiny, tmp_path, "--seed", "100") == 130
    assert not (tmp_path / MANIFEST).exists()


@pytest.mark.parametrize("other", ['{"file": "loop.mid", "parts": []}', "no JSON", "3"])
def test_the_manifest_of_another_command_is_not_replaced(other, tiny, tmp_path, capsys):
    (tmp_path / MANIFEST).write_text(other + "\n")
    assert generate(tiny, tmp_path) == 2
    assert "another command's manifest" in capsys.readouterr().err
    assert (tmp_path / MANIFEST).read_text() == other + "\n"
    assert not list(tmp_path.glob("*.mid"))


@pytest.mark.parametrize("bars", ["+-5", "--5", "1e3", "٣", "99999999999", "0", "-1", ""])
def test_what_is_no_number_of_bars_is_one_line(bars, tiny, tmp_path, capsys):
    assert generate(tiny, tmp_path, f"--bars={bars}") == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_file_name_that_the_output_cannot_encode_is_shown_by_escapes(tmp_path, monkeypatch):
    preset = tmp_path / "drums" / "鼓.yaml"
    preset.parent.mkdir()
    preset.write_bytes(find("presets/drum_maps", "gm").read_bytes())
    out = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(out, "cp1252", write_through=True))
    with pytest.raises(SystemExit) as ended:
        main(["check", str(preset)])
    assert ended.value.code == 0
    assert b"\\u9f13.yaml: a drum map in order" in out.getvalue()


@pytest.mark.parametrize("digits", ["9" * 5000, "٣"])
def test_what_is_no_channel_and_no_range_is_one_line(digits, tiny, tmp_path, capsys):
    assert generate(tiny, tmp_path, "--range", f"1-{digits}") == 2
    assert run(["drums", "detect", str(tmp_path), "--channel", digits]) == 2
    assert capsys.readouterr().err.count("\n") == 2


def test_a_recording_into_a_device_is_refused_before_the_jam(tiny, monkeypatch, capsys):
    monkeypatch.setattr("daw_bridge.daemon.opening.jam", lambda *_, **__: pytest.fail("it played"))
    assert run(["jam", "--model", str(tiny), "--bars", "1", "--record", os.devnull]) == 2
    assert "a device or pipe" in capsys.readouterr().err


def test_a_file_name_that_no_system_takes_is_one_line(tiny, tmp_path, capsys):
    record = tmp_path / ("a" * 300 + ".mid")
    options = ["--backend", "offline", "--bars", "1", "--record", str(record)]
    assert run(["jam", "--model", str(tiny), *options]) == 2
    assert capsys.readouterr().err.count("\n") == 1
