"""Scripts in REAPER's folder: what the user has changed is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from daw_bridge.cli.main import run


@pytest.fixture
def folder(tmp_path) -> Path:
    place = tmp_path / "REAPER"
    place.mkdir()
    return place


def install(folder: Path, *more: str) -> int:
    return run(["reaper", "install", "--folder", str(folder), *more])


def everything(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_all_is_copied_and_taken_away(folder, capsys):
    (folder / "reaper.ini").write_text("theirs")
    assert install(folder) == 0
    there = everything(folder)
    assert "Scripts/DAW Bridge/daw_bridge.lua" in there
    assert "Effects/DAW Bridge/chip_voice.jsfx" in there
    assert b'model = "chip"' in there["Scripts/DAW Bridge/daw_bridge_settings.lua"]
    assert install(folder) == 0
    assert everything(folder) == there
    assert install(folder, "--uninstall") == 0
    assert everything(folder) == {"reaper.ini": b"theirs"}
    assert not (folder / "Scripts" / "DAW Bridge").exists()
    assert install(folder, "--uninstall") == 2
    assert "scripts that were installed" in capsys.readouterr().err


def test_what_was_changed_is_kept_unless_by_force(folder, capsys):
    assert install(folder) == 0
    path = folder / "Scripts" / "DAW Bridge" / "daw_bridge.lua"
    ours = path.read_bytes()
    path.write_text("-- mine")
    for _ in range(2):
        assert install(folder) == 0
        assert f"left as you have changed it: {path}" in capsys.readouterr().err
        assert path.read_text() == "-- mine"
    assert install(folder, "--uninstall") == 0
    assert everything(folder) == {"Scripts/DAW Bridge/daw_bridge.lua": b"-- mine"}
    assert install(folder) == 0
    assert path.read_text() == "-- mine"  # nobody knows whose it is
    assert install(folder, "--force") == 0
    assert path.read_bytes() == ours


def test_an_update_replaces_what_was_not_changed(folder):
    assert install(folder, "--model", "chip") == 0
    assert install(folder, "--model", "lead") == 0
    settings = folder / "Scripts" / "DAW Bridge" / "daw_bridge_settings.lua"
    assert 'model = "lead"' in settings.read_text()


def test_a_list_that_was_tampered_with_takes_nothing_else_away(folder, tmp_path):
    assert install(folder) == 0
    outside = tmp_path / "precious"
    outside.write_text("x")
    listed = folder / "Scripts" / "DAW Bridge" / "installed.txt"
    listed.write_text(listed.read_text() + "0 ../precious\n0 reaper.ini\n")
    assert install(folder, "--uninstall", "--force") == 0
    assert outside.exists()


def test_reaper_is_found_or_it_is_told(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    monkeypatch.setenv("APPDATA", str(tmp_path / "nobody"))
    assert run(["reaper", "install"]) == 2
    assert "start REAPER once" in capsys.readouterr().err
    assert install(tmp_path / "none") == 2


def test_a_folder_that_is_read_only_is_told(folder, monkeypatch, capsys):
    (folder / "Scripts").write_text("a file")
    assert install(folder) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
