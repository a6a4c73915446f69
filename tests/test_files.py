"""Files appear whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from daw_bridge.errors import UserError
from daw_bridge.files import whole


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_a_file_appears_when_it_is_whole_with_the_folders_it_lies_in(tmp_path: Path) -> None:
    path = tmp_path / "new" / "take.mid"
    with whole(path) as temporary:
        temporary.write_text("music")
        assert temporary.suffix == ".mid"
        assert not path.exists()
    assert path.read_text() == "music"
    assert names(path.parent) == ["take.mid"]


def test_what_breaks_off_leaves_the_former_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "take.mid"
    path.write_text("former")

    def break_off() -> None:
        with whole(path) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        break_off()
    assert path.read_text() == "former"
    assert names(tmp_path) == ["take.mid"]


def test_a_file_has_the_rights_that_the_user_gives_to_files(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    with whole(tmp_path / "ours") as temporary:
        temporary.touch()
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("make", [os.mkdir, getattr(os, "mkfifo", os.mkdir)])
def test_what_is_no_file_is_not_replaced(make, tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    make(path)
    with pytest.raises(UserError, match="expected a file to write"), whole(path):
        pytest.fail("it must not get so far")
    assert not path.is_file()
    assert names(tmp_path) == ["pipe"]
