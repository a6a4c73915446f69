"""Fixtures of tests that run commands."""

import pytest

from tests.tiny_model import write_tiny_model


@pytest.fixture
def own_folder(tmp_path, monkeypatch):
    """Work in an empty folder, where no map, preset or model of whoever runs the tests is found."""
    monkeypatch.setenv("DAW_BRIDGE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Give a user's folder with one model, tiny, and a jam preset that plays it."""
    monkeypatch.setenv("DAW_BRIDGE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    write_tiny_model(tmp_path / "home" / "models" / "tiny")
    jams = tmp_path / "home" / "presets" / "jams"
    jams.mkdir(parents=True)
    (jams / "quick.yaml").write_text("model: tiny\nbpm: 240\nbars: 4\nbackend: offline\n")
    return tmp_path
