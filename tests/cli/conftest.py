"""Fixtures of tests that run commands."""

import pytest


@pytest.fixture
def own_folder(tmp_path, monkeypatch):
    """Work in an empty folder, where no map, preset or model of whoever runs the tests is found."""
    monkeypatch.setenv("DAW_BRIDGE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
